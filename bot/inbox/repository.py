"""The statements over what is in the inbox: claiming, settling, listing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.inbox.models import Inbox, InboxState
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that this worker, and nobody else, may handle until the lease ends."""

    id: int
    kept_at: datetime
    digest: str
    attempts: int
    xml: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """An inbox row for people; never its body."""

    id: int
    kept_at: datetime
    kind: str
    ordering_key: str
    state: str
    attempts: int
    cause: str
    settled_at: datetime | None


async def claim(
    session: AsyncSession, *, worker: str, at: datetime, lease: timedelta, limit: int
) -> list[Claimed]:
    """Lease the oldest due events whose contact or group has no older one waiting."""
    older = aliased(Inbox)
    waiting_before = (
        select(col(older.id))
        .where(
            col(older.state) == InboxState.NEW,
            col(older.ordering_key) == col(Inbox.ordering_key),
            col(older.id) < col(Inbox.id),
        )
        .exists()
    )
    due = (
        select(col(Inbox.id))
        .where(
            col(Inbox.state) == InboxState.NEW,
            col(Inbox.due_at) <= at,
            or_(col(Inbox.leased_until).is_(None), col(Inbox.leased_until) < at),
            or_(col(Inbox.ordering_key) == "", ~waiting_before),
        )
        .order_by(col(Inbox.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(Inbox)
        .where(col(Inbox.id).in_(due.scalar_subquery()))
        .values(
            leased_until=at + lease,
            worker=worker,
            attempts=col(Inbox.attempts) + 1,
        )
        .returning(
            col(Inbox.id),
            col(Inbox.kept_at),
            col(Inbox.digest),
            col(Inbox.attempts),
            col(Inbox.body),
        )
        .execution_options(synchronize_session=False)
    )
    cipher = cipher_of(session)
    found = [
        Claimed(id_, kept_at, digest, attempts, cipher.open_bytes("inbox.body", digest, body))
        for id_, kept_at, digest, attempts, body in await session.execute(statement)
    ]
    return sorted(found, key=lambda one: one.id)


async def settle(
    session: AsyncSession,
    claimed: Claimed,
    state: InboxState,
    *,
    worker: str,
    at: datetime,
    kind: str = "",
    cause: str = "",
    due_at: datetime | None = None,
    happened_at: datetime | None = None,
) -> bool:
    """Say what became of a claimed event; False when the lease was lost to another worker."""
    values: dict[str, Any] = {"state": state, "leased_until": None, "cause": cause[:400]}
    if kind:
        values["kind"] = kind
    if happened_at is not None:
        values["happened_at"] = happened_at
    if state is InboxState.NEW:
        values["due_at"] = due_at or at
    else:
        values["settled_at"] = at
    result: Any = await session.execute(
        update(Inbox)
        .where(
            and_(
                col(Inbox.id) == claimed.id,
                col(Inbox.kept_at) == claimed.kept_at,
                col(Inbox.worker) == worker,
                col(Inbox.state) == InboxState.NEW,
            )
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def replay(session: AsyncSession, *, ids: Sequence[int] | None, at: datetime) -> int:
    """Put dead (and unhandled) events back in line; all of them, or those with ``ids``."""
    statement = update(Inbox).where(
        col(Inbox.state).in_([InboxState.DEAD, InboxState.UNHANDLED])
        if ids
        else col(Inbox.state) == InboxState.DEAD
    )
    if ids:
        statement = statement.where(col(Inbox.id).in_(ids))
    result: Any = await session.execute(
        statement.values(
            state=InboxState.NEW, attempts=0, due_at=at, leased_until=None, settled_at=None
        ).execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


async def listed(
    session: AsyncSession,
    *,
    states: Sequence[InboxState] | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    after: int = 0,
) -> list[Listed]:
    """Rows in the order they came, after ``after``; all of them when ``limit`` is None."""
    query = select(
        col(Inbox.id),
        col(Inbox.kept_at),
        col(Inbox.kind),
        col(Inbox.ordering_key),
        col(Inbox.state),
        col(Inbox.attempts),
        col(Inbox.cause),
        col(Inbox.settled_at),
    ).where(col(Inbox.id) > after)
    if states:
        query = query.where(col(Inbox.state).in_(states))
    if since is not None:
        query = query.where(col(Inbox.kept_at) >= since)
    query = query.order_by(col(Inbox.id))
    if limit is not None:
        query = query.limit(limit)
    return [
        Listed(id_, kept_at, kind, key, InboxState(state).value, attempts, cause, settled)
        for id_, kept_at, kind, key, state, attempts, cause, settled in await session.execute(query)
    ]


async def counts(session: AsyncSession) -> dict[str, int]:
    """How many events are in each state."""
    query = select(col(Inbox.state), func.count()).group_by(col(Inbox.state))
    return {InboxState(state).value: number for state, number in await session.execute(query)}


async def oldest_waiting(session: AsyncSession) -> datetime | None:
    """When the oldest event that still waits was kept."""
    query = select(func.min(col(Inbox.kept_at))).where(col(Inbox.state) == InboxState.NEW)
    return (await session.execute(query)).scalar_one()


async def newest(session: AsyncSession) -> datetime | None:
    """When the last event was kept; None where none ever came."""
    return (await session.execute(select(func.max(col(Inbox.kept_at))))).scalar_one()
