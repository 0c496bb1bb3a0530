"""Machines whose clocks differ do a day's work once: the database's clock is the bank's."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kit import clock
from kit.db import Database
from kit.scheduling import slots
from kit.shared_clock import SharedClock
from tests.flows.wiring.installation import NIGHT, processes
from wiring.jobs import Job
from wiring.parts import Parts
from wiring.scheduler import Scheduler

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
WRONG = timedelta(minutes=10)


@pytest.mark.parametrize("off", [WRONG, -WRONG, timedelta(days=3)])
async def test_a_machine_whose_clock_is_wrong_goes_by_that_of_the_database_if_it_has_one(
    database: Database, off: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedClock()
    expected = timedelta(0) if database.is_sqlite else off
    with monkeypatch.context() as wrong:
        wrong.setattr(clock, "now", lambda: datetime.now(UTC) + off)
        async with database.reading() as session:
            ahead = await shared.set_by(session)
        assert abs(ahead - expected) < 5 * SECOND
        assert abs(shared() - datetime.now(UTC) - off + expected) < 5 * SECOND
    assert abs(shared() - datetime.now(UTC)) < 5 * SECOND  # the machine's clock jumped


class Ran:
    """A job that counts."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, parts: Parts, at: datetime) -> Mapping[str, Any]:
        self.times += 1
        return {}

    def job(self) -> Job:
        """Planned for every minute, so that NIGHT itself is a planned moment."""
        return Job("minutely", "每分钟", {"minute": "*"}, self, timedelta(minutes=1))


async def _settled(scheduler: Scheduler) -> None:
    while scheduler._runs:
        for run in list(scheduler._runs):
            await run


async def test_what_its_own_clock_did_not_wake_a_process_for_is_found_once(
    database_url: str, tmp_path: Path
) -> None:
    ran = Ran()
    async with processes(database_url, tmp_path, 2) as both:
        schedulers = [Scheduler(parts, [ran.job()]) for parts in both]
        for _ in range(3):
            for one in schedulers:
                await one.look()
                await _settled(one)
    assert ran.times == 1


@pytest.mark.parametrize(("silent", "times"), [(slots.SILENT * 2, 1), (slots.SILENT / 2, 0)])
async def test_a_job_whose_process_fell_silent_is_begun_again_by_another(
    database_url: str, tmp_path: Path, silent: timedelta, times: int
) -> None:
    ran = Ran()
    async with processes(database_url, tmp_path) as [parts]:
        later = dataclasses.replace(parts, clock=lambda: NIGHT + silent)
        job = dataclasses.replace(ran.job(), cron={"hour": "1", "minute": "0"}, late=timedelta(1))
        async with parts.databases.bank.transaction() as session:
            assert await slots.take(
                session, job=job.id, planned_at=NIGHT, worker="killed", at=NIGHT
            )
        scheduler = Scheduler(later, [job])
        await scheduler.look()
        await _settled(scheduler)
        await scheduler.look()
        await _settled(scheduler)
    assert ran.times == times


async def test_a_job_that_failed_is_not_begun_again_by_looking_round(
    database_url: str, tmp_path: Path
) -> None:
    ran = Ran()
    async with processes(database_url, tmp_path) as [parts]:
        job = ran.job()
        mine = {"job": job.id, "planned_at": NIGHT, "worker": "w", "at": NIGHT - WRONG}
        async with parts.databases.bank.transaction() as session:
            await slots.take(session, **mine)  # type: ignore[arg-type]
            await slots.finish(session, **mine, cause="Busy")  # type: ignore[arg-type]
        scheduler = Scheduler(parts, [job])
        await scheduler.look()
        await _settled(scheduler)
    assert ran.times == 0
