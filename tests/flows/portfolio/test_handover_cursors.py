"""WeCom's results of a handover are read on from where a reading stood, and not after their window."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config import policy_catalogue
from portfolio.handover import jobs
from portfolio.handover.facts import KEPT, TAKEN, UNKNOWN, WAITING
from simulator.wecom.endpoints import transfers
from tests.flows.delivery.broadcasting import Answer, Between
from tests.flows.portfolio.handing import DAY, TAKERS, Scene, external, scene
from wecom.errors import OutcomeUnknown

pytestmark = [pytest.mark.anyio, pytest.mark.mission("H2")]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeCom gives four results a page, so that twelve contacts are three pages."""
    monkeypatch.setattr(transfers, "RESULTS_A_PAGE", 4)


class Reader:
    """Rounds of the job; every page that was asked for is written down by its cursor."""

    def __init__(self, made: Scene) -> None:
        self.made = made
        self.cursors: list[str] = []
        self.fail: Callable[[int], None] = lambda number: None
        self.change: Callable[[Answer, Answer], None] = lambda body, answer: None

    async def round(self, *, pages: int = 100, everything: bool = True) -> dict[str, int]:
        async def before(path: str, body: Answer) -> None:
            if path.endswith("transfer_result"):
                self.cursors.append(body["cursor"])
                self.fail(len(self.cursors))

        async def after(path: str, body: Answer, answer: Answer) -> Answer:
            if path.endswith("transfer_result"):
                self.change(body, answer)
            return answer

        return await jobs.round_of(
            self.made.database,
            Between(self.made.world.client, before=before, after=after),
            self.made.time,
            self.made.parts.shelf.of(policy_catalogue.HANDOVER),
            everything=everything,
            pages=pages,
        )


async def _waiting(made: Scene) -> tuple[int, Reader]:
    """Twelve contacts on their way to one taker, and their day is over."""
    run = await made.start(TAKERS[0])
    await made.approve(run.run_id)
    await made.round()
    await made.later(DAY + 3_600)
    return run.run_id, Reader(made)


async def _states(made: Scene, run_id: int) -> Counter[str]:
    return Counter(one.state for one in (await made.lines(run_id)).values())


async def _rows(made: Scene, query: str) -> list[tuple[Any, ...]]:
    async with made.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def _do(made: Scene, statement: str, **values: Any) -> None:
    async with made.database.transaction() as session:
        await session.execute(text(statement), values)


@pytest.mark.parametrize("how", ["the process dies", "WeCom does not answer"])
async def test_a_reading_that_breaks_off_goes_on_at_its_cursor(
    database_url: str, tmp_path: Path, how: str
) -> None:
    async with scene(database_url, tmp_path, contacts=12) as made:
        run_id, reader = await _waiting(made)

        def fails(asked: int) -> None:
            if asked == 3:
                raise (
                    asyncio.CancelledError if how == "the process dies" else OutcomeUnknown("", "")
                )

        reader.fail = fails
        if how == "the process dies":
            with pytest.raises(asyncio.CancelledError):
                await reader.round()
        else:
            await reader.round()
        assert await _states(made, run_id) == {WAITING: 12}
        await reader.round()
        assert await _states(made, run_id) == {TAKEN: 12}
        assert reader.cursors[0] == ""
        assert "" not in reader.cursors[1:]
        assert reader.cursors[2] == reader.cursors[3]  # only the page that was not answered
        assert len(reader.cursors) == 3 + 1
        assert await _rows(made, "SELECT count(*) FROM handover_reading") == [(0,)]
        assert await made.related() == await made.truly_related()


async def test_a_full_round_leaves_the_rest_to_the_next(database_url: str, tmp_path: Path) -> None:
    async with scene(database_url, tmp_path, contacts=12) as made:
        run_id, reader = await _waiting(made)
        for _ in range(2):
            await reader.round(pages=1)
            assert await _states(made, run_id) == {WAITING: 12}
        await reader.round(pages=1)
        assert await _states(made, run_id) == {TAKEN: 12}
        assert len(reader.cursors) == len(set(reader.cursors)) == 3


async def test_a_cursor_wecom_knows_no_more_begins_the_list_anew(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=12) as made:
        run_id, reader = await _waiting(made)
        await reader.round(pages=2)
        await _do(made, "UPDATE handover_reading SET cursor = 'old'")
        await reader.round()
        assert await _states(made, run_id) == {TAKEN: 12}
        assert reader.cursors[2:4] == ["old", ""]


async def test_the_newest_handover_counts_whatever_page_an_older_one_stands_on(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=12) as made:
        run_id, reader = await _waiting(made)
        older = {"external_userid": external(11), "status": 4, "takeover_time": 1_700_000_000}

        def change(body: Answer, answer: Answer) -> None:
            if not body["cursor"]:
                answer["customer"].append(older)

        reader.change = change
        for _ in range(3):
            await reader.round(pages=1)
        assert await _states(made, run_id) == {TAKEN: 12}


async def test_what_was_asked_while_the_list_was_read_is_not_taken_for_missing(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=12) as made:
        run = await made.start(TAKERS[0])
        await made.approve(run.run_id)
        await made.round()
        reader = Reader(made)
        await reader.round(pages=1)
        made.time.pass_(60)
        await _do(
            made,
            "UPDATE handover_line SET state = 'unknown', asked_at = :at, read_status = NULL"
            " WHERE kind = 'contact' AND item = :item",
            at=made.time() if "postgresql" in database_url else made.time().replace(tzinfo=None),
            item=external(0),  # the page that would tell of it was read before
        )
        made.time.pass_(3_600)
        await reader.round()
        assert await _states(made, run.run_id) == {WAITING: 11, UNKNOWN: 1}
        await reader.round()
        assert await _states(made, run.run_id) == {WAITING: 12}
        assert len(await made.world.called("transfer_customer")) == 1  # nobody was asked for twice


async def test_results_are_asked_for_until_their_window_ends_and_never_again(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=4) as made:
        run = await made.start(TAKERS[0])
        await made.approve(run.run_id)
        reader = Reader(made)

        def change(body: Answer, answer: Answer) -> None:
            for one in answer["customer"]:
                one["status"] = 2  # WeCom never says how it ended

        reader.change = change
        began, last = made.time(), made.time()
        for _ in range(40):
            asked = len(reader.cursors)
            await reader.round(everything=False)
            if len(reader.cursors) > asked:
                last = made.time()
            await made.later(7_200)
        assert timedelta(hours=48) <= last - began <= timedelta(hours=51)
        assert await _states(made, run.run_id) == {KEPT: 4}
        assert (await made.run(run.run_id)).state == "finished"
