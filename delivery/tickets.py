"""One tap from the sidebar: the gate again, a one-time ticket, the client's word, the archive's.

Handed out, said to be sent, seen in the archive are three facts. The text comes from the server
at the moment of the tap; what stood on the page is never trusted.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import Channel
from compliance.objections import BY_CODE
from compliance.screening.splits import Said
from content_library import repository as scripts_of
from crm_sync.access import may_send
from crm_sync.facts import CustomerFact, Reach
from delivery import halting, judging, quota, said_together, to_review
from delivery.channel_reasons import of_choice_by_hand
from delivery.departing import in_turn
from delivery.desk import Desk
from delivery.errors import (
    NotYours,
    SendBlocked,
    SenderNotEntitled,
    TicketNotFound,
    TodoClosed,
)
from delivery.facts import TodoState
from delivery.intents import Intent
from delivery.judging import Judged
from delivery.models import SendTicket, TicketState
from delivery.quota import Want
from delivery.repository import todos, touches
from delivery.repository.todos import TodoView
from delivery.repository.touches import Touched
from delivery.words_now import good
from delivery.worklist import Work, open_work
from kit import ledger
from kit.clock import bank_date
from kit.db import cipher_of
from kit.ids import new_id
from kit.web.sessions import hashed

LIFETIME: Final = timedelta(minutes=5)
SAID: Final = {
    "ok": TicketState.CLAIMED,
    "cancel": TicketState.CANCELLED,
    "fail": TicketState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the page gets: the token, used once, and the exact text to send."""

    token: str
    id: int
    text: str
    script_code: str
    script_version: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """The manager who taps: who they are for the bank and for WeCom.

    ``kinds``: the kinds of coverage by which policy lets a person send to a customer by hand.
    """

    staff_id: str
    userid: str
    kinds: tuple[str, ...] = ("owner",)


async def check(
    session: AsyncSession,
    intents: Sequence[Intent],
    *,
    at: datetime,
    desk: Desk,
    heard: Mapping[said_together.Pair, Sequence[Said]] | None = None,
) -> list[Judged]:
    """What the gate says of each, for the sidebar at this moment; nothing is written.

    ``heard``: what the archive has of the sender's own typing, to be read together with the words.
    """
    known = await judging.background(session, intents, at=at)
    judged = judging.judge(intents, known, at=at, desk=desk, channel=Channel.SIDEBAR)
    judged = await to_review.with_released(session, judged, at=at, desk=desk)
    return await said_together.read_together(session, judged, at=at, desk=desk, heard=heard or {})


async def prepare(
    session: AsyncSession,
    intent: Intent,
    *,
    sender: Sender,
    at: datetime,
    desk: Desk,
    todo: TodoView | None = None,
    heard: Mapping[said_together.Pair, Sequence[Said]] | None = None,
) -> Ticket:
    """Judge again and hand out the text with a one-time ticket.

    Raises NotYours when the sender does not follow the customer, SenderNotEntitled when they
    cover them by no kind of relation that may send, TodoClosed when the to-do was
    done or withdrawn, SendBlocked with every objection when the gate or the quota says no.
    """
    reach = intent.reach
    if reach is None or reach.userid.lower() != sender.userid.lower():
        raise NotYours("这位客户不是你的企业微信好友", do="请由添加了客户的同事发送")
    customer_id = intent.customer.customer_id
    if not await may_send(session, sender.staff_id, customer_id, sender.kinds):
        raise SenderNotEntitled(
            "按本行的管户策略，你与这位客户的关系可以查看，不能发送",
            where="策略“管户与分配”的 relations.send",
            do="请管户的同事发送；分工有变的，请网点负责人在“管户分配”里调整",
        )
    if todo is not None and todo.state not in (TodoState.OPEN.value, TodoState.HANDED.value):
        raise TodoClosed("这件待办已经办过或撤回了", do="刷新待办列表", todo=todo.id)
    if todo is not None and await halting.todo_halted(session, todo.id):
        raise TodoClosed("这件待办所属的活动已经停止", do="刷新待办列表", todo=todo.id)
    await in_turn(session, customer_id)
    [judged] = await check(session, [intent], at=at, desk=desk, heard=heard)
    if judged.missing or judged.objections or judged.text is None or judged.script is None:
        await judging.record(session, [judged], at)
        await _record(session, "send.blocked", intent, sender, at, codes=judged.objections)
        await to_review.hand_in(
            session,
            script=judged.script,
            text=judged.joined or judged.text,
            decision=judged.decision,
            by=f"staff:{sender.staff_id}",
            unit_id=intent.customer.unit_id,
            customer_id=customer_id,
            external_userid=reach.external_userid,
            at=at,
            desk=desk,
            greeting=intent.greeting,
        )
        raise SendBlocked(
            "；".join(BY_CODE[code].saying for code in judged.objections) or judged.missing,
            codes=",".join(judged.objections),
        )
    if todo is None:  # a to-do's quota was taken when it was planned
        await _take_quota(session, judged, sender, at, desk)
    await judging.record(session, [judged], at)
    return await _hand_out(session, judged, reach, sender, todo, at)


