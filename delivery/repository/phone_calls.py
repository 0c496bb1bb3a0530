"""Telephone calls: written before the exchange is asked, moved by what it says."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.facts import GOING, CallState
from delivery.models import PhoneCall


@dataclass(frozen=True, slots=True)
class PhoneCallFact:
    """One call for one to-do; ``seconds`` they talked, ``cause`` of a no."""

    id: int
    todo_id: int
    outbox_id: int
    customer_id: int
    staff_id: str
    unit_id: str
    state: CallState
    asked_at: datetime
    seconds: int
    cause: str
    ended_at: datetime | None


async def put(session: AsyncSession, call: PhoneCallFact) -> None:
    """Write a call down; the database refuses a second one that is going on for its to-do."""
    row = {name: getattr(call, name) for name in PhoneCallFact.__slots__}
    await session.execute(insert(PhoneCall), [row])


async def one(session: AsyncSession, call_id: int) -> PhoneCallFact | None:
    """The call with this id."""
    query = select(PhoneCall).where(col(PhoneCall.id) == call_id)
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    return None if row is None else _fact(row)


async def newest(session: AsyncSession, todo_ids: Collection[int]) -> dict[int, PhoneCallFact]:
    """The newest call of each of these to-dos that has one."""
    if not todo_ids:
        return {}
    last = (
        select(func.max(col(PhoneCall.id)))
        .where(col(PhoneCall.todo_id).in_(list(todo_ids)))
        .group_by(col(PhoneCall.todo_id))
    )
    query = select(PhoneCall).where(col(PhoneCall.id).in_(last))
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars()
    return {row.todo_id: _fact(row) for row in rows}


async def of_todo(session: AsyncSession, todo_id: int) -> list[PhoneCallFact]:
    """Every call of a to-do, oldest first."""
    query = select(PhoneCall).where(col(PhoneCall.todo_id) == todo_id).order_by(col(PhoneCall.id))
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def taken(session: AsyncSession, *, after: int = 0, limit: int = 200) -> list[PhoneCallFact]:
    """The next calls, by id, that the exchange took and whose end it has not told."""
    query = (
        select(PhoneCall)
        .where(
            col(PhoneCall.state).in_([CallState.RINGING, CallState.TALKING]),
            col(PhoneCall.id) > after,
        )
        .order_by(col(PhoneCall.id))
        .limit(limit)
    )
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def move(
    session: AsyncSession,
    call_id: int,
    state: CallState,
    *,
    seconds: int | None = None,
    ended_at: datetime | None = None,
) -> bool:
    """Move a call that goes on to ``state``; False when it is over already."""
    values: dict[str, Any] = {"state": state, "ended_at": ended_at}
    if seconds is not None:
        values["seconds"] = seconds
    moved: Any = await session.execute(
        update(PhoneCall)
        .where(col(PhoneCall.id) == call_id, col(PhoneCall.state).in_(GOING))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount)


async def explain(session: AsyncSession, call_id: int, cause: str) -> None:
    """Keep what the exchange said of its no."""
    await session.execute(
        update(PhoneCall)
        .where(col(PhoneCall.id) == call_id)
        .values(cause=cause)
        .execution_options(synchronize_session=False)
    )


def _fact(row: PhoneCall) -> PhoneCallFact:
    return PhoneCallFact(
        row.id,
        row.todo_id,
        row.outbox_id,
        row.customer_id,
        row.staff_id,
        row.unit_id,
        CallState(row.state),
        row.asked_at,
        row.seconds,
        row.cause,
        row.ended_at,
    )
