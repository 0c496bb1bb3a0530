"""拨号: one tap has the bank's exchange ring once; what it says afterwards is the evidence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from compliance import service as consent
from compliance.facts import Channel, Purpose, Scope
from compliance.opting_out import Choice
from config.settings import DiallerSettings
from crm_sync import selection
from delivery import dialled, dialling, door, lookup, opting_out
from delivery.dispatcher import LEASE, Dispatcher
from delivery.errors import NoDialler, SendBlocked, SenderNotEntitled, TodoClosed, TodoNotFound
from delivery.facts import CallState
from delivery.intents import Intent
from delivery.phrasing import Calls, routes
from delivery.repository import outbox, phone_calls, todos, touches
from delivery.repository.phone_calls import PhoneCallFact
from delivery.tickets import Sender
from kit.db import Database
from kit.ledger.verify import verify
from simulator.wecom.state.phones import TOKEN
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script, desk
from tests.flows.wecom_world import AGENT, World, wecom_world
from wiring.dialler import HttpPhoneDialler

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C7")]

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 at the bank
ANSWERS, NOBODY = "13800000012", "13800000010"
LIMIN = Sender("limin", "limin")


class Bench:
    """李敏 with one to-do by telephone, the exchange, and a clock that is moved by hand."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world, self.at = database, world, AT
        settings = DiallerSettings(url="http://exchange/phone/calls", token=SecretStr(TOKEN))
        self.exchange = HttpPhoneDialler(settings, transport=httpx.ASGITransport(world.app))
        self.desk = desk()
        self.desk.dials = True
        self.calls = Calls(self.exchange, self.desk, lambda: self.at)
        made = routes(world.client, database, agent_id=AGENT, calls=self.calls)
        self.dispatcher = Dispatcher(database, made, lambda: self.at)
        self.customer = 0

    async def plan(self) -> None:
        async with self.database.transaction() as session:
            version = await approved_script(session, "t7", T7)
            facts = await selection.customer_facts(session, [self.customer])
            intent = Intent(
                key="maturity.deposit:P", trigger="maturity.deposit", channel=Channel.TODO,
                purpose=Purpose.SERVICE, customer=facts[self.customer], reach=None,
                script_version_id=version,
                fields={"product_name": "整存整取", "matures_on": date(2026, 12, 2)},
                title="到期", why="整存整取到期", due_on=date(2026, 11, 25),
                expires_at=AT + timedelta(days=5),
            )  # fmt: skip
            await door.submit(session, [intent], at=AT, desk=self.desk, by="system:test")

    async def todo(self) -> todos.TodoView:
        async with self.database.reading() as session:
            [found] = await todos.page(session, units=None)
        return found

    async def tap(self, sender: Sender = LIMIN) -> PhoneCallFact:
        todo = await self.todo()
        async with self.database.transaction() as session:
            return await dialling.ask(session, todo.id, sender=sender, at=self.at, desk=self.desk)

    async def call(self) -> PhoneCallFact:
        todo = await self.todo()
        async with self.database.reading() as session:
            return (await phone_calls.newest(session, [todo.id]))[todo.id]

    async def look_up(self) -> dict[str, int]:
        return await lookup.resolve_unknown(
            self.database, self.world.client, lambda: self.at, calls=self.calls
        )

    async def poll(self) -> dict[str, int]:
        return await dialled.poll(self.database, self.exchange, lambda: self.at, self.desk)

    async def dialled(self) -> int:
        return int((await self.world.people.get("/_sim/calls")).json()["dialled"])

    async def rows(self, table: str) -> int:
        async with self.database.reading() as session:
            found = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            return int(found.scalar_one())


@asynccontextmanager
async def _bench(database: Database, phone: str = ANSWERS, **more: Any) -> AsyncIterator[Bench]:
    async with wecom_world() as world:
        made = Bench(database, world)
        async with database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.staff(session, "wangfang")
            made.customer = await bank.customer(
                session,
                "P",
                owner="limin",
                born_on=date(1980, 1, 1),
                phone=phone,
                tier="私行",
                **more,
            )
        await made.plan()
        yield made
        await made.exchange.aclose()


