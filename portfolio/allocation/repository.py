"""Plans and lines for pages and commands: lists in sight, one plan, what it does to loads."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository import ownership
from portfolio.allocation.facts import LineFact, LineState, LoadShift, PlanFact
from portfolio.models import AllocationLine, AllocationPlan

Units = Collection[str] | None
MOVES = (LineState.PROPOSED.value, LineState.APPLIED.value)


def _seen(units: Units, state: str = "") -> list[Any]:
    where: list[Any] = []
    if units is not None:
        where.append(col(AllocationPlan.unit_id).in_(sorted(units)))
    if state:
        where.append(col(AllocationPlan.state) == state)
    return where


async def plans(
    session: AsyncSession, units: Units, *, state: str = "", limit: int = 50, before: int = 0
) -> list[PlanFact]:
    """Plans of the units (None: the bank), the newest first."""
    where = _seen(units, state)
    if before:
        where.append(col(AllocationPlan.id) < before)
    query = (
        select(AllocationPlan).where(*where).order_by(col(AllocationPlan.id).desc()).limit(limit)
    )
    return [_plan(row) for row in (await session.execute(query)).scalars()]


async def count(session: AsyncSession, units: Units, *, state: str = "") -> int:
    """How many plans there are."""
    query = select(func.count()).select_from(AllocationPlan).where(*_seen(units, state))
    return int((await session.execute(query)).scalar_one())


async def plan(session: AsyncSession, plan_id: int, units: Units = None) -> PlanFact | None:
    """One plan, if its unit is among ``units``."""
    query = select(AllocationPlan).where(col(AllocationPlan.id) == plan_id, *_seen(units))
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _plan(row)


async def plan_of_key(session: AsyncSession, key: str) -> PlanFact | None:
    """The plan that a job proposed under ``key``."""
    query = select(AllocationPlan).where(col(AllocationPlan.key) == key)
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _plan(row)


def _which(plan_id: int, to: str, frm: str, state: str) -> list[Any]:
    where: list[Any] = [col(AllocationLine.plan_id) == plan_id]
    if to:
        where.append(col(AllocationLine.to_staff) == to)
    if frm == "-":
        where.append(col(AllocationLine.from_staff).is_(None))
    elif frm:
        where.append(col(AllocationLine.from_staff) == frm)
    if state:
        where.append(col(AllocationLine.state) == state)
    return where


async def lines(
    session: AsyncSession,
    plan_id: int,
    *,
    to: str = "",
    frm: str = "",
    state: str = "",
    limit: int = 50,
    after: int = 0,
) -> list[LineFact]:
    """Lines of a plan by customer id; ``frm`` ``-`` means those without anybody before."""
    query = (
        select(AllocationLine)
        .where(*_which(plan_id, to, frm, state), col(AllocationLine.customer_id) > after)
        .order_by(col(AllocationLine.customer_id))
        .limit(limit)
    )
    return [
        LineFact(
            row.customer_id,
            row.unit_id,
            row.aum_fen,
            row.from_staff,
            row.to_staff,
            row.reason,
            row.state,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def count_lines(
    session: AsyncSession, plan_id: int, *, to: str = "", frm: str = "", state: str = ""
) -> int:
    """How many lines match."""
    query = select(func.count()).select_from(AllocationLine).where(*_which(plan_id, to, frm, state))
    return int((await session.execute(query)).scalar_one())


async def unplaced_by_reason(session: AsyncSession, plan_id: int) -> list[tuple[str, int]]:
    """Why customers could not be given to anybody, the commonest first."""
    query = (
        select(col(AllocationLine.reason), func.count())
        .where(
            col(AllocationLine.plan_id) == plan_id,
            col(AllocationLine.state).in_((LineState.UNPLACED.value, LineState.STALE.value)),
        )
        .group_by(col(AllocationLine.reason))
        .order_by(func.count().desc(), col(AllocationLine.reason))
    )
    return [(reason, int(number)) for reason, number in await session.execute(query)]


async def shifts(session: AsyncSession, found: PlanFact) -> list[LoadShift]:
    """What a plan does to each person's load, the largest change first.

    Loads are counted now: for an applied plan they include what it gave.
    """
    gains = await _flow(session, found.id, col(AllocationLine.to_staff))
    losses = await _flow(session, found.id, col(AllocationLine.from_staff))
    people = sorted({*gains, *losses})
    held = await ownership.loads(session, people, found.kind)
    applied = found.state == "applied"
    shown = [
        LoadShift(
            one,
            held.get(one, 0) - (gains.get(one, 0) - losses.get(one, 0) if applied else 0),
            gains.get(one, 0),
            losses.get(one, 0),
        )
        for one in people
    ]
    return sorted(shown, key=lambda one: (-(one.gains + one.losses), one.staff_id))


async def _flow(session: AsyncSession, plan_id: int, column: Any) -> dict[str, int]:
    query = (
        select(column, func.count())
        .where(
            col(AllocationLine.plan_id) == plan_id,
            col(AllocationLine.state).in_(MOVES),
            column.is_not(None),
        )
        .group_by(column)
    )
    return {staff_id: int(number) for staff_id, number in await session.execute(query)}


def _plan(row: AllocationPlan) -> PlanFact:
    return PlanFact(
        id=row.id,
        key=row.key,
        method=row.method,
        kind=row.kind,
        listed=row.listed,
        unit_id=row.unit_id,
        state=row.state,
        author=row.author,
        made_at=row.made_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        opinion=row.opinion,
        counts=dict(row.counts),
    )
