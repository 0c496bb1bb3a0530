"""What members, the console and other apps broadcast is read from WeCom and told from our own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from delivery.outside import reading, repository
from kit.clock import bank_date
from kit.db import Database
from tests.flows.delivery.broadcasting import Answer, Between, Office
from tests.flows.delivery.test_results import BOOKS, FRIENDS, MEMBERS
from tests.flows.wecom_world import wecom_world
from wecom.errors import OutcomeUnknown

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C7")]

RESULT = "externalcontact/get_groupmsg_send_result"
REACHED = (
    "SELECT msgid, external_userid, sent_on FROM outside_reach ORDER BY msgid, external_userid"
)


@asynccontextmanager
async def _office(database: Database, **modes: Any) -> AsyncIterator[Office]:
    async with wecom_world(members=MEMBERS, customers=FRIENDS, **modes) as world:
        office = Office(database, world)
        await office.open(BOOKS)
        yield office


async def _by_hand(office: Office, userid: str, *targets: str, **more: Any) -> str:
    answer = await office.world.act(
        "outside_broadcast", userid=userid, targets=list(targets), text="别处发的", **more
    )
    return str(answer["msgid"])


async def _read(office: Office, **how: Any) -> dict[str, int]:
    wecom = how.pop("wecom", office.world.client)
    return await reading.read(office.database, wecom, office.wall, **how)


async def test_others_are_read_to_the_last_customer_and_ours_are_not_among_them(
    database: Database,
) -> None:
    async with _office(database, broadcast_cap="week7") as office:
        hand = await _by_hand(office, "limin", "wm-L0", "wm-L1")
        console = await _by_hand(office, "zhengkai", "wm-Z0", create_type=0)
        groups = await _by_hand(office, "limin", chat_type="group")
        await office.world.act("confirm_all_broadcast", msgid=await office.msgid("limin"))
        await office.later(minutes=11)
        counts = await _read(office)
        assert (counts["found"], counts["asked"], counts["reached"]) == (2, 2, 3)
        day = bank_date(office.wall.at)
        async with database.reading() as session:
            used = await repository.uses(
                session, [f"wm-{one}" for one in ("L0", "L1", "L2", "Z0")], day
            )
        assert used == {"wm-L0": 1, "wm-L1": 1, "wm-Z0": 1}
        found = {msgid for msgid, _, _ in await office.rows(REACHED)}
        assert found == {hand, console}
        assert groups not in found
        states = await office.rows("SELECT msgid, state FROM outside_broadcast")
        assert dict(states) == {hand: "ended", console: "ended"}  # everybody's part is known
        again = await _read(office, whole_month=True)
        assert (again["found"], again["asked"], again["reached"]) == (0, 0, 0)
        await office.later(days=70)
        assert (await _read(office))["forgotten"] == 3


async def test_more_others_than_a_page_are_found_and_one_bad_one_holds_up_no_other(
    database: Database,
) -> None:
    async with _office(database, broadcast_cap="month_days") as office:
        made = [await _by_hand(office, "limin", f"wm-L{number % 5}") for number in range(104)]
        await office.later(minutes=11)

        async def poison(path: str, body: Answer) -> None:
            if body.get("msgid") == made[50]:
                raise ValueError("nobody thought of this")

        counts = await _read(office, wecom=Between(office.world.client, before=poison))
        assert counts["found"] == 104
        left = await office.rows(
            "SELECT msgid, poll_failures FROM outside_broadcast WHERE state = 'open'"
        )
        assert left == [(made[50], 1)]
        await office.later(minutes=2)
        await _read(office)
        assert await office.rows("SELECT COUNT(*) FROM outside_broadcast WHERE state = 'open'") == [
            (0,)
        ]
        async with database.reading() as session:
            used = await repository.uses(session, ["wm-L0"], bank_date(office.wall.at))
        assert used == {"wm-L0": 21}  # every fifth of 104


async def test_a_reading_of_others_that_broke_off_goes_on_where_it_stood(
    database: Database,
) -> None:
    async with _office(database, broadcast_cap="week7") as office:
        msgid = await _by_hand(office, "limin", *BOOKS["limin"])
        await office.later(minutes=11)
        asked: list[str] = []

        async def two_a_page(path: str, body: Answer) -> None:
            if path == RESULT:
                body["limit"] = 2
                asked.append(body["cursor"])
                if len(asked) == 2:
                    raise OutcomeUnknown(path, "cut off")

        wecom = Between(office.world.client, before=two_a_page)
        await _read(office, wecom=wecom)
        assert len(await office.rows(REACHED)) == 2
        await office.later(minutes=2)
        await _read(office, wecom=wecom)
        assert asked[2] == asked[1] != ""
        assert [row[1] for row in await office.rows(REACHED)] == sorted(BOOKS["limin"])
        assert await office.rows("SELECT state, read_cursor FROM outside_broadcast") == [
            ("ended", "")
        ]
        assert msgid in {row[0] for row in await office.rows(REACHED)}


async def test_ours_that_was_taken_for_anothers_is_counted_once(database: Database) -> None:
    async with _office(database, broadcast_cap="week7") as office:
        msgid = await office.msgid("limin")
        async with database.transaction() as session:  # its answer was lost
            connection = await session.connection()
            await connection.exec_driver_sql(
                "UPDATE broadcast SET msgid = '' WHERE userid = 'limin'"
            )
        await office.world.act("confirm_all_broadcast", msgid=msgid)
        await office.later(minutes=11)
        await _read(office)
        assert len(await office.rows(REACHED)) == len(BOOKS["limin"])
        async with database.transaction() as session:  # and was found
            connection = await session.connection()
            await connection.exec_driver_sql(
                f"UPDATE broadcast SET msgid = '{msgid}' WHERE userid = 'limin'"  # noqa: S608
            )
        await office.later(seconds=timedelta(hours=1).total_seconds())
        await _read(office)
        assert await office.rows(REACHED) == []
        assert await office.rows("SELECT COUNT(*) FROM outside_broadcast") == [(0,)]