async def test_a_tap_rings_once_and_the_exchanges_word_closes_the_todo(database: Database) -> None:
    async with _bench(database) as made:
        planned = await made.todo()
        assert (planned.kind, planned.channel, planned.state) == ("call", "phone", "open")
        await made.tap()
        assert await made.dialled() == 0  # nothing rings before the tap is written down
        assert await made.dispatcher.drain() == 1
        assert await made.dispatcher.drain() == 0
        assert (await made.call()).state is CallState.RINGING
        assert (await made.poll())["ended"] == 0
        await made.world.advance(8)
        await made.poll()
        assert (await made.call()).state is CallState.TALKING
        assert (await made.todo()).state == "done"
        await made.world.advance(60)
        assert await made.poll() == {"asked": 1, "ended": 1}
        assert await made.poll() == {"asked": 0, "ended": 0}
        over = await made.call()
        assert (over.state, over.seconds) == (CallState.TALKED, 42)
        [shown] = (await made.world.people.get("/_sim/calls")).json()["calls"]
        assert (shown["staff"], shown["phone"]) == ("limin", ANSWERS)
        assert await made.dialled() == 1
        async with database.reading() as session:
            [touch] = await touches.of_customer(session, made.customer)
            acts = list((await session.execute(text("SELECT act FROM ledger_entry"))).scalars())
            assert (await verify(session)).sound
        assert (touch.channel, touch.state, touch.reason) == (
            "phone", "recorded", planned.channel_reason,
        )  # fmt: skip
        assert [acts.count(f"call.{one}") for one in ("asked", "connected")] == [1, 1]


async def test_two_taps_at_once_dial_once(database: Database) -> None:
    async with _bench(database) as made:
        both = await asyncio.gather(made.tap(), made.tap())
        assert both[0].id == both[1].id
        await made.dispatcher.drain()
        assert (await made.tap()).id == both[0].id  # while it rings a tap is that call
        await made.dispatcher.drain()
        assert await made.dialled() == 1
        assert await made.rows("phone_call") == 1


async def test_a_no_before_the_tap_stops_it_and_a_no_after_it_stops_the_ringing(
    database: Database,
) -> None:
    async with _bench(database) as made:
        await made.tap()
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.customer, Choice.ALL, source="o", words="别打了",
                at=AT, actor=f"customer:{made.customer}",
            )  # fmt: skip
        await made.dispatcher.drain()
        assert ((await made.call()).state, await made.dialled()) == (CallState.STOPPED, 0)
        assert (await made.todo()).state == "cancelled"
        with pytest.raises(TodoClosed):
            await made.tap()


async def test_a_tap_beside_a_no_that_is_being_written_waits_for_it_and_rings_nobody(
    database: Database,
) -> None:
    async with _bench(database) as made:
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.customer, Choice.ALL, source="o", words="别打了",
                at=AT, actor=f"customer:{made.customer}",
            )  # fmt: skip
            tapping = asyncio.create_task(made.tap())
            await asyncio.sleep(0.2)  # the tap comes meanwhile
            assert not tapping.done()
        with pytest.raises(TodoClosed):
            await tapping
        assert await made.rows("phone_call") == 0


async def test_a_no_while_the_exchange_is_asked_is_told_to_a_person(database: Database) -> None:
    async with _bench(database) as made:
        await made.tap()
        real = made.exchange.connect

        async def meanwhile(key: str, staff_id: str, phone: str) -> str:
            async with database.transaction() as session:  # so none is held while it is asked
                await opting_out.opt_out(
                    session, made.customer, Choice.ALL, source="o", words="别打了",
                    at=AT, actor=f"customer:{made.customer}",
                )  # fmt: skip
            return await real(key, staff_id, phone)

        made.exchange.connect = meanwhile  # type: ignore[method-assign]
        await made.dispatcher.drain()
        assert (await made.call()).state is CallState.RINGING
        async with database.reading() as session:
            titles = (await session.execute(text("SELECT title FROM work_item"))).scalars()
            assert "客户退订后电话仍拨出了一次" in set(titles)


