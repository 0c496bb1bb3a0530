"""Customers leave the lists of moments: a no, a complaint, words recalled, a moment stopped.

Before the call they are simply off the list. After it the tag is taken off their pair at once,
what nobody published yet is taken back where the words themselves are gone, and the member who
has not published is told, because WeCom may have fixed whom it shows a moment to.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync import shown_tags
from crm_sync.repository.keys import UNTRACKED, among
from delivery import quota
from delivery.models import (
    MomentPart,
    MomentReader,
    MomentSender,
    MomentTask,
    Outbox,
    OutboxState,
)
from delivery.moments.facts import ReaderState, TaskState
from delivery.moments.gathering import member_key
from delivery.worklist import Work, open_work

AT_WECOM: Final = ("created", "unknown")


@dataclass(frozen=True, slots=True)
class Left:
    """One customer who is off a list in time: of which moment, and whose unit they are in."""

    task_id: int
    unit_id: str
    customer_id: int


async def withdraw(
    session: AsyncSession,
    where: Sequence[Any],
    *,
    recalled: bool,
    at: datetime,
    why: str = "said_no",
) -> list[Left]:
    """Take the readers that match off their lists; returns those for whom it was in time.

    ``recalled``: it is the words that are gone, so calls that WeCom has are taken back as well.
    ``why``: the reason that stands beside each, one of ``rules.OTHER_REASONS``.
    Their rows are held first, so a call that leaves at this moment has left, or waits.
    """
    query = (
        select(
            col(MomentReader.task_id),
            col(MomentReader.customer_id),
            col(MomentReader.userid),
            col(MomentReader.external_userid),
            col(MomentReader.unit_id),
            col(MomentReader.staff_id),
            col(MomentReader.key),
            col(MomentReader.part_id),
        )
        .where(*where, col(MomentReader.state) == ReaderState.PLANNED)
        .order_by(col(MomentReader.task_id), col(MomentReader.customer_id))
        .with_for_update()
    )
    rows = (await session.execute(query)).all()
    parts = await _gone(session, {row.part_id for row in rows if row.part_id is not None})
    if recalled:
        await _take_back(session, where, at)
    if not rows:
        return []
    here = [row for row in rows if row.part_id not in parts]
    late = [row for row in rows if row.part_id in parts]
    await _mark(session, here, ReaderState.WITHDRAWN, why)
    await _mark(session, late, ReaderState.LATE, why)
    await quota.give_back(session, [row.key for row in here])
    await _untag(session, rows, at)
    await _stop_empty(session, {row.part_id for row in here if row.part_id is not None}, at)
    if not recalled:
        await _tell(session, late, at)
    return [Left(row.task_id, row.unit_id, row.customer_id) for row in here]


async def _gone(session: AsyncSession, part_ids: Collection[int]) -> set[int]:
    """Those of these calls that have left, or are leaving."""
    if not part_ids:
        return set()
    query = select(col(MomentPart.id)).where(
        among(session, col(MomentPart.id), part_ids), col(MomentPart.departed_at).is_not(None)
    )
    return set((await session.execute(query)).scalars())


async def _mark(session: AsyncSession, rows: Sequence[Any], state: ReaderState, why: str) -> None:
    by_task: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_task[row.task_id].append(row.customer_id)
    for task_id, ids in by_task.items():
        await session.execute(
            update(MomentReader)
            .where(
                col(MomentReader.task_id) == task_id,
                among(session, col(MomentReader.customer_id), ids),
            )
            .values(state=state, reasons=why),
            execution_options=UNTRACKED,
        )


async def _untag(session: AsyncSession, rows: Sequence[Any], at: datetime) -> None:
    by_task: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        by_task[row.task_id].add((row.userid, row.external_userid))
    query = select(col(MomentTask.id), col(MomentTask.tag_id)).where(
        col(MomentTask.id).in_(list(by_task))
    )
    for task_id, tag_id in (await session.execute(query)).all():
        await shown_tags.unwant(session, tag_id, by_task[task_id or 0], at)


async def _stop_empty(session: AsyncSession, part_ids: Collection[int], at: datetime) -> None:
    """A queued call that nobody is left in is not made at all."""
    if not part_ids:
        return
    anybody = exists().where(
        col(MomentReader.part_id) == col(MomentPart.id),
        col(MomentReader.state) == ReaderState.PLANNED,
    )
    query = select(col(MomentPart.id)).where(
        among(session, col(MomentPart.id), part_ids), col(MomentPart.state) == "queued", ~anybody
    )
    await cancel(session, set((await session.execute(query)).scalars()), "名单上没有人了", at)


async def cancel(
    session: AsyncSession, part_ids: Collection[int], cause: str, at: datetime
) -> None:
    """Calls that wait are not made: their rows, their members' slots, their place in the outbox.

    A moment of which nothing else is under way is over with them."""
    if not part_ids:
        return
    calls = select(col(MomentPart.outbox_id)).where(among(session, col(MomentPart.id), part_ids))
    stopped = await session.execute(
        update(Outbox)
        .where(col(Outbox.id).in_(calls), col(Outbox.state) == OutboxState.QUEUED)
        .values(state=OutboxState.CANCELLED, settled_at=at, cause=cause[:400])
        .returning(col(Outbox.id)),
        execution_options=UNTRACKED,
    )
    outbox_ids = list(stopped.scalars())
    if not outbox_ids:
        return
    query = select(col(MomentPart.id), col(MomentPart.task_id)).where(
        among(session, col(MomentPart.outbox_id), outbox_ids)
    )
    tasks = {part_id: task_id for part_id, task_id in await session.execute(query)}  # noqa: C416
    await end(session, tasks, "cancelled", cause)
    await over(session, set(tasks.values()), at)


async def end(session: AsyncSession, part_ids: Collection[int], state: str, cause: str) -> None:
    """These calls came to nothing: nobody publishes, and the members' slots are free again."""
    if not part_ids:
        return
    await session.execute(
        update(MomentPart)
        .where(among(session, col(MomentPart.id), part_ids))
        .values(state=state, cause=cause[:400], next_poll_at=None),
        execution_options=UNTRACKED,
    )
    members = await session.execute(
        update(MomentSender)
        .where(among(session, col(MomentSender.part_id), part_ids))
        .values(state="stopped")
        .returning(col(MomentSender.task_id), col(MomentSender.userid)),
        execution_options=UNTRACKED,
    )
    await quota.give_back(session, [member_key(task_id, userid) for task_id, userid in members])


