"""Tickets for people at a desk: which script a message came from, what one to-do led to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import SendTicket, TicketState


@dataclass(frozen=True, slots=True)
class TicketFact:
    """A ticket as pages show it; never its words."""

    id: int
    todo_id: int | None
    customer_id: int | None
    staff_id: str
    script_code: str
    script_version: int
    state: str
    issued_at: datetime
    claimed_at: datetime | None
    client_said: str
    msgid: str
    settled_at: datetime | None


async def by_id(session: AsyncSession, ids: Collection[int]) -> dict[int, TicketFact]:
    """Tickets by id; ids no ticket has are left out."""
    return {one.id: one for one in await _found(session, col(SendTicket.id).in_(list(ids)))}


async def of_todo(session: AsyncSession, todo_id: int) -> list[TicketFact]:
    """Every ticket that was given out for a to-do, oldest first."""
    return await _found(session, col(SendTicket.todo_id) == todo_id)


async def of_script(
    session: AsyncSession,
    code: str,
    since: datetime,
    *,
    units: frozenset[str] | None,
    before: int | None = None,
    limit: int = 50,
) -> list[TicketFact]:
    """What was said to be sent of a script since a moment, newest first, below id ``before``."""
    which = [col(SendTicket.script_code) == code, col(SendTicket.claimed_at) >= since]
    if units is not None:
        which.append(col(SendTicket.unit_id).in_(sorted(units)))
    if before is not None:
        which.append(col(SendTicket.id) < before)
    query = (
        select(col(SendTicket.id)).where(*which).order_by(col(SendTicket.id).desc()).limit(limit)
    )
    ids = list((await session.execute(query)).scalars())
    found = await by_id(session, ids)
    return [found[one] for one in ids]


async def _found(session: AsyncSession, which: Any) -> list[TicketFact]:
    query = select(SendTicket).where(which).order_by(col(SendTicket.issued_at))
    return [
        TicketFact(
            id=row.id,
            todo_id=row.todo_id,
            customer_id=row.customer_id,
            staff_id=row.staff_id,
            script_code=row.script_code,
            script_version=row.script_version,
            state=TicketState(row.state).value,
            issued_at=row.issued_at,
            claimed_at=row.claimed_at,
            client_said=row.client_said,
            msgid=row.msgid,
            settled_at=row.settled_at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def claimed_by_script(
    session: AsyncSession,
    codes: Collection[str],
    since: datetime,
    *,
    units: frozenset[str] | None = None,
) -> dict[str, int]:
    """How often each script was said to be sent since a moment, by ``units`` (None: the bank)."""
    which = [col(SendTicket.script_code).in_(list(codes)), col(SendTicket.claimed_at) >= since]
    if units is not None:
        which.append(col(SendTicket.unit_id).in_(sorted(units)))
    query = (
        select(col(SendTicket.script_code), func.count())
        .where(*which)
        .group_by(col(SendTicket.script_code))
    )
    return {code: int(number) for code, number in await session.execute(query)}
