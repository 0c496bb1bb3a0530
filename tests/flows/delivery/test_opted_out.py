"""Who has said no appears in no plan, by whatever way it was said, until they say otherwise."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from compliance import opting_out as wishes
from compliance.facts import Channel, ConsentFact, Purpose
from compliance.opting_out import Choice
from compliance.repository import recipient_standing
from compliance.service import give_consents
from crm_sync.models import PersonaMembership
from delivery import broadcasts, door, opting_out, tickets
from delivery.errors import SendBlocked
from delivery.intents import Outcome
from delivery.queues import QUEUES
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import wecom_world

from tests.flows.delivery.test_dispatch import (  # isort: skip
    CARE,
    NAMES,
    PEOPLE,
    Wall,
    _customers,
    _gather_care,
)

from tests.flows.delivery.opting import (
    DAY,
    LIMIN,
    TODO,
    dispatcher,
    intents_for,
    say_no,
    states_of,
    todo_and_ticket,
)

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]


@pytest.mark.parametrize("choice", [Choice.MARKETING, Choice.ALL])
@pytest.mark.parametrize("channel", [Channel.TODO, Channel.BROADCAST])
async def test_who_opted_out_appears_in_no_plan(
    database: Database, choice: Choice, channel: Channel
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await say_no(database, ids["C2"], wall, choice)
    async with database.transaction() as session:
        version = await approved_script(session, "care.b", CARE, purpose="care", form="broadcast")
    intents = await intents_for(database, list(ids.values()), version, wall, channel=channel)
    async with database.transaction() as session:
        outcomes = await door.submit(session, intents, at=wall.at, desk=desk(), by="system:test")
    assert [one.outcome for one in outcomes] == [Outcome.QUEUED, Outcome.BLOCKED, Outcome.QUEUED]
    for table in ("todo", "broadcast_recipient", "send_ticket"):
        assert await states_of(database, table, ids["C2"]) == []


async def test_service_refused_leaves_care_and_takes_the_reminder(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    async with database.transaction() as session:
        care = await approved_script(session, "care.todo", TODO, purpose="care")
        service = await approved_script(
            session, "maturity", "{{customer_title}}您好，请留意到期日。"
        )
    one = [ids["C1"]]
    for days, (version, purpose) in enumerate(((care, Purpose.CARE), (service, Purpose.SERVICE))):
        intents = await intents_for(database, one, version, wall, purpose=purpose, key=str(days))
        on = wall.at + timedelta(days=days)
        async with database.transaction() as session:
            await door.submit(session, intents, at=wall.at, as_of=on, desk=desk(), by="system:test")
    await say_no(database, ids["C1"], wall, Choice.SERVICE)
    async with database.reading() as session:
        found = await session.execute(text("SELECT purpose, state FROM todo"))
        assert {purpose: state for purpose, state in found} == {  # noqa: C416
            "care": "open",
            "service": "cancelled",
        }


async def test_personalisation_off_takes_what_was_chosen_for_a_persona_and_leaves_the_rest(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    async with database.transaction() as session:
        plain = await approved_script(session, "care.all", CARE, purpose="care", form="broadcast")
        chosen = await approved_script(
            session, "care.run", CARE + "不想再收到，回复“退订”。", purpose="care", form="broadcast",
            personas=frozenset({"长跑"}),
        )  # fmt: skip
        await bank.insert_rows(
            session,
            PersonaMembership,
            [
                {
                    "customer_id": ids["C1"],
                    "persona": "长跑",
                    "source": "self",
                    "confidence": 100,
                    "evidence": [],
                    "rule_version": "1",
                    "is_primary": True,
                    "since": wall.at,
                }
            ],
        )
    one = [ids["C1"]]
    for version, key, days in ((plain, "a", 0), (chosen, "b", 1)):
        intents = await intents_for(database, one, version, wall, channel=Channel.TODO, key=key)
        on = wall.at + timedelta(days=days)
        async with database.transaction() as session:
            [said] = await door.submit(
                session, intents, at=wall.at, as_of=on, desk=desk(), by="system:test"
            )
        assert said.outcome is Outcome.QUEUED, said
    await say_no(database, ids["C1"], wall, Choice.PERSONALISED)
    async with database.reading() as session:
        found = await session.execute(text("SELECT script_code, state FROM todo"))
        assert {code: state for code, state in found} == {  # noqa: C416
            "care.all": "open",
            "care.run": "cancelled",
        }


async def test_a_refusal_in_the_banks_file_empties_the_queues_of_everybody_in_it(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    await todo_and_ticket(database, ids, wall)
    facts = [
        ConsentFact(ids["C1"], "care", False, "核心系统", wall.at),
        ConsentFact(ids["C3"], "care", False, "核心系统", wall.at - timedelta(days=2)),
        ConsentFact(ids["C3"], "care", True, "手机银行", wall.at - timedelta(days=1)),
    ]
    async with database.transaction() as session:
        await give_consents(session, facts, wall.at, "system:import")
        await opting_out.follow_refusals(session, facts, actor="system:import", at=wall.at)
    assert await states_of(database, "todo", ids["C1"]) == ["cancelled"]
    assert await states_of(database, "broadcast_recipient", ids["C1"]) == ["withdrawn"]
    assert await states_of(database, "todo", ids["C3"]) == ["open"]  # agreed again since


async def test_who_said_no_before_they_were_matched_is_left_alone_afterwards(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    async with database.transaction() as session:
        await wishes.silence_contact(
            session, "wm-C2", Choice.MARKETING, source="退订页", at=wall.at
        )
    await _gather_care(database, {"C1": ids["C1"]}, wall)
    async with database.transaction() as session:
        version = await approved_script(session, "care.b", CARE, purpose="care", form="broadcast")
    intents = await intents_for(database, [ids["C2"]], version, wall)
    async with database.transaction() as session:
        [said] = await door.submit(session, intents, at=wall.at, desk=desk(), by="system:test")
        assert said.outcome is Outcome.BLOCKED
        await wishes.hear_contact(session, "wm-C2", Choice.MARKETING, at=wall.at)
        [said] = await door.submit(session, intents, at=wall.at, desk=desk(), by="system:test")
        assert said.outcome is Outcome.QUEUED


async def test_a_contact_who_opts_out_after_the_plan_is_not_in_the_task(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with database.transaction() as session:
        await wishes.silence_contact(session, "wm-C1", Choice.ALL, source="退订页", at=wall.at)
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C2", "wm-C3"]


async def test_only_the_customers_own_act_lets_them_hear_again(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await say_no(database, ids["C1"], wall, Choice.ALL)
    async with database.transaction() as session:
        await wishes.take_back(
            session,
            ids["C1"],
            Choice.MARKETING,
            source="退订页",
            notice="2026-1",
            at=wall.at + timedelta(minutes=1),
        )
        standing = (await recipient_standing(session, [ids["C1"]]))[ids["C1"]]
    assert standing.suppressed == frozenset()
    assert standing.consents == {"marketing"}  # nothing else came back with it
    assert standing.refusals == {"care", "service", "profiling"}


async def test_ten_thousand_refuse_at_once_in_a_few_statements(database: Database) -> None:
    wall = Wall()
    async with database.transaction() as session:
        await bank.units(session)
        done = await opting_out.withdraw(
            session, range(1, 25_001), purposes=["marketing"], actor="system:import", at=wall.at
        )
    assert done.total == 0


def test_the_queues_have_names_and_something_that_looks_again() -> None:
    assert len({queue.table for queue in QUEUES}) == len(QUEUES)
    assert all(queue.title and queue.checked_again for queue in QUEUES)
    assert len(NAMES) == 3


async def test_the_gate_says_no_at_the_tap_as_well(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    async with database.transaction() as session:
        version = await approved_script(session, "care.todo", TODO, purpose="care")
    [intent] = await intents_for(database, [ids["C1"]], version, wall)
    await say_no(database, ids["C1"], wall)
    with pytest.raises(SendBlocked):
        async with database.transaction() as session:
            await tickets.prepare(session, intent, sender=LIMIN, at=wall.at, desk=desk())


async def test_a_gathering_that_is_still_open_lets_the_customer_go(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    async with database.transaction() as session:
        version = await approved_script(session, "care.b", CARE, purpose="care", form="broadcast")
    intents = await intents_for(
        database, list(ids.values()), version, wall, channel=Channel.BROADCAST
    )
    async with database.transaction() as session:
        await door.submit(session, intents, at=wall.at, desk=desk(), by="system:test")
    await say_no(database, ids["C1"], wall)  # gathered, not closed
    async with database.transaction() as session:
        await broadcasts.close(
            session, DAY, at=wall.at, due_at=wall.at, expires_at=wall.at + timedelta(hours=8)
        )
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C2", "wm-C3"]
