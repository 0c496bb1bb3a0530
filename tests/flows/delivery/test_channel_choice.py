"""A planned contact stores its channel with the reason, and the reasons against the others."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from compliance import service as consent
from compliance.facts import Channel, ConsentPurpose, Purpose
from crm_sync import channel_words, selection
from crm_sync.channel_words import Word
from delivery import door, plan_items
from delivery.intents import Intent, Outcome, Submission
from delivery.repository import todos, touches
from delivery.repository.touches import Touched
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script, desk

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 at the bank
SALE = "{{customer_title}}您好，我是{{bank_name}}的{{staff_name}}，近期有存款活动，想了解可以问我。不想收到这类内容，回复“退订”。"


async def _bank(database: Database, **phones: str | None) -> dict[str, int]:
    """李敏's customers: W is her friend in WeCom, the others only as ``phones`` say."""
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        people = {
            "W": await bank.reached_customer(
                session, "W", owner="limin", born_on=date(1980, 1, 1), phone="13800000009"
            )
        }
        for name, phone in phones.items():
            people[name] = await bank.customer(
                session, name, owner="limin", born_on=date(1980, 1, 1), phone=phone
            )
    return people


async def _submit(
    database: Database,
    people: dict[str, int],
    version: int,
    *,
    purpose: Purpose = Purpose.SERVICE,
    channel: Channel = Channel.TODO,
    act: str = "",
    at: datetime = AT,
) -> dict[str, Submission]:
    async with database.transaction() as session:
        facts = await selection.customer_facts(session, list(people.values()))
        ways = await selection.reaches(session, list(people.values()))
        intents = [
            Intent(
                key=f"maturity.deposit:{name}:{at.isoformat()}",
                trigger="maturity.deposit",
                channel=channel,
                purpose=purpose,
                customer=facts[customer_id],
                reach=ways.get(customer_id),
                script_version_id=version,
                fields={"product_name": "整存整取", "matures_on": date(2026, 12, 2)},
                title="到期",
                why="整存整取到期",
                due_on=at.date(),
                expires_at=at + timedelta(days=3),
                act=act,
            )
            for name, customer_id in people.items()
        ]
        done = await door.submit(session, intents, at=at, desk=desk(), by="system:test")
    return dict(zip(people, done, strict=True))


async def _found(database: Database) -> dict[int, todos.TodoView]:
    async with database.reading() as session:
        return {one.customer_id: one for one in await todos.of_staff(session, "limin")}


@pytest.mark.mission("C7")
async def test_the_rule_picks_wecom_phone_or_outlet_and_the_reason_is_stored(
    database: Database,
) -> None:
    people = await _bank(database, P="13800000001", N=None)
    async with database.transaction() as session:
        version = await approved_script(session, "t7", T7)
    said = await _submit(database, people, version)
    assert {name: one.way for name, one in said.items()} == {
        "W": "todo", "P": "phone", "N": "outlet",
    }  # fmt: skip
    found = await _found(database)
    w, p, n = (found[people[name]] for name in "WPN")
    assert (w.kind, w.channel, w.external_userid) == ("message", "todo", "wm-W")
    assert (p.kind, p.channel, p.external_userid) == ("call", "phone", "")
    assert (n.kind, n.channel) == ("visit", "outlet")
    assert w.channel_reason == "服务提醒走企业微信一对一"
    assert "没有企业微信好友关系" in p.channel_reason.replace("和管户经理", "")
    assert p.channel_refused == "todo:no_relation,sms:no_sender"
    assert "phone:no_phone" in n.channel_refused
    again = await _submit(database, people, version)
    assert {one.outcome for one in again.values()} == {Outcome.REPEATED}


@pytest.mark.mission("C7")
async def test_what_a_customer_said_of_a_channel_and_where_they_answer_decide(
    database: Database,
) -> None:
    people = await _bank(database)
    async with database.transaction() as session:
        version = await approved_script(session, "t7", T7)
        calls = [
            Touched(
                source=f"call:{n}", customer_id=people["W"], staff_id="limin", unit_id="0101",
                channel="phone", purpose="service", trigger="", state="recorded",
                at=AT - timedelta(days=20 + n),
            )
            for n in range(3)
        ]  # fmt: skip
        await touches.record(session, calls)
        await session.execute(text("UPDATE customer SET tier = '私行'"))
    assert (await _submit(database, people, version))["W"].way == "phone"
    async with database.transaction() as session:
        for name, word in (("todo", Word.PREFERS), ("phone", Word.REFUSES)):
            await channel_words.say(
                session, people["W"], name, word, source="柜面", actor="staff:limin",
                unit="0101", at=AT,
            )  # fmt: skip
    tomorrow = AT + timedelta(days=1)
    assert (await _submit(database, people, version, at=tomorrow))["W"].way == "todo"
    async with database.transaction() as session:
        for name in ("todo", "sms", "outlet"):
            await channel_words.say(
                session, people["W"], name, Word.REFUSES, source="柜面", actor="staff:limin",
                unit="0101", at=AT,
            )  # fmt: skip
    later = AT + timedelta(days=2)
    nobody = (await _submit(database, people, version, at=later))["W"]
    assert nobody.outcome is Outcome.UNREACHABLE
    async with database.reading() as session:
        refusal = await plan_items.refusal(session, nobody.key)
    assert refusal is not None
    assert "todo:said_no" in refusal.reasons
    assert "phone:said_no" in refusal.reasons


@pytest.mark.mission("C8")
async def test_an_act_of_the_outlet_goes_to_the_outlet_whoever_is_a_friend(
    database: Database,
) -> None:
    people = await _bank(database)
    async with database.transaction() as session:
        version = await approved_script(session, "t7", T7)
    said = await _submit(database, people, version, act="风险测评")
    assert said["W"].way == "outlet"
    [one] = (await _found(database)).values()
    assert (one.kind, one.channel_reason) == ("visit", "复杂或有监管要求的事走网点")


@pytest.mark.mission("E10")
async def test_a_sale_is_refused_until_there_was_care_and_again_when_it_is_long_ago(
    database: Database,
) -> None:
    people = await _bank(database)
    async with database.transaction() as session:
        version = await approved_script(session, "sale", SALE, purpose="marketing")
        await consent.give_consent(
            session, people["W"], ConsentPurpose.MARKETING, source="柜面", at=bank.BEFORE,
            actor="staff:limin",
        )  # fmt: skip
    sale = Purpose.MARKETING
    cold = (await _submit(database, people, version, purpose=sale))["W"]
    assert (cold.outcome, cold.objections) == (Outcome.BLOCKED, ("E-4026",))
    async with database.transaction() as session:
        cared = Touched(
            source="care:1", customer_id=people["W"], staff_id="limin", unit_id="0101",
            channel="sidebar", purpose="care", trigger="birthday", state="confirmed",
            at=AT - timedelta(days=30),
        )  # fmt: skip
        await touches.record(session, [cared])
    warm = (await _submit(database, people, version, purpose=sale))["W"]
    assert warm.outcome is Outcome.QUEUED
    long_after = AT + timedelta(days=1)
    cold = (await _submit(database, people, version, purpose=sale, at=long_after))["W"]
    assert (cold.outcome, cold.objections) == (Outcome.BLOCKED, ("E-4026",))
