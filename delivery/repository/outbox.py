"""The outbox: put in by the door, claimed by one dispatcher at a time, settled once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Outbox, OutboxState
from kit.db import cipher_of
from kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Call:
    """A call to WeCom that is to be made."""

    key: str
    kind: str  # welcome | broadcast | staff_card
    payload: Mapping[str, Any]
    due_at: datetime
    expires_at: datetime
    unit_id: str = "hq"
    userid: str = ""
    priority: int = 5
    channel_reason: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that this dispatcher, and nobody else, may make until the lease ends."""

    id: int
    queued_at: datetime
    key: str
    kind: str
    unit_id: str
    userid: str
    payload: Mapping[str, Any]
    expires_at: datetime
    attempts: int


async def put(session: AsyncSession, calls: Sequence[Call], at: datetime) -> list[int]:
    """Queue calls; their keys must be new, which the door has made sure of."""
    if not calls:
        return []
    cipher = cipher_of(session)
    rows = []
    for call in calls:
        row_id = new_id()
        rows.append(
            {
                "id": row_id,
                "queued_at": at,
                "key": call.key,
                "kind": call.kind,
                "unit_id": call.unit_id,
                "userid": call.userid,
                "payload": cipher.seal("outbox.payload", str(row_id), orjson.dumps(call.payload)),
                "priority": call.priority,
                "state": OutboxState.QUEUED,
                "due_at": call.due_at,
                "expires_at": call.expires_at,
                "attempts": 0,
                "claimed_by": "",
                "reference": "",
                "cause": "",
                "channel_reason": call.channel_reason,
            }
        )
    await session.execute(insert(Outbox), rows)
    return [int(str(row["id"])) for row in rows]


