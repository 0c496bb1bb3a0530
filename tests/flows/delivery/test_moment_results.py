"""What WeCom says became of a moment is believed, kept and asked for to its end, whatever it refuses."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from compliance.opting_out import Choice
from delivery import opting_out
from delivery.moments import jobs, results, service
from kit.db import Database
from tests.flows.delivery.showing import FRIENDS, MEMBERS, Scene, out, scene
from tests.flows.wecom_world import wecom_world
from wecom import tags
from wecom.client import Caller

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F6")]

CANCEL, TASKS = "externalcontact/cancel_moment_task", "externalcontact/get_moment_task"
JOB = "externalcontact/get_moment_task_result"
DAY = timedelta(days=1)
Answer = dict[str, Any]


class Between:
    """WeCom, and what happens right before it is asked, or to its answer."""

    def __init__(
        self,
        wecom: Caller,
        *,
        before: Callable[[str], Awaitable[None]] | None = None,
        after: Callable[[str, Answer], Awaitable[Answer]] | None = None,
    ) -> None:
        self._wecom, self._before, self._after = wecom, before, after

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> Answer:
        if self._before is not None:
            await self._before(path)
        answer = await self._wecom.call(path, body, params=params, idempotent=idempotent)
        return await self._after(path, answer) if self._after is not None else answer


async def _rows(made: Scene, query: str) -> list[tuple[Any, ...]]:
    async with made.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def _work(made: Scene) -> list[tuple[Any, ...]]:
    return await _rows(made, "SELECT kind, staff_id FROM work_item ORDER BY kind, staff_id")


async def _slots(made: Scene, name: str) -> list[tuple[Any, ...]]:
    """The windows in which a customer's moments of that day count."""
    found = await _rows(
        made,
        "SELECT customer_id, family, quota_slot.window, slot FROM quota_slot ORDER BY 1, 2, 3, 4",
    )
    return [tuple(row) for number, *row in found if number == made.ids[name]]


async def _published(made: Scene, *userids: str) -> None:
    moment_id = await made.part("moment_id")
    for userid in userids:
        await made.world.act("publish_moment", userid=userid, moment_id=moment_id)


async def _created(made: Scene) -> int:
    number = await out(made)
    await made.at(10, 40)
    await made.poll()
    return number


async def test_who_said_no_after_the_call_and_sees_it_all_the_same_is_told_to_a_person(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.ids["C1"], Choice.ALL, source="退订页", words="都不要", at=made.wall.at,
                actor="customer:1",
            )  # fmt: skip
        await _published(made, "limin")  # before the tag was taken off at WeCom
        await made.at(10, 55)
        assert (await made.poll())["shown"] == 2
        assert (await made.reader("C1"))[0] == "extra"
        assert (await made.reader("C2"))[0] == "shown"
        assert await _work(made) == [
            ("moment_strangers", "limin"),
            ("opted_out_in_moment", "limin"),
        ]
        assert dict((await made.numbers(number)).readers) == {"shown": 2, "extra": 1, "planned": 1}
        touched = await _rows(made, "SELECT customer_id FROM touch WHERE channel = 'moments'")
        assert {one for (one,) in touched} == {made.ids[name] for name in ("C1", "C2", "C4")}


async def test_a_customer_shown_it_by_another_member_than_their_own_is_a_stranger_there(
    database: Database,
) -> None:
    both = [{"userid": "limin"}, {"userid": "zhengkai"}]
    friends = [*FRIENDS[:1], FRIENDS[1] | {"followers": both}, FRIENDS[2] | {"followers": both}]
    async with wecom_world(members=MEMBERS, customers=[*friends, FRIENDS[3]]) as world:
        made = await scene(database, world)
        number = await _created(made)
        tag_id = (await made.one(number)).tag_id
        await tags.mark(world.client, "limin", "wm-C3", add=[tag_id])
        await tags.mark(world.client, "zhengkai", "wm-C2", add=[tag_id])
        await _published(made, "limin")
        await made.at(10, 55)
        assert (await made.poll())["shown"] == 3
        assert (await made.reader("C3"))[0] == "extra"
        assert await _work(made) == [("moment_strangers", "limin")]
        pairs = await _rows(made, "SELECT userid, external_userid FROM tag_pair")
        assert ("zhengkai", "wm-C3") not in pairs  # she is not shown it a second time
        await made.mark()
        await _published(made, "zhengkai")
        await made.at(11, 30)
        await made.poll()
        assert (await made.reader("C2"))[0] == "shown"  # by her own manager, and by the other one
        assert await _work(made) == [
            ("moment_strangers", "limin"),
            ("moment_strangers", "zhengkai"),
        ]


