"""A moment is shown to whoever passed the gate and to nobody else, once, whatever happens."""

import pytest

from compliance.opting_out import Choice
from delivery import opting_out
from kit.db import Database
from tests.flows.delivery.showing import FRIENDS, MEMBERS, WORDS, approved, out, proposal, scene
from tests.flows.wecom_world import wecom_world

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
        assert (await made.one(number)).preview == {
            "audience": 4, "looked": 4, "passed": 3, "reasons": {"E-4024": 1},
        }  # fmt: skip
        assert await made.draw_up() == {"listed": 1, "calls": 1, "failed": 0}
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
