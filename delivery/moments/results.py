"""What became of moments: the job, who has published, who could see it; asked by cursor.

No callback tells of it (pages 95094, 93333), so it is asked soon and then less and less often.
What nobody published by its end is taken back first and then asked about, so that whoever
published in between is found. What WeCom gave is kept whatever it refuses; when the window is
over the asking ends in any case, and where something stayed unclear a person is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED
from delivery.models import MomentPart, MomentSender, MomentTask
from delivery.moments import landing, settling, withdrawing
from delivery.moments.landing import Due, Seen
from delivery.worklist import Work, open_work
from kit import log
from kit.db import Database
from wecom import moments
from wecom.client import Caller
from wecom.errors import AlreadyDone, Busy, Refused, Rejected, RelationGone, WecomError

AT_ONCE: Final = 50
SOON: Final = timedelta(seconds=30)
LATER: Final = timedelta(minutes=10)
_GROWTH: Final = 2
_UNSEEN: Final = ("waiting", "missed", "stopped")

_log = log.get(__name__)


@dataclass(slots=True)
class _Reading:
    """What WeCom said of a call. ``listed``: it said of every member whether they published."""

    listed: bool = False
    published: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    trouble: WecomError | None = None


async def poll(database: Database, wecom: Caller, clock: Callable[[], datetime]) -> dict[str, int]:
    """Ask WeCom about every call that is due for it; returns counts."""
    counts = {"asked": 0, "published": 0, "shown": 0, "taken_back": 0}
    async with database.reading() as session:
        due = await _due(session, clock())
    for one in due:
        counts["asked"] += 1
        try:
            moment_id = one.moment_id or await _made(database, wecom, one, clock)
            if moment_id:
                await _ask(database, wecom, one, moment_id, clock, counts)
        except Exception as error:  # because one bad moment must not keep the others waiting
            async with database.transaction() as session:
                await _troubled(session, one, error, _Reading(), clock())
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
        col(MomentSender.state).in_(_UNSEEN),
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
            part.next_poll_at or at, part.stop_asked_at, part.stopped_at,
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
    counts: dict[str, int],
) -> None:
    """Take back what is to be, then read, then write down what was read, then settle."""
    refusal, taken = None, False
    late = clock() >= one.ends_at and bool(one.waiting)
    if one.stopped_at is None and (one.stop_asked_at is not None or late):
        refusal = await _cancel(wecom, moment_id)
        taken = refusal is None
    found = await _read(wecom, moment_id, one)
    at = clock()
    async with database.transaction() as session:
        shown = await landing.land(session, one, found.seen, at)
        if taken or one.stopped_at is not None:
            await _stopped(session, one, found, at, taken=taken)
        trouble = refusal or found.trouble
        if trouble is not None:
            await _troubled(session, one, trouble, found, at)
        else:
            await _next(session, one, at)
    counts["shown"] += shown
    counts["published"] += len(found.seen)
    counts["taken_back"] += int(taken)


async def _cancel(wecom: Caller, moment_id: str) -> WecomError | None:
    try:
        await moments.cancel(wecom, moment_id)
    except AlreadyDone:
        return None
    except WecomError as error:
        return error
    return None


async def _read(wecom: Caller, moment_id: str, one: Due) -> _Reading:
    """Who has published, and to whom each of them shows it, as far as WeCom says."""
    found = _Reading()
    try:
        async for page in moments.tasks(wecom, moment_id):
            found.published |= {
                task.staff_id.lower()
                for task in page.items
                if task.published and task.staff_id.lower() in one.unseen
            }
        found.listed = True
    except WecomError as error:
        found.trouble = error
    for userid in sorted(found.published):
        try:
            found.seen.append(Seen(userid, await _contacts(wecom, moment_id, userid)))
        except (Refused, Rejected, RelationGone) as error:  # of this member alone
            found.trouble = error
        except WecomError as error:
            found.trouble = error
            break
    return found


async def _contacts(wecom: Caller, moment_id: str, userid: str) -> frozenset[str]:
    """To whom WeCom shows one member's moment: whom it is for, and in whose moments it is."""
    found: set[str] = set()
    async for page in moments.may_see(wecom, moment_id, userid):
        found.update(page.items)
    async for page in moments.reached(wecom, moment_id, userid):
        found.update(page.items)
    return frozenset(found)


async def _made(database: Database, wecom: Caller, one: Due, clock: Callable[[], datetime]) -> str:
    """The moment's id once WeCom's job is done; empty where it is not, or came to nothing."""
    if not one.jobid:
        async with database.transaction() as session:
            if clock() >= one.poll_until:
                await _give_up(session, one, "企业微信没有给出任务编号", _Reading(), clock())
            else:
                await _again(session, one, one.poll_until)
        return ""
    result = await moments.job_result(wecom, one.jobid)
    at = clock()
    async with database.transaction() as session:
        if result.status != moments.DONE:
            if at >= one.poll_until:
                await _give_up(session, one, "企业微信一直没有建好", _Reading(), at)
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
    session: AsyncSession, one: Due, found: _Reading, at: datetime, *, taken: bool
) -> None:
    """Nobody can publish it any more: who has not, by WeCom's word after that, has not."""
    if taken:
        await session.execute(
            update(MomentPart).where(col(MomentPart.id) == one.id).values(stopped_at=at),
            execution_options=UNTRACKED,
        )
    missing = one.waiting - found.published if found.listed else frozenset()
    await _missed(session, one, missing, at)
    if taken or missing:
        await landing.note(session, one, "moment.taken_back", at, members=len(missing))


async def _missed(session: AsyncSession, one: Due, userids: frozenset[str], at: datetime) -> None:
    if not userids:
        return
    state = "missed" if one.stop_asked_at is None else "stopped"
    await landing.members(session, one.id, userids, state, at, was="waiting")
    await settling.missed_of(session, one.id, userids, at)


async def _troubled(
    session: AsyncSession, one: Due, error: Exception, found: _Reading, at: datetime
) -> None:
    """WeCom did not answer, or said no: again a little later, or for the last time."""
    _log.warning("moments.results_failed", part=one.id, cause=type(error).__name__)
    if at >= one.poll_until:
        cause = error.person if isinstance(error, WecomError) else type(error).__name__
        await _give_up(session, one, cause, found, at)
    else:  # 41079: WeCom is still making it
        await _again(session, one, at + (SOON if isinstance(error, Busy) else LATER))


async def _give_up(
    session: AsyncSession, one: Due, cause: str, found: _Reading, at: datetime
) -> None:
    """The window is over and something is not known: the call ends, and a person is told.

    Who is known not to have published is missed; of whom nothing is known stays as they are and
    keeps their slots.
    """
    if not await _end(session, one, at, cause):
        return
    if found.listed:
        await _missed(session, one, one.waiting - found.published, at)
    unread = found.published - {member.userid for member in found.seen}
    await landing.members(session, one.id, unread, "published", at)
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
