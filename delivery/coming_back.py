"""What comes back of a task after it left: WeCom's word, the customer's, the core system's (H2).

Each is written once, by evidence alone: WeCom took the card for this member, the archive has a
word of the customer after the send, the core system has a new holding. That a customer has read
something nobody tells us, so it is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.execution_policy import ExecutionPolicy
from crm_sync.repository import new_holdings
from delivery.models import Todo
from delivery.repository.todo_lists import DONE, STATES
from kit import ledger
from kit.clock import bank_date

AT_ONCE: Final = 1_000
ANNOUNCE: Final = "announce"


@dataclass(frozen=True, slots=True)
class Word:
    """A contact wrote to a member: the first and the last time among messages newly read."""

    userid: str
    external_userid: str
    first: datetime
    last: datetime


async def received(
    session: AsyncSession, key: str, userid: str, *, told_at: datetime, unreached: Sequence[str]
) -> None:
    """WeCom took the morning card ``key`` that was queued at ``told_at``: its to-dos arrived.

    Not where WeCom names the member among those it could not reach.
    """
    kind, _, rest = key.partition(":")
    staff_id = rest.rpartition(":")[0]
    if kind != ANNOUNCE or userid.lower() in {one.lower() for one in unreached}:
        return
    await session.execute(
        update(Todo)
        .where(
            col(Todo.staff_id) == staff_id,
            col(Todo.announced_at) == told_at,
            col(Todo.received_at).is_(None),
        )
        .values(received_at=told_at)
        .execution_options(synchronize_session=False)
    )


async def replied(
    session: AsyncSession, words: Sequence[Word], *, at: datetime, policy: ExecutionPolicy
) -> int:
    """The customer wrote within the days that count after the send; how many tasks that answers."""
    window = timedelta(days=policy.reply_days)
    by_pair = {(one.userid.lower(), one.external_userid): one for one in words}
    rows: list[dict[str, Any]] = []
    entries: list[ledger.Entry] = []
    contacts = sorted({external for _, external in by_pair})
    for start in range(0, len(contacts), AT_ONCE):
        query = select(
            col(Todo.id), col(Todo.userid), col(Todo.external_userid), col(Todo.unit_id),
            col(Todo.closed_at),
        ).where(
            col(Todo.external_userid).in_(contacts[start : start + AT_ONCE]),
            col(Todo.state).in_(STATES["sent"]),
            col(Todo.replied_at).is_(None),
        )  # fmt: skip
        for number, userid, external, unit, sent_at in await session.execute(query):
            word = by_pair.get((userid.lower(), external))
            if word is None or sent_at is None:
                continue
            answers = [one for one in (word.first, word.last) if sent_at < one <= sent_at + window]
            if answers:
                rows.append({"id": number, "replied_at": answers[0]})
                entries.append(_entry("todo.replied", "system:archive", number, unit))
    await _write(session, rows, entries, at)
    return len(rows)


async def deals(session: AsyncSession, *, at: datetime, policy: ExecutionPolicy) -> int:
    """A new holding within the days that count after the task was done; how many tasks that is."""
    window = timedelta(days=policy.deal_days)
    since = at - window
    lately = (
        col(Todo.state).in_(DONE), col(Todo.deal_on).is_(None), col(Todo.closed_at) >= since,
    )  # fmt: skip
    opened: dict[int, list[date]] = {}
    found = await new_holdings.opened_since(
        session, select(col(Todo.customer_id)).where(*lately), bank_date(since), policy.deal_kinds
    )
    for customer_id, day in found:
        opened.setdefault(customer_id, []).append(day)
    rows: list[dict[str, Any]] = []
    entries: list[ledger.Entry] = []
    if not opened:
        return 0
    query = select(
        col(Todo.id), col(Todo.customer_id), col(Todo.unit_id), col(Todo.closed_at)
    ).where(*lately)
    for number, customer_id, unit, done_at in await session.execute(query):
        done = bank_date(done_at or at)
        days = [day for day in opened.get(customer_id, ()) if done <= day <= done + window]
        if days:
            rows.append({"id": number, "deal_on": min(days)})
            entries.append(_entry("todo.deal", "system:crm", number, unit))
    await _write(session, rows, entries, at)
    return len(rows)


def _entry(act: str, actor: str, number: int, unit: str) -> ledger.Entry:
    return ledger.Entry(kind="send", act=act, actor=actor, object=f"todo:{number}", unit=unit)


async def _write(
    session: AsyncSession,
    rows: Sequence[dict[str, Any]],
    entries: Sequence[ledger.Entry],
    at: datetime,
) -> None:
    if rows:
        await session.execute(update(Todo), list(rows))
        session.expire_all()
        await ledger.append(session, entries, at=at)
