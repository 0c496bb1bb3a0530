"""APScheduler wakes us; a row in the database decides who runs what (``kit.scheduling.slots``).

Each process that runs a scheduler looks at the clock by itself. A tick finds the newest planned
moment that is not over ``late``, tries to take its slot, and runs the job only if it got it. A
tick that nobody saw (all processes were down) is caught up at the next start.

The wake-ups follow this machine's clock, which may be wrong; what is due follows the clock all
processes share. So each process also looks round twice a minute: for what its own clock has not
woken it for, and for the slots of a process that fell silent in the middle.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from kit import log
from kit.clock import BANK_TIME
from kit.scheduling import slots
from wiring.jobs import Job
from wiring.parts import Parts
from wiring.rounds import every

BEAT = timedelta(minutes=1)
LOOK: Final = 30.0
"""Seconds between two looks round."""

_log = log.get(__name__)


class Scheduler:
    """Ticks every job in this process."""

    def __init__(self, parts: Parts, jobs: Sequence[Job], name: str = "scheduler") -> None:
        self._parts = parts
        self._jobs = jobs
        self._name = f"{name}-{secrets.token_hex(4)}"
        self._clock = AsyncIOScheduler(timezone=BANK_TIME)
        self._runs: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin ticking; what was missed while nobody ran is looked at at once."""
        for job in self._jobs:
            self._clock.add_job(
                self.tick,
                job.trigger(),
                args=[job],
                id=job.id,
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        self._clock.start()
        for job, _ in await self._open(self._parts.clock(), failed=True):
            await self.tick(job)  # one after the other, because a morning's card tells of its plan
        self._looking = asyncio.create_task(every(LOOK, "clock", self.look), name="clock")

    @property
    def running(self) -> bool:
        """Whether the clock ticks."""
        return bool(self._clock.running) and not (self._looking and self._looking.done())

    def stop(self) -> None:
        """Tick no more; a run under way ends by itself."""
        self._clock.shutdown(wait=False)
        if self._looking is not None:
            self._looking.cancel()

    async def tick(self, job: Job) -> bool:
        """Run ``job`` for its newest due moment, if nobody else has; whether it ran here."""
        at = self._parts.clock()
        planned_at = newest_due(job, at)
        if planned_at is None or not await self._take(job, planned_at, at):
            return False
        await self._run(job, planned_at)
        return True

    async def look(self) -> None:
        """Begin whatever is due and nobody runs; it ends by itself."""
        at = self._parts.clock()
        for job, planned_at in await self._open(at):
            if await self._take(job, planned_at, at):
                run = asyncio.create_task(self._run(job, planned_at), name=f"job {job.id}")
                self._runs.add(run)
                run.add_done_callback(self._runs.discard)

    async def _open(self, at: datetime, *, failed: bool = False) -> list[tuple[Job, datetime]]:
        """Jobs that are due and nobody runs, with their moments, in the order they are listed."""
        due = [(job, moment) for job in self._jobs if (moment := newest_due(job, at))]
        planned = {job.id: moment for job, moment in due}
        async with self._parts.databases.bank.reading() as session:
            free = await slots.untaken(session, planned, at, failed=failed)
        return [(job, moment) for job, moment in due if job.id in free]

    async def _take(self, job: Job, planned_at: datetime, at: datetime) -> bool:
        async with self._parts.databases.bank.transaction() as session:
            return await slots.take(
                session, job=job.id, planned_at=planned_at, worker=self._name, at=at
            )

    async def _run(self, job: Job, planned_at: datetime) -> None:
        database = self._parts.databases.bank
        beating = asyncio.create_task(self._beat(job, planned_at))
        counts, cause = {}, ""
        try:
            counts = dict(await job.run(self._parts, self._parts.clock()))
        except Exception as error:
            cause = f"{type(error).__name__}: {getattr(error, 'code', '')}".rstrip(": ")
            _log.exception("scheduler.job_failed", job=job.id)
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
        async with database.transaction() as session:
            await slots.finish(
                session,
                job=job.id,
                planned_at=planned_at,
                worker=self._name,
                at=self._parts.clock(),
                counts=counts,
                cause=cause,
            )
        _log.info("scheduler.ran", job=job.id, failed=bool(cause))

    async def _beat(self, job: Job, planned_at: datetime) -> None:
        while True:
            await asyncio.sleep(BEAT.total_seconds())
            async with self._parts.databases.bank.transaction() as session:
                await slots.beat(
                    session,
                    job=job.id,
                    planned_at=planned_at,
                    worker=self._name,
                    at=self._parts.clock(),
                )


def newest_due(job: Job, at: datetime) -> datetime | None:
    """The newest planned moment of ``job`` in the last ``late``; None when there is none."""
    trigger = job.trigger()
    found: datetime | None = None
    following = trigger.get_next_fire_time(None, at - job.late)
    while following is not None and following <= at:
        found = following
        following = trigger.get_next_fire_time(None, found + timedelta(seconds=1))
    return found
