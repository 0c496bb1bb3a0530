"""Text messages over the bank's gateway, once; and a way that fails is followed by the next."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from compliance.opting_out import Choice
from config.settings import SmsSettings
from crm_sync import channel_words, selection
from crm_sync.channel_words import Word
from delivery import channel_handover, door, lookup, opting_out
from delivery.dispatcher import Dispatcher
from delivery.intents import Intent
from delivery.phrasing import Texts, routes
from delivery.repository import todos, touches
from kit import clock
from kit.db import Database
from simulator.wecom.state.phones import SECRET
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script, desk
from tests.flows.wecom_world import AGENT, World, wecom_world
from wiring.sms_gateway import HttpTextGateway

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 at the bank
PHONE = "13800000001"


class Bench:
    """李敏's desk with a gateway, its dispatcher, and a clock that is moved by hand."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world, self.at = database, world, AT
        settings = SmsSettings(url="http://gateway/sms/texts", secret=SecretStr(SECRET))
        self.gateway = HttpTextGateway(
            settings, clock.now, transport=httpx.ASGITransport(world.app)
        )
        self.desk = desk()
        self.desk.sms = True
        self.texts = Texts(self.gateway, self.desk, lambda: self.at)
        made = routes(world.client, database, agent_id=AGENT, texts=self.texts)
        self.dispatcher = Dispatcher(database, made, lambda: self.at)
        self.people: dict[str, int] = {}

    async def plan(self) -> dict[str, todos.TodoView]:
        """One service reminder for everybody; what became of it by customer."""
        async with self.database.transaction() as session:
            version = await approved_script(session, "t7", T7)
            ids = list(self.people.values())
            facts = await selection.customer_facts(session, ids)
            ways = await selection.reaches(session, ids)
            intents = [
                Intent(
                    key=f"maturity.deposit:{name}", trigger="maturity.deposit",
                    channel=Channel.TODO, purpose=Purpose.SERVICE, customer=facts[number],
                    reach=ways.get(number), script_version_id=version,
                    fields={"product_name": "整存整取", "matures_on": date(2026, 12, 2)},
                    title="到期", why="整存整取到期", due_on=date(2026, 11, 25),
                    expires_at=AT + timedelta(days=5),
                )
                for name, number in self.people.items()
            ]  # fmt: skip
            await door.submit(session, intents, at=self.at, desk=self.desk, by="system:test")
        return await self.found()

    async def found(self) -> dict[str, todos.TodoView]:
        async with self.database.reading() as session:
            rows = await todos.page(session, units=None, limit=100)
        names = {number: name for name, number in self.people.items()}
        return {names[one.customer_id]: one for one in rows}

    async def arrived(self) -> list[str]:
        answer = await self.world.people.get("/_sim/texts")
        return [one["phone"] for one in answer.json()["texts"]]

    async def handed(self) -> int:
        return int((await self.world.people.get("/_sim/texts")).json()["handed"])

    async def slots(self) -> int:
        async with self.database.reading() as session:
            counted = await session.execute(text("SELECT count(*) FROM quota_slot"))
            return int(counted.scalar_one())


@asynccontextmanager
async def _bench(database: Database, **people: dict[str, Any]) -> AsyncIterator[Bench]:
    async with wecom_world() as world:
        made = Bench(database, world)
        async with database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            for name, more in people.items():
                friend = bool(more.pop("friend", False))
                maker = bank.reached_customer if friend else bank.customer
                made.people[name] = await maker(
                    session, name, owner="limin", born_on=date(1980, 1, 1), **more
                )
        yield made
        await made.gateway.aclose()


@pytest.mark.mission("C7", "C8")
async def test_a_text_message_goes_once_and_stands_in_the_touch_log_with_its_reason(
    database: Database,
) -> None:
    async with _bench(database, P={"phone": PHONE}) as made:
        planned = (await made.plan())["P"]
        assert (planned.kind, planned.channel) == ("sms", "sms")
        assert await made.dispatcher.drain() == 1
        assert await made.dispatcher.drain() == 0
        assert await made.arrived() == [PHONE]
        assert (await made.found())["P"].state == "done"
        async with database.reading() as session:
            [touch] = await touches.of_customer(session, made.people["P"])
        assert (touch.channel, touch.state) == ("sms", "sent")
        assert touch.reason == planned.channel_reason
        assert "没有企业微信好友关系" in touch.reason


@pytest.mark.mission("C7")
async def test_a_text_message_in_doubt_is_looked_up_and_never_sent_again(
    database: Database,
) -> None:
    async with _bench(database, P={"phone": PHONE}) as made:
        await made.plan()
        await made.world.post("texts", {"swallow": 1})
        await made.dispatcher.drain()
        assert (await made.found())["P"].state == "handed"
        counts = await lookup.resolve_unknown(
            database, made.world.client, lambda: made.at, made.texts
        )
        assert counts["found"] == 1
        assert (await made.found())["P"].state == "done"
        assert await made.dispatcher.drain() == 0
        assert await made.handed() == 1


