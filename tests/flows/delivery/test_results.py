"""What became of broadcasts: asked to the end of the window, written once, counted as WeCom counts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from delivery.polling import pause, pause_after
from delivery.results_landing import LEASE
from kit.db import Database
from tests.flows.delivery.broadcasting import Answer, Between, Office
from tests.flows.wecom_world import wecom_world
from wecom.errors import OutcomeUnknown

pytestmark = [pytest.mark.anyio, pytest.mark.mission("H2")]

MEMBERS = [{"userid": "limin", "name": "李敏"}, {"userid": "zhengkai", "name": "郑凯"}]
BOOKS = {
    "limin": [f"wm-L{number}" for number in range(5)],
    "zhengkai": [f"wm-Z{number}" for number in range(4)],
}
FRIENDS = [
    {"external_userid": contact, "name": contact, "followers": [{"userid": userid}]}
    for userid, contacts in BOOKS.items()
    for contact in contacts
]
RESULT = "externalcontact/get_groupmsg_send_result"
TASK = "externalcontact/get_groupmsg_task"
SLOTS = "SELECT COUNT(*) FROM quota_slot"


@asynccontextmanager
async def _office(database: Database, **modes: Any) -> AsyncIterator[Office]:
    async with wecom_world(members=MEMBERS, customers=FRIENDS, **modes) as world:
        office = Office(database, world)
        await office.open(BOOKS)
        yield office


async def _answered(office: Office, path: str) -> list[dict[str, Any]]:
    """Calls that WeCom took, whatever it said; a token that was over is renewed and no call."""
    return [row for row in await office.world.called(path) if row["errcode"] != 42001]


def test_questions_come_soon_then_seldom_and_failures_wait_ever_longer() -> None:
    minute = timedelta(minutes=1)
    ages = [minute, 10 * minute, 60 * minute, 10 * 60 * minute, 30 * 60 * minute, 240 * 60 * minute]
    assert [pause(age) / minute for age in ages] == [1, 5, 30, 60, 720, 720]
    assert [pause_after(number) / minute for number in (1, 2, 3, 5, 9, 90)] == [1, 2, 4, 16, 60, 60]


async def test_right_after_creation_wecom_still_hands_out_and_is_asked_again(
    database: Database,
) -> None:
    async with _office(database, broadcast_dispatch_s=90) as office:
        await office.later(seconds=60)
        assert await office.poll() == {"asked": 2}
        codes = [row["errcode"] for row in await office.world.called("get_groupmsg_task")]
        assert codes == [41063, 41063]
        assert await office.tasks() == {"limin": "created", "zhengkai": "created"}
        await office.later(seconds=20)
        assert (await office.poll())["asked"] == 0  # not before WeCom could have handed it out
        await office.later(seconds=20)
        await office.world.act(
            "confirm_broadcast", userid="limin", msgid=await office.msgid("limin")
        )
        counts = await office.poll()
        assert (counts["sent"], counts["confirmed"]) == (5, 1)
        assert await office.work() == []


@pytest.mark.mission("C7")
async def test_what_waits_for_wecoms_administrator_is_a_state_of_its_own(
    database: Database,
) -> None:
    async with _office(database, broadcast_approval=True) as office:
        await office.later(minutes=2)
        assert (await office.poll())["awaiting_admin"] == 2
        assert await office.work() == []
        await office.later(minutes=40)
        await office.poll()
        assert await office.work() == [("broadcasts_await_admin", "open")]
        for userid, agreed in (("limin", True), ("zhengkai", False)):
            msgid = await office.msgid(userid)
            await office.world.act("approve_broadcast", msgid=msgid, approved=agreed)
        await office.later(hours=1)
        await office.poll()
        assert await office.tasks() == {"limin": "created", "zhengkai": "awaiting_admin"}
        await office.later(minutes=11)  # what an administrator refused settles like a cancel
        await office.poll()
        assert await office.tasks() == {"limin": "created", "zhengkai": "cancelled"}
        assert await office.work() == [("broadcasts_await_admin", "closed")]
        assert await office.states() == {"planned": 5, "stopped": 4}
        assert await office.rows(SLOTS) == [(5,)]  # who gets nothing has their slot back
        acts = {act for (act,) in await office.rows("SELECT act FROM ledger_entry")}
    assert {"broadcast.awaits_admin", "broadcast.released", "broadcast.called_off"} <= acts


async def test_a_reading_that_broke_off_goes_on_at_its_cursor(database: Database) -> None:
    async with _office(database) as office:
        await office.world.act(
            "confirm_broadcast", userid="limin", msgid=await office.msgid("limin")
        )
        asked: list[str] = []

        async def two_a_page(path: str, body: Answer) -> None:
            if path == RESULT:
                body["limit"] = 2
                asked.append(body["cursor"])
                if len(asked) == 3:
                    raise OutcomeUnknown(path, "cut off")

        await office.later(minutes=2)
        counts = await office.poll(Between(office.world.client, before=two_a_page))
        assert counts["sent"] == 4
        assert await office.states() == {"sent": 4, "planned": 5}
        [(kept,)] = await office.rows("SELECT result_cursor FROM broadcast WHERE userid = 'limin'")
        assert kept == asked[2] != ""
        await office.later(minutes=2)
        await office.poll(Between(office.world.client, before=two_a_page))
        assert asked[3] == kept  # not from the beginning
        assert await office.states() == {"sent": 5, "planned": 4}
        assert await office.rows("SELECT result_cursor FROM broadcast WHERE userid = 'limin'") == [
            ("",)
        ]
        assert await office.rows("SELECT COUNT(*) FROM touch") == [(5,)]


async def test_a_cursor_that_wecom_forgot_begins_anew_and_counts_nobody_twice(
    database: Database,
) -> None:
    async with _office(database) as office:
        await office.world.act("confirm_all_broadcast", msgid=await office.msgid("limin"))
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(
                "UPDATE broadcast SET result_cursor = 'forgotten' WHERE userid = 'limin'"
            )
        await office.later(minutes=2)
        assert (await office.poll())["sent"] == 5
        codes = [row["errcode"] for row in await _answered(office, "get_groupmsg_send_result")]
        assert codes == [50100, 0]


async def test_one_bad_task_holds_up_no_other_and_is_told_to_a_person(database: Database) -> None:
    async with _office(database) as office:
        bad, good = await office.msgid("limin"), await office.msgid("zhengkai")
        await office.world.act("confirm_all_broadcast", msgid=good)

        async def poison(path: str, body: Answer) -> None:
            if body.get("msgid") == bad:
                raise ValueError("nobody thought of this")

        wecom = Between(office.world.client, before=poison)
        await office.later(minutes=2)
        assert (await office.poll(wecom))["sent"] == 4
        for _ in range(4):
            await office.later(minutes=10)
            await office.poll(wecom)
        assert await office.work() == [("broadcast_unclear", "open")]
        [(failures,)] = await office.rows(
            "SELECT poll_failures FROM broadcast WHERE userid = 'limin'"
        )
        assert failures == 5
        await office.later(days=15)
        await office.poll(wecom)
        assert await office.tasks() == {"limin": "ended", "zhengkai": "ended"}
        assert await office.states() == {
            "planned": 5,
            "sent": 4,
        }  # of whom nothing is known: nothing
        assert await office.rows(SLOTS) == [(9,)]


async def test_cancel_really_cancels_and_who_has_it_already_is_counted(database: Database) -> None:
    async with _office(database) as office:
        early, late = await office.msgid("limin"), await office.msgid("zhengkai")
        await office.later(minutes=2)
        await office.poll()
        await office.world.act("confirm_broadcast", userid="limin", msgid=early)  # nobody asked yet
        for msgid in (early, late):
            await office.world.client.call(
                "externalcontact/cancel_groupmsg_send", {"msgid": msgid}, idempotent=True
            )
        refused = await office.world.people.post(
            "/_sim/act", json={"act": "confirm_broadcast", "userid": "zhengkai", "msgid": late}
        )
        assert refused.status_code == 400
        await office.later(minutes=5)
        assert (await office.poll())["sent"] == 5
        await office.later(minutes=11)
        await office.poll()
        assert await office.tasks() == {"limin": "cancelled", "zhengkai": "cancelled"}
        assert await office.states() == {"sent": 5, "stopped": 4}
        received = await office.world.seen("broadcast")
        assert {row["external_userid"] for row in received} == set(BOOKS["limin"])
        assert await office.rows(SLOTS) == [(5,)]
        await office.later(days=20)
        assert (await office.poll())["asked"] == 0
        assert len(await office.world.seen("broadcast")) == 5


async def test_what_nobody_sent_by_the_end_is_cancelled_before_the_asking_stops(
    database: Database,
) -> None:
    async with _office(database) as office:
        await office.world.act("confirm_all_broadcast", msgid=await office.msgid("limin"))
        for _ in range(3):
            await office.later(minutes=10)
            await office.poll()
        before = len(await _answered(office, "get_groupmsg_task"))
        await office.later(days=15)
        await office.poll()
        await office.later(minutes=11)  # whatever was on its way shows by now
        await office.poll()
        assert await office.tasks() == {"limin": "ended", "zhengkai": "cancelled"}
        assert await office.states() == {"sent": 5, "stopped": 4}
        [asked] = await office.world.called("cancel_groupmsg_send")
        assert asked["body"]["msgid"] == await office.msgid("zhengkai")
        after = len(await _answered(office, "get_groupmsg_task"))
        assert after == before + 3
        await office.later(days=1)
        assert (await office.poll())["asked"] == 0


async def test_of_two_processes_one_asks_and_a_vanished_one_is_taken_over(
    database: Database,
) -> None:
    async with _office(database) as office:
        await office.world.act("confirm_all_broadcast", msgid=await office.msgid("limin"))

        both = asyncio.Barrier(len(BOOKS))
        elsewhere: list[int] = []

        async def meanwhile(path: str, body: Answer) -> None:
            if path == TASK:
                await both.wait()  # both are in our hands
                elsewhere.append((await office.poll())["asked"])

        class Vanished(BaseException):
            """The process is gone."""

        async def gone(path: str, body: Answer) -> None:
            await both.wait()
            raise Vanished

        await office.later(minutes=2)
        with pytest.raises(BaseExceptionGroup):
            await office.poll(Between(office.world.client, before=gone))
        assert (await office.poll())["asked"] == 0  # what it held is not free yet
        await office.later(seconds=LEASE.total_seconds())
        counts = await office.poll(Between(office.world.client, before=meanwhile))
        assert (counts["asked"], elsewhere) == (2, [0, 0])
        assert await office.states() == {"sent": 5, "planned": 4}


async def test_counts_equal_what_wecom_knows(database: Database) -> None:
    async with _office(database, broadcast_cap="day1") as office:
        await office.world.act(
            "outside_broadcast", userid="limin", targets=["wm-L0"], text="别处发的"
        )
        await office.world.act("delete_by_customer", userid="limin", external_userid="wm-L1")
        for userid in BOOKS:
            await office.world.act("confirm_all_broadcast", msgid=await office.msgid(userid))
        await office.later(minutes=2)
        counts = await office.poll()
        truth = await office.truth()
        said = Counter(
            status
            for msgid in (await office.msgid("limin"), await office.msgid("zhengkai"))
            for status in truth[msgid].values()
        )
        assert said == {1: 7, 2: 1, 3: 1}
        assert (counts["sent"], counts["not_friend"], counts["capped"]) == (7, 1, 1)
        assert await office.states() == {"sent": 7, "not_friend": 1, "capped": 1}
        touched = await office.rows("SELECT COUNT(*) FROM touch WHERE channel = 'broadcast'")
        assert touched == [(7,)]
        entries = await office.rows(
            "SELECT COUNT(*) FROM ledger_entry WHERE act LIKE 'broadcast.customer_%'"
        )
        assert entries == [(9,)]
        # WeCom has said that this one has had enough today, whoever sent it.
        full = await office.rows("SELECT external_userid FROM outside_reach WHERE uses > 1")
        assert full == [("wm-L0",)]
