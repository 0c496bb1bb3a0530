"""One message, whatever names it: its key, its row, the id WeCom gave it, or its customer.

A message is a to-do with its text, a send from the sidebar, a place in a broadcast, a name on a
moment's list, a welcome, or an intent that was refused. Each look-up costs a few index reads.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.facts import WELCOME
from delivery.messages.facts import Message
from delivery.models import (
    Broadcast,
    BroadcastRecipient,
    IntentKey,
    MomentPart,
    MomentReader,
    MomentTask,
    Outbox,
    OutboxState,
    SendTicket,
    TicketState,
    Todo,
    TodoState,
)
from delivery.repository.todos import view_of
from delivery.text_messages import SMS

LARGEST: Final = 2**63 - 1
"""What fits into a column of ids; a longer number is no id of ours."""


async def named(session: AsyncSession, name: str) -> Message | None:
    """The message that ``name`` stands for: a reference, an intent key, an id of ours or WeCom's.

    Tried in the order of certainty: a reference with its kind, a key that was submitted, a plain
    number, at last an id that WeCom gave. None where nothing of the kind was ever made.
    """
    if not name or not name.isprintable():
        return None
    kind, _, rest = name.partition(":")
    if rest and (found := await _by_reference(session, kind, rest)) is not None:
        return found
    if (found := await _by_key(session, name)) is not None:
        return found
    if name.isdecimal() and int(name) <= LARGEST:
        for kind in ("todo", "send", "outbox"):
            if (found := await _by_reference(session, kind, name)) is not None:
                return found
    return await _by_wecom_id(session, name)


async def _by_reference(session: AsyncSession, kind: str, rest: str) -> Message | None:
    first, _, second = rest.partition("/")
    if not first.isdecimal() or int(first) > LARGEST:
        return None
    number = int(first)
    if kind == "todo" or kind == SMS:
        row = await session.get(Todo, number)
        return None if row is None else await _todo(session, row)
    if kind == "send":
        return await _ticket(session, number)
    if kind == "broadcast":
        return await _place(session, number, second)
    if kind == "moment" and second.isdecimal() and int(second) <= LARGEST:
        return await _reader(session, number, int(second))
    if kind == "outbox":
        return await _call(session, number)
    return None


async def _by_key(session: AsyncSession, key: str) -> Message | None:
    taken = await session.get(IntentKey, key)
    todo = (await session.execute(select(Todo).where(col(Todo.key) == key))).scalar_one_or_none()
    if todo is not None:
        return await _todo(session, todo)
    ticket = select(col(SendTicket.id)).where(col(SendTicket.key) == key)
    newest = ticket.order_by(col(SendTicket.id).desc()).limit(1)
    if (number := (await session.execute(newest)).scalar()) is not None:
        return await _ticket(session, number)
    if taken is None:
        return None
    if taken.outcome != "queued":
        return Message(
            f"key:{key}", "refused", key, taken.at, taken.outcome, trigger=key.partition(":")[0],
            outcome=taken.outcome, reasons=taken.reasons,
        )  # fmt: skip
    spot = select(
        col(BroadcastRecipient.broadcast_id), col(BroadcastRecipient.external_userid)
    ).where(col(BroadcastRecipient.key) == key)
    if (row := (await session.execute(spot.limit(1))).first()) is not None:
        return await _place(session, row[0], row[1])
    shown = select(col(MomentReader.task_id), col(MomentReader.customer_id)).where(
        col(MomentReader.key) == key
    )
    if (reader := (await session.execute(shown.limit(1))).first()) is not None:
        return await _reader(session, reader[0], reader[1])
    call = select(col(Outbox.id)).where(col(Outbox.key) == key).limit(1)
    if (number := (await session.execute(call)).scalar()) is not None:
        return await _call(session, number)
    return None


async def _by_wecom_id(session: AsyncSession, msgid: str) -> Message | None:
    ticket = select(col(SendTicket.id)).where(col(SendTicket.msgid) == msgid)
    if (number := (await session.execute(ticket.limit(1))).scalar()) is not None:
        return await _ticket(session, number)
    task = select(col(Broadcast.id)).where(col(Broadcast.msgid) == msgid)
    if (number := (await session.execute(task.limit(1))).scalar()) is not None:
        return await _place(session, number, "")
    return None


async def _todo(session: AsyncSession, row: Todo) -> Message:
    one = view_of(session, row)
    tickets = select(col(SendTicket.id), col(SendTicket.msgid)).where(
        col(SendTicket.todo_id) == one.id
    )
    sends = [(number, msgid) for number, msgid in await session.execute(tickets)]
    return Message(
        ref=f"todo:{one.id}",
        kind="todo",
        key=one.key,
        made_at=one.created_at,
        state=TodoState(one.state).value,
        trigger=one.trigger,
        purpose=one.purpose,
        customer_id=one.customer_id,
        external_userid=one.external_userid,
        staff_id=one.staff_id,
        unit_id=one.unit_id,
        title=one.title,
        why=one.why,
        channel=one.channel,
        channel_reason=one.channel_reason,
        channel_refused=one.channel_refused,
        script_version_id=one.script_version_id,
        script_code=one.script_code,
        script_version=one.script_version,
        text_hash=one.text_hash,
        detail=one.outcome,
        announced_at=one.announced_at,
        seen_at=one.seen_at,
        received_at=one.received_at,
        replied_at=one.replied_at,
        deal_on=one.deal_on,
        closed_at=one.closed_at,
        wecom_ids=tuple(msgid for _, msgid in sends if msgid),
        objects=(f"todo:{one.id}", *(f"send:{number}" for number, _ in sends)),
        call_key=f"{SMS}:{one.id}" if one.channel == SMS else "",
        todo_id=one.id,
    )


async def _ticket(session: AsyncSession, number: int) -> Message | None:
    row = await session.get(SendTicket, number)
    if row is None:
        return None
    if row.todo_id is not None and (todo := await session.get(Todo, row.todo_id)) is not None:
        return await _todo(session, todo)
    return Message(
        ref=f"send:{row.id}",
        kind="sidebar",
        key=row.key,
        made_at=row.issued_at,
        state=TicketState(row.state).value,
        trigger=row.trigger,
        purpose=row.purpose,
        customer_id=row.customer_id,
        external_userid=row.external_userid,
        staff_id=row.staff_id,
        unit_id=row.unit_id,
        channel="sidebar",
        script_version_id=row.script_version_id,
        script_code=row.script_code,
        script_version=row.script_version,
        text_hash=row.text_hash,
        reached_at=row.claimed_at,
        closed_at=row.settled_at,
        wecom_ids=(row.msgid,) if row.msgid else (),
        objects=(f"send:{row.id}",),
    )


async def _place(session: AsyncSession, number: int, contact: str) -> Message | None:
    task = await session.get(Broadcast, number)
    if task is None:
        return None
    one = await session.get(BroadcastRecipient, (number, contact)) if contact else None
    if contact and one is None:
        return None
    taken = await session.get(IntentKey, one.key) if one is not None else None
    return Message(
        ref=f"broadcast:{number}/{contact}" if contact else f"broadcast:{number}",
        kind="broadcast",
        key=one.key if one is not None else task.key,
        made_at=taken.at if taken is not None else task.created_at,
        state=task.state,
        trigger=task.trigger,
        purpose=task.purpose,
        customer_id=one.customer_id if one is not None else None,
        external_userid=contact,
        staff_id=task.staff_id,
        unit_id=task.unit_id,
        channel="broadcast",
        channel_reason=one.channel_reason if one is not None else "",
        script_version_id=task.script_version_id,
        script_code=task.script_code,
        script_version=task.script_version,
        text_hash=task.text_hash,
        detail=one.state if one is not None else "",
        cause=task.cause,
        seen_at=task.confirmed_at,
        reached_at=one.sent_at if one is not None else None,
        wecom_ids=(task.msgid,) if task.msgid else (),
        objects=(f"broadcast:{number}",),
        calls=(task.outbox_id,) if task.outbox_id else (),
        task_id=number,
    )


async def _reader(session: AsyncSession, task_id: int, customer_id: int) -> Message | None:
    one = await session.get(MomentReader, (task_id, customer_id))
    task = await session.get(MomentTask, task_id)
    if one is None or task is None:
        return None
    part = await session.get(MomentPart, one.part_id) if one.part_id is not None else None
    taken = await session.get(IntentKey, one.key)
    return Message(
        ref=f"moment:{task_id}/{customer_id}",
        kind="moment",
        key=one.key,
        made_at=taken.at if taken is not None else task.listed_at or task.proposed_at,
        state=part.state if part is not None else task.state,
        trigger="moment",
        purpose=one.purpose,
        customer_id=customer_id,
        external_userid=one.external_userid,
        staff_id=one.staff_id,
        unit_id=one.unit_id,
        title=task.title,
        why=f"在“{task.audience_title or task.audience}”里",
        channel="moment",
        script_version_id=one.script_version_id,
        script_code=task.script_code,
        script_version=task.script_version,
        detail=one.state,
        reasons=one.reasons,
        cause=part.cause if part is not None else task.cause,
        reached_at=one.shown_at,
        wecom_ids=(part.moment_id,) if part is not None and part.moment_id else (),
        objects=(f"moment:{task_id}",),
        calls=(part.outbox_id,) if part is not None and part.outbox_id else (),
        task_id=task_id,
        approved={
            "by": task.decided_by,
            "at": task.decided_at,
            "asked_by": task.proposed_by,
            "hash": task.approved_hash,
        },
    )


async def _call(session: AsyncSession, number: int) -> Message | None:
    query = select(Outbox).where(col(Outbox.id) == number)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    kind, _, rest = row.key.partition(":")
    if row.kind != WELCOME:
        return await _by_reference(session, kind, rest) if kind in ("broadcast", SMS) else None
    return Message(
        ref=f"outbox:{row.id}",
        kind=WELCOME,
        key=row.key,
        made_at=row.queued_at,
        state=OutboxState(row.state).value,
        trigger=WELCOME,
        purpose="service",
        unit_id=row.unit_id,
        channel=WELCOME,
        cause=row.cause,
        reached_at=row.settled_at if row.state is OutboxState.SENT else None,
        objects=(),
        calls=(row.id,),
    )
