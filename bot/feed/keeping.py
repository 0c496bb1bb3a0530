"""Batches in their table: kept once, leased by one worker, closed with their answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.feed.errors import BatchReused
from bot.feed.models import BatchState, FeedBatch
from kit.db import cipher_of, insert_new

COLUMN: Final = "feed_batch.body"
LEASE: Final = timedelta(minutes=15)
MOST_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a batch is answered, now and whenever it comes again."""

    state: BatchState
    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A batch that came."""

    system: str
    batch_id: str
    kind: str
    digest: str
    body: bytes
    at: datetime


async def keep(session: AsyncSession, arrived: Arrived) -> Answer:
    """Keep a batch; one that came before is left as it is. Its answer so far.

    Raises BatchReused where another body, or another kind, came under the same number.
    """
    row = f"{arrived.system}/{arrived.batch_id}"
    await insert_new(
        session,
        FeedBatch,
        [
            {
                "system": arrived.system,
                "batch_id": arrived.batch_id,
                "kind": arrived.kind,
                "digest": arrived.digest,
                "body": cipher_of(session).seal(COLUMN, row, arrived.body),
                "state": BatchState.RECEIVED,
                "status": 202,
                "answer": {},
                "attempts": 0,
                "received_at": arrived.at,
            }
        ],
        key=["system", "batch_id"],
    )
    found = await answer_of(session, arrived.system, arrived.batch_id)
    kept = await session.get(FeedBatch, (arrived.system, arrived.batch_id))
    assert kept is not None  # noqa: S101 — inserted above, or there before
    if (kept.digest, kept.kind) != (arrived.digest, arrived.kind):
        raise BatchReused(
            "这个批次号用过，内容或种类不同",
            saw=arrived.batch_id,
            do="新内容用新的批次号；重发要一字不差",
        )
    return found


async def answer_of(session: AsyncSession, system: str, batch_id: str) -> Answer:
    """The answer of a batch that is kept."""
    found = await session.execute(
        select(col(FeedBatch.state), col(FeedBatch.status), col(FeedBatch.answer)).where(
            col(FeedBatch.system) == system, col(FeedBatch.batch_id) == batch_id
        )
    )
    state, status, answer = found.one()
    waiting = {"batch": batch_id, "state": str(state)}
    return Answer(state, status, answer or waiting)


async def lease_oldest(
    session: AsyncSession, system: str, kind: str, at: datetime
) -> tuple[str, bytes] | None:
    """Lease the oldest waiting batch of a system and kind: its number and body.

    None where nothing waits or somebody else has the oldest: batches are applied in the order
    in which they came, because an older value must not come after a newer.
    """
    waiting = (
        col(FeedBatch.system) == system,
        col(FeedBatch.kind) == kind,
        col(FeedBatch.state) == BatchState.RECEIVED,
    )
    oldest = (
        await session.execute(
            select(col(FeedBatch.batch_id))
            .where(*waiting)
            .order_by(col(FeedBatch.received_at), col(FeedBatch.batch_id))
            .limit(1)
        )
    ).scalar_one_or_none()
    if oldest is None:
        return None
    free = col(FeedBatch.leased_until).is_(None) | (col(FeedBatch.leased_until) <= at)
    body = (
        await session.execute(
            update(FeedBatch)
            .where(*waiting, col(FeedBatch.batch_id) == oldest, free)
            .values(leased_until=at + LEASE, attempts=FeedBatch.attempts + 1)
            .returning(col(FeedBatch.body))
        )
    ).scalar_one_or_none()
    if body is None:
        return None
    return oldest, cipher_of(session).open_bytes(COLUMN, f"{system}/{oldest}", body)


async def close(
    session: AsyncSession,
    system: str,
    batch_id: str,
    answer: Answer,
    *,
    run_id: int | None,
    at: datetime,
) -> None:
    """Close a batch with its answer; its body is of no more use."""
    await session.execute(
        update(FeedBatch)
        .where(col(FeedBatch.system) == system, col(FeedBatch.batch_id) == batch_id)
        .values(
            state=answer.state,
            status=answer.status,
            answer=dict(answer.body),
            body=None,
            run_id=run_id,
            leased_until=None,
            finished_at=at,
        )
    )


async def give_back(
    session: AsyncSession, system: str, batch_id: str, *, at: datetime, blameless: bool
) -> None:
    """Let another try take the batch; after the fifth it waits for a person, with its body.

    ``blameless``: it had to wait for another import, which is no failed attempt.
    """
    mine = (col(FeedBatch.system) == system, col(FeedBatch.batch_id) == batch_id)
    tried = FeedBatch.attempts - 1 if blameless else FeedBatch.attempts
    await session.execute(update(FeedBatch).where(*mine).values(leased_until=None, attempts=tried))
    failed = {"batch": batch_id, "state": "failed"}
    await session.execute(
        update(FeedBatch)
        .where(*mine, col(FeedBatch.attempts) >= MOST_ATTEMPTS)
        .values(state=BatchState.FAILED, status=500, answer=failed, finished_at=at)
    )


async def waiting(session: AsyncSession) -> list[tuple[str, str]]:
    """The systems and kinds of which batches wait."""
    found = await session.execute(
        select(col(FeedBatch.system), col(FeedBatch.kind))
        .where(col(FeedBatch.state) == BatchState.RECEIVED)
        .distinct()
    )
    return [(system, kind) for system, kind in found]
