"""A silence holds in every process of the bank, not in the one that happened to read it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from compliance import holidays
from kit.clock import bank_date
from kit.db import Database
from tests.flows.wiring.installation import NIGHT, processes, until
from wiring import runtime
from wiring.jobs import JOBS
from wiring.parts import Parts
from wiring.upkeep import upkeep

pytestmark = pytest.mark.anyio

TODAY = bank_date(NIGHT)


async def _silence(database: Database, first: date, last: date) -> None:
    async with database.transaction() as session:
        await holidays.silence(session, first, last, reason="总行通知", by="chief", at=NIGHT)


async def _listening(*_: object) -> None:
    """Stands for answering HTTP, which is not what these tests are about."""
    await asyncio.Event().wait()


def _is_silent(parts: Parts) -> bool:
    return parts.desk.calendar.quiet(TODAY) is not None


async def test_a_silence_reaches_every_process_that_runs(database_url: str, tmp_path: Path) -> None:
    async with processes(database_url, tmp_path, 3) as all_parts, AsyncExitStack() as stack:
        for parts in all_parts:
            _ = await stack.enter_async_context(upkeep(parts, seconds=0.05))
        assert not any(map(_is_silent, all_parts))
        await _silence(all_parts[0].databases.bank, TODAY, TODAY)
        await until(lambda: all(map(_is_silent, all_parts)))


async def test_web_worker_and_scheduler_each_keep_themselves_up_to_date(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "serve_http", _listening)
    if database_url.startswith("sqlite"):
        roles: list[Callable[[Parts], Coroutine[Any, Any, None]]] = [
            lambda parts: runtime.serve(parts, "127.0.0.1", 8000)
        ]
    else:
        roles = [
            lambda parts: runtime.web(parts, "127.0.0.1", 8000),
            runtime.worker,
            runtime.scheduler,
        ]
    async with processes(database_url, tmp_path, len(roles)) as all_parts:
        await _silence(all_parts[0].databases.bank, TODAY, TODAY)
        assert not any(map(_is_silent, all_parts))
        running = [
            asyncio.create_task(role(parts)) for role, parts in zip(roles, all_parts, strict=True)
        ]
        try:
            await until(lambda: all(map(_is_silent, all_parts)))
            assert not any(task.done() for task in running)
        finally:
            for task in running:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def test_one_failing_round_does_not_end_the_upkeep(database_url: str, tmp_path: Path) -> None:
    async with processes(database_url, tmp_path) as [parts]:
        calendar = parts.desk.calendar
        policy, parts.desk.policy = parts.desk.policy, None  # type: ignore[assignment]
        async with upkeep(parts, seconds=0.05) as keeping:
            await _silence(parts.databases.bank, TODAY, TODAY)
            await asyncio.sleep(0.2)
            assert parts.desk.calendar is calendar
            parts.desk.policy = policy
            await until(lambda: _is_silent(parts))
            assert not keeping.done()


def test_no_job_of_one_process_stands_for_what_each_must_read_itself() -> None:
    assert "refresh" not in {job.id for job in JOBS}
