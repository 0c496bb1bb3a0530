"""Managers are reminded of what waits, never more often than WeCom allows; then the head is told."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from compliance.facts import Channel
from config import execution_policy
from delivery import broadcasts, jobs, reminding, undone
from delivery.dispatcher import Dispatcher
from delivery.models import TodoState
from delivery.phrasing import routes
from kit.clock import bank_date
from kit.db import Database
from tests.flows.campaigns.winter import rows
from tests.flows.console import scenes
from tests.flows.crm_sync import bank
from tests.flows.delivery.test_every_way import AT, TRIES, _customer, _script
from tests.flows.wecom_world import AGENT, World, wecom_world

pytestmark = [pytest.mark.anyio, pytest.mark.mission("H2")]
POLICY = execution_policy.load()
FRIENDS = [{"external_userid": "wm-C1", "name": "周", "followers": [{"userid": "limin"}]}]
PATH = "remind_groupmsg_send"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def _at_wecom(database: Database, world: World) -> None:
    """A broadcast task of Li Min's is at WeCom since ten o'clock."""
    async with database.transaction() as session:
        customer = await _customer(session)
        version = await _script(session, Channel.BROADCAST)
        await TRIES[Channel.BROADCAST](session, customer, version)
        await broadcasts.close(
            session, bank_date(AT), at=AT, due_at=AT, expires_at=AT + timedelta(hours=8)
        )
    await world.post("clock", {"freeze": AT.isoformat()})
    ways = routes(world.client, database, agent_id=AGENT, clock=lambda: AT)
    await Dispatcher(database, ways, lambda: AT).drain()


async def _round(database: Database, world: World, at: datetime) -> dict[str, int]:
    await world.post("clock", {"freeze": at.isoformat()})
    return dict(await reminding.remind(database, world.client, lambda: at, POLICY))


async def test_a_task_is_reminded_at_most_three_times_a_day_and_by_one_process_alone(
    database: Database,
) -> None:
    async with wecom_world(customers=FRIENDS) as world:
        await _at_wecom(database, world)
        told = []
        for minutes in range(0, 24 * 60, 30):
            at = AT + timedelta(minutes=minutes)
            both = await asyncio.gather(*(_round(database, world, at) for _ in range(2)))
            said = [one for one in both if one]
            assert len(said) <= 1, (at, both)
            told += [at for _ in said]
        assert told == [AT + 2 * HOUR, AT + 5 * HOUR, AT + 8 * HOUR]
        calls = [one for one in await world.called(PATH) if one["errcode"] != 42001]
        assert [one["errcode"] for one in calls] == [0, 0, 0]
    found = await rows(database, "SELECT reason FROM ledger_entry WHERE act = 'broadcast.reminded'")
    assert len(found.found) == 3


async def test_who_confirmed_is_not_reminded_and_wecoms_own_no_ends_it(
    database: Database,
) -> None:
    noon = AT + 2 * HOUR
    async with wecom_world(customers=FRIENDS, broadcast_reminders_per_day=1) as world:
        await _at_wecom(database, world)
        assert await _round(database, world, noon) == {"reminded": 1}
        assert await _round(database, world, noon + 3 * HOUR) == {"full": 1}
        assert await _round(database, world, noon + 6 * HOUR) == {}
        async with database.transaction() as session:
            await session.execute(
                text("UPDATE broadcast SET reminded = 0, reminded_at = NULL, state = 'confirmed'")
            )
        assert await _round(database, world, noon + 6 * HOUR) == {}


async def test_a_task_nobody_confirmed_goes_to_the_head_and_leaves_when_it_was_after_all(
    database: Database,
) -> None:
    async with wecom_world(customers=FRIENDS) as world:
        await _at_wecom(database, world)
    next_day = AT + DAY
    async with database.transaction() as session:
        assert await undone.escalate(session, at=next_day, policy=POLICY) == 1
        assert await undone.escalate(session, at=next_day, policy=POLICY) == 0
        assert await undone.settle(session, at=next_day) == 0
        await session.execute(text("UPDATE broadcast SET state = 'ended'"))
        assert await undone.settle(session, at=next_day) == 0  # over, and never confirmed
        await session.execute(text("UPDATE broadcast SET state = 'confirmed'"))
        assert await undone.settle(session, at=next_day) == 1
    [kind] = (await rows(database, "SELECT kind FROM work_item")).column()
    assert kind == undone.TASKS


async def test_one_card_in_the_afternoon_to_who_was_told_and_has_not_done_all(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        customer = await bank.customer(session, "C1")
        for name, states in {
            "limin": (TodoState.OPEN, TodoState.OPEN, TodoState.DONE),
            "busy": (TodoState.OPEN,),
            "left": (TodoState.OPEN,),
        }.items():
            await bank.staff(session, name, active=name != "left")
            for state in states:  # calls by phone: no friendship, and still somebody to tell
                await scenes.todo(
                    session, customer, at=AT, staff=name, state=state, userid="", channel="phone"
                )
        await scenes.todo(session, customer, at=AT, staff="busy", channel="sms")
    told = {"public_url": "http://desk", "bank_name": "青禾银行"}
    assert await reminding.nudge(database, at=AT, **told) == 0  # nobody was told of anything
    assert await jobs.announce(database, at=AT, **told) == 2
    async with database.transaction() as session:
        await session.execute(text("UPDATE todo SET state = 'noted' WHERE staff_id = 'busy'"))
    afternoon = AT + timedelta(hours=5)
    assert await reminding.nudge(database, at=afternoon, **told) == 1
    assert await reminding.nudge(database, at=afternoon, **told) == 0
    query = "SELECT key, channel_reason FROM outbox WHERE key LIKE 'nudge:%'"
    [(key, reason)] = (await rows(database, query)).found
    assert key == "nudge:limin:2026-11-25"
    assert reason.startswith("今天提醒过、还没有做完的 ")
    assert "系统不能替他对客户说" in reason
