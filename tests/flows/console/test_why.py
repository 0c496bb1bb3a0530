"""From any message back to what made it so: in sentences, for machines, on a page, with proof."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text

from commands.why import sentences
from compliance.facts import Channel
from config import policy_catalogue as kinds
from crm_sync.repository.people import people
from delivery import proving, tickets
from delivery.again import intent_of
from delivery.messages import ways
from delivery.repository import todos
from insights.why import chain
from insights.why.facts import Chain
from kit.clock import bank_date
from kit.ledger.verify import verify_segment
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script
from wiring.jobs import plan

pytestmark = pytest.mark.anyio
TODAY = bank_date(AT)


async def _why(office: Office, name: str) -> Chain | None:
    async with office.database.reading() as session:
        return await chain.of(
            session,
            name,
            reminders=office.parts.reminders,
            channels=office.parts.shelf.of(kinds.CHANNEL_CHOICE),
            gate=office.parts.desk.policy,
        )


async def _sent(office: Office) -> tuple[int, int]:
    """A deposit matures; it is planned, tapped, said to be sent and seen in the archive."""
    zhou = office.customers["zhou"]
    async with office.database.transaction() as session:
        await approved_script(session, "maturity.deposit.t7", T7, product_kind=None)
        await bank.holding(
            session, zhou, "D1", "deposit", product_name="三年期整存整取",
            amount_fen=20_000_000, matures_on=TODAY + timedelta(days=7),
        )  # fmt: skip
    await plan(office.parts, TODAY, AT)
    office.clock.advance(minutes=30)
    at = office.clock()
    async with office.database.transaction() as session:
        [todo] = await todos.page(session, units=None, customer_id=zhou)
        customer, reach = (await people(session, [zhou]))[zhou]
        intent = intent_of(todo, customer, reach, channel=Channel.SIDEBAR)
        sender = tickets.Sender("limin", "limin")
        ticket = await tickets.prepare(
            session, intent, sender=sender, at=at, desk=office.parts.desk, todo=todo
        )
    async with office.database.transaction() as session:
        await tickets.said(
            session, ticket.token, sender=sender, word="ok", detail="", at=at + timedelta(minutes=1)
        )
    async with office.database.transaction() as session:
        await proving.proved(
            session, ticket.id, same=True, msgid="msg-77", at=at + timedelta(minutes=9)
        )
    return todo.id, ticket.id


async def test_every_name_of_a_message_leads_back_to_trigger_approval_consent_quota_and_proof(
    desk_office: Office,
) -> None:
    todo_id, send_id = await _sent(desk_office)
    found = await _why(desk_office, f"todo:{todo_id}")
    assert found is not None
    for name in (str(todo_id), f"send:{send_id}", str(send_id), found.message.key, "msg-77"):
        other = await _why(desk_office, name)
        assert other is not None, name
        assert other.message == found.message, name
    for name in ("0", "msg-78", "todo:1", "send:x", "broadcast:9/wm", "9" * 40, "moment:1/2", ""):
        assert await _why(desk_office, name) is None, name
    told = chain.as_json(found)
    steps = {one["step"]: one for one in told["steps"]}
    assert [one["step"] for one in told["steps"]] == [
        "trigger", "rule", "script", "approval", "channel", "consent", "gate", "gate", "quota",
        "member", "attempt", "answer", "archive", "outcome", "proof",
    ]  # fmt: skip
    approved = steps["approval"]["facts"]
    assert approved["approved_by"] == "staff:hejing"
    assert approved["approved_hash"] == approved["hash_now"] != ""
    assert steps["approval"]["state"] == "done"
    assert {(one["family"], one["window"]) for one in steps["quota"]["facts"]["slots"]} >= {
        ("service", "day"), ("service", "week"), ("service", "month"),
    }  # fmt: skip
    assert steps["attempt"]["facts"]["state"] == "confirmed"
    assert steps["answer"]["facts"]["ids"] == ["msg-77"]
    acts = [one["act"] for one in told["ledger"]["entries"]]
    assert acts == [
        "script.approved", "todo.planned", "send.prepared", "send.claimed", "send.confirmed",
    ]  # fmt: skip
    assert told["ledger"]["sound"] is True
    for one in told["ledger"]["segments"]:
        assert one["recomputed"] == one["last"] - one["first"] + 1 > 0
    lines = "\n".join(sentences(found))
    for words in (
        "审核同意（同意使用）",
        "规则“定期存款到期”",
        "会话存档里",
        "第 1 次",
        "刚刚重算",
    ):
        assert words in lines, words
    assert "13800002071" not in lines
    async with desk_office.database.reading() as session:
        refs = await ways.lately(session, desk_office.customers["zhou"])
    assert refs == [f"todo:{todo_id}"]


async def test_the_page_of_why_is_linked_where_messages_are_shown_and_keeps_to_the_branch(
    desk_office: Office,
) -> None:
    todo_id, send_id = await _sent(desk_office)
    desk = await desk_office.sit("wangshan")
    here = f"/c/why?ref=send%3A{send_id}"
    for path in ("/c/touches", f"/c/customers/{desk_office.customers['zhou']}",
                 "/c/library/maturity.deposit.t7/sends"):  # fmt: skip
        links = {
            unescape(one) for one in re.findall(r'href="(/c/why[^"]*)"', await desk.page(path))
        }
        assert here in links, path
    shown = await desk.page(here)
    for words in ("未被改动", "日志里的各条", "审核同意", "占用：", "存档里"):
        assert words in shown, words
    assert shown.count("data-row") == 5
    assert (await desk.page(here)).count("data-row") == 5  # who looks at it is no part of it
    twin = (await desk.get(f"/api/v1/c/why/{todo_id}")).json()["data"]
    assert [one["name"] for one in twin["chain"]][-1] == "日志证明"
    elsewhere = await desk_office.sit("zhaolei")
    for path in (here, f"/c/why/{todo_id}", "/c/why?ref=msg-77", "/c/why?ref=nothing"):
        assert (await elsewhere.get(path)).status_code == 404, path


async def test_a_changed_or_removed_entry_is_named_on_the_page_of_its_message(
    desk_office: Office,
) -> None:
    todo_id, _ = await _sent(desk_office)
    found = await _why(desk_office, f"todo:{todo_id}")
    assert found is not None
    claimed = next(one for one in found.proof.entries if one.act == "send.claimed")
    where = {"stream": claimed.stream, "seq": claimed.seq}
    async with desk_office.database.transaction() as session:
        await session.execute(
            text("UPDATE ledger_entry SET reason = 'x' WHERE stream = :stream AND seq = :seq"),
            where,
        )
    shown = await (await desk_office.sit("wangshan")).page(f"/c/why/{todo_id}")
    assert "被改写" in shown
    assert f"第 {claimed.seq} 条" in shown
    async with desk_office.database.transaction() as session:
        await session.execute(
            text("DELETE FROM ledger_entry WHERE stream = :stream AND seq = :seq"), where
        )
    async with desk_office.database.reading() as session:
        stretch = await verify_segment(session, claimed.stream, 1, 10_000)
        tail = await verify_segment(session, claimed.stream, claimed.seq + 1, 10_000)
    assert [(one.seq, one.kind) for one in stretch.faults] == [(claimed.seq, "missing")]
    assert (stretch.first, stretch.last) == (1, stretch.head)
    assert tail.sound
