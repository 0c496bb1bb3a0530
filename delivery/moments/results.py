"""What became of moments: the job, who has published, who could see it; asked by cursor.

No callback tells of it (pages 95094, 93333), so it is asked soon and then less and less often;
``reading`` keeps each page with its cursor, and the next round goes on where this one stood.
What nobody published by its end is taken back first and then asked about, so that whoever
published in between is found. What WeCom gave is kept whatever it refuses; when the window is
over the asking ends in any case, and where something stayed unclear a person is told.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED
from delivery.models import MomentPart, MomentSender, MomentTask
from delivery.moments import landing, reading, settling, withdrawing
from delivery.moments.landing import Due
from delivery.moments.reading import UNSEEN, Reading
from delivery.polling import Calls
from delivery.worklist import Work, open_work
from kit import log
from kit.db import Database
from wecom import moments
from wecom.client import Caller
from wecom.errors import AlreadyDone, Busy, WecomError

AT_ONCE: Final = 50
A_ROUND: Final = 600
"""Pages one round asks for; the job comes every minute and goes on with the rest."""
SOON: Final = timedelta(seconds=30)
LATER: Final = timedelta(minutes=10)
_GROWTH: Final = 2

_log = log.get(__name__)


async def poll(
    database: Database, wecom: Caller, clock: Callable[[], datetime], *, pages: int = A_ROUND
) -> dict[str, int]:
    """Ask WeCom about every call that is due for it, ``pages`` pages at most; returns counts."""
    calls = Calls(pages)
    counts = {"asked": 0, "published": 0, "shown": 0, "taken_back": 0}
    async with database.reading() as session:
        due = await _due(session, clock())
    for one in due:
        if calls.left <= 0:
            break
        counts["asked"] += 1
        try:
            moment_id = one.moment_id or await _made(database, wecom, one, clock)
            if moment_id:
                await _ask(database, wecom, one, moment_id, clock, calls, counts)
        except Exception as error:  # because one bad moment must not keep the others waiting
            async with database.transaction() as session:
                await _troubled(session, one, error, Reading(), clock())
    return counts


async def _due(session: AsyncSession, at: datetime) -> list[Due]:
    query = (
        select(MomentPart, col(MomentTask.purpose))
        .join(MomentTask, col(MomentTask.id) == col(MomentPart.task_id))
        .where(col(MomentPart.state) == "created", col(MomentPart.next_poll_at) <= at)
        .order_by(col(MomentPart.next_poll_at))
        .limit(AT_ONCE)
    )
    rows = (await session.execute(query)).all()
    members = select(
        col(MomentSender.part_id), col(MomentSender.userid), col(MomentSender.state)
    ).where(
        col(MomentSender.part_id).in_([part.id for part, _ in rows]),
        col(MomentSender.state).in_(UNSEEN),
    )
    waiting: dict[int, set[str]] = {}
    unseen: dict[int, set[str]] = {}
    for part_id, userid, state in await session.execute(members):
        unseen.setdefault(part_id, set()).add(userid)
        if state == "waiting":
            waiting.setdefault(part_id, set()).add(userid)
    return [
        Due(
            part.id, part.task_id, part.jobid, part.moment_id, part.unit_id, purpose,
            part.departed_at or part.created_at, part.ends_at, part.poll_until or at,
            part.next_poll_at or at, part.stop_asked_at, part.stopped_at, part.task_cursor,
            frozenset(waiting.get(part.id, ())), frozenset(unseen.get(part.id, ())),
        )
        for part, purpose in rows
    ]  # fmt: skip


async def _ask(
    database: Database,
    wecom: Caller,
    one: Due,
    moment_id: str,
    clock: Callable[[], datetime],
    calls: Calls,
    counts: dict[str, int],
) -> None:
    """Take back what is to be, then read on, then write down what is whole, then settle."""
    refusal, taken = None, False
    late = clock() >= one.ends_at and bool(one.waiting)
    if one.stopped_at is None and (one.stop_asked_at is not None or late):
        one = await _anew(database, one)
        refusal = await _cancel(wecom, moment_id)
        taken = refusal is None
    told = await reading.read(database, wecom, one, moment_id, calls)
    at = clock()
    async with database.transaction() as session:
        seen = await reading.kept(session, one.id)
        shown = await landing.land(session, one, seen, at)
        await reading.forget(session, one.id, seen)
        if taken or one.stopped_at is not None:
            await _stopped(session, one, told, at, taken=taken)
        trouble = refusal or told.trouble
        if told.cut:
            await _again(session, one, at)
        elif trouble is not None:
            await _troubled(session, one, trouble, told, at)
        else:
            await _next(session, one, at)
    counts["shown"] += shown
    counts["published"] += len(seen)
    counts["taken_back"] += int(taken)


async def _anew(database: Database, one: Due) -> Due:
    """Who has published is asked from the beginning, so that all of it is said after a cancel."""
    if one.task_cursor:
        async with database.transaction() as session:
            await session.execute(
                update(MomentPart).where(col(MomentPart.id) == one.id).values(task_cursor=""),
                execution_options=UNTRACKED,
            )
    return replace(one, task_cursor="")


async def _cancel(wecom: Caller, moment_id: str) -> WecomError | None:
    try:
        await moments.cancel(wecom, moment_id)
    except AlreadyDone:
        return None
    except WecomError as error:
        return error
    return None


async def _made(database: Database, wecom: Caller, one: Due, clock: Callable[[], datetime]) -> str:
    """The moment's id once WeCom's job is done; empty where it is not, or came to nothing."""
    if not one.jobid:
        async with database.transaction() as session:
            if clock() >= one.poll_until:
                await _give_up(session, one, "企业微信没有给出任务编号", Reading(), clock())
            else:
                await _again(session, one, one.poll_until)
        return ""
    result = await moments.job_result(wecom, one.jobid)
    at = clock()
    async with database.transaction() as session:
        if result.status != moments.DONE:
            if at >= one.poll_until:
                await _give_up(session, one, "企业微信一直没有建好", Reading(), at)
            else:
                await _again(session, one, at + min(max(at - one.since, SOON), LATER))
            return ""
        if result.errcode or not result.moment_id:
            cause = f"WeCom {result.errcode}"
            await settling.came_to_nothing(session, one.id, "failed", cause, at)
            await open_work(
                session, [_work(one, "moment_failed", "企业微信没有发出企业朋友圈", cause)], at=at
            )
            await landing.note(session, one, "moment.part_failed", at, cause=cause)
            return ""
        values: dict[str, Any] = {"moment_id": result.moment_id}
        if result.invalid_tags:  # without its tag it would be public
            values |= {
                "stop_asked_at": func.coalesce(col(MomentPart.stop_asked_at), at),
                "next_poll_at": at,
            }
            what = "企业朋友圈的标签失效，可能全部可见"
            await open_work(
                session,
                [_work(one, "moment_strangers", what, "已请企业微信停止；请核对已发表的")],
                at=at,
            )
        await session.execute(
            update(MomentPart).where(col(MomentPart.id) == one.id).values(**values),
            execution_options=UNTRACKED,
        )
        refused = {userid.lower() for userid in result.invalid_senders}
        if refused:
            await landing.members(session, one.id, refused, "refused", at)
            await settling.missed_of(session, one.id, refused, at)
        await landing.note(session, one, "moment.made", at, moment=result.moment_id)
    return "" if result.invalid_tags else result.moment_id


async def _stopped(
    session: AsyncSession, one: Due, told: Reading, at: datetime, *, taken: bool
) -> None:
    """Nobody can publish it any more: who has not, by WeCom's word after that, has not."""
    if taken:
        await session.execute(
            update(MomentPart).where(col(MomentPart.id) == one.id).values(stopped_at=at),
            execution_options=UNTRACKED,
        )
    missing = await _silent(session, one) if told.listed else frozenset()
    await _missed(session, one, missing, at)
    if taken or missing:
        await landing.note(session, one, "moment.taken_back", at, members=len(missing))