async def test_who_publishes_while_it_is_being_taken_back_has_published(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await made.at(17, 1)

        async def publishes(path: str) -> None:
            if path == CANCEL:
                await _published(made, "zhengkai")

        counts = await results.poll(database, Between(world.client, before=publishes), made.wall)
        assert (counts["taken_back"], counts["published"], counts["shown"]) == (1, 1, 1)
        assert dict((await made.numbers(number)).senders) == {"published": 1, "missed": 1}
        assert (await made.reader("C3"))[0] == "shown"
        assert len(await _slots(made, "C3")) == 5


async def test_who_is_missed_because_wecom_was_late_to_tell_is_found_and_counts_again(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        held = await _slots(made, "C3")
        await _published(made, "zhengkai")
        await made.at(17, 1)

        async def late(path: str, answer: Answer) -> Answer:
            return answer | {"task_list": []} if path == TASKS else answer

        await results.poll(database, Between(world.client, after=late), made.wall)
        assert (await made.reader("C3"))[0] == "missed"
        assert await _slots(made, "C3") == []
        await made.at(19, 30)
        assert (await made.poll())["shown"] == 1
        assert dict((await made.numbers(number)).senders) == {"published": 1, "missed": 1}
        assert (await made.reader("C3"))[0] == "shown"
        assert await _slots(made, "C3") == held
        assert len(await _rows(made, "SELECT 1 FROM touch WHERE channel = 'moments'")) == 1
        assert ("zhengkai", "wm-C3") in await _rows(
            made, "SELECT userid, external_userid FROM tag_pair"
        )


async def test_a_stop_that_is_asked_for_during_a_poll_is_not_put_off(database: Database) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await made.at(10, 55)

        async def stops(path: str, answer: Answer) -> Answer:
            if path == TASKS:
                async with database.transaction() as session:
                    await service.stop(
                        session, number, reason="写错了", by="staff:wangshan", at=made.wall.at,
                        units=None,
                    )  # fmt: skip
            return answer

        await results.poll(database, Between(world.client, after=stops), made.wall)
        assert (await made.poll())["taken_back"] == 1
        assert dict((await made.numbers(number)).senders) == {"stopped": 2}


async def test_a_call_that_is_to_be_stopped_does_not_end_before_it_was(database: Database) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await _created(made)
        await _published(made, "limin", "zhengkai")
        await made.at(10, 55)
        await made.poll()
        made.wall.at += DAY * 2

        async def stops(path: str, answer: Answer) -> Answer:
            async with database.transaction() as session:
                await session.execute(
                    text(
                        "UPDATE moment_part SET stop_asked_at = poll_until, next_poll_at = poll_until"
                    )
                )
            return answer

        await results.poll(database, Between(world.client, after=stops), made.wall)
        assert await made.part("state") == "created"
        assert (await made.poll())["taken_back"] == 1
        assert await made.part("state") == "ended"


async def test_where_wecom_refuses_to_take_it_back_what_was_read_is_kept_and_it_ends_once(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await _created(made)
        await _published(made, "limin")
        await world.fault(kind="code", code=41067, path=CANCEL)
        await made.at(17, 1)
        counts = await made.poll()
        assert (counts["shown"], counts["taken_back"]) == (3, 0)
        assert (await made.reader("C3"))[0] == "planned"  # who is asked to stop may still publish
        assert await _work(made) == []
        await _ends_unclear(made, number)
        assert dict((await made.numbers(number)).senders) == {"published": 1, "missed": 1}


@pytest.mark.parametrize("how", ["the job is cleared", "it is never done", "it has no id"])
async def test_a_job_that_never_gives_a_moment_ends_with_a_person_told_and_its_tag_removed(
    database: Database, how: str
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS, broadcast_dispatch_s=10**6) as world:
        made = await scene(database, world)
        number = await out(made)
        if how == "it has no id":
            async with database.transaction() as session:
                await session.execute(text("UPDATE moment_part SET jobid = ''"))
        await made.at(10, 40)
        await made.poll()
        assert await made.part("state") == "created"
        if how == "the job is cleared":  # after a day at WeCom; otherwise its clock stands still
            await world.post("clock", {"freeze": (made.wall.at + DAY * 2).isoformat()})
        await _ends_unclear(made, number)
        assert (await made.reader("C1"))[0] == "planned"  # nobody knows, so her slots stay hers
        tidied = await jobs.tidy(database, world.client, at=made.wall.at + DAY * 31)
        assert tidied == 1


async def _ends_unclear(made: Scene, number: int) -> None:
    """The window is over: one item, one entry, the moment over; and never asked again."""
    made.wall.at = (await made.one(number)).ends_at + DAY + timedelta(minutes=5)
    assert [(await made.poll())["asked"] for _ in range(2)] == [1, 0]
    assert await made.part("state") == "ended"
    assert await _work(made) == [("moment_unclear", None)]
    entries = await _rows(made, "SELECT count(*) FROM ledger_entry WHERE act = 'moment.unclear'")
    assert entries == [(1,)]
    assert (await made.one(number)).state == "over"
