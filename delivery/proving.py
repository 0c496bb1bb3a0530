"""What the archive says of sends that the phone claimed: the same words, or others."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.facts import TodoState
from delivery.models import SendTicket, TicketState
from delivery.repository import todos, touches
from delivery.tickets import touch_of
from kit import ledger
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class ClaimedSend:
    """A send the client claimed, waiting for the archive's word; ``text`` is opened."""

    id: int
    userid: str
    external_userid: str
    script_code: str
    script_version: int
    text: str
    claimed_at: datetime
    chat_id: str = ""


async def awaiting_proof(
    session: AsyncSession, *, since: datetime, limit: int = 500
) -> list[ClaimedSend]:
    """Claimed sends the archive has not spoken about yet."""
    query = (
        select(SendTicket)
        .where(col(SendTicket.state) == TicketState.CLAIMED, col(SendTicket.claimed_at) >= since)
        .order_by(col(SendTicket.claimed_at))
        .limit(limit)
    )
    cipher = cipher_of(session)
    return [
        ClaimedSend(
            row.id,
            row.userid,
            row.external_userid,
            row.script_code,
            row.script_version,
            cipher.open("send_ticket.text", str(row.id), row.text),
            row.claimed_at or row.issued_at,
            row.chat_id,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def proved(
    session: AsyncSession, send_id: int, *, same: bool, msgid: str, at: datetime
) -> bool:
    """The archive shows the message: word for word the same, or another text at that moment."""
    state = TicketState.CONFIRMED if same else TicketState.DIFFERS
    statement = (
        update(SendTicket)
        .where(col(SendTicket.id) == send_id, col(SendTicket.state) == TicketState.CLAIMED)
        .values(state=state, msgid=msgid, settled_at=at)
        .returning(SendTicket)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        return False
    if same and row.todo_id is not None:
        await todos.move(
            session, row.todo_id, state=TodoState.CONFIRMED, frm=(TodoState.CLAIMED,), at=at
        )
    if row.customer_id is not None and same:
        await touches.record(session, [touch_of(row, "confirmed", row.claimed_at or at)])
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="send.confirmed" if same else "send.differs",
                actor="system:archive",
                object=f"send:{send_id}",
                unit=row.unit_id,
                payload={"msgid": msgid, "script": f"{row.script_code}/{row.script_version}"},
            )
        ],
        at=at,
    )
    return True
