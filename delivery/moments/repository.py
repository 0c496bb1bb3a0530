"""Moments for pages and commands: lists, one with its numbers, the customers behind each number."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.errors import MomentUnknown
from delivery.models import MomentPart, MomentReader, MomentSender, MomentTask
from delivery.moments.facts import (
    MomentFact,
    Numbers,
    PartFact,
    ReaderFact,
    ReaderState,
    SenderFact,
    TaskState,
    ToPublish,
)
from delivery.moments.service import fact_of

Units = frozenset[str] | None


def _in_sight(units: Units) -> list[Any]:
    """Moments of these units, and those that their members publish for head office."""
    if units is None:
        return []
    own = col(MomentTask.unit_id).in_(sorted(units))
    published = exists().where(
        col(MomentSender.task_id) == col(MomentTask.id), *_of(MomentSender, units)
    )
    return [or_(own, published)]


def _of(table: Any, units: Units) -> list[Any]:
    return [] if units is None else [col(table.unit_id).in_(sorted(units))]


async def one(session: AsyncSession, task_id: int, units: Units) -> MomentFact:
    """A moment. Raises MomentUnknown, also where it belongs to units out of sight."""
    query = select(MomentTask).where(col(MomentTask.id) == task_id, *_in_sight(units))
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None:
        raise MomentUnknown("没有这条朋友圈，或不在您的机构范围内", do="从企业朋友圈列表里打开")
    return fact_of(row)


async def listed(
    session: AsyncSession, units: Units, *, state: str = "", limit: int = 50, before: int = 0
) -> list[MomentFact]:
    """Moments, the newest first, behind ``before``."""
    query = select(MomentTask).where(*_in_sight(units))
    if state:
        query = query.where(col(MomentTask.state) == state)
    if before:
        query = query.where(col(MomentTask.id) < before)
    query = query.order_by(col(MomentTask.id).desc()).limit(limit)
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars()
    return [fact_of(row) for row in rows]


async def counts(session: AsyncSession, units: Units) -> Counter[str]:
    """How many moments are in each state."""
    query = (
        select(col(MomentTask.state), func.count())
        .where(*_in_sight(units))
        .group_by(col(MomentTask.state))
    )
    return Counter({state: number for state, number in await session.execute(query)})  # noqa: C416


async def numbers(
    session: AsyncSession, task_ids: Sequence[int], units: Units = None
) -> dict[int, Numbers]:
    """Customers and members of moments by state, and why customers are not on the list; in sight."""
    own = MomentReader
    readers: dict[int, Counter[str]] = {one: Counter() for one in task_ids}
    reasons: dict[int, Counter[str]] = {one: Counter() for one in task_ids}
    senders: dict[int, Counter[str]] = {one: Counter() for one in task_ids}
    query = (
        select(col(own.task_id), col(own.state), col(own.reasons), func.count())
        .where(col(own.task_id).in_(list(task_ids)), *_of(own, units))
        .group_by(col(own.task_id), col(own.state), col(own.reasons))
    )
    for task_id, state, why, number in await session.execute(query):
        readers[task_id][state] += number
        for code in filter(None, why.split(",")):
            reasons[task_id][code] += number
    of_members = (
        select(col(MomentSender.task_id), col(MomentSender.state), func.count())
        .where(col(MomentSender.task_id).in_(list(task_ids)), *_of(MomentSender, units))
        .group_by(col(MomentSender.task_id), col(MomentSender.state))
    )
    for task_id, state, number in await session.execute(of_members):
        senders[task_id][state] += number
    return {one: Numbers(readers[one], senders[one], reasons[one]) for one in task_ids}


async def readers(
    session: AsyncSession,
    task_id: int,
    units: Units = None,
    *,
    states: Sequence[str] = (),
    reason: str = "",
    staff_id: str = "",
    limit: int = 50,
    after: int = 0,
) -> list[ReaderFact]:
    """The customers behind a number, by ascending id above ``after``."""
    query = (
        select(MomentReader)
        .where(
            *_readers(task_id, units, states, reason, staff_id),
            col(MomentReader.customer_id) > after,
        )
        .order_by(col(MomentReader.customer_id))
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        ReaderFact(row.customer_id, row.staff_id, row.unit_id, row.state, row.reasons, row.shown_at)
        for row in (await session.execute(query)).scalars()
    ]


async def count_readers(
    session: AsyncSession,
    task_id: int,
    units: Units = None,
    *,
    states: Sequence[str] = (),
    reason: str = "",
    staff_id: str = "",
) -> int:
    """How many the list behind a number has in all."""
    query = select(func.count()).where(*_readers(task_id, units, states, reason, staff_id))
    return int((await session.execute(query)).scalar_one())


def _readers(
    task_id: int, units: Units, states: Sequence[str], reason: str, staff_id: str
) -> list[Any]:
    found: list[Any] = [col(MomentReader.task_id) == task_id, *_of(MomentReader, units)]
    if states:
        found.append(col(MomentReader.state).in_(list(states)))
    if staff_id:
        found.append(col(MomentReader.staff_id) == staff_id)
    if reason:
        why = col(MomentReader.reasons)
        alone, first, last = why == reason, why.startswith(f"{reason},"), why.endswith(f",{reason}")
        found.append(or_(alone, first, last, why.contains(f",{reason},")))
    return found


async def senders(
    session: AsyncSession, task_id: int, units: Units = None, *, state: str = "", limit: int = 500
) -> list[SenderFact]:
    """The members of a moment with the size of their lists."""
    own, reader = MomentSender, MomentReader
    shown = func.sum(_one_if(col(reader.state) == ReaderState.SHOWN))
    kept = (ReaderState.PLANNED, ReaderState.SHOWN, ReaderState.MISSED)
    on_list = func.sum(_one_if(col(reader.state).in_(kept)))
    query = (
        select(
            col(own.staff_id), col(own.unit_id), col(own.state), col(own.seen_at), on_list, shown
        )
        .join(
            reader,
            and_(col(reader.part_id) == col(own.part_id), col(reader.userid) == col(own.userid)),
            isouter=True,
        )
        .where(col(own.task_id) == task_id, *_of(own, units))
        .group_by(
            col(own.part_id), col(own.userid), col(own.staff_id), col(own.unit_id), col(own.state),
            col(own.seen_at),
        )
        .order_by(col(own.unit_id), col(own.staff_id))
        .limit(limit)
    )  # fmt: skip
    if state:
        query = query.where(col(own.state) == state)
    return [
        SenderFact(staff_id, unit_id, one_state, seen_at, int(many or 0), int(seen or 0))
        for staff_id, unit_id, one_state, seen_at, many, seen in await session.execute(query)
    ]


def _one_if(condition: Any) -> Any:
    return case((condition, 1), else_=0)


async def parts(session: AsyncSession, task_id: int) -> list[PartFact]:
    """The calls of a moment."""
    query = (
        select(MomentPart)
        .where(col(MomentPart.task_id) == task_id)
        .order_by(col(MomentPart.number))
        .execution_options(populate_existing=True)
    )
    return [
        PartFact(
            row.id, row.number, row.state, row.jobid, row.moment_id, row.due_at, row.departed_at,
            row.stop_asked_at, row.stopped_at, row.cause,
        )
        for row in (await session.execute(query)).scalars()
    ]  # fmt: skip


async def list_of(session: AsyncSession, task_id: int) -> set[tuple[str, str]]:
    """The pairs on a moment's list, as its tag is to stand on them."""
    kept = (ReaderState.PLANNED, ReaderState.SHOWN)
    query = select(col(MomentReader.userid), col(MomentReader.external_userid)).where(
        col(MomentReader.task_id) == task_id, col(MomentReader.state).in_(kept)
    )
    return {(userid, contact) for userid, contact in await session.execute(query)}


