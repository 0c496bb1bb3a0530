"""A moment is shown to whoever passed the gate and to nobody else, once, whatever happens."""

import asyncio
from contextlib import suppress
from datetime import time, timedelta

import pytest
from sqlalchemy import text

from compliance.opting_out import Choice
from delivery import lookup, opting_out, recalling
from delivery.dispatcher import LEASE
from delivery.moments import jobs, leaving, repository, service
from delivery.repository import outbox
from kit.clock import bank_moment
from kit.db import Database
from tests.flows.delivery.office import desk
from tests.flows.wecom_world import wecom_world
from wecom import tags

from tests.flows.delivery.showing import (  # isort: skip
    DAY,
    FRIENDS,
    MEMBERS,
    WORDS,
    approved,
    out,
    proposal,
    scene,
)

DAYS, HOUR = timedelta(days=2), timedelta(hours=1)

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F6")]


async def test_the_visible_list_is_the_tag_and_the_tag_is_who_passed_the_gate(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.ids["C2"], Choice.PERSONALISED, source="退订页", words="不要挑我的",
                at=made.wall.at, actor="customer:2",
            )  # fmt: skip
        number = await approved(database, made.wall)
        preview = dict((await made.one(number)).preview)
        assert preview.pop("ids")["E-4024"] == [made.ids["C2"]]
        assert preview == {
            "audience": 4, "looked": 4, "passed": 3, "reasons": {"E-4024": 1},
        }  # fmt: skip
        assert await made.draw_up() == {"listed": 1, "calls": 1, "failed": 0, "again": 0}
        assert await made.asked() == []
        assert await made.mark() == 3
        await made.at(10, 30)
        await made.dispatcher().drain()
        [body] = await made.asked()
        one = await made.one(number)
        assert body["visible_range"] == {
            "sender_list": {"user_list": ["limin", "zhengkai"]},
            "external_contact_list": {"tag_list": [one.tag_id]},
        }
        assert body["text"] == {"content": WORDS}
        assert await made.carriers(number) == {"C1", "C3", "C4"}
        assert await made.reader("C2") == ("excluded", "E-4024")
        await made.at(10, 40)
        await made.poll()
        moment_id = await made.part("moment_id")
        assert await world.act("publish_moment", userid="limin", moment_id=moment_id) == {
            "customers": 2
        }
        await made.at(10, 55)
        counts = await made.poll()
        assert (counts["published"], counts["shown"]) == (1, 2)
        seen = {row["external_userid"] for row in await world.seen("moment")}
        assert seen == {"wm-C1", "wm-C4"}
        numbers = await made.numbers(number)
        assert dict(numbers.readers) == {"shown": 2, "planned": 1, "excluded": 1}
        assert dict(numbers.senders) == {"published": 1, "waiting": 1}
        await made.at(17, 1)
        assert (await made.poll())["taken_back"] == 1
        assert dict((await made.numbers(number)).senders) == {"published": 1, "missed": 1}
        assert await made.reader("C3") == ("missed", "")


async def test_who_says_no_between_the_approval_and_the_call_is_neither_tagged_nor_shown(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await approved(database, made.wall)
        await made.draw_up()
        assert await made.mark() == 4
        async with database.transaction() as session:
            done = await opting_out.opt_out(
                session, made.ids["C1"], Choice.ALL, source="退订页", words="都不要", at=made.wall.at,
                actor="customer:1",
            )  # fmt: skip
        assert dict(done.withdrawn) == {"moment": 1}
        await made.at(10, 30)
        await made.dispatcher().drain()
        assert await made.asked() == []  # WeCom still has the tag on her: the call waits
        await made.mark()
        await made.at(10, 36)
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        assert await made.carriers(number) == {"C2", "C3", "C4"}
        assert await made.reader("C1") == ("withdrawn", "said_no")
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.ids["C3"], Choice.ALL, source="退订页", words="都不要", at=made.wall.at,
                actor="customer:3",
            )  # fmt: skip
        assert await made.reader("C3") == ("late", "said_no")
        async with database.reading() as session:
            found = await session.execute(text("SELECT kind, staff_id FROM work_item"))
            assert [tuple(row) for row in found] == [("opted_out_in_moment", "zhengkai")]
        await made.mark()
        assert await made.carriers(number) == {"C2", "C4"}


