"""From every kind of message back to what made it so: each link is there, in words, with proof."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from campaigns.waves.rules import key
from compliance.facts import Channel, Purpose
from compliance.policy import GatePolicy
from config import channel_choice_policy, reminder_policy
from crm_sync import selection
from delivery import broadcasts, door, jobs
from delivery.dispatcher import Dispatcher
from delivery.facts import AT_ONCE, priority_of
from delivery.intents import Intent
from delivery.phrasing import routes
from insights import winners
from insights.why import chain
from insights.why.facts import Chain, Step
from kit.db import Database
from tests.flows.campaigns.winter import DAY, approved, asked, morning, rows, run, winter_bank
from tests.flows.console import scenes
from tests.flows.crm_sync import bank
from tests.flows.delivery import showing
from tests.flows.delivery.office import approved_script, desk
from tests.flows.delivery.test_every_way import AT, TRIES, _customer, _script
from tests.flows.wecom_world import AGENT, wecom_world

pytestmark = pytest.mark.anyio
REMINDERS: Final = reminder_policy.load()
PLAIN: Final = ("trigger", "rule", "script", "approval", "channel", "consent", "gate", "quota")
FOUND: Final[Mapping[Channel, tuple[str, str]]] = {
    Channel.TODO: ("todo", "SELECT id FROM todo"),
    Channel.SMS: ("sms", "SELECT id FROM todo"),
    Channel.PHONE: ("todo", "SELECT id FROM todo"),
    Channel.SIDEBAR: ("send", "SELECT id FROM send_ticket"),
    Channel.GROUP: ("send", "SELECT id FROM send_ticket"),
    Channel.WELCOME: ("outbox", "SELECT id FROM outbox"),
    Channel.BROADCAST: (
        "broadcast", "SELECT broadcast_id, '/', external_userid FROM broadcast_recipient",
    ),
    Channel.MOMENT: ("moment", "SELECT task_id, '/', customer_id FROM moment_reader"),
}  # fmt: skip
KINDS: Final = {
    Channel.SMS: "todo", Channel.PHONE: "todo", Channel.SIDEBAR: "sidebar",
}  # fmt: skip
CHOSEN: Final = {
    Channel.SIDEBAR: (
        "SELECT channel_reason FROM send_ticket",
        "客户经理自己在侧边栏选的关怀话术：一对一发给正在聊的这位客户",
    ),
    Channel.GROUP: (
        "SELECT channel_reason FROM send_ticket",
        "群主李敏自己选了这个群：群里 1 位客户看到的是同一条，不写个人内容；一个群一天最多 2 条关怀",
    ),
    Channel.WELCOME: (
        "SELECT channel_reason FROM outbox",
        "刚加上的好友：企业微信只在加好友后 20 秒内给一次欢迎的机会，由系统自己说；"
        "这时还不知道是哪一位客户，没有别的路先到",
    ),
}
"""Where the reason of a way that a person or its nature chose is kept, and what it says."""
CODE_WORD: Final = re.compile(r"[a-z]+_[a-z]+|\b(queued|planned|gathering|outranked|prepared)\b")


async def _why(database: Database, name: str) -> Chain:
    async with database.reading() as session:
        found = await chain.of(
            session, name, reminders=REMINDERS, channels=channel_choice_policy.load(),
            gate=GatePolicy.load(),
        )  # fmt: skip
    assert found is not None, name
    return found


def _steps(found: Chain) -> dict[str, Step]:
    """The newest step of each code; every sentence is for people."""
    for step in found.steps:
        assert step.said, step
        assert not CODE_WORD.search(step.said), step.said
    return {step.code: step for step in found.steps}


async def _ref(database: Database, kind: str, query: str) -> str:
    [found] = (await rows(database, query)).found
    return f"{kind}:{''.join(str(part) for part in found)}"


@pytest.mark.parametrize("channel", list(TRIES))
async def test_every_way_to_a_customer_leads_back_to_its_words_gate_and_ledger(
    database: Database, channel: Channel
) -> None:
    async with database.transaction() as session:
        customer, version = await _customer(session), await _script(session, channel)
    async with database.transaction() as session:
        await TRIES[channel](session, customer, version)
    found = await _why(database, await _ref(database, *FOUND[channel]))
    assert found.message.kind == KINDS.get(channel, channel.value)
    steps = _steps(found)
    assert set(PLAIN) <= set(steps)
    for code in ("script", "gate", "proof"):
        assert steps[code].mark == "done", steps[code]
    assert "done" in [step.mark for step in found.steps if step.code == "approval"]
    acts = [entry.act for entry in found.proof.entries]
    assert "script.approved" in acts
    assert len(acts) > 1
    assert found.proof.sound
    known = channel not in (Channel.GROUP, Channel.WELCOME)
    assert found.message.customer_id == (customer if known else None)
    counted = channel is not Channel.WELCOME
    assert bool(steps["quota"].facts["slots"]) == counted
    assert (await _why(database, found.message.key)).message == found.message


@pytest.mark.mission("C7")
@pytest.mark.parametrize("channel", list(CHOSEN))
async def test_what_nobody_planned_keeps_in_a_sentence_why_it_went_that_way(
    database: Database, channel: Channel
) -> None:
    query, said = CHOSEN[channel]
    async with database.transaction() as session:
        customer, version = await _customer(session), await _script(session, channel)
        await session.execute(text("UPDATE staff SET name = '李敏' WHERE staff_id = 'limin'"))
        await TRIES[channel](session, customer, version)
    assert (await rows(database, query)).column() == [said]
    urgent = (await rows(database, "SELECT priority FROM outbox")).column()
    assert urgent == ([AT_ONCE] if channel is Channel.WELCOME else [])
    assert (
        _steps(await _why(database, await _ref(database, *FOUND[channel])))["channel"].said == said
    )


@pytest.mark.mission("C7")
async def test_a_moment_keeps_who_chose_it_and_how_many_a_customer_may_see(
    database: Database,
) -> None:
    await showing.mothers(database)
    await showing.script(database)
    async with database.transaction() as session:
        await bank.staff(session, "wangshan", unit_id="hq")
        await session.execute(text("UPDATE staff SET name = '王珊' WHERE staff_id = 'wangshan'"))
    number = await showing.approved(database, showing.Wall())
    said = (
        "王珊选了企业朋友圈：话里不写任何一位客户，“宝妈”里每人看到的一样；"
        "每位客户一天最多 1 条、一个月最多 4 条，由成员自己点发表"
    )
    assert (await rows(database, "SELECT channel_reason FROM moment_task")).column() == [said]
    assert _steps(await _why(database, f"moment:{number}"))["channel"].said == said


async def test_what_wecom_answered_stands_in_the_chain_of_a_broadcast_and_of_a_card(
    database: Database,
) -> None:
    async with database.transaction() as session:
        customer = await _customer(session)
        version = await _script(session, Channel.BROADCAST)
        await TRIES[Channel.BROADCAST](session, customer, version)
        await scenes.todo(session, customer, at=AT)
        await broadcasts.close(
            session, AT.date(), at=AT, due_at=AT, expires_at=AT + timedelta(hours=8)
        )
    await jobs.announce(database, at=AT, public_url="http://desk", bank_name="青禾银行")
    friends = [{"external_userid": "wm-C1", "name": "周", "followers": [{"userid": "limin"}]}]
    async with wecom_world(customers=friends) as world:
        await world.post("clock", {"freeze": AT.isoformat()})
        ways = routes(world.client, database, agent_id=AGENT, clock=lambda: AT)
        await Dispatcher(database, ways, lambda: AT).drain()
    [[msgid, contact]] = (
        await rows(
            database,
            "SELECT b.msgid, r.external_userid FROM broadcast b JOIN broadcast_recipient r"
            " ON r.broadcast_id = b.id",
        )
    ).found
    queued = "SELECT priority FROM outbox WHERE kind = 'broadcast'"
    assert (await rows(database, queued)).column() == [priority_of("care")]
    sent = await _why(database, await _ref(database, *FOUND[Channel.BROADCAST]))
    assert (sent.message.external_userid, sent.message.wecom_ids) == (contact, (msgid,))
    assert _steps(sent)["attempt"].facts["reference"] == msgid
    assert msgid in _steps(sent)["answer"].said
    assert (await _why(database, msgid)).message.task_id == sent.message.task_id
    card = await _why(database, await _ref(
        database, "outbox", "SELECT id FROM outbox WHERE kind = 'staff_card'"
    ))  # fmt: skip
    steps = _steps(card)
    assert card.message.staff_id == "limin"
    assert "今天有 1 件客户待办" in steps["trigger"].said
    assert steps["channel"].said.startswith("今天新到的 1 件要客户经理本人去办")
    assert steps["channel"].said == card.message.channel_reason
    assert steps["answer"].mark == "done"
    assert [entry.act for entry in card.proof.entries] == ["staff_card.sent"]


def _intent(customer: Any, trigger: str, purpose: Purpose, version: int) -> Intent:
    return Intent(
        key=f"{trigger}:{customer[0].customer_id}:2026-11-25",
        trigger=trigger, channel=Channel.TODO, purpose=purpose, customer=customer[0],
        reach=customer[1], script_version_id=version, fields={}, title="提醒", why="到了日子",
        due_on=date(2026, 11, 25), expires_at=AT + timedelta(hours=8),
    )  # fmt: skip


async def test_who_gave_way_is_told_what_was_said_instead_and_who_had_no_words_why(
    database: Database,
) -> None:
    words = "您好，天冷了，出门记得添衣，路上慢一点。"
    async with database.transaction() as session:
        customer = await _customer(session)
        service_, care = [
            await approved_script(session, f"words.{purpose.value}", words, purpose=purpose.value)
            for purpose in (Purpose.SERVICE, Purpose.CARE)
        ]
        near = (
            (await selection.customer_facts(session, [customer]))[customer],
            (await selection.reaches(session, [customer]))[customer],
        )
        first = _intent(near, "loan.due", Purpose.SERVICE, service_)
        lost = _intent(near, "birthday", Purpose.CARE, care)
        bare = replace(
            _intent(near, "maturity.deposit", Purpose.SERVICE, service_ + 10_000), solicited=True
        )
        done = await door.submit(session, [lost, first, bare], at=AT, desk=desk(), by="system:test")
    assert [one.outcome.value for one in done] == ["outranked", "queued", "no_words"]
    for name in (lost.key, f"key:{lost.key}"):
        found = await _why(database, name)
        assert found.message.customer_id == customer
        assert found.message.winner == first.key
        title = next(one.title for one in REMINDERS.trigger if one.name == "loan.due")
        outcome = _steps(found)["outcome"]
        assert f"当天先说的是“{title}”" in outcome.said
        assert "loan.due" not in outcome.said
        assert outcome.href == f"/c/why?key={first.key.replace(':', '%3A')}"
    assert "没有能用的话术" in _steps(await _why(database, bare.key))["outcome"].said


@pytest.mark.mission("H7")
async def test_a_wave_leads_back_to_its_campaign_its_draw_and_the_two_who_signed(
    database: Database,
) -> None:
    first, second, _ = ids = await winter_bank(database, 3, 0)
    async with database.transaction() as session:
        version = await approved_script(session, "loan", "您好，路上慢一点。", purpose="service")
        near = (
            (await selection.customer_facts(session, [first]))[first],
            (await selection.reaches(session, [first]))[first],
        )
        loan = _intent(near, "loan.due", Purpose.SERVICE, version)
        await door.submit(session, [loan], at=morning(), desk=desk(), by="system:test")
    number = await approved(database, asked(hold_out_percent=0))
    assert (await run(database))["outranked"] == 1
    found = await _why(database, key(number, 1, 1, second, DAY))
    assert found.message.kind == "todo"
    [joined] = [step for step in found.steps if step.code == "campaign"]
    assert "营销活动“冬季关怀”第 1 波，抽签在触达组" in joined.said
    approval = found.steps[found.steps.index(joined) + 1]
    assert approval.mark == "done"
    assert "批准的指纹" in approval.said
    assert {"campaign.approved", "campaign.drawn", "script.approved", "batch.planned"} <= {
        entry.act for entry in found.proof.entries
    }
    assert found.proof.sound
    lost = await _why(database, key(number, 1, 1, first, DAY))
    assert (lost.message.customer_id, lost.message.winner) == (first, loan.key)
    assert "当天先说的是“" in _steps(lost)["outcome"].said
    async with database.reading() as session:
        names = await winners.titles(
            session, [key(number, 1, 1, first, DAY), "x:1", loan.key], REMINDERS
        )
    assert list(names.values())[:2] == ["营销活动“冬季关怀”", winners.OTHER]
    async with database.transaction() as session:  # one word of it, after the approval
        await session.execute(text("UPDATE campaign SET goal = 'x'"))
    changed = await _why(database, key(number, 1, 1, ids[2], DAY))
    assert [step.mark for step in changed.steps if step.code == "approval"] == ["done", "bad"]