async def _take_back(session: AsyncSession, where: Sequence[Any], at: datetime) -> None:
    """Calls with these words that WeCom has: what is not published yet is cancelled there."""
    parts = select(col(MomentReader.part_id)).where(*where, col(MomentReader.part_id).is_not(None))
    await session.execute(
        update(MomentPart)
        .where(
            col(MomentPart.id).in_(parts),
            col(MomentPart.departed_at).is_not(None),
            col(MomentPart.state).in_([*AT_WECOM, "queued"]),
            col(MomentPart.stop_asked_at).is_(None),
        )
        .values(stop_asked_at=at, next_poll_at=at),
        execution_options=UNTRACKED,
    )


async def stop(session: AsyncSession, task_id: int, at: datetime) -> None:
    """A moment is stopped or has failed: its list empties, its calls are not made, what is out is taken back."""
    await withdraw(
        session, [col(MomentReader.task_id) == task_id], recalled=True, at=at, why="stopped"
    )
    query = select(col(MomentPart.id)).where(
        col(MomentPart.task_id) == task_id, col(MomentPart.state) == "queued"
    )
    await cancel(session, set((await session.execute(query)).scalars()), "朋友圈已停止", at)


async def _tell(session: AsyncSession, late: Sequence[Any], at: datetime) -> None:
    """Members who have not published it yet can still leave it, or stop it."""
    if not late:
        return
    waiting = exists().where(
        and_(
            col(MomentSender.part_id) == col(MomentReader.part_id),
            col(MomentSender.userid) == col(MomentReader.userid),
            col(MomentSender.state) == "waiting",
        )
    )
    works = []
    by_task: defaultdict[int, list[int]] = defaultdict(list)
    for row in late:
        by_task[row.task_id].append(row.customer_id)
    for task_id, ids in by_task.items():
        query = select(
            col(MomentReader.customer_id), col(MomentReader.staff_id), col(MomentReader.unit_id)
        ).where(
            col(MomentReader.task_id) == task_id,
            among(session, col(MomentReader.customer_id), ids),
            waiting,
        )
        works += [
            Work(
                key=f"opted_out_in_moment:{task_id}:{customer_id}",
                kind="opted_out_in_moment",
                title="客户退订或投诉时，企业朋友圈已交给企业微信",
                why="可见标签已经在去掉；发表前请在可见范围里核对这位客户，或先不发表",
                unit_id=unit_id,
                staff_id=staff_id,
                customer_id=customer_id,
                facts={"moment": task_id},
            )
            for customer_id, staff_id, unit_id in await session.execute(query)
        ]
    await open_work(session, works, at=at)


async def over(session: AsyncSession, task_ids: Collection[int], at: datetime) -> None:
    """Moments whose calls have all come to an end are over."""
    if not task_ids:
        return
    under_way = exists().where(
        col(MomentPart.task_id) == col(MomentTask.id),
        col(MomentPart.state).in_(["queued", "created", "unknown"]),
    )
    await session.execute(
        update(MomentTask)
        .where(
            col(MomentTask.id).in_(sorted(task_ids)),
            col(MomentTask.state) == TaskState.LISTED,
            ~under_way,
        )
        .values(state=TaskState.OVER, over_at=at),
        execution_options=UNTRACKED,
    )
