"""Recalled or expired words stop at once: every queue is empty of them, or looks before it sends."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from content_library import repository as scripts_of
from content_library.facts import State
from delivery import recalling, tickets, welcome, words_now
from delivery.dispatcher import Dispatcher
from delivery.phrasing import routes
from kit.db import Database
from kit.ledger.reading import Wanted, count
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.delivery.test_channel_handover import AT, PHONE, _bench
from tests.flows.wecom_world import AGENT, wecom_world

from tests.flows.delivery.test_dispatch import (  # isort: skip
    PEOPLE,
    Wall,
    _customers,
    _gather_care,
)

from tests.flows.delivery.opting import LIMIN, dispatcher, states_of, todo_and_ticket

pytestmark = pytest.mark.anyio
SCRIPTS = ("todo", "send_ticket", "broadcast")


async def _versions(database: Database) -> dict[str, int]:
    """The version that waits in each queue, by table."""
    found = {}
    async with database.reading() as session:
        for table in SCRIPTS:
            query = text(f"SELECT DISTINCT script_version_id FROM {table}")  # noqa: S608
            found[table] = (await session.execute(query)).scalar_one()
    return found


async def _recall(database: Database, version: int, wall: Wall) -> recalling.Recalled:
    async with database.transaction() as session:
        return await recalling.recall(
            session, version, by="staff:hejing", reason="口径有变", at=wall.at
        )


async def test_a_recall_empties_every_queue_in_its_own_transaction(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    token = await todo_and_ticket(database, ids, wall)
    versions = await _versions(database)
    assert versions["todo"] == versions["send_ticket"] != versions["broadcast"]
    done = await _recall(database, versions["todo"], wall)
    assert dict(done.withdrawn) == {"todo": 3, "send": 1}
    for number in ids.values():
        assert await states_of(database, "todo", number) == ["cancelled"]
        assert await states_of(database, "broadcast_recipient", number) == ["planned"]
    assert await states_of(database, "send_ticket", ids["C2"]) == ["withdrawn"]
    done = await _recall(database, versions["broadcast"], wall)
    assert dict(done.withdrawn) == {"broadcast": 3}
    for number in ids.values():
        assert await states_of(database, "broadcast_recipient", number) == ["withdrawn"]
    async with database.reading() as session:
        states = await session.execute(text("SELECT state FROM outbox WHERE kind = 'broadcast'"))
        assert set(states.scalars()) == {"cancelled"}
        slots = await session.execute(text("SELECT count(*) FROM quota_slot"))
        assert slots.scalar_one() == 0
        assert await count(session, Wanted(acts=frozenset({"queue.recalled"}))) == 7
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        assert await world.called("add_msg_template") == []
    async with database.transaction() as session:  # the phone was quicker: kept, and told
        await tickets.said(session, token, sender=LIMIN, word="ok", detail="", at=wall.at)
    async with database.reading() as session:
        kinds = await session.execute(text("SELECT kind FROM work_item"))
        assert "sent_after_recall" in set(kinds.scalars())


async def _end(session: AsyncSession, how: str, at: datetime) -> None:
    """The words end without a queue being emptied: their validity, or a change behind our back."""
    yesterday = (at - timedelta(days=1)).date().isoformat()
    change = f"valid_until = '{yesterday}'" if how == "expired" else "state = 'retired'"
    await session.execute(text(f"UPDATE script_version SET {change}"))  # noqa: S608
    if how != "expired":
        return
    session.expire_all()  # signed as it stands: expiry alone must stop it
    for row in (await session.execute(text("SELECT id FROM script_version"))).scalars().all():
        script = (await scripts_of.by_version(session, [row]))[row]
        await session.execute(
            text("UPDATE script_version SET approved_hash = :h WHERE id = :i"),
            {"h": script.template_hash, "i": row},
        )


@pytest.mark.parametrize("how", ["expired", "recalled behind our back"])
async def test_what_expires_in_the_outbox_is_not_sent(database: Database, how: str) -> None:
    """Nobody acts when validity ends: the call itself looks at the words before it leaves."""
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with database.transaction() as session:
        await _end(session, how, wall.at)
    async with wecom_world(customers=PEOPLE) as world:
        ways = routes(world.client, database, agent_id=AGENT, clock=wall)
        await Dispatcher(database, ways, wall).drain()
        assert await world.called("add_msg_template") == []
    for number in ids.values():
        assert await states_of(database, "broadcast_recipient", number) == ["withdrawn"]
    async with database.reading() as session:
        query = text("SELECT state, cause FROM outbox WHERE kind = 'broadcast'")
        [(state, cause)] = (await session.execute(query)).all()
    assert state == "cancelled"
    assert "recalled or" in cause


async def test_words_are_good_to_the_end_of_their_last_day(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with database.reading() as session:
        query = text("SELECT DISTINCT script_version_id FROM broadcast")
        version = (await session.execute(query)).scalar_one()
        script = (await scripts_of.by_version(session, [version]))[version]
    assert script.state == State.APPROVED
    assert words_now.good(script, wall.at)
    assert not words_now.good(None, wall.at)


@pytest.mark.parametrize("how", ["as approved", "recalled", "expired", "recalled behind our back"])
async def test_a_welcome_stops_at_once_when_its_words_end(database: Database, how: str) -> None:
    """Its text was fixed when somebody was added; the call looks at the words once more."""
    wall = Wall()
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        version = await approved_script(
            session, "welcome.first", "您好，我是{{bank_name}}的客户经理，很高兴认识您。",
            scene="welcome", purpose="care", form="welcome",
        )  # fmt: skip

    async def added(person: dict[str, str]) -> int | None:
        async with database.transaction() as session:
            _, call_id = await welcome.submit(
                session, welcome_code=person["welcome_code"],
                external_userid=person["external_userid"], staff=None, added_at=wall.at,
                at=wall.at, desk=desk(),
            )  # fmt: skip
        return call_id

    async with wecom_world() as world:
        call_id = await added(await world.act("add", userid="limin", name="桂兰花开"))
        assert call_id is not None
        if how == "recalled":
            await _recall(database, version, wall)
        elif how != "as approved":
            async with database.transaction() as session:
                await _end(session, how, wall.at)
        ways = routes(world.client, database, agent_id=AGENT, clock=wall)
        await Dispatcher(database, ways, wall).drain()
        wanted = 1 if how == "as approved" else 0
        assert len(await world.called("send_welcome_msg")) == wanted
        if not wanted:  # and nobody who is added from now on is greeted with them
            assert await added(await world.act("add", userid="limin", name="下一位")) is None
    async with database.reading() as session:
        states = (await session.execute(text("SELECT state FROM outbox"))).scalars()
        assert set(states) == {"sent" if wanted else "cancelled"}


@pytest.mark.parametrize("how", ["recalled", "expired", "recalled behind our back"])
async def test_a_text_message_stops_at_once_when_its_words_end(
    database: Database, how: str
) -> None:
    """The gateway is never asked; the manager is not left with a call instead of it."""
    async with _bench(database, P={"phone": PHONE}) as made:
        planned = (await made.plan())["P"]
        assert (planned.channel, planned.script_version_id is not None) == ("sms", True)
        assert await made.slots() > 0
        async with database.transaction() as session:
            if how == "recalled":
                await recalling.recall(
                    session, planned.script_version_id or 0, by="staff:hejing", reason="口径有变",
                    at=AT,
                )  # fmt: skip
            else:
                await _end(session, how, made.at)
        await made.dispatcher.drain()
        assert await made.arrived() == []
        assert (await made.found())["P"].state == "cancelled"
        assert await made.slots() == 0, "what was not said is given back"
