"""What the scheduler calls: draw up the lists that are due, delete tags that are over.

Drawing up a list may be interrupted anywhere: the tag is looked for before it is made, a customer
is submitted by a key of their own, and the calls are queued in the transaction that says so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library import repository as scripts_of
from crm_sync import shown_tags
from crm_sync.errors import SegmentUnknown, ShownTagsTaken, TagCapReached
from crm_sync.repository.keys import UNTRACKED
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE
from delivery import door
from delivery.desk import Desk
from delivery.errors import MomentRefused
from delivery.intents import Outcome
from delivery.models import MomentReader, MomentTask
from delivery.moments import audience, gathering, repository, service, withdrawing
from delivery.moments.audience import Candidate
from delivery.moments.facts import Known, MomentFact, TaskState
from delivery.moments.rules import digest
from delivery.words_now import good
from kit import log
from kit.clock import bank_date
from kit.db import Database, insert_new
from kit.errors import AppError
from wecom.client import Caller
from wecom.errors import WecomError

BY = "system:moments"
NOT_IN_FORCE = "客群规则已停用"

_log = log.get(__name__)


async def draw_up(
    database: Database, wecom: Caller, *, known: Known, desk: Desk, at: datetime, cap: int
) -> Mapping[str, int]:
    """Draw up every list that is due: judge, count, mark, cut into calls. ``cap``: of corp tags.

    Each by itself: one that goes wrong is tried again in the next round, ``tries`` times in all.
    """
    done = {"listed": 0, "calls": 0, "failed": 0, "again": 0}
    before = timedelta(minutes=desk.moments.time.list_before_minutes)
    async with database.reading() as session:
        found = await repository.due(session, at, before=before)
    for one in found:
        try:
            calls = await _drawn(database, wecom, one, known, desk, at, cap)
        except WecomError as error:
            _log.warning("moments.tag_failed", task=one.task_id, cause=type(error).__name__)
            done["again"] += 1
        except Exception as error:  # because one bad list must not keep the others waiting
            failed = await _stumbled(database, one, error, desk.moments.time.tries, at)
            done["failed" if failed else "again"] += 1
        else:
            done["failed" if calls is None else "listed"] += 1
            done["calls"] += calls or 0
    return done


async def _drawn(
    database: Database,
    wecom: Caller,
    one: MomentFact,
    known: Known,
    desk: Desk,
    at: datetime,
    cap: int,
) -> int | None:
    """One list drawn up, how many calls it needs; None where it cannot be done any more."""
    cause, tagged = await _wrong(database, one, desk, at), one
    if not cause:
        try:
            tagged = await _tagged(database, wecom, one, desk, at, cap)
        except (ShownTagsTaken, TagCapReached) as error:
            cause = error.sentence()
    if cause:
        async with database.transaction() as session:
            await service.fail(session, one, cause, at)
        return None
    return await _draw(database, tagged, known, desk, at)


async def _stumbled(
    database: Database, one: MomentFact, error: Exception, most: int, at: datetime
) -> bool:
    """Count it; whether it was once too often, so that the moment is given up."""
    code = error.code if isinstance(error, AppError) else type(error).__name__
    async with database.transaction() as session:
        counted = await session.execute(
            update(MomentTask)
            .where(col(MomentTask.id) == one.task_id, col(MomentTask.state) == TaskState.APPROVED)
            .values(tries=col(MomentTask.tries) + 1)
            .returning(col(MomentTask.tries)),
            execution_options=UNTRACKED,
        )
        tries = counted.scalar_one_or_none() or 0
        _log.error("moments.draw_up_failed", task=one.task_id, code=code, tries=tries)
        cause = f"圈定名单出错 {tries} 次，不再办（{code}）"
        return tries >= most and await service.fail(session, one, cause, at)


async def _wrong(database: Database, one: MomentFact, desk: Desk, at: datetime) -> str:
    """Why an approved moment cannot be done as it was approved; empty where it can."""
    async with database.reading() as session:
        if at >= one.ends_at:
            return "已经过了结束时间"
        script = (await scripts_of.by_version(session, [one.script_version_id])).get(
            one.script_version_id
        )
        if script is None or not good(script, at):
            return "话术已停用或过期"
        try:
            same = service.words_now(script, desk) == one.text
        except MomentRefused:
            same = False
        if not same or digest(one, script.template_hash) != one.approved_hash:
            return "内容与批准时不一致，批准作废"
        if one.audience_kind == "segment":
            try:
                state = (await segments.segment(session, one.audience)).state
            except SegmentUnknown:
                return NOT_IN_FORCE
            if state != IN_FORCE:
                return NOT_IN_FORCE
    return ""


async def _tagged(
    database: Database, wecom: Caller, one: MomentFact, desk: Desk, at: datetime, cap: int
) -> MomentFact:
    """The moment with its tag, made where it is missing."""
    if one.tag_id:
        return one
    tag_id = await shown_tags.make(
        database, wecom, desk.moments.tag_group, one.tag_name, at, cap=cap
    )
    async with database.transaction() as session:
        ends_on = bank_date(one.ends_at) + timedelta(days=desk.moments.keep_tag_days)
        await session.execute(
            update(MomentTask)
            .where(col(MomentTask.id) == one.task_id)
            .values(tag_id=tag_id, tag_ends_on=ends_on),
            execution_options=UNTRACKED,
        )
        return await repository.one(session, one.task_id, None)


async def _draw(database: Database, one: MomentFact, known: Known, desk: Desk, at: datetime) -> int:
    async with database.reading() as session:
        ids = await audience.ids(session, one, known, at)
    for start in range(0, len(ids), audience.PAGE):
        async with database.transaction() as session:
            page = await audience.candidates(
                session, one, ids[start : start + audience.PAGE], desk=desk
            )
            await _submit(session, one, page, desk, at)
    async with database.transaction() as session:
        row = await service.locked(session, one.task_id, None)
        if row.state != TaskState.APPROVED:  # stopped, or drawn up by another process
            if row.state in (TaskState.STOPPED, TaskState.FAILED):
                await withdrawing.stop(session, one.task_id, at)
            return 0
        calls = await gathering.close(session, one, at=at, policy=desk.moments)
        row.state, row.listed_at = TaskState.LISTED, at
        if not calls:
            row.state, row.over_at, row.cause = TaskState.OVER, at, "没有一位客户通过"
        await session.flush()
        numbers = (await repository.numbers(session, [one.task_id]))[one.task_id]
        await service.note(
            session, "moment.listed", one, BY, at, calls=calls, readers=dict(numbers.readers),
            reasons=dict(numbers.reasons),
        )  # fmt: skip
    return calls


async def _submit(
    session: AsyncSession, one: MomentFact, page: list[Candidate], desk: Desk, at: datetime
) -> None:
    """One page through the door; whoever does not pass is kept with every reason."""
    near = [found for found in page if not found.refused]
    submissions = await door.submit(
        session,
        [audience.intent(one, found.customer, found.reach) for found in near],
        at=at,
        as_of=max(at, one.starts_at),
        desk=desk,
        by=BY,
    )
    out: list[tuple[Candidate, tuple[str, ...]]] = [
        (found, (found.refused,)) for found in page if found.refused
    ]
    out += [
        (found, done.objections or (done.outcome.value,))
        for found, done in zip(near, submissions, strict=True)
        if done.outcome not in (Outcome.QUEUED, Outcome.REPEATED)
    ]
    rows = [
        gathering.excluded(
            one, found.customer.customer_id, found.customer.unit_id,
            found.customer.owner_staff_id or "", reasons,
        )
        for found, reasons in out
    ]  # fmt: skip
    await insert_new(session, MomentReader, rows, key=["task_id", "customer_id"])


async def tidy(database: Database, wecom: Caller, *, at: datetime) -> int:
    """Delete the tags of moments that have been over for long enough; returns how many."""
    query = select(MomentTask).where(
        col(MomentTask.tag_id) != "",
        col(MomentTask.tag_ends_on) < bank_date(at),
        col(MomentTask.state).in_([TaskState.OVER, TaskState.STOPPED, TaskState.FAILED]),
    )
    async with database.reading() as session:
        ended = [service.fact_of(row) for row in (await session.execute(query)).scalars()]
    for one in ended:
        await shown_tags.remove(database, wecom, one.tag_id, at)
        async with database.transaction() as session:
            await session.execute(
                update(MomentTask)
                .where(col(MomentTask.id) == one.task_id)
                .values(tag_ends_on=None),
                execution_options=UNTRACKED,
            )
    return len(ended)