@pytest.mark.mission("C7")
async def test_what_the_gateway_refuses_becomes_a_call_of_the_same_contact(
    database: Database,
) -> None:
    async with _bench(database, P={"phone": PHONE}) as made:
        before = await made.plan()
        slots = await made.slots()
        await made.world.post("texts", {"refuse": 1})
        await made.dispatcher.drain()
        after = (await made.found())["P"]
        assert (after.id, after.key) == (before["P"].id, before["P"].key)
        assert (after.kind, after.channel, after.state) == ("call", "phone", "open")
        assert "短信：试过，没有走通" in after.channel_reason
        assert await made.slots() == slots
        assert await made.arrived() == []


@pytest.mark.mission("C7")
async def test_calls_nobody_answers_lead_to_the_next_channel_and_count_once(
    database: Database,
) -> None:
    async with _bench(database, P={"phone": PHONE, "tier": "私行"}) as made:
        planned = (await made.plan())["P"]
        assert planned.channel == "phone"
        slots = await made.slots()
        ways = []
        for hour in (0, 0, 24, 49):
            made.at = AT + timedelta(hours=hour)
            async with database.transaction() as session:
                one = await todos.one(session, planned.id, lock=True)
                assert one is not None
                ways.append(
                    await channel_handover.unanswered(
                        session, one, note="没接", staff_id="limin", at=made.at, desk=made.desk
                    )
                )
        assert ways == ["phone", "phone", "phone", "sms"]
        after = (await made.found())["P"]
        assert (after.kind, after.unreached, after.note) == ("sms", 3, "没接")
        assert "电话：试过，没有走通" in after.channel_reason
        assert await made.slots() == slots
        assert await made.dispatcher.drain() == 1
        assert await made.arrived() == [PHONE]
        async with database.reading() as session:
            found = await touches.of_customer(session, made.people["P"])
        assert sorted((one.channel, one.state) for one in found) == [
            ("phone", "attempted"), ("phone", "attempted"), ("phone", "attempted"), ("sms", "sent"),
        ]  # fmt: skip


@pytest.mark.mission("C7")
async def test_a_friend_who_left_and_a_no_to_the_channel_are_handed_over(
    database: Database,
) -> None:
    people: dict[str, dict[str, Any]] = {
        "L": {"friend": True, "phone": PHONE},
        "R": {"friend": True},
        "S": {"friend": True, "phone": "13800000002"},
    }
    async with _bench(database, **people) as made:
        planned = await made.plan()
        assert {one.channel for one in planned.values()} == {"todo"}
        slots = await made.slots()
        async with database.transaction() as session:
            await session.execute(
                text("UPDATE relation SET ended_at = :at WHERE external_userid = 'wm-L'"),
                {"at": AT.replace(tzinfo=None) if "sqlite" in database.url else AT},
            )
            await channel_words.say(
                session, made.people["R"], "todo", Word.REFUSES, source="柜面",
                actor="staff:limin", unit="0101", at=AT,
            )  # fmt: skip
        assert await channel_handover.sweep(database, at=AT, desk=made.desk) == 2
        assert await channel_handover.sweep(database, at=AT, desk=made.desk) == 0
        found = await made.found()
        assert {name: one.channel for name, one in found.items()} == {
            "L": "sms", "R": "outlet", "S": "todo",
        }  # fmt: skip
        assert "没有企业微信好友关系" in found["L"].channel_reason
        assert "客户不要这条路" in found["R"].channel_reason
        assert found["L"].external_userid == ""
        assert await made.slots() == slots


@pytest.mark.mission("C7")
async def test_a_no_after_the_plan_stops_the_text_message(database: Database) -> None:
    async with _bench(database, P={"phone": PHONE}, Q={"phone": "13800000002"}) as made:
        await made.plan()
        async with database.transaction() as session:
            await opting_out.opt_out(
                session, made.people["P"], Choice.SERVICE, source="o", words="不要",
                at=AT, actor=f"customer:{made.people['P']}",
            )  # fmt: skip
            await channel_words.say(
                session, made.people["Q"], "sms", Word.REFUSES, source="柜面",
                actor="staff:limin", unit="0101", at=AT,
            )  # fmt: skip
        await made.dispatcher.drain()
        assert await made.arrived() == []
        found = await made.found()
        assert found["P"].state == "cancelled"
        assert (found["Q"].state, found["Q"].channel) == ("open", "phone")
