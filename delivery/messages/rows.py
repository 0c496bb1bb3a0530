"""Rows of delivery as messages: a to-do, a ticket, a place in a broadcast, a name on a moment's list.

Each costs a few index reads. What is sealed is opened here and nowhere further up.
"""

from dataclasses import replace

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library import repository as scripts_of
from content_library.errors import ScriptUnknown
from delivery.dialling import PHONE
from delivery.facts import BROADCAST, MOMENT, STAFF_CARD
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
from delivery.repository import phone_calls
from delivery.repository.todos import view_of
from delivery.text_messages import SMS
from kit.db import cipher_of


async def todo(session: AsyncSession, row: Todo) -> Message:
    """A to-do, with the sends that were made of it."""
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
        calls=tuple(each.outbox_id for each in await phone_calls.of_todo(session, one.id)),
        call_key=f"{SMS}:{one.id}" if one.channel == SMS else "",
        todo_id=one.id,
        campaign=row.campaign,
    )


async def ticket(session: AsyncSession, number: int) -> Message | None:
    """A send from the sidebar or into a group; that of a to-do is its to-do."""
    row = await session.get(SendTicket, number)
    if row is None:
        return None
    if row.todo_id is not None and (found := await session.get(Todo, row.todo_id)) is not None:
        return await todo(session, found)
    return Message(
        ref=f"send:{row.id}",
        kind="group" if row.chat_id else "sidebar",
        key=row.key,
        made_at=row.issued_at,
        state=TicketState(row.state).value,
        trigger=row.trigger,
        purpose=row.purpose,
        customer_id=row.customer_id,
        external_userid=row.external_userid,
        staff_id=row.staff_id,
        unit_id=row.unit_id,
        channel="group" if row.chat_id else "sidebar",
        channel_reason=row.channel_reason,
        chat_id=row.chat_id,
        script_version_id=row.script_version_id,
        script_code=row.script_code,
        script_version=row.script_version,
        text_hash=row.text_hash,
        reached_at=row.claimed_at,
        closed_at=row.settled_at,
        wecom_ids=(row.msgid,) if row.msgid else (),
        objects=(f"send:{row.id}",),
    )


async def place(session: AsyncSession, number: int, contact: str) -> Message | None:
    """One customer's place in a broadcast; the task as a whole without a contact."""
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
        campaign=task.campaign,
    )


async def reader(session: AsyncSession, task_id: int, customer_id: int) -> Message | None:
    """One customer on a moment's list, or kept off it."""
    one = await session.get(MomentReader, (task_id, customer_id))
    whole = await moment(session, task_id)
    if one is None or whole is None:
        return None
    part = await session.get(MomentPart, one.part_id) if one.part_id is not None else None
    taken = await session.get(IntentKey, one.key)
    return replace(
        whole,
        ref=f"moment:{task_id}/{customer_id}",
        key=one.key,
        made_at=taken.at if taken is not None else whole.made_at,
        state=part.state if part is not None else whole.state,
        customer_id=customer_id,
        external_userid=one.external_userid,
        staff_id=one.staff_id,
        unit_id=one.unit_id,
        script_version_id=one.script_version_id,
        detail=one.state,
        reasons=one.reasons,
        cause=part.cause if part is not None else whole.cause,
        reached_at=one.shown_at,
        wecom_ids=(part.moment_id,) if part is not None and part.moment_id else (),
        calls=(part.outbox_id,) if part is not None and part.outbox_id else (),
    )


async def moment(session: AsyncSession, task_id: int) -> Message | None:
    """A moment as a whole, with the calls it was cut into."""
    task = await session.get(MomentTask, task_id)
    if task is None:
        return None
    parts = select(MomentPart).where(col(MomentPart.task_id) == task_id)
    cut = (await session.execute(parts.order_by(col(MomentPart.number)))).scalars().all()
    return Message(
        ref=f"moment:{task_id}",
        kind=MOMENT,
        key=f"moment:{task_id}",
        made_at=task.listed_at or task.proposed_at,
        state=task.state,
        trigger=MOMENT,
        purpose=task.purpose,
        unit_id=task.unit_id,
        title=task.title,
        why=f"在“{task.audience_title or task.audience}”里",
        channel=MOMENT,
        channel_reason=task.channel_reason,
        script_version_id=task.script_version_id,
        script_code=task.script_code,
        script_version=task.script_version,
        cause=task.cause,
        wecom_ids=tuple(one.moment_id for one in cut if one.moment_id),
        objects=(f"moment:{task_id}",),
        calls=tuple(one.outbox_id for one in cut if one.outbox_id),
        task_id=task_id,
        approved={
            "by": task.decided_by,
            "at": task.decided_at,
            "asked_by": task.proposed_by,
            "hash": task.approved_hash,
        },
    )


async def call(session: AsyncSession, number: int) -> Message | None:
    """What a call to WeCom was for: the message it carries, a welcome, or a card for staff."""
    query = select(Outbox).where(col(Outbox.id) == number)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    kind, _, rest = row.key.partition(":")
    which = int(rest) if rest.isdecimal() else 0
    if row.kind == SMS:
        found = await session.get(Todo, which)
        return None if found is None else await todo(session, found)
    if row.kind == PHONE:
        made = await phone_calls.one(session, which)
        of_call = await session.get(Todo, made.todo_id) if made is not None else None
        return None if of_call is None else await todo(session, of_call)
    if row.kind == BROADCAST:
        return await place(session, which, "")
    if row.kind == MOMENT:
        part = await session.get(MomentPart, which)
        return None if part is None else await moment(session, part.task_id)
    one = Message(
        ref=f"outbox:{row.id}",
        kind=row.kind,
        key=row.key,
        made_at=row.queued_at,
        state=OutboxState(row.state).value,
        trigger=kind,
        unit_id=row.unit_id,
        channel=row.kind,
        channel_reason=row.channel_reason,
        cause=row.cause,
        reached_at=row.settled_at if row.state is OutboxState.SENT else None,
        calls=(row.id,),
    )
    said = orjson.loads(cipher_of(session).open_bytes("outbox.payload", str(row.id), row.payload))
    if row.kind == STAFF_CARD:
        return replace(one, staff_id=rest.rpartition(":")[0], title=str(said.get("title", "")))
    return await _welcome(session, one, said.get("script_version_id"))


async def _welcome(session: AsyncSession, one: Message, version_id: int | None) -> Message:
    """A welcome with the words it was made of."""
    one = replace(one, purpose="service", script_version_id=version_id)
    if version_id is None:
        return one
    try:
        script = (await scripts_of.version(session, version_id)).script
    except ScriptUnknown:
        return one
    return replace(
        one, purpose=script.purpose, script_code=script.code, script_version=script.version
    )