async def refused(
    session: AsyncSession, intent: Intent, sender: Sender, at: datetime, code: str
) -> None:
    """Keep that a tap was refused before the gate was asked: for words or a material."""
    await _record(session, "send.blocked", intent, sender, at, codes=(code,))


async def _take_quota(
    session: AsyncSession, judged: Judged, sender: Sender, at: datetime, desk: Desk
) -> None:
    intent = judged.intent
    caps = quota.caps_of(intent.purpose, intent.customer, bank_date(at), desk.policy)
    caps += quota.campaign_caps(intent.campaign, intent.purpose, desk.policy)
    refused = await quota.reserve(session, [Want(intent.key, intent.customer.customer_id, caps)])
    if refused:
        await _record(session, "send.blocked", intent, sender, at, codes=("E-4029",))
        raise SendBlocked("这位客户这段时间听到的已经够多了，请过几天再发", codes="E-4029")


async def _hand_out(
    session: AsyncSession,
    judged: Judged,
    reach: Reach,
    sender: Sender,
    todo: TodoView | None,
    at: datetime,
) -> Ticket:
    intent, script, text = judged.intent, judged.script, judged.text
    assert script is not None  # noqa: S101 — prepare has seen to it
    assert text is not None  # noqa: S101
    ticket_id, token = new_id(), secrets.token_urlsafe(24)
    cipher = cipher_of(session)
    session.add(
        SendTicket(
            id=ticket_id,
            token_hash=hashed(token),
            key=intent.key,
            todo_id=todo.id if todo else None,
            customer_id=intent.customer.customer_id,
            staff_id=sender.staff_id,
            userid=sender.userid,
            external_userid=reach.external_userid,
            unit_id=intent.customer.unit_id,
            purpose=intent.purpose.value,
            trigger=intent.trigger,
            channel_reason=todo.channel_reason
            if todo
            else of_choice_by_hand(purpose=intent.purpose.value),
            script_version_id=script.version_id,
            script_code=script.code,
            script_version=script.version,
            text=cipher.seal("send_ticket.text", str(ticket_id), text),
            text_hash=cipher.blind("text", text),
            state=TicketState.PREPARED,
            issued_at=at,
            expires_at=at + LIFETIME,
        )
    )
    await session.flush()
    if todo is not None:
        await todos.mark_seen(session, [todo.id], at)
        await todos.move(
            session,
            todo.id,
            state=TodoState.HANDED,
            frm=(TodoState.OPEN, TodoState.HANDED),
            at=at,
        )
    await _record(
        session,
        "send.prepared",
        intent,
        sender,
        at,
        send_id=ticket_id,
        script=f"{script.code}/{script.version}",
        text=text,
    )
    return Ticket(token, ticket_id, text, script.code, script.version, at + LIFETIME)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the client's word made of a ticket."""

    id: int
    state: str
    place: str  # the ledger entry's stream#seq
    todo_id: int | None


