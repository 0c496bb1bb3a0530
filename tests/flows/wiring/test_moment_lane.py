"""Moments have a lane and a clock of their own, so that nothing else waits for one that is long."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from delivery.dispatcher import Route, Sent
from delivery.facts import MOMENT, WELCOME
from delivery.repository import outbox
from delivery.repository.outbox import Call, Claim
from tests.flows.wiring.installation import NIGHT, processes, until
from wiring import moment_duty, parts
from wiring.jobs import JOBS
from wiring.runtime import Crew

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F6")]


async def test_other_calls_are_made_while_a_moment_s_members_are_still_being_read(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    read = asyncio.Event()

    async def long(claim: Claim) -> Sent:
        await read.wait()
        done.append(claim.kind)
        return Sent("job")

    async def short(claim: Claim) -> Sent:
        done.append(claim.kind)
        return Sent()

    async def nothing(*_: Any) -> None:
        """No row follows."""

    ways = {MOMENT: Route(long, nothing), WELCOME: Route(short, nothing)}
    monkeypatch.setattr(parts, "routes", lambda *_, **__: ways)
    async with processes(database_url, tmp_path) as [one]:
        async with one.databases.bank.transaction() as session:
            calls = [
                Call(
                    kind,
                    kind,
                    {},
                    due_at=NIGHT,
                    expires_at=NIGHT + timedelta(hours=1),
                    priority=rank,
                )
                for rank, kind in enumerate((MOMENT, WELCOME))
            ]
            await outbox.put(session, calls, NIGHT)
        crew = Crew(one)
        crew.start()
        try:
            await until(lambda: WELCOME in done)
            assert done == [WELCOME]
            read.set()
            await until(lambda: MOMENT in done)
        finally:
            await crew.stop()


async def test_taking_back_never_waits_for_a_list_that_is_being_drawn_up() -> None:
    runs = {job.id: job.run for job in JOBS}
    assert runs["moments"] is moment_duty.what_became
    assert runs["moment_lists"] is moment_duty.lists
