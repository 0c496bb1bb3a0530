"""Puts every customer into the tier their assets say, set-based, with each move in the ledger."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Subquery, and_, case, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.tier_policy import Band, TierPolicy
from crm_sync.models import Customer
from crm_sync.repository.keys import UNTRACKED
from crm_sync.repository.subjects import Window, next_window
from kit.db import Database
from kit.ledger import Entry, append

WINDOW: Final = 200_000
MOVES_NAMED: Final = 8_000
"""So many moves of a window are entries of their customers; more are counted by unit."""
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
    """Assign the tiers of the customers in a window, in one update.

    First tiers are counted in one entry per unit. A later move is an entry of its customer's;
    where a window has more than ``MOVES_NAMED`` (another profile, say) they are counted too.
    """
    tier = tier_expression(policy)
    here = (
        window.on(session, col(Customer.id)),
        col(Customer.removed_at).is_(None),
        col(Customer.tier) != tier,
    )
    changed = (
        select(
            col(Customer.id).label("id"),
            col(Customer.unit_id).label("unit_id"),
            col(Customer.tier).label("was"),
            tier.label("now"),
        )
        .where(*here)
        .subquery()
    )
    # The tier first, because SQLite sorts to group and units differ only behind what they share.
    grouped = (changed.c.now, changed.c.was, changed.c.unit_id)
    counted = select(*grouped, func.count().label("number")).group_by(*grouped)
    moves = sorted(await session.execute(counted), key=lambda one: (one.unit_id, one.was, one.now))
    entries = _placed([one for one in moves if not one.was], report)
    entries += await _moved(session, changed, [one for one in moves if one.was], policy, report)
    if not entries:
        return
    await session.execute(
        update(Customer).where(*here).values(tier=tier), execution_options=UNTRACKED
    )
    await append(session, entries, at=at)


def _placed(moves: Sequence[Row[Any]], report: TierReport) -> list[Entry]:
    first: dict[str, Counter[str]] = {}
    for move in moves:
        first.setdefault(move.unit_id, Counter())[move.now] = move.number
        report.placed[move.now] += move.number
    return [
        _entry("customer.tiers_placed", f"unit:{unit}", unit, {"placed": dict(counts)})
        for unit, counts in first.items()
    ]


async def _moved(
    session: AsyncSession,
    changed: Subquery,
    moves: Sequence[Row[Any]],
    policy: TierPolicy,
    report: TierReport,
) -> list[Entry]:
    for move in moves:
        report.moved[move.now] += move.number
    if sum(move.number for move in moves) > MOVES_NAMED:
        found: dict[str, list[dict[str, Any]]] = {}
        for move in moves:
            told = {"was": move.was, "now": move.now, "customers": move.number}
            found.setdefault(move.unit_id, []).append(told)
        return [
            _entry(
                "customer.tiers_moved",
                f"unit:{unit}",
                unit,
                {"moved": those, "profile": policy.profile},
            )
            for unit, those in found.items()
        ]
    named = select(changed).where(changed.c.was != "").order_by(changed.c.id)
    rows = await session.execute(named) if moves else ()
    return [
        _entry(
            "customer.tier_moved",
            f"customer:{row.id}",
            row.unit_id,
            {"was": row.was, "now": row.now, "profile": policy.profile},
        )
        for row in rows
    ]


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
