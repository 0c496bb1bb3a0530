"""Several calls claimed, or settled, in one transaction: a claim still names one call of one worker."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import (
    Integer,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Outbox, OutboxState
from delivery.repository.outbox import Claim
from delivery.repository.turns import Turn
from kit.db import cipher_of

_OUTBOX: Final[Table] = Outbox.__table__  # type: ignore[attr-defined]


async def claim_turns(
    session: AsyncSession,
    turns: Sequence[Turn],
    priorities: tuple[int, int],
    *,
    worker: str,
    at: datetime,
    lease: timedelta,
) -> list[Claim]:
    """Mark the first due calls of these turns as sending; no two dispatchers get the same.

    To be begun at once, each by itself: whoever dies meanwhile clouds all of them.
    """
    heads = sorted(Counter(turns).items(), key=lambda one: (one[0].unit_id, one[0].kind))
    values = {
        "at": at,
        "first": priorities[0],
        "last": priorities[1],
        "worker": worker,
        "until": at + lease,
    }
    for place, (turn, number) in enumerate(heads):
        values |= {f"unit_{place}": turn.unit_id, f"kind_{place}": turn.kind}
        values[f"number_{place}"] = number
    cipher, connection = cipher_of(session), await session.connection()
    claims = [
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
        for row in await connection.execute(_claim(len(heads)), values)
    ]
    return sorted(claims, key=lambda one: one.id)


@cache
def _claim(heads: int) -> Any:
    """The statement for so many turns; made once, because making it costs more than running it."""
    firsts = []
    for place in range(heads):
        row = _OUTBOX.alias()
        head = (
            select(row.c.id)
            .where(
                row.c.state == literal_column("'queued'"),  # as the partial index has it
                row.c.due_at <= bindparam("at"),
                row.c.unit_id == bindparam(f"unit_{place}"),
                row.c.kind == bindparam(f"kind_{place}"),
                row.c.priority.between(bindparam("first"), bindparam("last")),
            )
            .order_by(row.c.priority, row.c.due_at, row.c.id)
            .limit(bindparam(f"number_{place}", type_=Integer))
            .with_for_update(skip_locked=True)
            .subquery()
        )
        firsts.append(select(head.c.id))
    due = union_all(*firsts).cte("due")
    return (
        update(_OUTBOX)
        .where(_OUTBOX.c.id.in_(select(due.c.id)), _OUTBOX.c.state == OutboxState.QUEUED)
        .values(
            state=OutboxState.SENDING,
            claimed_at=bindparam("at"),
            claimed_by=bindparam("worker"),
            leased_until=bindparam("until"),
            attempts=_OUTBOX.c.attempts + 1,
        )
        .returning(
            _OUTBOX.c.id,
            _OUTBOX.c.queued_at,
            _OUTBOX.c.key,
            _OUTBOX.c.kind,
            _OUTBOX.c.unit_id,
            _OUTBOX.c.userid,
            _OUTBOX.c.payload,
            _OUTBOX.c.expires_at,
            _OUTBOX.c.attempts,
        )
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one claimed call; ``due_at``: when it is due again, where it is queued."""

    claim: Claim
    state: OutboxState
    reference: str
    cause: str
    due_at: datetime | None


async def settle_all(
    session: AsyncSession, ended: Sequence[Ended], *, worker: str, at: datetime
) -> set[int]:
    """Say what became of claimed calls; the ids of those that another has not taken over."""
    query = (
        select(col(Outbox.id), col(Outbox.attempts))
        .where(
            col(Outbox.id).in_([one.claim.id for one in ended]),
            col(Outbox.claimed_by) == worker,
            col(Outbox.state) == OutboxState.SENDING,
        )
        .order_by(col(Outbox.id))
        .with_for_update()
    )
    ours = {row_id: attempts for row_id, attempts in await session.execute(query)}  # noqa: C416
    kept = [one for one in ended if ours.get(one.claim.id) == one.claim.attempts]
    if kept:
        connection = await session.connection()
        await connection.execute(_SETTLE, [_values(one, at) for one in kept])
    return {one.claim.id for one in kept}


_SETTLE: Final = (
    update(_OUTBOX)
    .where(_OUTBOX.c.id == bindparam("of_id"), _OUTBOX.c.queued_at == bindparam("of_time"))
    .values(
        state=bindparam("now_in"),
        leased_until=None,
        cause=bindparam("for_cause"),
        reference=case(
            (bindparam("known_as", type_=_OUTBOX.c.reference.type) == "", _OUTBOX.c.reference),
            else_=bindparam("known_as", type_=_OUTBOX.c.reference.type),
        ),
        due_at=func.coalesce(bindparam("due_again", type_=_OUTBOX.c.due_at.type), _OUTBOX.c.due_at),
        settled_at=func.coalesce(
            bindparam("ended_at", type_=_OUTBOX.c.settled_at.type), _OUTBOX.c.settled_at
        ),
    )
)


def _values(one: Ended, at: datetime) -> dict[str, Any]:
    again = one.state is OutboxState.QUEUED
    return {
        "of_id": one.claim.id,
        "of_time": one.claim.queued_at,
        "now_in": one.state,
        "for_cause": one.cause[:400],
        "known_as": one.reference,
        "due_again": (one.due_at or at) if again else None,
        "ended_at": None if again else at,
    }