async def test_a_call_waits_for_a_no_that_is_being_written_and_leaves_without_her(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await approved(database, made.wall)
        await made.draw_up()
        await made.mark()
        await made.at(10, 30)
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.ids["C2"], Choice.ALL, source="退订页", words="都不要", at=made.wall.at,
                actor="customer:2",
            )  # fmt: skip
            sending = asyncio.create_task(made.dispatcher().drain(most=1))
            with suppress(TimeoutError):  # SQLite's one writer; PostgreSQL tries again later
                await asyncio.wait_for(asyncio.shield(sending), 0.5)
            assert await made.asked() == []
        await sending
        assert await made.asked() == []
        await made.mark()
        await made.at(10, 36)
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        assert await made.carriers(number) == {"C1", "C3", "C4"}


async def test_what_changed_since_the_list_was_drawn_is_judged_again_before_the_call(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await approved(database, made.wall)
        await made.draw_up()
        await made.mark()
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM persona_membership WHERE customer_id = :id"), {"id": made.ids["C2"]})  # fmt: skip
        await made.at(10, 30)
        await made.dispatcher().drain()
        assert await made.reader("C2") == ("withdrawn", "E-4008")
        assert await made.asked() == []
        await made.mark()
        await made.at(10, 36)
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1


async def test_a_tag_put_on_by_hand_is_taken_off_before_the_call(database: Database) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.ids["C2"], Choice.ALL, source="退订页", words="都不要", at=made.wall.at,
                actor="customer:2",
            )  # fmt: skip
        number = await approved(database, made.wall)
        await made.draw_up()
        await made.mark()
        tag_id = (await made.one(number)).tag_id
        await tags.mark(world.client, "limin", "wm-C2", add=[tag_id])
        await made.at(10, 30)
        await made.dispatcher().drain()
        assert await made.asked() == []
        await made.mark()
        assert await made.carriers(number) == {"C1", "C3", "C4"}
        await made.at(10, 36)
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        # put on again once it is out: WeCom shows it to her, and a person is told
        await tags.mark(world.client, "limin", "wm-C2", add=[tag_id])
        await made.at(10, 40)
        await made.poll()
        moment_id = await made.part("moment_id")
        await world.act("publish_moment", userid="limin", moment_id=moment_id)
        await made.at(10, 55)
        await made.poll()
        assert (await made.reader("C2"))[0] == "extra"
        async with database.reading() as session:
            found = await session.execute(text("SELECT kind, title FROM work_item"))
            assert [tuple(row) for row in found] == [
                ("moment_strangers", "企业朋友圈给名单外的 1 位看到了")
            ]


async def test_whom_the_tag_does_not_reach_in_time_is_left_out_and_the_rest_go(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS[:3]) as world:
        made = await scene(database, world)
        number = await approved(database, made.wall)
        await made.draw_up()
        await world.fault(kind="code", code=45035, path="externalcontact/mark_tag", count=1)
        await made.mark()  # one pair is busy, and WeCom knows nothing of C4
        await made.at(10, 30)
        await made.dispatcher().drain()
        assert await made.asked() == []
        assert await made.reader("C4") == ("withdrawn", "moved")
        await made.at(11, 1)
        await made.dispatcher().drain()
        await made.at(11, 6)
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        assert len(await made.carriers(number)) == 2
        assert dict((await made.numbers(number)).reasons) == {"moved": 1, "no_tag": 1}
        await made.mark()
        assert len(await made.carriers(number)) == 2


