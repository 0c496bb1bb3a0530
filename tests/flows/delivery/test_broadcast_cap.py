"""WeCom delivers so many broadcasts to one customer and no more; we do not hand it the rest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from compliance.facts import Channel, Purpose
from config.settings import BroadcastCap
from crm_sync import selection
from delivery import door, quota
from delivery.intents import Intent, Outcome
from delivery.outside import repository as outside
from delivery.quota import Cap, broadcast_cap
from kit.clock import bank_date, bank_moment
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 25)
AT = bank_moment(DAY, time(10))
NOTICE = "尊敬的客户，我行网点本周六日正常营业，需要办理业务可以提前预约。"


@pytest.mark.parametrize(
    ("mode", "cap"),
    [
        ("day1", Cap("broadcast", "day", DAY, 1)),
        ("week7", Cap("broadcast", "week", date(2026, 11, 23), 7)),
        ("month_days", Cap("broadcast", "month", date(2026, 11, 1), 30)),
        ("legacy_month4", Cap("broadcast", "month", date(2026, 11, 1), 4)),
    ],
)
def test_each_choice_of_the_administrator_is_its_own_cap(mode: BroadcastCap, cap: Cap) -> None:
    assert broadcast_cap(mode, DAY) == cap


def test_a_short_month_allows_as_many_as_it_has_days() -> None:
    assert broadcast_cap("month_days", date(2027, 2, 3)).most == 28


async def _submit(
    database: Database, keys: Sequence[str], channel: Channel, mode: BroadcastCap, at: datetime = AT
) -> list[Outcome]:
    async with database.transaction() as session:
        customer_id = (await selection.customer_by_no(session, "C1")).customer_id
        people = await selection.customer_facts(session, [customer_id])
        ways = await selection.reaches(session, [customer_id])
        form = "broadcast" if channel is Channel.BROADCAST else "single"
        version = await approved_script(session, f"notice.{form}.{keys[0]}", NOTICE, form=form)
        intents = [
            Intent(
                key=key,
                trigger="service.notice",
                channel=channel,
                purpose=Purpose.SERVICE,
                customer=people[customer_id],
                reach=ways[customer_id],
                script_version_id=version,
                fields={},
                title="营业通知",
                why="周末营业",
                due_on=bank_date(at),
                expires_at=at + timedelta(hours=8),
            )
            for key in keys
        ]
        at_desk = replace(desk(), broadcast_cap=mode)
        found = await door.submit(session, intents, at=at, desk=at_desk, by="system:test")
    return [one.outcome for one in found]


async def _customer(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        await bank.reached_customer(session, "C1", owner="limin", born_on=date(1980, 1, 1))


async def test_the_second_broadcast_of_a_day_is_kept_back_where_wecom_delivers_one(
    database: Database,
) -> None:
    await _customer(database)
    outcomes = await _submit(database, ["a", "b"], Channel.BROADCAST, "day1")
    assert outcomes == [Outcome.QUEUED, Outcome.OVER_QUOTA]
    tomorrow = AT + timedelta(days=1)
    assert await _submit(database, ["c"], Channel.BROADCAST, "day1", tomorrow) == [Outcome.QUEUED]


async def test_where_wecom_delivers_more_the_second_goes(database: Database) -> None:
    await _customer(database)
    outcomes = await _submit(database, ["a", "b"], Channel.BROADCAST, "week7")
    assert outcomes == [Outcome.QUEUED, Outcome.QUEUED]


async def test_what_a_manager_sends_himself_takes_nothing_of_the_broadcasts(
    database: Database,
) -> None:
    await _customer(database)
    assert await _submit(database, ["a"], Channel.TODO, "day1") == [Outcome.QUEUED]
    assert await _submit(database, ["b"], Channel.BROADCAST, "day1") == [Outcome.QUEUED]


async def test_what_others_broadcast_counts_against_the_same_limit(database: Database) -> None:
    await _customer(database)
    async with database.transaction() as session:
        await outside.note(session, "msg-by-hand", [("wm-C1", DAY)])
    assert await _submit(database, ["a"], Channel.BROADCAST, "day1") == [Outcome.OVER_QUOTA]
    assert await _submit(database, ["t"], Channel.TODO, "day1") == [Outcome.QUEUED]
    tomorrow = AT + timedelta(days=1)
    assert await _submit(database, ["b"], Channel.BROADCAST, "day1", tomorrow) == [Outcome.QUEUED]


async def test_a_limit_of_the_week_is_shared_with_others_to_the_last_one(
    database: Database,
) -> None:
    await _customer(database)
    async with database.transaction() as session:
        for number in range(6):
            await outside.note(session, f"msg-{number}", [("wm-C1", DAY)])
        await outside.note(session, "msg-last-week", [("wm-C1", DAY - timedelta(days=7))])
    outcomes = await _submit(database, ["a", "b"], Channel.BROADCAST, "week7")
    assert outcomes == [Outcome.QUEUED, Outcome.OVER_QUOTA]
    async with database.transaction() as session:  # the first of ours did not go: its place is free
        await quota.give_back(session, ["a"])
    assert await _submit(database, ["d", "e"], Channel.BROADCAST, "week7") == [
        Outcome.QUEUED,
        Outcome.OVER_QUOTA,
    ]


async def test_whom_wecom_calls_full_gets_no_more_in_that_window(database: Database) -> None:
    await _customer(database)
    async with database.transaction() as session:
        await outside.note_full(session, "msg-ours", ["wm-C1"], DAY)
    assert await _submit(database, ["a"], Channel.BROADCAST, "month_days") == [Outcome.OVER_QUOTA]
    december = bank_moment(date(2026, 12, 2), time(10))
    again = await _submit(database, ["b"], Channel.BROADCAST, "month_days", december)
    assert again == [Outcome.QUEUED]
