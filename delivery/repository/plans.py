"""Planning runs: what was decided for a day, kept with its counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import PlanRun
from kit.ids import new_id


@dataclass(frozen=True, slots=True)
class PlanFact:
    """One planning run as pages show it."""

    id: int
    plan_date: date
    by: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, Any]


async def begin(session: AsyncSession, *, day: date, by: str, at: datetime) -> int:
    """A run has begun; its id."""
    run_id = new_id()
    await session.execute(
        insert(PlanRun),
        [{"id": run_id, "plan_date": day, "by": by, "started_at": at, "counts": {}}],
    )
    return run_id


async def finish(
    session: AsyncSession, run_id: int, *, counts: Mapping[str, Any], at: datetime
) -> None:
    """The run is over; what it decided."""
    await session.execute(
        update(PlanRun)
        .where(col(PlanRun.id) == run_id)
        .values(finished_at=at, counts=dict(counts))
        .execution_options(synchronize_session=False)
    )


async def finished(session: AsyncSession, day: date) -> bool:
    """Whether ``day`` was planned to its end at least once."""
    query = select(col(PlanRun.id)).where(
        col(PlanRun.plan_date) == day, col(PlanRun.finished_at).is_not(None)
    )
    return (await session.execute(query.limit(1))).first() is not None


async def newest(session: AsyncSession, *, limit: int = 30) -> list[PlanFact]:
    """The newest runs, newest first."""
    query = select(PlanRun).order_by(col(PlanRun.id).desc()).limit(limit)
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def one(session: AsyncSession, run_id: int) -> PlanFact | None:
    """The run with this id, or None."""
    row = await session.get(PlanRun, run_id)
    return None if row is None else _fact(row)


def _fact(row: PlanRun) -> PlanFact:
    return PlanFact(row.id, row.plan_date, row.by, row.started_at, row.finished_at, row.counts)