async def _silent(session: AsyncSession, one: Due) -> frozenset[str]:
    """Members of whom WeCom has not said that they published."""
    return one.waiting - await reading.published(session, one.id)


async def _missed(session: AsyncSession, one: Due, userids: frozenset[str], at: datetime) -> None:
    if not userids:
        return
    state = "missed" if one.stop_asked_at is None else "stopped"
    await landing.members(session, one.id, userids, state, at, was="waiting")
    await settling.missed_of(session, one.id, userids, at)


async def _troubled(
    session: AsyncSession, one: Due, error: Exception, told: Reading, at: datetime
) -> None:
    """WeCom did not answer, or said no: again a little later, or for the last time."""
    _log.warning("moments.results_failed", part=one.id, cause=type(error).__name__)
    if at >= one.poll_until:
        cause = error.person if isinstance(error, WecomError) else type(error).__name__
        await _give_up(session, one, cause, told, at)
    else:  # 41079: WeCom is still making it
        await _again(session, one, at + (SOON if isinstance(error, Busy) else LATER))


async def _give_up(
    session: AsyncSession, one: Due, cause: str, told: Reading, at: datetime
) -> None:
    """The window is over and something is not known: the call ends, and a person is told.

    Who is known not to have published is missed; of whom nothing is known stays as they are and
    keeps their slots.
    """
    if not await _end(session, one, at, cause):
        return
    halves = await reading.kept(session, one.id, halves=True)
    await landing.land(session, one, halves, at)
    await reading.forget(session, one.id, halves)
    if told.listed:
        await _missed(session, one, await _silent(session, one), at)
    why = f"{cause.rstrip('。')}。已过查询期限，不再询问；请到企业微信核对谁发表了，没有发表的请在那里停止"
    await open_work(session, [_work(one, "moment_unclear", "企业朋友圈的结果没有问清", why)], at=at)
    await landing.note(session, one, "moment.unclear", at, cause=cause)


