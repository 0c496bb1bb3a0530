"""Evaluates where customers stand: set-based, window by window, only changed rows written.

A full run follows every night, because days pass for everybody; after a load only those are
evaluated of whom something was written since the last evaluation began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, Select, delete, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.standing_policy import StandingPolicy
from config.tier_policy import TierPolicy
from crm_sync.models import Customer, CustomerStanding
from crm_sync.repository.keys import UNTRACKED
from crm_sync.repository.subjects import Window, next_window
from crm_sync.standing import changes
from crm_sync.standing.expressions import COLUMNS, stood
from crm_sync.standing.measures import measured
from crm_sync.tiers import TierReport, assign_in, assign_tiers
from kit.clock import bank_date
from kit.db import Database, insert_into
from kit.ledger import Entry, append

WINDOW: Final = 50_000
ACTOR: Final = "system:standing"


@dataclass(slots=True)
class StandingReport:
    """What an evaluation did: customers looked at, rows written, rows taken away."""

    customers: int = 0
    written: int = 0
    gone: int = 0
    whole: bool = True


async def evaluate(
    database: Database,
    policy: StandingPolicy,
    at: datetime,
    *,
    contacted: Select[Any] | None = None,
    window: int = WINDOW,
) -> StandingReport:
    """Evaluate every customer at ``at`` (aware UTC); twice the same writes nothing.

    ``contacted`` selects the ids of customers with a record of contact. One transaction a window.
    """
    report = StandingReport()
    async with database.reading() as session:
        seen = await changes.news(session, changes.STANDING)
    after = 0
    while True:
        async with database.transaction() as session:
            found = await next_window(session, after, window)
            if found is None:
                await _finish(session, report, at, seen)
                return report
            await evaluate_in(session, found, policy, at, report, contacted=contacted)
            after = found.upto


async def evaluate_changed(
    database: Database,
    policy: StandingPolicy,
    at: datetime,
    *,
    contacted: Select[Any] | None = None,
    tiers: TierPolicy | None = None,
    window: int = WINDOW,
) -> StandingReport:
    """Evaluate the customers of whom an import wrote something since the last evaluation.

    Nothing where nothing was imported; everybody where the changed are so many that one pass is
    cheaper. With ``tiers`` they are put into their tiers first.
    """
    async with database.reading() as session:
        seen = await changes.news(session, changes.STANDING)
        if seen.since is None:
            return StandingReport(whole=False)
        ids = await changes.customers_since(session, seen.since)
    if ids is None:
        if tiers is not None:
            await assign_tiers(database, tiers, at)
        return await evaluate(database, policy, at, contacted=contacted, window=window)
    report = StandingReport(whole=False)
    for start in range(0, len(ids), window):
        async with database.transaction() as session:
            some = Window(ids=tuple(ids[start : start + window]))
            if tiers is not None:
                await assign_in(session, some, tiers, at, TierReport())
            await evaluate_in(session, some, policy, at, report, contacted=contacted)
    async with database.transaction() as session:
        await _finish(session, report, at, seen)
    return report


async def evaluate_in(
    session: AsyncSession,
    window: Window,
    policy: StandingPolicy,
    at: datetime,
    report: StandingReport,
    *,
    contacted: Select[Any] | None = None,
) -> None:
    """Evaluate the customers of a window in the caller's transaction."""
    on = bank_date(at)
    counted = select(func.count()).where(
        window.on(session, col(Customer.id)), col(Customer.removed_at).is_(None)
    )
    report.customers += int((await session.execute(counted)).scalar_one())
    m = measured(session, window, policy, on, contacted).subquery("m")
    chosen = select(
        m.c.customer_id, *stood(m.c, policy, on), literal(at).label("changed_at")
    ).where(m.c.customer_id > 0)  # because SQLite reads ON CONFLICT after SELECT as a join
    report.written += await _put(session, chosen)
    own = col(CustomerStanding.customer_id)
    removed = select(col(Customer.id)).where(
        window.on(session, col(Customer.id)), col(Customer.removed_at).is_not(None)
    )
    done: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        delete(CustomerStanding).where(window.on(session, own), own.in_(removed)),
        execution_options=UNTRACKED,
    )
    report.gone += done.rowcount


async def _put(session: AsyncSession, chosen: Select[Any]) -> int:
    """Insert what was chosen or write what differs; how many rows that were."""
    names = ["customer_id", *COLUMNS, "changed_at"]
    statement = insert_into(session, CustomerStanding).from_select(names, chosen)
    own: Any = CustomerStanding.__table__.c  # type: ignore[attr-defined]
    done: CursorResult[Any] = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["customer_id"],
            set_={name: statement.excluded[name] for name in names[1:]},
            where=_differs(own, statement.excluded, COLUMNS),
        )
    )  # type: ignore[assignment]
    return done.rowcount


def _differs(own: Any, now: Any, names: Sequence[str]) -> Any:
    return or_(*(own[name].is_distinct_from(now[name]) for name in names))


async def _finish(
    session: AsyncSession, report: StandingReport, at: datetime, seen: changes.News
) -> None:
    """Remember when this evaluation began, and what it did."""
    await changes.mark(session, changes.STANDING, at, seen)
    if report.written or report.gone:
        entry = Entry(
            kind="customer",
            act="customer.standing_evaluated",
            actor=ACTOR,
            object="list:customers",
            unit="hq",
            payload={
                "customers": report.customers,
                "written": report.written,
                "gone": report.gone,
            },
        )
        await append(session, [entry], at=at)
