"""A contact whose event was kept is greeted or noted, also when the fast lane died before it could."""

import pytest
from sqlalchemy import text

from bot.handlers import HANDLERS, Office, greeting
from delivery.dispatcher import Dispatcher
from delivery.intents import Outcome
from delivery.phrasing import routes
from kit import clock
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AGENT, World, wecom_world
from wecom.events import ContactAdded, parse

pytestmark = pytest.mark.anyio


async def _li_min_works_here(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")


async def _welcome_is_approved(database: Database) -> None:
    async with database.transaction() as session:
        await approved_script(
            session,
            "welcome.first",
            "您好，我是{{bank_name}}的客户经理{{staff_name}}，很高兴认识您。",
            scene="welcome",
            purpose="care",
            form="welcome",
        )


async def _somebody_adds(world: World) -> ContactAdded:
    await world.act("add", userid="limin", name="桂兰花开")
    [row] = [one for one in await world.seen("callback") if "WelcomeCode" in one["xml"]]
    event = parse(row["xml"].encode())
    assert isinstance(event, ContactAdded)
    return event


async def test_whoever_comes_first_greets_and_the_other_does_not(database: Database) -> None:
    await _li_min_works_here(database)
    await _welcome_is_approved(database)
    async with wecom_world(corp={"callback": {"url": "", "token": "t", "aes_key": "k" * 43}}) as w:
        event = await _somebody_adds(w)
        office = Office(database, w.client, desk())
        first, call_id = await greeting.queue(event, clock.now(), office)
        second, nothing = await greeting.queue(event, clock.now(), office)
        made = routes(w.client, database, agent_id=AGENT)
        await Dispatcher(database, made, clock.now).drain()
        received = await w.seen("welcome")
    assert (first.outcome, second.outcome) == (Outcome.QUEUED, Outcome.REPEATED)
    assert call_id is not None
    assert nothing is None
    assert len(received) == 1


async def test_a_refused_welcome_is_noted_once_however_often_the_event_comes(
    database: Database,
) -> None:
    await _li_min_works_here(database)
    async with wecom_world(corp={"callback": {"url": "", "token": "t", "aes_key": "k" * 43}}) as w:
        event = await _somebody_adds(w)
        office = Office(database, w.client, desk())
        outcomes = [(await greeting.queue(event, clock.now(), office))[0].outcome for _ in range(3)]
    async with database.reading() as session:
        missed = await session.execute(
            text("SELECT count(*) FROM ledger_entry WHERE act = 'welcome.missed'")
        )
        assert missed.scalar_one() == 1
    assert outcomes == [Outcome.NO_WORDS, Outcome.REPEATED, Outcome.REPEATED]


async def test_the_kept_event_alone_is_enough_for_the_welcome(database: Database) -> None:
    await _li_min_works_here(database)
    await _welcome_is_approved(database)
    async with wecom_world(corp={"callback": {"url": "", "token": "t", "aes_key": "k" * 43}}) as w:
        event = await _somebody_adds(w)
        office = Office(database, w.client, desk())
        await HANDLERS[event.kind](event, "d" * 64, clock.now(), office)
        made = routes(w.client, database, agent_id=AGENT)
        await Dispatcher(database, made, clock.now).drain()
        received = await w.seen("welcome")
    assert [row["external_userid"] for row in received] == [event.external_userid]
