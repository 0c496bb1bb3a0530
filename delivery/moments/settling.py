"""What follows from a moment's call: WeCom has it, it failed, or nobody knows yet."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync import shown_tags
from crm_sync.repository.keys import UNTRACKED
from delivery import quota
from delivery.models import MomentPart, MomentReader, MomentTask, OutboxState
from delivery.moments import withdrawing
from delivery.moments.facts import ReaderState

FIRST_POLL: Final = timedelta(minutes=1)
RESULT_WINDOW: Final = timedelta(days=1)
"""How long after its end a moment is still asked about."""


async def settled(
    session: AsyncSession,
    part_id: int,
    state: OutboxState,
    jobid: str,
    at: datetime,
    cause: str = "",
) -> None:
    """The part follows its call."""
    if state is OutboxState.SENT:
        await taken(session, part_id, at, jobid=jobid)
    elif state is OutboxState.UNKNOWN:
        await _values(session, part_id, state="unknown")
    else:
        ending = "cancelled" if state is OutboxState.CANCELLED else "failed"
        await came_to_nothing(session, part_id, ending, cause or ending, at)


async def taken(
    session: AsyncSession, part_id: int, at: datetime, *, jobid: str = "", moment_id: str = ""
) -> None:
    """WeCom has it: its job, or the moment itself where it was found in WeCom's list."""
    query = select(col(MomentPart.ends_at)).where(col(MomentPart.id) == part_id)
    ends_at = (await session.execute(query)).scalar_one()
    await _values(
        session,
        part_id,
        state="created",
        jobid=jobid,
        moment_id=moment_id,
        next_poll_at=at + FIRST_POLL,
        poll_until=ends_at + RESULT_WINDOW,
    )


async def queued_again(session: AsyncSession, part_id: int) -> None:
    """It is certain that it never arrived, and there is time left."""
    await _values(session, part_id, state="queued")


async def came_to_nothing(
    session: AsyncSession, part_id: int, ending: str, cause: str, at: datetime
) -> None:
    """No member gets it: customers' slots are free again and the tag comes off their pairs."""
    task_id = await _missed(session, [col(MomentReader.part_id) == part_id], "call_failed", at)
    await withdrawing.end(session, {part_id}, ending, cause)
    query = select(col(MomentPart.task_id)).where(col(MomentPart.id) == part_id)
    await withdrawing.over(session, task_id | set((await session.execute(query)).scalars()), at)


async def _missed(session: AsyncSession, where: Iterable[Any], why: str, at: datetime) -> set[int]:
    """Readers who will not be shown it: given back and untagged; returns their moments."""
    rows = (
        await session.execute(
            update(MomentReader)
            .where(*where, col(MomentReader.state) == ReaderState.PLANNED)
            .values(state=ReaderState.MISSED, reasons=why)
            .returning(
                col(MomentReader.task_id),
                col(MomentReader.userid),
                col(MomentReader.external_userid),
                col(MomentReader.key),
            ),
            execution_options=UNTRACKED,
        )
    ).all()
    await quota.give_back(session, [row.key for row in rows])
    for task_id in {row.task_id for row in rows}:
        query = select(col(MomentTask.tag_id)).where(col(MomentTask.id) == task_id)
        tag_id = (await session.execute(query)).scalar_one()
        pairs = {(row.userid, row.external_userid) for row in rows if row.task_id == task_id}
        await shown_tags.unwant(session, tag_id, pairs, at)
    return {row.task_id for row in rows}


async def missed_of(
    session: AsyncSession, part_id: int, userids: Iterable[str], at: datetime
) -> None:
    """These members did not publish it in time."""
    where = [
        col(MomentReader.part_id) == part_id,
        col(MomentReader.userid).in_(sorted(userids)),
    ]
    await _missed(session, where, "", at)


async def _values(session: AsyncSession, part_id: int, **values: Any) -> None:
    await session.execute(
        update(MomentPart).where(col(MomentPart.id) == part_id).values(**values),
        execution_options=UNTRACKED,
    )