async def test_silence_night_and_strangers_are_refused_at_the_tap_with_nothing_written(
    database: Database,
) -> None:
    async with _bench(database) as made:
        made.at = AT + timedelta(hours=12)  # 22:00
        with pytest.raises(SendBlocked) as night:
            await made.tap()
        assert night.value.facts["codes"] == "E-4027"
        made.at = AT
        async with database.transaction() as session:
            await session.execute(text("UPDATE coverage SET kind = 'persona'"))
        with pytest.raises(SenderNotEntitled):
            await made.tap()
        with pytest.raises(TodoNotFound):
            await made.tap(Sender("wangfang", "wangfang"))
        async with database.transaction() as session:
            await session.execute(text("UPDATE coverage SET kind = 'owner'"))
            await consent.suppress(
                session, made.customer, Scope.ALL, "phone", "要求勿扰", AT, "staff:limin"
            )
        with pytest.raises(SendBlocked) as silent:
            await made.tap()
        assert "E-4023" in str(silent.value.facts["codes"])
        assert await made.rows("outbox") == await made.rows("phone_call") == 0
        made.desk.dials = False
        with pytest.raises(NoDialler):
            await made.tap()


async def test_a_call_in_doubt_is_looked_up_by_its_key_and_never_dialled_again(
    database: Database,
) -> None:
    async with _bench(database) as made:
        await made.tap()
        await made.world.post("calls", {"swallow": 1})
        await made.dispatcher.drain()
        assert (await made.call()).state is CallState.UNSURE
        assert (await made.tap()).state is CallState.UNSURE
        assert (await made.look_up())["found"] == 1
        assert (await made.call()).state is CallState.RINGING
        await made.dispatcher.drain()
        await made.world.advance(100)
        await made.poll()
        assert ((await made.todo()).state, await made.dialled()) == ("done", 1)


async def test_who_dies_between_the_row_and_the_call_leaves_it_to_the_look_up(
    database: Database,
) -> None:
    async with _bench(database) as made:
        first = await made.tap()
        async with database.transaction() as session:  # claimed, let go, and then the process died
            claim = await outbox.claim_next(session, worker="dead", at=AT, lease=LEASE)
            assert claim is not None
            assert await dialling.ready(session, claim, at=AT, desk=made.desk) is not None
        made.at = AT + timedelta(minutes=2)
        assert (await made.look_up())["waiting"] == 1
        assert (await made.tap()).id == first.id  # in doubt: no second call
        assert await made.dispatcher.drain() == 0
        made.at = AT + timedelta(minutes=6)
        assert (await made.look_up())["absent"] == 1
        assert await made.dispatcher.drain() == 0
        assert ((await made.call()).state, await made.dialled()) == (CallState.LAPSED, 0)
        assert (await made.todo()).state == "open"
        assert (await made.tap()).id != first.id  # another tap is another call
        await made.dispatcher.drain()
        assert await made.dialled() == 1


async def test_nobody_answering_counts_and_leads_on_and_a_no_of_the_exchange_is_told(
    database: Database,
) -> None:
    async with _bench(database, NOBODY) as made:
        await made.world.post("calls", {"refuse": 1})
        await made.tap()
        await made.dispatcher.drain()
        refused = await made.call()
        assert (refused.state, refused.cause) == (CallState.REFUSED, "坐席没有签入")
        assert ((await made.todo()).state, (await made.todo()).unreached) == ("open", 0)
        for day in range(3):
            made.at = AT + timedelta(days=day)
            await made.tap()
            await made.dispatcher.drain()
            await made.world.advance(30)
            await made.poll()
            assert (await made.call()).state is CallState.UNANSWERED
        after = await made.todo()
        assert (after.unreached, after.state) == (3, "open")
        assert after.channel != "phone"
        assert "电话：试过，没有走通" in after.channel_reason
        assert await made.dialled() == 3


async def test_a_busy_exchange_is_asked_again_within_the_minute_and_no_longer(
    database: Database,
) -> None:
    async with _bench(database) as made:
        await made.tap()
        await made.world.post("calls", {"busy": 9})
        await made.dispatcher.drain()
        assert (await made.call()).state is CallState.ASKED
        made.at = AT + timedelta(seconds=61)
        await made.dispatcher.drain()
        assert (await made.call()).state is CallState.LAPSED
        assert ((await made.todo()).state, await made.dialled()) == ("open", 0)


async def test_what_the_exchange_never_tells_is_the_managers_to_say(database: Database) -> None:
    async with _bench(database) as made:
        await made.tap()
        await made.dispatcher.drain()
        made.at = AT + timedelta(hours=3)
        async with database.transaction() as session:
            call = await made.call()
            assert await dialled.told(session, call.id, None, at=made.at, desk=made.desk)
        assert (await made.call()).state is CallState.UNTOLD
        assert (await made.todo()).state == "open"
