"""Text messages (短信): one outbox call a contact, the gate again right before it, its result.

The words and the number are read at the moment of sending, so that who withdrew, said no to
text messages or was erased since the plan is told nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel
from crm_sync.channel_words import words_of
from crm_sync.repository.people import people, phones
from delivery import halting, judging
from delivery.again import intent_of
from delivery.departing import in_turn
from delivery.desk import Desk
from delivery.facts import TodoState
from delivery.repository import outbox, todos, touches
from delivery.repository.outbox import Call, Claim
from delivery.repository.todos import TodoView
from delivery.repository.touches import Touched
from delivery.worklist import Work, open_work
from kit.clock import bank_date, bank_moment

SMS: Final = "sms"


class TextGateway(Protocol):
    """The bank's gateway for text messages. Raises the errors of ``wecom.errors`` alone."""

    async def send(self, number: str, phone: str, text: str) -> None:
        """Hand over one message; ``number`` makes it one message however often it is handed over."""

    async def was_taken(self, number: str) -> bool:
        """Whether the gateway has the message of that number."""


@dataclass(frozen=True, slots=True)
class Message:
    """One text for one phone."""

    phone: str
    text: str


async def queue(
    session: AsyncSession,
    rows: Sequence[tuple[int, str, datetime]],
    *,
    at: datetime,
    as_of: datetime,
    desk: Desk,
) -> None:
    """Queue the text message of each (to-do, unit, end): one call each, at the policy's hour.

    ``as_of`` is the moment that is planned, ``at`` the present one.
    """
    hours, day = desk.choice.sms, bank_date(as_of)
    due_at = max(as_of, bank_moment(day, hours.at))
    until = bank_moment(day, hours.until)
    await outbox.put(
        session,
        [
            Call(
                key=f"{SMS}:{todo_id}",
                kind=SMS,
                payload={"todo_id": todo_id},
                due_at=due_at,
                expires_at=min(until, ends_at),
                unit_id=unit_id,
                priority=5,
            )
            for todo_id, unit_id, ends_at in rows
        ],
        at,
    )


async def ready(session: AsyncSession, claim: Claim, *, at: datetime, desk: Desk) -> Message | None:
    """Let the message go, as it may go now; None when it may not, for whatever reason.

    Commit before the gateway is asked: a no that is being written takes turns with this.
    """
    todo = await waiting(session, claim)
    if todo is None:
        return None
    number = todo.customer_id
    await in_turn(session, number)
    found = (await people(session, [number])).get(number)
    phone = (await phones(session, [number])).get(number)
    if found is None or phone is None or not await reaches(session, todo):
        return None
    intent = intent_of(todo, found[0], found[1], channel=Channel.SMS)
    known = await judging.background(session, [intent], at=at)
    [judged] = judging.judge([intent], known, at=at, desk=desk)
    if judged.missing or judged.objections or judged.text is None:
        return None
    moved = await todos.move(session, todo.id, state=TodoState.HANDED, frm=todos.LIVE, at=at)
    return Message(phone, judged.text) if moved else None


async def waiting(session: AsyncSession, claim: Claim) -> TodoView | None:
    """The contact a call is for, as long as it still waits for this text message."""
    todo = await todos.one(session, int(claim.payload["todo_id"]))
    if todo is None or todo.channel != SMS or TodoState(todo.state) not in todos.LIVE:
        return None
    return None if await halting.todo_halted(session, todo.id) else todo


async def reaches(session: AsyncSession, todo: TodoView) -> bool:
    """Whether a text message is a way to this customer: there is a number, and no word against."""
    number = todo.customer_id
    words = (await words_of(session, [number])).get(number)
    refused = words is not None and SMS in words.refuses
    return not refused and number in await phones(session, [number])


async def end(session: AsyncSession, todo: TodoView, *, at: datetime) -> None:
    """Nothing is said: the contact is withdrawn."""
    await todos.move(
        session, todo.id, state=TodoState.CANCELLED, frm=todos.LIVE, at=at, closed=True
    )


async def sent(session: AsyncSession, claim: Claim, *, at: datetime) -> None:
    """The gateway has it: the contact is done, and the customer was reached by it.

    Where the customer said no while it was on its way, that is told to a person.
    """
    todo = await todos.one(session, int(claim.payload["todo_id"]))
    if todo is None:
        return
    if todo.state == TodoState.CANCELLED.value:
        await open_work(session, [_in_spite(todo)], at=at)
    await todos.move(session, todo.id, state=TodoState.DONE, frm=todos.LIVE, at=at, closed=True)
    touched = Touched(
        source=f"{SMS}:{todo.id}",
        customer_id=todo.customer_id,
        staff_id=todo.staff_id,
        unit_id=todo.unit_id,
        channel=SMS,
        purpose=todo.purpose,
        trigger=todo.trigger,
        state="sent",
        at=at,
        reason=todo.channel_reason,
    )
    await touches.record(session, [touched])


def _in_spite(todo: TodoView) -> Work:
    return Work(
        key=f"sent_after_opt_out:{todo.id}",
        kind="sent_after_opt_out",
        title="客户退订后短信仍发出了一条",
        why="短信已在交给短信平台的路上，客户随后退订；请向客户致歉并核对",
        unit_id=todo.unit_id,
        staff_id=todo.staff_id,
        customer_id=todo.customer_id,
        facts={"todo": todo.id},
    )
