"""An opt-out is effective at once: in every queue, between plan and dispatch, claim and send."""

import pytest
from sqlalchemy import text

from compliance.opting_out import Choice
from compliance.repository import recipient_standing
from delivery import opting_out, tickets
from delivery.dispatcher import Dispatcher, Sent
from delivery.facts import BROADCAST
from delivery.phrasing import routes
from delivery.repository.outbox import Claim
from kit.db import Database
from kit.ledger.reading import Wanted, count
from kit.ledger.verify import verify
from tests.flows.wecom_world import AGENT, wecom_world

from tests.flows.delivery.test_dispatch import (  # isort: skip
    PEOPLE,
    Wall,
    _customers,
    _gather_care,
)

from tests.flows.delivery.opting import LIMIN, dispatcher, say_no, states_of, todo_and_ticket

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]


async def test_one_word_empties_every_queue_in_its_own_transaction(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    await todo_and_ticket(database, ids, wall)
    done = await say_no(database, ids["C2"], wall)
    assert dict(done.withdrawn) == {"todo": 1, "send": 1, "broadcast": 1}
    assert await states_of(database, "todo", ids["C2"]) == ["cancelled"]
    assert await states_of(database, "send_ticket", ids["C2"]) == ["withdrawn"]
    assert await states_of(database, "broadcast_recipient", ids["C2"]) == ["withdrawn"]
    for other in (ids["C1"], ids["C3"]):
        assert await states_of(database, "todo", other) == ["open"]
        assert await states_of(database, "broadcast_recipient", other) == ["planned"]
    async with database.reading() as session:
        slots = text("SELECT count(*) FROM quota_slot WHERE customer_id = :id")
        assert (await session.execute(slots, {"id": ids["C2"]})).scalar_one() == 0
        assert await count(session, Wanted(acts=frozenset({"queue.withdrawn"}))) == 3
        assert (await verify(session)).sound
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C1", "wm-C3"]


async def test_a_wish_that_is_rolled_back_takes_nothing_away(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await todo_and_ticket(database, ids, wall)
    async with database.rehearsal() as session:
        await opting_out.opt_out(
            session, ids["C2"], Choice.ALL, source="网点", words="测试", at=wall.at, actor="staff:1"
        )
    assert await states_of(database, "todo", ids["C2"]) == ["handed"]
    async with database.reading() as session:
        assert not (await recipient_standing(session, [ids["C2"]]))[ids["C2"]].suppressed


async def test_between_claim_and_send_the_list_is_looked_at_again(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        made = routes(world.client, database, agent_id=AGENT)
        real = made[BROADCAST]

        async def opts_out_first(claim: Claim) -> Sent:
            assert await _outbox(database) == ["sending"]  # claimed; nothing has left yet
            await say_no(database, ids["C3"], wall)
            return await real.send(claim)

        made[BROADCAST] = type(real)(opts_out_first, real.settled)
        await Dispatcher(database, made, wall).drain()
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C1", "wm-C2"]


async def _outbox(database: Database) -> list[str]:
    async with database.reading() as session:
        return list((await session.execute(text("SELECT state FROM outbox"))).scalars())


async def test_a_task_that_everybody_left_is_never_called(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    for number in ids.values():
        await say_no(database, number, wall)
    assert await _outbox(database) == ["cancelled"]
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        assert await world.called("add_msg_template") == []


async def test_a_task_that_everybody_left_after_the_claim_is_not_called(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        made = routes(world.client, database, agent_id=AGENT)
        real = made[BROADCAST]

        async def all_leave_first(claim: Claim) -> Sent:
            for number in ids.values():
                await say_no(database, number, wall)
            return await real.send(claim)

        made[BROADCAST] = type(real)(all_leave_first, real.settled)
        await Dispatcher(database, made, wall).drain()
        assert await world.called("add_msg_template") == []
    assert await _outbox(database) == ["cancelled"]


async def test_a_task_that_wecom_has_already_is_named_to_its_manager(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        done = await say_no(database, ids["C1"], wall)
    assert done.handed_over == 1
    async with database.reading() as session:
        item = (await session.execute(text("SELECT kind, staff_id FROM work_item"))).one()
    assert tuple(item) == ("opted_out_in_task", "limin")


async def test_a_phone_that_sent_in_spite_says_so_and_somebody_must_look(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    token = await todo_and_ticket(database, ids, wall)
    await say_no(database, ids["C2"], wall)
    async with database.transaction() as session:
        claimed = await tickets.said(session, token, sender=LIMIN, word="ok", detail="", at=wall.at)
    assert claimed.state == "claimed"
    assert await states_of(database, "todo", ids["C2"]) == ["claimed"]
    async with database.reading() as session:
        kinds = list((await session.execute(text("SELECT kind FROM work_item"))).scalars())
    assert kinds == ["sent_after_opt_out"]
