"""Managers are reminded of what waits for them, no more often than WeCom allows (H2).

A broadcast task that its member has not confirmed: WeCom is asked to remind them
(remind_groupmsg_send, official page 97610), at most three times a task and spaced by the policy.
To-dos of the day that are not done: one more card in the afternoon. Neither reaches a customer.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.execution_policy import ExecutionPolicy
from delivery.models import Broadcast, Todo
from delivery.repository import keys, outbox
from delivery.repository.todos import LIVE
from delivery.staff_cards import reachable, todo_card
from kit import ledger, log
from kit.clock import bank_clock, bank_date
from kit.db import Database
from wecom import broadcasts
from wecom.client import Caller
from wecom.errors import OutcomeUnknown, Refused, WecomError

AT_ONCE: Final = 200
TOO_OFTEN: Final = 41094
"""WeCom's own word that this task's reminders of 24 hours are used up."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    msgid: str
    staff_id: str
    unit_id: str
    reminded: int


async def remind(
    database: Database, wecom: Caller, clock: Callable[[], datetime], policy: ExecutionPolicy
) -> Mapping[str, int]:
    """Ask WeCom to remind the members whose task of today waits; counts by what WeCom said.

    A reminder is counted before it is asked for, and stays counted where no answer came: of two
    processes one asks, and a crash costs a reminder rather than giving one too many.
    """
    done: Counter[str] = Counter()
    hours = policy.remind
    if not hours.starts <= bank_clock(clock()) < hours.ends:
        return done
    async with database.reading() as session:
        due = await _due(session, clock(), policy)
    for one in due:
        async with database.transaction() as session:
            if not await _take(session, one, clock()):
                continue
        said = await _ask(wecom, one)
        done[said] += 1
        async with database.transaction() as session:
            if said == "full":
                await _no_more(session, one, hours.most)
            await _record(session, one, said, clock())
    return done


async def _due(session: AsyncSession, at: datetime, policy: ExecutionPolicy) -> list[_Due]:
    """Tasks of today that WeCom has and whose member has not confirmed, the oldest first."""
    hours = policy.remind
    given = func.coalesce(col(Broadcast.departed_at), col(Broadcast.created_at))
    query = (
        select(
            col(Broadcast.id), col(Broadcast.msgid), col(Broadcast.staff_id),
            col(Broadcast.unit_id), col(Broadcast.reminded),
        )
        .where(
            col(Broadcast.planned_on) == bank_date(at),
            col(Broadcast.state) == "created",
            col(Broadcast.msgid) != "",
            col(Broadcast.confirmed_at).is_(None),
            col(Broadcast.stopped_at).is_(None),
            col(Broadcast.reminded) < hours.most,
            or_(
                and_(
                    col(Broadcast.reminded_at).is_(None),
                    given <= at - timedelta(hours=hours.after_hours),
                ),
                col(Broadcast.reminded_at) <= at - timedelta(hours=hours.every_hours),
            ),
        )
        .order_by(col(Broadcast.id))
        .limit(AT_ONCE)
    )  # fmt: skip
    return [_Due(*row) for row in await session.execute(query)]


async def _take(session: AsyncSession, one: _Due, at: datetime) -> bool:
    """Count it, unless another process just has, or the task is over by now."""
    taken: Any = await session.execute(
        update(Broadcast)
        .where(
            col(Broadcast.id) == one.id,
            col(Broadcast.reminded) == one.reminded,
            col(Broadcast.state) == "created",
            col(Broadcast.stopped_at).is_(None),
        )
        .values(reminded=one.reminded + 1, reminded_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)


async def _ask(wecom: Caller, one: _Due) -> str:
    """reminded | unknown | full | failed."""
    try:
        await broadcasts.remind(wecom, one.msgid)
    except OutcomeUnknown:
        return "unknown"
    except Refused as error:
        return "full" if error.errcode == TOO_OFTEN else "failed"
    except WecomError as error:
        _log.warning("delivery.remind_failed", broadcast=one.id, cause=type(error).__name__)
        return "failed"
    return "reminded"


async def _no_more(session: AsyncSession, one: _Due, most: int) -> None:
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.id) == one.id)
        .values(reminded=most)
        .execution_options(synchronize_session=False)
    )


async def _record(session: AsyncSession, one: _Due, said: str, at: datetime) -> None:
    entry = ledger.Entry(
        kind="send", act="broadcast.reminded", actor="system:delivery",
        object=f"broadcast:{one.id}", unit=one.unit_id,
        payload={"staff": one.staff_id, "number": one.reminded + 1, "said": said},
    )  # fmt: skip
    await ledger.append(session, [entry], at=at)


async def nudge(database: Database, *, at: datetime, public_url: str, bank_name: str) -> int:
    """One card to every manager who was told this morning and has not done all; how many.

    The key holds the day: again on the same day nobody is told.
    """
    day = bank_date(at)
    async with database.transaction() as session:
        waiting = await _undone(session, at)
        userids = await reachable(session, [row.staff_id for row in waiting])
        waiting = [row for row in waiting if row.staff_id in userids]
        wanted = {f"nudge:{row.staff_id}:{day.isoformat()}": row for row in waiting}
        taken = await keys.take(session, sorted(wanted), at)
        calls = [
            todo_card(
                key, row, userid=userids[row.staff_id], title=f"还有 {row.number} 件客户待办没有做",
                note="件，今天该做", at=at, public_url=public_url, bank_name=bank_name, again=True,
            )
            for key, row in sorted(wanted.items())
            if key in taken
        ]  # fmt: skip
        await outbox.put(session, calls, at)
    return len(calls)


async def _undone(session: AsyncSession, at: datetime) -> list[Any]:
    """(staff_id, unit_id, number) of managers with to-dos of today not done."""
    query = (
        select(
            col(Todo.staff_id),
            func.max(col(Todo.unit_id)).label("unit_id"),
            func.count().label("number"),
        )
        .where(
            col(Todo.due_on) == bank_date(at),
            col(Todo.state).in_(LIVE),
            col(Todo.announced_at).is_not(None),
        )
        .group_by(col(Todo.staff_id))
        .order_by(col(Todo.staff_id))
    )
    return list(await session.execute(query))
