"""Tasks that nobody did go to the head of the branch, and leave the desk when they are done.

To-dos that were not done, and broadcast tasks that their member did not confirm: one work item of
each for a manager and a day, however often it is looked; the head closes it with the reason. Where
everything of it was done after all, it is closed by that.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.execution_policy import ExecutionPolicy
from delivery.models import Broadcast, Todo, WorkItem
from delivery.repository.todo_lists import STATES
from delivery.worklist import Work, close_open, open_work
from kit.clock import bank_date

KIND: Final = "todos_undone"
TASKS: Final = "broadcasts_unconfirmed"
SHOWN: Final = 20
SETTLED: Final = "后来都办成或撤回了"
_Place = tuple[str, str, date]


async def escalate(session: AsyncSession, *, at: datetime, policy: ExecutionPolicy) -> int:
    """Open an item for each manager with tasks left undone on the day that now counts; how many."""
    day = bank_date(at) - timedelta(days=policy.overdue_days)
    counts = await _undone(session, day, day)
    works = [
        Work(
            key=_key(unit, staff, due),
            kind=KIND,
            title=f"{due:%m-%d} 的待办有人没有做",
            why=f"{number} 件过了该做的日子没有做成；问清原因，写进办结说明",
            unit_id=unit,
            staff_id=staff,
            facts={"staff": staff, "day": due.isoformat(), "number": number},
        )
        for (unit, staff, due), number in sorted(counts.items())
        if number >= policy.at_least
    ]
    works += [
        Work(
            key=_key(unit, staff, due, TASKS),
            kind=TASKS,
            title=f"{due:%m-%d} 的群发有人没有确认",
            why=f"{len(ids)} 个群发任务没有在企业微信里点发送，客户没有收到；问清原因，写进办结说明",
            unit_id=unit,
            staff_id=staff,
            facts={
                "staff": staff,
                "day": due.isoformat(),
                "number": len(ids),
                "broadcasts": ids[:SHOWN],
            },
        )
        for (unit, staff, due), ids in sorted((await _unconfirmed(session, day, day)).items())
    ]
    return len(await open_work(session, works, at=at))


async def settle(session: AsyncSession, *, at: datetime) -> int:
    """Close the items whose tasks were all done after all; how many."""
    query = select(
        col(WorkItem.key), col(WorkItem.kind), col(WorkItem.unit_id), col(WorkItem.facts)
    ).where(col(WorkItem.kind).in_((KIND, TASKS)), col(WorkItem.state) == "open")
    waiting: dict[str, tuple[str, _Place]] = {
        key: (kind, (unit, str(facts["staff"]), date.fromisoformat(str(facts["day"]))))
        for key, kind, unit, facts in await session.execute(query)
    }
    if not waiting:
        return 0
    days = [due for _, (_, _, due) in waiting.values()]
    left: Mapping[str, Collection[_Place]] = {
        KIND: await _undone(session, min(days), max(days)),
        TASKS: await _unconfirmed(session, min(days), max(days)),
    }
    done = [key for key, (kind, place) in waiting.items() if place not in left[kind]]
    closed = await close_open(session, done, by="system:delivery", resolution=SETTLED, at=at)
    return len(closed)


def _key(unit: str, staff: str, due: date, kind: str = "undone") -> str:
    return f"{kind}:{unit}:{staff}:{due.isoformat()}"[:160]


async def _unconfirmed(session: AsyncSession, first: date, last: date) -> dict[_Place, list[int]]:
    """Tasks of these days that WeCom has and their member left, by unit, manager and day."""
    query = (
        select(
            col(Broadcast.unit_id),
            col(Broadcast.staff_id),
            col(Broadcast.planned_on),
            col(Broadcast.id),
        )
        .where(
            col(Broadcast.planned_on) >= first,
            col(Broadcast.planned_on) <= last,
            col(Broadcast.state).in_(("created", "ended")),
            col(Broadcast.confirmed_at).is_(None),
            col(Broadcast.stopped_at).is_(None),
        )
        .order_by(col(Broadcast.id))
    )
    found: dict[_Place, list[int]] = {}
    for unit, staff, due, number in await session.execute(query):
        found.setdefault((unit, staff, due), []).append(number)
    return found


async def _undone(session: AsyncSession, first: date, last: date) -> dict[_Place, int]:
    """How many to-dos due in these days were not done, by unit, manager and day; one statement."""
    query = (
        select(col(Todo.unit_id), col(Todo.staff_id), col(Todo.due_on), func.count())
        .where(
            col(Todo.due_on) >= first,
            col(Todo.due_on) <= last,
            col(Todo.state).in_(STATES["undone"]),
        )
        .group_by(col(Todo.unit_id), col(Todo.staff_id), col(Todo.due_on))
    )
    return {
        (unit, staff, due): int(number) for unit, staff, due, number in await session.execute(query)
    }