async def _next(session: AsyncSession, one: Due, at: datetime) -> None:
    """Soon at first, then in growing steps, at the end of it, until the window is over."""
    if at >= one.poll_until:
        await _end(session, one, at)
        return
    age = max(at - one.since, timedelta(minutes=1))
    longest = timedelta(minutes=15) if at < one.ends_at else timedelta(hours=2)
    again = at + min(age * _GROWTH, longest)
    await _again(session, one, min(again, one.ends_at) if at < one.ends_at else again)


async def _end(session: AsyncSession, one: Due, at: datetime, cause: str = "") -> bool:
    """No more questions; False where something was asked of it meanwhile, which comes first."""
    ended = await session.execute(
        update(MomentPart)
        .where(*_as_read(one))
        .values(state="ended", next_poll_at=None, cause=cause[:400])
        .returning(col(MomentPart.id)),
        execution_options=UNTRACKED,
    )
    if ended.first() is None:
        return False
    await withdrawing.over(session, [one.task_id], at)
    return True


async def _again(session: AsyncSession, one: Due, when: datetime) -> None:
    await session.execute(
        update(MomentPart).where(*_as_read(one)).values(next_poll_at=when),
        execution_options=UNTRACKED,
    )


def _as_read(one: Due) -> list[Any]:
    """The call stands as it was read: a stop that was asked for since is not put off."""
    return [
        col(MomentPart.id) == one.id,
        col(MomentPart.state) == "created",
        col(MomentPart.next_poll_at) == one.next_poll_at,
        col(MomentPart.stop_asked_at).is_not_distinct_from(one.stop_asked_at),
    ]


def _work(one: Due, kind: str, title: str, why: str) -> Work:
    return Work(
        key=f"{kind}:{one.id}", kind=kind, title=title, why=why, unit_id=one.unit_id,
        facts={"moment": one.task_id},
    )  # fmt: skip
