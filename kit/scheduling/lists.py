"""What the jobs did: their newest runs, how many failed, for people who keep the system."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.scheduling.models import JobSlot


@dataclass(frozen=True, slots=True)
class RunFact:
    """One run of one job. ``outcome``: running, done or failed; ``cause`` names the error."""

    job: str
    planned_at: datetime
    started_at: datetime
    beat_at: datetime
    finished_at: datetime | None
    outcome: str
    counts: Mapping[str, Any]
    cause: str

    @property
    def took_ms(self) -> int | None:
        """How long it took; None while it runs."""
        if self.finished_at is None:
            return None
        return int((self.finished_at - self.started_at).total_seconds() * 1000)


async def newest(session: AsyncSession, job: str, *, limit: int = 12) -> list[RunFact]:
    """The last runs of ``job``, the newest first."""
    query = (
        select(JobSlot)
        .where(col(JobSlot.job) == job)
        .order_by(col(JobSlot.planned_at).desc())
        .limit(limit)
    )
    return [
        RunFact(
            row.job,
            row.planned_at,
            row.started_at,
            row.beat_at,
            row.finished_at,
            row.outcome,
            row.counts,
            row.cause,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def failures(session: AsyncSession, job: str, *, since: datetime) -> int:
    """How many runs of ``job`` planned at ``since`` or later have failed."""
    query = (
        select(func.count())
        .select_from(JobSlot)
        .where(
            col(JobSlot.job) == job,
            col(JobSlot.planned_at) >= since,
            col(JobSlot.outcome) == "failed",
        )
    )
    return int((await session.execute(query)).scalar_one())
