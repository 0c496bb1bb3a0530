"""Which slots of a job are due, and the race-free claim of one.

APScheduler only wakes code; two schedulers on one job store fire twice. Who does the work is
decided here: ``(job, planned_at)`` is taken once. A run whose worker stopped beating is taken
over, because every job is safe to run again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.db import insert_into
from kit.scheduling.models import JobSlot

SILENT = timedelta(minutes=5)
"""A running slot that has not beaten for so long belongs to a dead process."""


async def take(
    session: AsyncSession, *, job: str, planned_at: datetime, worker: str, at: datetime
) -> bool:
    """Whether this worker, and no other, runs ``job`` for ``planned_at``."""
    statement = (
        insert_into(session, JobSlot)
        .values(
            job=job,
            planned_at=planned_at,
            worker=worker,
            started_at=at,
            beat_at=at,
            outcome="running",
            counts={},
            cause="",
        )
        .on_conflict_do_nothing(index_elements=["job", "planned_at"])
        .returning(JobSlot.job)
    )
    if (await session.execute(statement)).first() is not None:
        return True
    taken_over = (
        update(JobSlot)
        .where(
            col(JobSlot.job) == job,
            col(JobSlot.planned_at) == planned_at,
            or_(
                (col(JobSlot.outcome) == "running") & (col(JobSlot.beat_at) < at - SILENT),
                (col(JobSlot.outcome) == "failed") & (col(JobSlot.beat_at) < at - SILENT),
            ),
        )
        .values(worker=worker, beat_at=at, outcome="running")
        .returning(col(JobSlot.job))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(taken_over)).first() is not None


async def untaken(
    session: AsyncSession, planned: Mapping[str, datetime], at: datetime, *, failed: bool = False
) -> set[str]:
    """Those of ``planned`` (job and moment) that nobody has taken, or whose worker fell silent.

    ``failed``: also those that failed, as long ago.
    """
    if not planned:
        return set()
    again = ("running", "failed") if failed else ("running",)
    query = select(col(JobSlot.job), col(JobSlot.outcome), col(JobSlot.beat_at)).where(
        or_(
            *(
                (col(JobSlot.job) == job) & (col(JobSlot.planned_at) == moment)
                for job, moment in sorted(planned.items())
            )
        )
    )
    settled = {
        job
        for job, outcome, beat_at in await session.execute(query)
        if outcome not in again or beat_at >= at - SILENT
    }
    return planned.keys() - settled


async def beat(
    session: AsyncSession, *, job: str, planned_at: datetime, worker: str, at: datetime
) -> bool:
    """Say that this worker is still at it; False when the slot was taken over."""
    result: Any = await session.execute(
        update(JobSlot)
        .where(
            col(JobSlot.job) == job,
            col(JobSlot.planned_at) == planned_at,
            col(JobSlot.worker) == worker,
        )
        .values(beat_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def finish(
    session: AsyncSession,
    *,
    job: str,
    planned_at: datetime,
    worker: str,
    at: datetime,
    counts: Mapping[str, Any] | None = None,
    cause: str = "",
) -> bool:
    """Record how the run ended; False when another worker had taken it over."""
    result: Any = await session.execute(
        update(JobSlot)
        .where(
            col(JobSlot.job) == job,
            col(JobSlot.planned_at) == planned_at,
            col(JobSlot.worker) == worker,
        )
        .values(
            beat_at=at,
            finished_at=at,
            outcome="failed" if cause else "done",
            counts=dict(counts or {}),
            cause=cause[:400],
        )
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def last_planned(session: AsyncSession, job: str) -> datetime | None:
    """The newest slot of ``job`` that anybody took, for catching up after a stop."""
    query = select(func.max(col(JobSlot.planned_at))).where(col(JobSlot.job) == job)
    return (await session.execute(query)).scalar_one()
