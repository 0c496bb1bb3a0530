"""From a tap in WeCom to a known customer: callback, inbox, handler, binding, welcome."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route

from bot.callback import CallbackEndpoint
from bot.handlers import Office, handle_with
from bot.inbox import repository as inbox
from bot.inbox.intake import Intake
from bot.inbox.worker import InboxWorker
from bot.welcome_lane import WelcomeLane
from crm_sync import selection
from delivery.dispatcher import Dispatcher
from delivery.phrasing import routes
from kit import clock
from kit.db import Database
from kit.ledger.verify import verify
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AES_KEY, AGENT, CORP, TOKEN, World, wecom_world
from wecom.crypto import CallbackCipher

pytestmark = pytest.mark.anyio

PHONE = "13800002071"


class Bank:
    """The bank's side: what WeCom knocks at, and the worker behind it."""

    def __init__(self, database: Database, world: World, intake: Intake) -> None:
        self.office = Office(database, world.client, desk())
        self.worker = InboxWorker(database, handle_with(self.office), clock.now)
        self.lane = WelcomeLane(
            self.office,
            Dispatcher(database, routes(world.client, database, agent_id=AGENT), clock.now),
            clock.now,
        )
        self.world = world
        self.database = database
        self.intake = intake

    async def settle(self) -> None:
        """Everything WeCom had to tell has been told and handled."""
        await self.world.post("callbacks/drain", {"timeout_s": 20})
        await self.lane.idle()
        await self.worker.drain()


@asynccontextmanager
async def open_bank(database: Database) -> AsyncIterator[Bank]:
    intake = Intake(database)
    intake.start()
    lanes: list[WelcomeLane] = []

    def arrived(xml: bytes) -> None:
        for lane in lanes:
            lane.take(xml)

    endpoint = CallbackEndpoint(
        CallbackCipher(TOKEN, AES_KEY, CORP),
        intake,
        database.cipher,
        clock.now,
        arrived=arrived,
    )
    app = Starlette(routes=[Route("/wecom/callback", endpoint)])
    async with wecom_world(callback=app) as world:
        opened = Bank(database, world, intake)
        lanes.append(opened.lane)
        yield opened
        await opened.lane.idle()
    await intake.stop()


async def _li_min_covers_mrs_zhou(database: Database) -> int:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        return await bank.customer(session, "C1", owner="limin", phone=PHONE)


async def test_a_new_contact_with_a_known_phone_becomes_the_customer(database: Database) -> None:
    customer = await _li_min_covers_mrs_zhou(database)
    async with open_bank(database) as bank_side:
        added = await bank_side.world.act("add", userid="limin", name="桂兰花开")
        await bank_side.settle()
        await bank_side.world.act(
            "remark",
            userid="limin",
            external_userid=added["external_userid"],
            remark="周姐",
            remark_mobiles=[PHONE],
        )
        await bank_side.settle()
    async with database.reading() as session:
        ways = await selection.reaches(session, [customer])
        assert {row.state for row in await inbox.listed(session)} == {"handled"}
        assert (await verify(session)).sound
        binding = (
            await session.execute(text("SELECT method, state, confidence FROM binding"))
        ).one()
    assert ways[customer].external_userid == added["external_userid"]
    assert (binding.method, binding.state) == ("phone", "confirmed")
    assert binding.confidence == 90


async def test_two_customers_with_one_phone_become_a_work_item_and_no_link(
    database: Database,
) -> None:
    customer = await _li_min_covers_mrs_zhou(database)
    async with database.transaction() as session:
        await bank.customer(session, "C2", owner="limin", phone=PHONE)
    async with open_bank(database) as bank_side:
        added = await bank_side.world.act("add", userid="limin", name="桂兰花开")
        await bank_side.world.act(
            "remark",
            userid="limin",
            external_userid=added["external_userid"],
            remark=f"周姐 {PHONE}",
        )
        await bank_side.settle()
    async with database.reading() as session:
        assert customer not in await selection.reaches(session, [customer])
        items = list(
            await session.execute(text("SELECT kind, unit_id, external_userid FROM work_item"))
        )
    assert [tuple(item) for item in items] == [
        ("binding_conflict", "0101", added["external_userid"])
    ]


async def test_whoever_is_deleted_is_no_longer_reached(database: Database) -> None:
    customer = await _li_min_covers_mrs_zhou(database)
    async with open_bank(database) as bank_side:
        added = await bank_side.world.act("add", userid="limin", name="桂兰花开")
        await bank_side.world.act(
            "remark",
            userid="limin",
            external_userid=added["external_userid"],
            remark="周姐",
            remark_mobiles=[PHONE],
        )
        await bank_side.settle()
        await bank_side.world.act(
            "delete_by_customer", userid="limin", external_userid=added["external_userid"]
        )
        await bank_side.settle()
    async with database.reading() as session:
        assert customer not in await selection.reaches(session, [customer])
        ended = (await session.execute(text("SELECT ended_by FROM relation"))).scalar_one()
    assert ended == "customer"


async def test_a_new_contact_is_greeted_once_however_often_wecom_repeats(
    database: Database,
) -> None:
    await _li_min_covers_mrs_zhou(database)
    async with database.transaction() as session:
        await approved_script(
            session,
            "welcome.first",
            "您好，我是{{bank_name}}的客户经理{{staff_name}}，很高兴认识您。",
            scene="welcome",
            purpose="care",
            form="welcome",
        )
    async with open_bank(database) as bank_side:
        await bank_side.world.fault(
            kind="callback_duplicate", path="change_external_contact.*", copies=3
        )
        await bank_side.world.act("add", userid="limin", name="桂兰花开")
        await bank_side.settle()
        received = await bank_side.world.seen("welcome")
        calls = await bank_side.world.called("send_welcome_msg")
    assert [row["text"] for row in received] == [
        "您好，我是青禾银行的客户经理员工limin，很高兴认识您。"
    ]
    assert len(calls) == 1


async def test_a_wecom_that_is_away_delays_the_handling_and_loses_nothing(
    database: Database,
) -> None:
    await _li_min_covers_mrs_zhou(database)
    async with open_bank(database) as bank_side:
        await bank_side.world.fault(kind="http", status=502, path="externalcontact/get", count=1)
        await bank_side.world.act("add", userid="limin", name="桂兰花开")
        await bank_side.settle()
        async with database.reading() as session:
            [row] = await inbox.listed(session)
        assert (row.state, row.attempts) == ("new", 1)
        async with database.transaction() as session:
            await session.execute(text("UPDATE inbox SET due_at = kept_at"))
        await bank_side.settle()
    async with database.reading() as session:
        [row] = await inbox.listed(session)
        contacts = (await session.execute(text("SELECT count(*) FROM contact"))).scalar_one()
    assert (row.state, contacts) == ("handled", 1)