async def said(
    session: AsyncSession, token: str, *, sender: Sender, word: str, detail: str, at: datetime
) -> Claimed:
    """The page says what ``sendChatMessage`` answered: ``ok``, ``cancel`` or ``fail``.

    A ticket takes one word, once, from the one it was given to. Raises TicketNotFound.
    """
    query = (
        select(SendTicket)
        .where(col(SendTicket.token_hash) == hashed(token))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None or row.staff_id != sender.staff_id or word not in SAID:
        raise TicketNotFound("这次发送没有记录，或已经处理过了", do="刷新页面后再试")
    opted_out = row.state is TicketState.WITHDRAWN
    if row.state not in (TicketState.PREPARED, TicketState.LAPSED, TicketState.WITHDRAWN):
        raise TicketNotFound("这次发送已经记录过了", do="刷新页面", send=row.id)
    state = SAID[word]
    row.state, row.client_said = state, f"{word} {detail}".strip()[:80]
    sent = state is TicketState.CLAIMED
    if sent:
        row.claimed_at = at
    else:
        row.settled_at = at
    await session.flush()
    if sent and opted_out:
        await _sent_in_spite(session, row, at)
    if row.todo_id is not None:
        came_from = (TodoState.HANDED, TodoState.OPEN)
        await todos.move(
            session,
            row.todo_id,
            state=TodoState.CLAIMED if sent else TodoState.OPEN,
            frm=(*came_from, TodoState.NOTED, TodoState.CANCELLED) if sent else came_from,
            at=at,
            closed=sent,
        )
    elif not sent:
        await quota.give_back(session, [row.key])
    if sent and row.customer_id is not None:
        touched = replace(touch_of(row, "claimed", at), reason=row.channel_reason)
        await touches.record(session, [touched])
    [place] = await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="send.claimed" if sent else "send.cancelled",
                actor=f"staff:{sender.staff_id}",
                object=f"send:{row.id}",
                unit=row.unit_id,
                reason=row.client_said,
                payload={"customer": row.customer_id, "todo": row.todo_id},
            )
        ],
        at=at,
    )
    return Claimed(row.id, state.value, place, row.todo_id)


async def _sent_in_spite(session: AsyncSession, row: SendTicket, at: datetime) -> None:
    """The phone sent what had been refused or recalled a moment before: kept, and told."""
    script = (await scripts_of.by_version(session, [row.script_version_id])).get(
        row.script_version_id
    )
    if not good(script, at):
        kind, title = "sent_after_recall", "话术停用后手机仍发出了一条"
        why = "话术已交到手机上，随后停用或失效，手机回报已发送；请核对内容，必要时向客户更正"
    else:
        kind, title = "sent_after_opt_out", "客户退订后手机仍发出了一条"
        why = "话术已交到手机上，客户随后退订，手机回报已发送；请向客户致歉并核对"
    await open_work(
        session,
        [
            Work(
                key=f"{kind}:{row.id}",
                kind=kind,
                title=title,
                why=why,
                unit_id=row.unit_id,
                staff_id=row.staff_id,
                customer_id=row.customer_id,
                facts={"send": row.id},
            )
        ],
        at=at,
    )


def touch_of(row: SendTicket, state: str, at: datetime) -> Touched:
    """The touch that a ticket about a customer makes."""
    assert row.customer_id is not None  # noqa: S101 — the caller has looked
    return Touched(
        source=f"send:{row.id}",
        customer_id=row.customer_id,
        staff_id=row.staff_id,
        unit_id=row.unit_id,
        channel="sidebar",
        purpose=row.purpose,
        trigger=row.trigger,
        state=state,
        at=at,
    )


async def lapse(session: AsyncSession, at: datetime) -> int:
    """Tickets without a word from the client lapse; their to-do opens again."""
    statement = (
        update(SendTicket)
        .where(col(SendTicket.state) == TicketState.PREPARED, col(SendTicket.expires_at) <= at)
        .values(state=TicketState.LAPSED)
        .returning(col(SendTicket.todo_id))
        .execution_options(synchronize_session=False)
    )
    waiting = list((await session.execute(statement)).scalars())
    for todo_id in waiting:
        if todo_id is not None:
            await todos.move(session, todo_id, state=TodoState.OPEN, frm=(TodoState.HANDED,), at=at)
    return len(waiting)


async def _record(
    session: AsyncSession,
    act: str,
    intent: Intent,
    sender: Sender,
    at: datetime,
    *,
    send_id: int | None = None,
    codes: Sequence[str] = (),
    **payload: Any,
) -> None:
    customer: CustomerFact = intent.customer
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=act,
                actor=f"staff:{sender.staff_id}",
                object=f"send:{send_id}" if send_id else f"customer:{customer.customer_id}",
                unit=customer.unit_id,
                reason=",".join(codes),
                payload={"customer": customer.customer_id, "trigger": intent.trigger, **payload},
            )
        ],
        at=at,
    )
