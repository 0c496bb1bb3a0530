"""What one manager sent: their own tickets, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import SendTicket, TicketState


@dataclass(frozen=True, slots=True)
class OwnSend:
    """A ticket as lists show it; never its words."""

    id: int
    customer_id: int | None
    staff_id: str
    unit_id: str
    script_code: str
    script_version: int
    state: str
    issued_at: datetime
    claimed_at: datetime | None
    msgid: str


async def of_staff(session: AsyncSession, staff_id: str, *, limit: int = 50) -> list[OwnSend]:
    """What one manager sent or tried to, newest first."""
    query = (
        select(SendTicket)
        .where(col(SendTicket.staff_id) == staff_id)
        .order_by(col(SendTicket.issued_at).desc())
        .limit(limit)
    )
    return [
        OwnSend(
            row.id,
            row.customer_id,
            row.staff_id,
            row.unit_id,
            row.script_code,
            row.script_version,
            TicketState(row.state).value,
            row.issued_at,
            row.claimed_at,
            row.msgid,
        )
        for row in (await session.execute(query)).scalars()
    ]
