"""From outbox to WeCom: once, whatever WeCom answers; in doubt it is looked up, never resent."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from compliance.opting_out import Choice
from config import channel_choice_policy
from crm_sync import selection
from delivery import broadcasts, door, jobs, lookup, opting_out, results, welcome
from delivery.dispatcher import Dispatcher
from delivery.intents import Intent
from delivery.models import OutboxState
from delivery.phrasing import routes
from delivery.repository import outbox, touches
from insights.why import chain
from insights.why.facts import Chain
from kit import clock
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, T7, approved_script, desk
from tests.flows.wecom_world import AGENT, World, wecom_world

pytestmark = pytest.mark.anyio

CARE = "天气转凉，早晚添件衣服，出门慢一点。接到陌生来电要您转账的，先挂断再打我行客服核实。"
NAMES = ("C1", "C2", "C3")
PEOPLE = [
    {"external_userid": f"wm-{name}", "name": name, "followers": [{"userid": "limin"}]}
    for name in NAMES
]


class Wall:
    """A clock that starts at a working hour and is moved by hand."""

    def __init__(self) -> None:
        self.at = clock.bank_moment(date(2026, 11, 25), datetime(2026, 1, 1, 10, 0).time())  # noqa: DTZ001

    def __call__(self) -> datetime:
        return self.at


async def _customers(database: Database) -> dict[str, int]:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        return {
            name: await bank.reached_customer(
                session, name, owner="limin", born_on=date(1980, 1, 1)
            )
            for name in NAMES
        }


async def _gather_care(database: Database, ids: dict[str, int], wall: Wall) -> None:
    async with database.transaction() as session:
        version = await approved_script(
            session, "care.cold", CARE, purpose="care", form="broadcast"
        )
        people = await selection.customer_facts(session, list(ids.values()))
        ways = await selection.reaches(session, list(ids.values()))
        intents = [
            Intent(
                key=f"care:{customer_id}",
                trigger="persona.content",
                channel=Channel.BROADCAST,
                purpose=Purpose.CARE,
                customer=people[customer_id],
                reach=ways[customer_id],
                script_version_id=version,
                fields={},
                title="关怀",
                why="换季",
                due_on=date(2026, 11, 25),
                expires_at=wall.at + timedelta(hours=8),
            )
            for customer_id in ids.values()
        ]
        await door.submit(session, intents, at=wall.at, desk=desk(), by="system:test")
    async with database.transaction() as session:
        made = await broadcasts.close(
            session,
            date(2026, 11, 25),
            at=wall.at,
            due_at=wall.at,
            expires_at=wall.at + timedelta(hours=8),
        )
        assert made == 1


def _dispatcher(database: Database, world: World, wall: Callable[[], datetime]) -> Dispatcher:
    return Dispatcher(database, routes(world.client, database, agent_id=AGENT), wall)


async def _freeze(world: World, wall: Wall) -> None:
    await world.post("clock", {"freeze": wall.at.isoformat()})


async def _states(database: Database) -> dict[str, int]:
    async with database.reading() as session:
        return await outbox.counts(session)


async def _why(database: Database, name: str) -> Chain:
    async with database.reading() as session:
        found = await chain.of(
            session,
            name,
            reminders=REMINDERS,
            channels=channel_choice_policy.load(),
            gate=desk().policy,
        )
    assert found is not None, name
    return found


async def test_a_broadcast_reaches_its_customers_after_the_manager_confirms(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        await _freeze(world, wall)
        await _dispatcher(database, world, wall).drain()
        assert await _states(database) == {"sent": 1}
        assert await world.seen("broadcast") == []  # a task is not a message
        async with database.reading() as session:
            msgid = (await session.execute(text("SELECT msgid FROM broadcast"))).scalar_one()
        wall.at += timedelta(minutes=2)
        await _freeze(world, wall)
        await results.poll(database, world.client, wall)
        await world.act("confirm_broadcast", userid="limin", msgid=msgid)
        wall.at += timedelta(minutes=10)
        await _freeze(world, wall)
        counts = await results.poll(database, world.client, wall)
        assert counts["sent"] == 3
        received = await world.seen("broadcast")
        assert {row["external_userid"] for row in received} == {f"wm-{name}" for name in NAMES}
        assert {row["text"] for row in received} == {CARE}
    async with database.reading() as session:
        touched = await touches.of_customer(session, ids["C1"])
        state = (await session.execute(text("SELECT state FROM broadcast"))).scalar_one()
    assert [(one.channel, one.state) for one in touched] == [("broadcast", "sent")]
    assert state == "confirmed"
    for name in (touched[0].source, f"care:{ids['C1']}"):
        why = await _why(database, name)
        assert (why.message.ref, why.message.customer_id) == (touched[0].source, ids["C1"])
        [answer] = [one for one in why.steps if one.code == "answer"]
        assert (answer.mark, msgid in answer.said) == ("done", True)
        acts = [one.act for one in why.proof.entries]
        assert {"batch.planned", "broadcast.sent", "broadcast.customer_sent"} <= set(acts)
        assert acts.count("batch.planned") == 1
        assert why.proof.sound
    task = await _why(database, msgid)
    assert (task.message.customer_id, task.message.kind) == (None, "broadcast")


async def test_who_opts_out_after_the_plan_is_not_in_the_task(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with database.transaction() as session:
        await opting_out.opt_out(
            session,
            ids["C2"],
            Choice.MARKETING,
            source="chat",
            words="别再发了",
            at=wall.at,
            actor="customer:C2",
        )
    async with wecom_world(customers=PEOPLE) as world:
        await _dispatcher(database, world, wall).drain()
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C1", "wm-C3"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_broadcast_without_an_answer_is_looked_up_and_never_doubled(
    database: Database, when: str
) -> None:
    wall = Wall()
    await _gather_care(database, await _customers(database), wall)
    async with wecom_world(customers=PEOPLE) as world:
        await _freeze(world, wall)
        await world.fault(kind="drop", path="externalcontact/add_msg_template", when=when, count=1)
        dispatcher = _dispatcher(database, world, wall)
        await dispatcher.drain()
        assert await _states(database) == {"unknown": 1}
        await dispatcher.drain()  # nothing is sent again while there is doubt
        assert len(await world.called("add_msg_template")) == 1
        wall.at += timedelta(minutes=6)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        if when == "after":  # it had arrived: the task is adopted
            assert counts["found"] == 1
        else:  # it had not: only now may it be made again
            assert counts["absent"] == 1
            await dispatcher.drain()
        assert await _states(database) == {"sent": 1}
        async with database.reading() as session:
            msgid = (await session.execute(text("SELECT msgid FROM broadcast"))).scalar_one()
        await world.act("confirm_all_broadcast", msgid=msgid)
        assert len(await world.seen("broadcast")) == len(NAMES)


async def test_a_busy_wecom_is_asked_again_later_and_a_refusal_is_shown_to_a_person(
    database: Database,
) -> None:
    wall = Wall()
    await _gather_care(database, await _customers(database), wall)
    async with wecom_world(customers=PEOPLE) as world:
        await world.fault(kind="code", code=45009, path="externalcontact/add_msg_template", count=1)
        dispatcher = _dispatcher(database, world, wall)
        await dispatcher.drain()
        assert await _states(database) == {"queued": 1}
        await world.fault(kind="code", code=48002, path="externalcontact/add_msg_template", count=1)
        wall.at += timedelta(minutes=61)
        await dispatcher.drain()
        assert await _states(database) == {"failed": 1}
    async with database.reading() as session:
        kinds = list((await session.execute(text("SELECT kind FROM work_item"))).scalars())
    assert kinds == ["send_failed"]


async def test_nothing_is_sent_after_its_time(database: Database) -> None:
    wall = Wall()
    await _gather_care(database, await _customers(database), wall)
    wall.at += timedelta(hours=9)
    async with wecom_world(customers=PEOPLE) as world:
        await _dispatcher(database, world, wall).drain()
        assert await world.called("add_msg_template") == []
    assert await _states(database) == {"expired": 1}


async def test_a_new_contact_is_welcomed_once_within_its_seconds(database: Database) -> None:
    wall = Wall()
    async with database.transaction() as session:
        await approved_script(
            session,
            "welcome.first",
            "您好，我是{{bank_name}}的客户经理{{staff_name}}，很高兴认识您。",
            scene="welcome",
            purpose="care",
            form="welcome",
        )
    async with wecom_world() as world:
        await _freeze(world, wall)
        added = await world.act("add", userid="limin", name="桂兰花开")
        dispatcher = _dispatcher(database, world, wall)
        outcomes = []
        for _ in range(3):
            async with database.transaction() as session:
                submission, call_id = await welcome.submit(
                    session,
                    welcome_code=added["welcome_code"],
                    external_userid=added["external_userid"],
                    staff=None,
                    added_at=wall.at,
                    at=wall.at,
                    desk=desk(),
                )
            outcomes.append(submission.outcome.value)
            if call_id is not None:
                await dispatcher.dispatch(call_id)
        assert outcomes[-1] in ("repeated", "no_words")
        received = await world.seen("welcome")
    assert len(received) <= 1


async def test_a_welcome_that_is_too_late_is_never_sent(database: Database) -> None:
    wall = Wall()
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        await approved_script(
            session,
            "welcome.first",
            "您好，我是{{bank_name}}的客户经理，很高兴认识您。",
            scene="welcome",
            purpose="care",
            form="welcome",
        )
    async with wecom_world() as world:
        added = await world.act("add", userid="limin", name="桂兰花开")
        async with database.transaction() as session:
            _, call_id = await welcome.submit(
                session,
                welcome_code=added["welcome_code"],
                external_userid=added["external_userid"],
                staff=None,
                added_at=wall.at - timedelta(seconds=21),
                at=wall.at,
                desk=desk(),
            )
        assert call_id is not None
        state = await _dispatcher(database, world, wall).dispatch(call_id)
        assert state is OutboxState.EXPIRED
        assert await world.called("send_welcome_msg") == []


async def test_managers_hear_of_their_morning_once(database: Database) -> None:
    wall = Wall()
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        customer = await bank.reached_customer(session, "C1", owner="limin")
        version = await approved_script(session, "maturity.deposit.t7", T7)
        people = await selection.customer_facts(session, [customer])
        ways = await selection.reaches(session, [customer])
        intent = Intent(
            key="maturity:1",
            trigger="maturity.deposit",
            channel=Channel.TODO,
            purpose=Purpose.SERVICE,
            customer=people[customer],
            reach=ways[customer],
            script_version_id=version,
            fields={"product_name": "三年期", "matures_on": date(2026, 12, 2)},
            title="7 天后到期",
            why="三年期，12月2日到期",
            due_on=date(2026, 11, 25),
            expires_at=wall.at + timedelta(hours=8),
        )
        await door.submit(session, [intent], at=wall.at, desk=desk(), by="system:test")
    async with wecom_world() as world:
        for _ in range(2):
            await jobs.announce(
                database, at=wall.at, public_url="https://bank.example", bank_name="青禾银行"
            )
            await _dispatcher(database, world, wall).drain()
        [note] = await world.seen("note")
    assert note["userid"] == "limin"
    assert note["body"]["main_title"]["title"] == "今天有 1 件客户待办"
