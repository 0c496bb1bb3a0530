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
from delivery import by_number
from delivery.desk import Desk
from delivery.facts import TodoState
from delivery.repository import outbox, todos, touches
from delivery.repository.outbox import Call, Claim
from delivery.repository.todos import TodoView
from delivery.repository.touches import Touched
from delivery.worklist import open_work
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
    todo = await by_number.waiting(session, claim, SMS)
    found = (
        None if todo is None else await by_number.now(session, todo, Channel.SMS, at=at, desk=desk)
    )
    if todo is None or found is None or not found.clear:
        return None
    moved = await todos.move(session, todo.id, state=TodoState.HANDED, frm=todos.LIVE, at=at)
    return Message(found.phone, found.judged.text or "") if moved else None


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
        await open_work(
            session, [by_number.in_spite(todo, "短信仍发出了一条", "短信", "短信平台")], at=at
        )
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
