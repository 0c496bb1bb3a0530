"""What is kept about a message's way out: its tries, its quota; and the newest of a customer."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.messages.facts import Attempt, Message, Slot
from delivery.models import (
    Broadcast,
    BroadcastRecipient,
    MomentReader,
    MomentTask,
    Outbox,
    OutboxState,
    QuotaSlot,
    SendTicket,
    TicketState,
    Todo,
)


async def attempts(session: AsyncSession, one: Message) -> list[Attempt]:
    """Every try to get a message out, oldest first."""
    found: list[Attempt] = []
    which: Any = None
    if one.todo_id is not None:
        which = col(SendTicket.todo_id) == one.todo_id
    elif one.kind == "sidebar":
        which = col(SendTicket.id) == int(one.ref.partition(":")[2])
    if which is not None:
        query = select(SendTicket).where(which)
        found += [
            Attempt(
                "ticket", row.id, TicketState(row.state).value, row.issued_at, row.staff_id,
                said=row.client_said, reference=row.msgid, settled_at=row.settled_at,
                claimed_at=row.claimed_at,
            )
            for row in (await session.execute(query)).scalars()
        ]  # fmt: skip
    if one.calls or one.call_key:
        calls = col(Outbox.id).in_(one.calls)
        query_calls = select(Outbox).where(
            or_(calls, col(Outbox.key) == one.call_key) if one.call_key else calls
        )
        found += [
            Attempt(
                row.kind, row.id, OutboxState(row.state).value, row.queued_at, row.userid,
                tries=row.attempts, reference=row.reference, cause=row.cause, due_at=row.due_at,
                settled_at=row.settled_at, claimed_at=row.claimed_at,
            )
            for row in (await session.execute(query_calls)).scalars()
        ]  # fmt: skip
    return sorted(found, key=lambda each: each.at)


async def slots(session: AsyncSession, key: str) -> list[Slot]:
    """The quota that a key holds, the shortest window first."""
    query = select(QuotaSlot).where(col(QuotaSlot.key) == key)
    order = {"day": 0, "week": 1, "month": 2}
    return sorted(
        (
            Slot(row.family, row.window, row.starts_on, row.slot)
            for row in (await session.execute(query)).scalars()
        ),
        key=lambda each: (order.get(each.window, 9), each.family),
    )


async def lately(session: AsyncSession, customer_id: int, *, limit: int = 20) -> list[str]:
    """References of the newest messages of one customer, newest first."""
    todos = select(col(Todo.created_at), col(Todo.id)).where(col(Todo.customer_id) == customer_id)
    found = [
        (at, f"todo:{number}")
        for at, number in await session.execute(
            todos.order_by(col(Todo.due_on).desc(), col(Todo.id).desc()).limit(limit)
        )
    ]
    sends = select(col(SendTicket.issued_at), col(SendTicket.id)).where(
        col(SendTicket.customer_id) == customer_id, col(SendTicket.todo_id).is_(None)
    )
    found += [
        (at, f"send:{number}")
        for at, number in await session.execute(
            sends.order_by(col(SendTicket.issued_at).desc()).limit(limit)
        )
    ]
    places = (
        select(
            col(Broadcast.created_at),
            col(BroadcastRecipient.broadcast_id),
            col(BroadcastRecipient.external_userid),
        )
        .join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(col(BroadcastRecipient.customer_id) == customer_id)
        .order_by(col(BroadcastRecipient.broadcast_id).desc())
        .limit(limit)
    )
    found += [
        (at, f"broadcast:{number}/{contact}")
        for at, number, contact in await session.execute(places)
    ]
    shown = (
        select(col(MomentTask.proposed_at), col(MomentTask.id))
        .join(MomentReader, col(MomentReader.task_id) == col(MomentTask.id))
        .where(col(MomentReader.customer_id) == customer_id)
        .order_by(col(MomentTask.id).desc())
        .limit(limit)
    )
    found += [(at, f"moment:{number}/{customer_id}") for at, number in await session.execute(shown)]
    return [ref for _, ref in sorted(found, reverse=True)[:limit]]
