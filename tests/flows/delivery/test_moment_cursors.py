"""A reading of a moment's lists goes on where it stood: after a kill, a failure, a round that was full."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from delivery.moments import results
from kit.db import Database
from tests.flows.delivery.broadcasting import Answer, Between
from tests.flows.delivery.showing import FRIENDS, MEMBERS, Scene, out, scene
from tests.flows.wecom_world import wecom_world
from wecom.errors import OutcomeUnknown

pytestmark = [pytest.mark.anyio, pytest.mark.mission("H2")]

TASKS = "get_moment_task"
LISTS = ("get_moment_customer_list", "get_moment_send_result")
DAY = timedelta(days=1)


class Pages:
    """WeCom's lists of one line a page, every question written down; ``fail`` breaks one off."""

    def __init__(self, made: Scene) -> None:
        self.made = made
        self.asked: list[tuple[str, str]] = []
        self.fail: Callable[[int], None] = lambda number: None

    async def poll(self, pages: int = 100) -> dict[str, int]:
        async def before(path: str, body: Answer) -> None:
            name = path.rpartition("/")[2]
            if name in (TASKS, *LISTS):
                body["limit"] = 1
                self.asked.append((f"{name} {body.get('userid', '')}".strip(), body["cursor"]))
                self.fail(len(self.asked))

        wecom = Between(self.made.world.client, before=before)
        return await results.poll(self.made.database, wecom, self.made.wall, pages=pages)

    def of_lists(self) -> list[tuple[str, str]]:
        return [one for one in self.asked if not one[0].startswith(f"{TASKS}")]


async def _rows(made: Scene, query: str) -> list[tuple[Any, ...]]:
    async with made.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def _published(made: Scene, *userids: str) -> None:
    moment_id = await made.part("moment_id")
    for userid in userids:
        await made.world.act("publish_moment", userid=userid, moment_id=moment_id)


async def _created(made: Scene) -> int:
    number = await out(made)
    await made.at(10, 40)
    await made.poll()
    return number


@pytest.mark.parametrize("how", ["the process dies", "WeCom does not answer"])
async def test_a_reading_that_breaks_off_goes_on_at_its_cursor(
    database: Database, how: str
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await _published(made, "limin")  # three customers: three pages of each of her lists
        await made.at(10, 55)
        pages = Pages(made)

        def fails(asked: int) -> None:
            if asked == 2 + 3 + 2:  # two tasks, three pages, one page: the second of the last list
                raise (
                    asyncio.CancelledError if how == "the process dies" else OutcomeUnknown("", "")
                )

        pages.fail = fails
        if how == "the process dies":
            with pytest.raises(asyncio.CancelledError):
                await pages.poll()
        else:
            assert (await pages.poll())["shown"] == 0
        assert dict((await made.numbers(number)).readers) == {"planned": 4}
        assert await _rows(made, "SELECT count(*) FROM moment_seen") == [(3,)]
        broken = pages.asked[-1]
        await made.at(11, 6)
        begun = len(pages.asked)
        assert (await pages.poll())["shown"] == 3
        assert broken[1] != ""
        assert pages.asked[begun] == broken
        told = pages.of_lists()
        assert len(told) == len(set(told)) + 1 == 7  # only the page that was not answered twice
        assert await _rows(made, "SELECT count(*) FROM moment_seen") == [(0,)]
        assert dict((await made.numbers(number)).readers) == {"planned": 1, "shown": 3}
        assert len(await _rows(made, "SELECT 1 FROM touch WHERE channel = 'moments'")) == 3


async def test_a_full_round_leaves_the_rest_to_the_next_minute(database: Database) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await _published(made, "limin", "zhengkai")
        await made.at(10, 55)
        pages, shown, rounds = Pages(made), 0, 0
        while shown < 4 and rounds < 20:
            asked, rounds = len(pages.asked), rounds + 1
            shown += (await pages.poll(pages=2))["shown"]
            assert len(pages.asked) - asked <= 2
            made.wall.at += timedelta(minutes=1)
        assert rounds > 4
        told = pages.of_lists()
        assert len(told) == len(set(told)) == 3 + 3 + 1 + 1
        assert dict((await made.numbers(number)).readers) == {"shown": 4}


async def test_a_cursor_wecom_knows_no_more_begins_the_list_anew(database: Database) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await _created(made)
        await _published(made, "limin")
        await made.at(10, 55)
        pages = Pages(made)
        await pages.poll(pages=4)  # two tasks and two pages of her first list
        async with database.transaction() as session:
            await session.execute(
                text("UPDATE moment_sender SET read_cursor = 'old' WHERE read_cursor <> ''")
            )
            await session.execute(text("UPDATE moment_part SET task_cursor = 'old'"))
        assert (await pages.poll())["shown"] == 3
        assert ("get_moment_customer_list limin", "old") in pages.asked
        assert (TASKS, "old") in pages.asked


async def test_who_published_is_asked_from_the_beginning_after_it_was_taken_back(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await made.at(10, 55)
        pages = Pages(made)
        await pages.poll(pages=1)  # who comes first had not published then
        assert await made.part("task_cursor") != ""
        await _published(made, "limin", "zhengkai")
        await made.at(17, 1)
        assert (await pages.poll())["shown"] == 4
        assert pages.asked[1] == (TASKS, "")
        assert dict((await made.numbers(number)).senders) == {"published": 2}


async def test_what_was_read_is_kept_where_the_window_ends_before_the_rest_is(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await _published(made, "limin")
        await made.at(10, 55)
        pages = Pages(made)

        def fails(asked: int) -> None:
            if asked > 4:
                raise OutcomeUnknown("", "")

        pages.fail = fails
        await pages.poll()  # two of her three customers
        made.wall.at = (await made.one(number)).ends_at + DAY + timedelta(minutes=5)
        assert [(await pages.poll())["asked"] for _ in range(2)] == [1, 0]
        assert dict((await made.numbers(number)).readers) == {"planned": 2, "shown": 2}
        assert await _rows(made, "SELECT kind FROM work_item") == [("moment_unclear",)]
        assert await _rows(made, "SELECT count(*) FROM moment_seen") == [(0,)]


async def test_a_moment_is_asked_about_until_its_window_ends_and_never_again(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await _published(made, "limin")
        pages, over = Pages(made), (await made.one(number)).ends_at + DAY
        last = made.wall.at
        while made.wall.at < over + timedelta(days=2):
            made.wall.at += timedelta(minutes=30)
            await world.post("clock", {"freeze": made.wall.at.isoformat()})
            if (await pages.poll())["asked"]:
                last = made.wall.at
        assert over <= last < over + timedelta(hours=2)
        assert await made.part("state") == "ended"
        assert dict((await made.numbers(number)).senders) == {"published": 1, "missed": 1}
        assert dict((await made.numbers(number)).readers) == {"shown": 3, "missed": 1}
