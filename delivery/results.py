"""What became of broadcasts: tasks and results polled by cursor until WeCom's window ends.

No callback announces a member's confirmation (official page 93338), so it is asked for: soon
after creation, then less and less often. A customer WeCom says was reached is a touch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery import quota
from delivery.models import Broadcast, BroadcastRecipient
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit import ledger, log
from kit.db import Database
from wecom import broadcasts
from wecom.broadcasts import SendResult
from wecom.client import Caller
from wecom.errors import Busy, RelationGone, WecomError

AT_ONCE: Final = 50
STATES: Final = {0: "unsent", 1: "sent", 2: "not_friend", 3: "capped"}
_GROWTH: Final = 2

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    msgid: str
    userid: str
    staff_id: str
    unit_id: str
    purpose: str
    trigger: str
    created_at: datetime
    poll_until: datetime


async def poll(database: Database, wecom: Caller, clock: Callable[[], datetime]) -> dict[str, int]:
    """Ask WeCom about every broadcast that is due for it; returns counts by new state."""
    counts: dict[str, int] = {"asked": 0}
    async with database.reading() as session:
        due = await _due(session, clock())
    for one in due:
        counts["asked"] += 1
        try:
            results = await _ask(wecom, one)
        except Busy:  # 41063: WeCom is still handing the task out
            await _later(database, one, clock(), timedelta(seconds=30))
            continue
        except WecomError as error:
            _log.warning("delivery.results_failed", broadcast=one.id, cause=type(error).__name__)
            await _later(database, one, clock(), timedelta(minutes=10))
            continue
        async with database.transaction() as session:
            for state, number in (await _land(session, one, results, clock())).items():
                counts[state] = counts.get(state, 0) + number
    return counts


async def _due(session: AsyncSession, at: datetime) -> list[_Due]:
    query = (
        select(Broadcast)
        .where(
            col(Broadcast.state).in_(["created", "confirmed"]), col(Broadcast.next_poll_at) <= at
        )
        .order_by(col(Broadcast.next_poll_at))
        .limit(AT_ONCE)
    )
    return [
        _Due(
            row.id,
            row.msgid,
            row.userid,
            row.staff_id,
            row.unit_id,
            row.purpose,
            row.trigger,
            row.created_at,
            row.poll_until or at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def _ask(wecom: Caller, one: _Due) -> tuple[datetime | None, list[SendResult]]:
    """(when the member confirmed, every customer's result)."""
    confirmed: datetime | None = None
    try:
        async for page in broadcasts.tasks(wecom, one.msgid):
            for task in page.items:
                if task.staff_id.lower() == one.userid and task.status == broadcasts.TASK_SENT:
                    confirmed = task.sent_at
    except RelationGone:
        return None, []
    found: list[SendResult] = []
    async for results in broadcasts.results(wecom, one.msgid, one.userid):
        found.extend(results.items)
    return confirmed, found


async def _land(
    session: AsyncSession,
    one: _Due,
    asked: tuple[datetime | None, Sequence[SendResult]],
    at: datetime,
) -> dict[str, int]:
    confirmed, results = asked
    query = select(BroadcastRecipient).where(col(BroadcastRecipient.broadcast_id) == one.id)
    known = {row.external_userid: row for row in (await session.execute(query)).scalars()}
    changed = [
        (known[result.external_userid], STATES.get(result.status, "unsent"), result.sent_at)
        for result in results
        if result.external_userid in known
        and known[result.external_userid].state != STATES.get(result.status, "unsent")
    ]
    for row, state, sent_at in changed:
        row.state, row.sent_at = state, sent_at
    await session.flush()
    await touches.record(
        session,
        [
            Touched(
                source=f"broadcast:{one.id}/{row.external_userid}",
                customer_id=row.customer_id,
                staff_id=one.staff_id,
                unit_id=one.unit_id,
                channel="broadcast",
                purpose=one.purpose,
                trigger=one.trigger,
                state="sent",
                at=sent_at or at,
                reason=row.channel_reason,
            )
            for row, state, sent_at in changed
            if state == "sent"
        ],
    )
    await quota.give_back(
        session, [row.key for row, state, _ in changed if state in ("not_friend", "capped")]
    )
    over = at >= one.poll_until
    values: dict[str, Any] = {"next_poll_at": None if over else _next(one, at)}
    if over:
        values["state"] = "ended"
    elif confirmed is not None:
        values |= {"state": "confirmed", "confirmed_at": confirmed}
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.id) == one.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed:
        await _record(session, one, changed, at)
    counts: dict[str, int] = {}
    for _, state, _ in changed:
        counts[state] = counts.get(state, 0) + 1
    return counts


def _next(one: _Due, at: datetime) -> datetime:
    """Soon at first, then in growing steps, at least twice a day."""
    age = max(at - one.created_at, timedelta(minutes=1))
    return at + min(age * _GROWTH, timedelta(hours=12))


async def _record(
    session: AsyncSession,
    one: _Due,
    changed: Sequence[tuple[BroadcastRecipient, str, datetime | None]],
    at: datetime,
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=f"broadcast.customer_{state}",
                actor="wecom",
                object=f"customer:{row.customer_id}",
                unit=one.unit_id,
                payload={
                    "broadcast": one.id,
                    "msgid": one.msgid,
                    "external_userid": row.external_userid,
                    "sent_at": sent_at,
                },
            )
            for row, state, sent_at in changed
        ],
        at=at,
    )


async def _later(database: Database, one: _Due, at: datetime, wait: timedelta) -> None:
    async with database.transaction() as session:
        await session.execute(
            update(Broadcast)
            .where(col(Broadcast.id) == one.id)
            .values(next_poll_at=at + wait)
            .execution_options(synchronize_session=False)
        )