async def claim_next(
    session: AsyncSession,
    *,
    worker: str,
    at: datetime,
    lease: timedelta,
    kinds: Sequence[str] | None = None,
    only: int | None = None,
    unit: str | None = None,
    priorities: tuple[int, int] | None = None,
) -> Claim | None:
    """Mark the most urgent due call as sending and return it; no two dispatchers get the same.

    ``unit``, ``priorities`` (first and last): only of these.

    One at a time, because a crash must cloud one message and never a batch.
    """
    due = select(col(Outbox.id)).where(
        col(Outbox.state) == OutboxState.QUEUED, col(Outbox.due_at) <= at
    )
    if kinds is not None:
        due = due.where(col(Outbox.kind).in_(kinds))
    if only is not None:
        due = due.where(col(Outbox.id) == only)
    if unit is not None:
        due = due.where(col(Outbox.unit_id) == unit)
    if priorities is not None:
        due = due.where(col(Outbox.priority).between(*priorities))
    due = (
        due.order_by(col(Outbox.priority), col(Outbox.due_at), col(Outbox.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(Outbox)
        .where(col(Outbox.id) == due.scalar_subquery(), col(Outbox.state) == OutboxState.QUEUED)
        .values(
            state=OutboxState.SENDING,
            claimed_at=at,
            claimed_by=worker,
            leased_until=at + lease,
            attempts=col(Outbox.attempts) + 1,
        )
        .returning(
            col(Outbox.id),
            col(Outbox.queued_at),
            col(Outbox.key),
            col(Outbox.kind),
            col(Outbox.unit_id),
            col(Outbox.userid),
            col(Outbox.payload),
            col(Outbox.expires_at),
            col(Outbox.attempts),
        )
        .execution_options(synchronize_session=False)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    opened = cipher_of(session).open_bytes("outbox.payload", str(row.id), row.payload)
    return Claim(
        row.id,
        row.queued_at,
        row.key,
        row.kind,
        row.unit_id,
        row.userid,
        orjson.loads(opened),
        row.expires_at,
        row.attempts,
    )


async def renew(session: AsyncSession, claim: Claim, *, at: datetime, lease: timedelta) -> bool:
    """Begin the lease of a claimed call anew; False where another has taken it over meanwhile."""
    found = await session.execute(
        update(Outbox)
        .where(
            col(Outbox.id) == claim.id,
            col(Outbox.state) == OutboxState.SENDING,
            col(Outbox.attempts) == claim.attempts,
        )
        .values(leased_until=at + lease)
        .returning(col(Outbox.id))
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


async def settle(
    session: AsyncSession,
    claim: Claim,
    state: OutboxState,
    *,
    worker: str,
    at: datetime,
    reference: str = "",
    cause: str = "",
    due_at: datetime | None = None,
) -> bool:
    """Say what became of a claimed call; False when another has taken it over meanwhile."""
    values: dict[str, Any] = {"state": state, "leased_until": None, "cause": cause[:400]}
    if reference:
        values["reference"] = reference
    if state is OutboxState.QUEUED:
        values["due_at"] = due_at or at
    else:
        values["settled_at"] = at
    result: Any = await session.execute(
        update(Outbox)
        .where(
            col(Outbox.id) == claim.id,
            col(Outbox.queued_at) == claim.queued_at,
            col(Outbox.claimed_by) == worker,
            col(Outbox.attempts) == claim.attempts,
            col(Outbox.state) == OutboxState.SENDING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def abandoned(session: AsyncSession, at: datetime) -> list[Claim]:
    """Turn calls whose dispatcher vanished into unknown: one may have arrived, nobody knows."""
    statement = (
        update(Outbox)
        .where(
            col(Outbox.state) == OutboxState.SENDING,
            or_(col(Outbox.leased_until).is_(None), col(Outbox.leased_until) < at),
        )
        .values(state=OutboxState.UNKNOWN, cause="the process that was sending it vanished")
        .returning(col(Outbox.id))
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)
    return await in_state(session, OutboxState.UNKNOWN)


async def in_state(session: AsyncSession, state: OutboxState, *, limit: int = 500) -> list[Claim]:
    """The oldest calls in one state, payloads opened."""
    query = select(Outbox).where(col(Outbox.state) == state).order_by(col(Outbox.id)).limit(limit)
    cipher = cipher_of(session)
    return [
        Claim(
            row.id,
            row.queued_at,
            row.key,
            row.kind,
            row.unit_id,
            row.userid,
            orjson.loads(cipher.open_bytes("outbox.payload", str(row.id), row.payload)),
            row.expires_at,
            row.attempts,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def resolve(
    session: AsyncSession,
    claim: Claim,
    state: OutboxState,
    *,
    at: datetime,
    reference: str = "",
    cause: str = "",
) -> bool:
    """Settle an unknown call by what was found out; False when it is not unknown any more.

    ``claim`` is the attempt that was looked up: what was found out about an earlier one says
    nothing of a later one.
    """
    values: dict[str, Any] = {"state": state, "settled_at": at, "cause": cause[:400]}
    if reference:
        values["reference"] = reference
    if state is OutboxState.QUEUED:
        values |= {"due_at": at, "settled_at": None, "leased_until": None}
    result: Any = await session.execute(
        update(Outbox)
        .where(
            col(Outbox.id) == claim.id,
            col(Outbox.queued_at) == claim.queued_at,
            col(Outbox.attempts) == claim.attempts,
            col(Outbox.state) == OutboxState.UNKNOWN,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def claimed_at(session: AsyncSession, claim: Claim) -> datetime:
    """When the attempt began."""
    query = select(col(Outbox.claimed_at)).where(
        col(Outbox.id) == claim.id, col(Outbox.queued_at) == claim.queued_at
    )
    return (await session.execute(query)).scalar_one() or claim.queued_at


@dataclass(frozen=True, slots=True)
class ListedCall:
    """An outbox row for people; never its payload."""

    id: int
    key: str
    kind: str
    unit_id: str
    userid: str
    state: str
    due_at: datetime
    expires_at: datetime
    attempts: int
    reference: str
    cause: str
    queued_at: datetime
    settled_at: datetime | None


async def listed(
    session: AsyncSession,
    *,
    states: Sequence[OutboxState] | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[ListedCall]:
    """Rows in the order they were queued."""
    query = select(Outbox).order_by(col(Outbox.id))
    if states:
        query = query.where(col(Outbox.state).in_(states))
    if since is not None:
        query = query.where(col(Outbox.queued_at) >= since)
    if limit is not None:
        query = query.limit(limit)
    return [
        ListedCall(
            row.id,
            row.key,
            row.kind,
            row.unit_id,
            row.userid,
            OutboxState(row.state).value,
            row.due_at,
            row.expires_at,
            row.attempts,
            row.reference,
            row.cause,
            row.queued_at,
            row.settled_at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def oldest_due(session: AsyncSession, at: datetime) -> datetime | None:
    """Since when the queued call that waits longest has been due; None when none is due."""
    query = select(func.min(col(Outbox.due_at))).where(
        col(Outbox.state) == OutboxState.QUEUED, col(Outbox.due_at) <= at
    )
    return (await session.execute(query)).scalar_one()


async def number_in(session: AsyncSession, state: OutboxState) -> int:
    """How many calls are in one state; cheap for a state that few are in."""
    query = select(func.count()).where(col(Outbox.state) == state)
    return int((await session.execute(query)).scalar_one())


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended: ``taken`` by WeCom, or refused for ``cause``."""

    taken: bool
    cause: str
    at: datetime


async def newest_ends(
    session: AsyncSession, kinds: Sequence[str], *, since: datetime
) -> dict[str, CallEnd]:
    """The newest call of each kind that WeCom took or refused; one short look a kind."""
    found: dict[str, CallEnd] = {}
    for kind in kinds:
        query = (
            select(col(Outbox.state), col(Outbox.cause), col(Outbox.settled_at))
            .where(
                col(Outbox.kind) == kind,
                col(Outbox.state).in_([OutboxState.SENT, OutboxState.FAILED]),
                col(Outbox.queued_at) >= since,
                col(Outbox.settled_at).is_not(None),
            )
            .order_by(col(Outbox.id).desc())
            .limit(1)
        )
        for state, cause, at in await session.execute(query):
            assert at is not None  # noqa: S101 — asked for
            found[kind] = CallEnd(OutboxState(state) is OutboxState.SENT, cause, at)
    return found


async def counts(session: AsyncSession) -> dict[str, int]:
    """How many calls are in each state."""
    query = select(col(Outbox.state), func.count()).group_by(col(Outbox.state))
    return {OutboxState(state).value: number for state, number in await session.execute(query)}