async def userids(session: AsyncSession, task_id: int) -> set[str]:
    """The WeCom userids of everybody a moment's list was drawn up for."""
    query = select(col(MomentReader.userid)).where(
        col(MomentReader.task_id) == task_id, col(MomentReader.userid) != ""
    )
    return set((await session.execute(query.distinct())).scalars())


async def to_publish(session: AsyncSession, staff_id: str, at: datetime) -> list[ToPublish]:
    """What WeCom has for this member to publish now, the most urgent first."""
    waiting = select(func.count()).where(
        col(MomentReader.part_id) == col(MomentSender.part_id),
        col(MomentReader.userid) == col(MomentSender.userid),
        col(MomentReader.state) == ReaderState.PLANNED,
    )
    query = (
        select(MomentTask, waiting.scalar_subquery())
        .join(MomentPart, col(MomentPart.task_id) == col(MomentTask.id))
        .join(MomentSender, col(MomentSender.part_id) == col(MomentPart.id))
        .where(
            col(MomentSender.staff_id) == staff_id,
            col(MomentSender.state) == "waiting",
            col(MomentPart.state) == "created",
            col(MomentPart.stop_asked_at).is_(None),
            col(MomentTask.ends_at) > at,
        )
        .order_by(col(MomentTask.ends_at), col(MomentTask.id))
    )
    return [
        ToPublish(row.id or 0, row.title, row.text, row.starts_at, row.ends_at, int(many))
        for row, many in await session.execute(query)
    ]


async def due(session: AsyncSession, at: datetime, *, before: Any) -> list[MomentFact]:
    """Approved moments whose list is to be drawn up, the earliest first."""
    query = (
        select(MomentTask)
        .where(
            col(MomentTask.state) == TaskState.APPROVED, col(MomentTask.starts_at) <= at + before
        )
        .order_by(col(MomentTask.starts_at), col(MomentTask.id))
        .execution_options(populate_existing=True)
    )
    return [fact_of(row) for row in (await session.execute(query)).scalars()]
