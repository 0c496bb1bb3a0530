"""What the scheduler calls: announce the morning, end what is over, measure the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import quota
from delivery.metrics import OUTBOX_OLDEST, UNCERTAIN, WAITING
from delivery.models import OutboxState
from delivery.repository import keys, outbox, todos
from delivery.repository.turns import waiting
from delivery.staff_cards import reachable, todo_card
from kit import ledger
from kit.clock import bank_date
from kit.db import Database


async def announce(database: Database, *, at: datetime, public_url: str, bank_name: str) -> int:
    """One app message a morning to every manager with new to-dos; returns how many.

    The key holds the day, so whoever announces again on the same day says nothing.
    """
    day = bank_date(at)
    async with database.transaction() as session:
        due = await todos.to_announce(session, day)
        userids = await reachable(session, [row.staff_id for row in due])
        wanted = {
            f"announce:{row.staff_id}:{day.isoformat()}": row
            for row in due
            if row.staff_id in userids
        }
        taken = await keys.take(session, sorted(wanted), at)
        calls = [
            todo_card(
                key,
                row,
                userid=userids[row.staff_id],
                title=f"今天有 {row.number} 件客户待办",
                note="件待办，话术已备好",
                at=at,
                public_url=public_url,
                bank_name=bank_name,
            )
            for key, row in sorted(wanted.items())
            if key in taken
        ]
        await outbox.put(session, calls, at)
        told = [row.staff_id for key, row in sorted(wanted.items()) if key in taken]
        await todos.mark_announced(session, told, day, at)
    return len(calls)


async def expire(database: Database, *, at: datetime) -> int:
    """End to-dos whose time passed; their quota is free again. Returns how many."""
    async with database.transaction() as session:
        ended = await todos.expire(session, at)
        await _ended(session, ended, act="todo.expired", actor="system:delivery", at=at)
    return len(ended)


async def measure(database: Database, *, at: datetime) -> None:
    """Say in the metrics what the outbox looks like now, whoever of all processes works it."""
    async with database.reading() as session:
        oldest = await outbox.oldest_due(session, at)
        unknown = await outbox.number_in(session, OutboxState.UNKNOWN)
        due = await waiting(session, at)
    for level, number in due.items():
        WAITING.labels(level.value).set(number)
    OUTBOX_OLDEST.set((at - oldest).total_seconds() if oldest else 0)
    UNCERTAIN.set(unknown)


async def _ended(
    session: AsyncSession,
    ended: Sequence[tuple[int, str, str]],
    *,
    act: str,
    actor: str,
    at: datetime,
) -> None:
    await quota.give_back(session, [key for _, key, _ in ended])
    await ledger.append(
        session,
        [
            ledger.Entry(kind="send", act=act, actor=actor, object=f"todo:{todo_id}", unit=unit)
            for todo_id, _, unit in ended
        ],
        at=at,
    )
