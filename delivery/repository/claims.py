"""Several calls claimed, or settled, in one transaction: a claim still names one call of one worker."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Table, bindparam, case, func, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
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
    heads = []
    for turn, number in sorted(
        Counter(turns).items(), key=lambda one: (one[0].unit_id, one[0].kind)
    ):
        row = aliased(Outbox)
        head = (
            select(col(row.id).label("id"))
            .where(
                col(row.state) == OutboxState.QUEUED,
                col(row.due_at) <= at,
                col(row.unit_id) == turn.unit_id,
                col(row.kind) == turn.kind,
                col(row.priority).between(*priorities),
            )
            .order_by(col(row.priority), col(row.due_at), col(row.id))
            .limit(number)
            .with_for_update(skip_locked=True)
            .subquery()
        )
        heads.append(select(head.c.id))
    due = union_all(*heads).cte("due")
    statement = (
        update(Outbox)
        .where(col(Outbox.id).in_(select(due.c.id)), col(Outbox.state) == OutboxState.QUEUED)
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
    cipher = cipher_of(session)
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
        for row in await session.execute(statement)
    ]
    return sorted(claims, key=lambda one: one.id)


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
