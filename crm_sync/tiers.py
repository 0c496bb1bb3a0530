"""Puts every customer into the tier their assets say, set-based, with each move in the ledger."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.tier_policy import Band, TierPolicy
from crm_sync.models import Customer
from crm_sync.repository.subjects import Window, next_window
from kit.db import Database
from kit.ledger import Entry, append

WINDOW: Final = 50_000
FEN: Final = 100


@dataclass(slots=True)
class TierReport:
    """How many customers were placed for the first time and how many moved, by new tier."""

    placed: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)


def measured(policy: TierPolicy) -> Any:
    """The column that decides: assets at a point in time, or their daily average."""
    return col(Customer.aum_fen if policy.measure == "point" else Customer.aum_average_fen)


def tier_expression(policy: TierPolicy) -> ColumnElement[str]:
    """The tier of a customer as SQL; agrees with ``rules.tiers.tier_of``."""
    amount = measured(policy)
    rising = [(amount >= tier.lowest_fen, literal(tier.name)) for tier in policy.tiers]
    lowest = policy.tiers[0].name
    known = case(*reversed(rising), else_=literal(lowest))
    return case((amount.is_(None), literal("")), else_=known)


def band_condition(band: Band, policy: TierPolicy) -> ColumnElement[bool]:
    """The customers of a band as SQL; agrees with ``Band.holds``."""
    amount = measured(policy)
    inside = [amount >= band.from_yuan * FEN]
    if band.below_yuan is not None:
        inside.append(amount < band.below_yuan * FEN)
    return and_(*inside)


async def assign_tiers(
    database: Database, policy: TierPolicy, at: datetime, *, window: int = WINDOW
) -> TierReport:
    """Assign every customer's tier, one transaction a window; twice the same changes nothing."""
    report = TierReport()
    after = 0
    while True:
        async with database.transaction() as session:
            found = await next_window(session, after, window)
            if found is None:
                return report
            await assign_in(session, found, policy, at, report)
            after = found.upto


async def assign_in(
    session: AsyncSession, window: Window, policy: TierPolicy, at: datetime, report: TierReport
) -> None:
    """Assign the tiers of the customers in a window.

    A customer's first tier is counted in one entry per unit; every later move is an entry.
    """
    tier = tier_expression(policy)
    query = select(
        col(Customer.id), col(Customer.unit_id), col(Customer.tier), tier.label("now")
    ).where(
        window.on(session, col(Customer.id)),
        col(Customer.removed_at).is_(None),
        col(Customer.tier) != tier,
    )
    changed = (await session.execute(query)).all()
    if not changed:
        return
    table = Customer.__table__  # type: ignore[attr-defined]
    await (await session.connection()).execute(
        update(table).where(table.c.id == bindparam("which")).values(tier=bindparam("now")),
        [{"which": row.id, "now": row.now} for row in changed],
    )
    first: dict[str, Counter[str]] = {}
    entries: list[Entry] = []
    for row in changed:
        if row.tier:
            report.moved[row.now] += 1
            payload = {"was": row.tier, "now": row.now, "profile": policy.profile}
            entries.append(
                _entry("customer.tier_moved", f"customer:{row.id}", row.unit_id, payload)
            )
        else:
            report.placed[row.now] += 1
            first.setdefault(row.unit_id, Counter())[row.now] += 1
    entries += (
        _entry("customer.tiers_placed", f"unit:{unit}", unit, {"placed": dict(counts)})
        for unit, counts in sorted(first.items())
    )
    await append(session, entries, at=at)


async def bands(
    session: AsyncSession, policy: TierPolicy, *where: ColumnElement[bool]
) -> dict[str, int]:
    """How many customers stand in each band (a customer may stand in several)."""
    columns = [
        func.count(case((band_condition(band, policy), 1))).label(f"band_{place}")
        for place, band in enumerate(policy.band)
    ]
    if not columns:
        return {}
    query = select(*columns).where(col(Customer.removed_at).is_(None), *where)
    row = (await session.execute(query)).one()
    return {band.name: int(row[place]) for place, band in enumerate(policy.band)}


def _entry(act: str, object: str, unit: str, payload: dict[str, Any]) -> Entry:
    return Entry(
        kind="customer",
        act=act,
        actor="system:tiers",
        object=object,
        unit=unit,
        payload=payload,
    )