async def test_an_answer_that_is_lost_is_looked_up_and_never_asked_for_again(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await approved(database, made.wall)
        await made.draw_up()
        await made.mark()
        await made.at(10, 30)
        await world.fault(
            kind="drop", path="externalcontact/add_moment_task", when="after", count=1
        )
        await made.dispatcher().drain()
        assert await made.part("state") == "unknown"
        await made.at(10, 31)
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        assert (await lookup.resolve_unknown(database, world.client, made.wall))["found"] == 1
        assert (await made.part("state"), await made.part("jobid")) == ("created", "")
        moment_id = await made.part("moment_id")
        await world.act("publish_moment", userid="zhengkai", moment_id=moment_id)
        await made.at(10, 40)
        await made.poll()
        assert dict((await made.numbers(number)).readers) == {"planned": 3, "shown": 1}
        assert len(await made.asked()) == 1


async def test_a_process_that_dies_before_the_call_costs_nothing_and_after_half_an_hour_it_goes(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await approved(database, made.wall)
        await made.draw_up()
        await made.mark()
        await made.at(10, 30)
        async with database.transaction() as session:
            claim = await outbox.claim_next(
                session, worker="gone", at=made.wall.at, lease=LEASE, kinds=["moment"]
            )
        assert claim is not None
        async with database.transaction() as session:  # it died right after letting the call go
            pairs = await repository.list_of(session, claim.payload["task_id"])
            await leaving.leave(session, claim, frozenset(pairs), at=made.wall.at, desk=desk())
        await made.at(10, 41)
        assert (await lookup.resolve_unknown(database, world.client, made.wall))["waiting"] == 1
        assert await made.part("state") == "queued"
        await made.at(11, 1)
        assert (await lookup.resolve_unknown(database, world.client, made.wall))["absent"] == 1
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        with pytest.raises(leaving.LeaseOver):  # and the dead one, coming back, may not go on
            async with database.transaction() as session:
                await leaving.leave(session, claim, frozenset(pairs), at=made.wall.at, desk=desk())


async def test_recalled_words_empty_the_list_and_take_back_what_nobody_has_published(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await out(made)
        await made.at(10, 40)
        await made.poll()
        moment_id = await made.part("moment_id")
        await world.act("publish_moment", userid="limin", moment_id=moment_id)
        later = await approved(database, made.wall, proposal(
            title="周五", starts_at=made.wall.at + DAYS, ends_at=made.wall.at + DAYS + HOUR
        ))  # fmt: skip
        async with database.transaction() as session:
            await recalling.recall(
                session, made.version, by="staff:hejing", reason="写得不好", at=made.wall.at
            )
        assert (await made.poll())["taken_back"] == 1
        assert len(await world.called("cancel_moment_task")) == 1
        assert dict((await made.numbers(number)).senders) == {"published": 1, "stopped": 1}
        made.wall.at += DAYS
        assert (await made.draw_up())["failed"] == 1
        assert (await made.one(later)).cause == "话术已停用或过期"


async def test_a_customer_is_shown_one_moment_a_day_and_a_member_publishes_one(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        first = await approved(database, made.wall, proposal(staff_ids=("limin",)))
        second = await approved(database, made.wall)
        assert (await made.draw_up())["calls"] == 2
        assert dict((await made.numbers(first)).readers) == {"planned": 3}
        numbers = await made.numbers(second)
        assert dict(numbers.readers) == {"planned": 1, "excluded": 3}
        assert dict(numbers.reasons) == {"over_quota": 3}
        async with database.transaction() as session:
            await service.stop(
                session, second, reason="重复", by="staff:wangshan", at=made.wall.at, units=None
            )
            held = await session.execute(
                text(
                    "SELECT count(*) FROM quota_slot WHERE family = 'moment' AND starts_on = '2026-11-25'"
                )
            )
            assert held.scalar_one() == 3 + 1  # of the first: three mothers and their manager
        await made.at(10, 30)
        await made.mark()
        await made.dispatcher().drain()
        assert len(await made.asked()) == 1
        assert await made.carriers(second) == set()


async def test_elder_customers_are_left_out_where_the_day_is_longer_than_their_hours(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        evening = proposal(ends_at=bank_moment(DAY, time(20)))
        number = await approved(database, made.wall, evening)
        assert (await made.one(number)).preview["reasons"] == {"E-4027": 1}
        await made.draw_up()
        assert await made.reader("C4") == ("excluded", "E-4027")


async def test_a_moment_that_is_over_takes_its_tag_away(database: Database) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await out(made)
        await made.at(17, 1)
        await made.poll()
        made.wall.at += timedelta(days=2)
        await made.poll()
        assert (await made.one(number)).state == "over"
        assert await jobs.tidy(database, world.client, at=made.wall.at) == 0
        assert await jobs.tidy(database, world.client, at=made.wall.at + timedelta(days=31)) == 1
        assert await made.carriers(number) == set()
        assert await jobs.tidy(database, world.client, at=made.wall.at + timedelta(days=31)) == 0
