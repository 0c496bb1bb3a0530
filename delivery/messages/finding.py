"""One message, whatever names it: its key, its row, the id WeCom gave it, or its customer.

A message is a to-do with its text, a send from the sidebar, a place in a broadcast, a name on a
moment's list, a post in a group, a welcome, a card to a member of staff, or an intent that was
refused. Each look-up costs a few index reads.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.messages import rows
from delivery.messages.facts import Message
from delivery.models import (
    Broadcast,
    BroadcastRecipient,
    IntentKey,
    MomentPart,
    MomentReader,
    Outbox,
    SendTicket,
    Todo,
)
from delivery.text_messages import SMS

LARGEST: Final = 2**63 - 1
"""What fits into a column of ids; a longer number is no id of ours."""
KEY: Final = "key"
"""How a reference says that a key follows: that of an intent which became no message."""


async def named(session: AsyncSession, name: str) -> Message | None:
    """The message that ``name`` stands for: a reference, an intent key, an id of ours or WeCom's.

    Tried in the order of certainty: a reference with its kind, a key that was submitted, a plain
    number, at last an id that WeCom gave. None where nothing of the kind was ever made.
    """
    if not name or not name.isprintable():
        return None
    kind, _, rest = name.partition(":")
    if kind == KEY:
        return await _by_key(session, rest)
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
        return None if row is None else await rows.todo(session, row)
    if kind == "send":
        return await rows.ticket(session, number)
    if kind == "broadcast":
        return await rows.place(session, number, second)
    if kind == "moment" and not second:
        return await rows.moment(session, number)
    if kind == "moment" and second.isdecimal() and int(second) <= LARGEST:
        return await rows.reader(session, number, int(second))
    if kind == "outbox":
        return await rows.call(session, number)
    return None


async def _by_key(session: AsyncSession, key: str) -> Message | None:
    taken = await session.get(IntentKey, key)
    todo = (await session.execute(select(Todo).where(col(Todo.key) == key))).scalar_one_or_none()
    if todo is not None:
        return await rows.todo(session, todo)
    ticket = select(col(SendTicket.id)).where(col(SendTicket.key) == key)
    newest = ticket.order_by(col(SendTicket.id).desc()).limit(1)
    if (number := (await session.execute(newest)).scalar()) is not None:
        return await rows.ticket(session, number)
    if taken is None:
        return None
    if taken.outcome != "queued":
        return Message(
            f"{KEY}:{key}", "refused", key, taken.at, taken.outcome, trigger=key.partition(":")[0],
            outcome=taken.outcome, reasons=taken.reasons,
        )  # fmt: skip
    spot = select(
        col(BroadcastRecipient.broadcast_id), col(BroadcastRecipient.external_userid)
    ).where(col(BroadcastRecipient.key) == key)
    if (row := (await session.execute(spot.limit(1))).first()) is not None:
        return await rows.place(session, row[0], row[1])
    shown = select(col(MomentReader.task_id), col(MomentReader.customer_id)).where(
        col(MomentReader.key) == key
    )
    if (reader := (await session.execute(shown.limit(1))).first()) is not None:
        return await rows.reader(session, reader[0], reader[1])
    call = select(col(Outbox.id)).where(col(Outbox.key) == key).limit(1)
    if (number := (await session.execute(call)).scalar()) is not None:
        return await rows.call(session, number)
    return None


async def _by_wecom_id(session: AsyncSession, msgid: str) -> Message | None:
    ticket = select(col(SendTicket.id)).where(col(SendTicket.msgid) == msgid)
    if (number := (await session.execute(ticket.limit(1))).scalar()) is not None:
        return await rows.ticket(session, number)
    task = select(col(Broadcast.id)).where(col(Broadcast.msgid) == msgid)
    if (number := (await session.execute(task.limit(1))).scalar()) is not None:
        return await rows.place(session, number, "")
    part = select(col(MomentPart.task_id)).where(col(MomentPart.moment_id) == msgid)
    if (number := (await session.execute(part.limit(1))).scalar()) is not None:
        return await rows.moment(session, number)
    return None
