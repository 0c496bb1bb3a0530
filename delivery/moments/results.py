"""What became of moments: the job, who has published, who could see it; asked by cursor.

No callback tells of it (pages 95094, 93333), so it is asked soon and then less and less often.
Whoever WeCom shows a moment without being on its list is told to a person; what nobody published
by its end is taken back.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.people import customers_of_contacts
from delivery.models import MomentPart, MomentReader, MomentSender, MomentTask
from delivery.moments import settling, withdrawing
from delivery.moments.facts import ReaderState
from delivery.repository import touches
from delivery.repository.touches import Touched
from delivery.worklist import Work, open_work
from kit import ledger, log
from kit.db import Database
from wecom import moments
from wecom.client import Caller
from wecom.errors import Busy, WecomError

AT_ONCE: Final = 50
_GROWTH: Final = 2

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    task_id: int
    jobid: str
    moment_id: str
    unit_id: str
    purpose: str
    since: datetime
    ends_at: datetime
    poll_until: datetime
    stop_asked_at: datetime | None
    stopped_at: datetime | None
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What WeCom says of one member's moment."""

    userid: str
    contacts: frozenset[str]


async def poll(database: Database, wecom: Caller, clock: Callable[[], datetime]) -> dict[str, int]:
    """Ask WeCom about every call that is due for it; returns counts."""
    counts = {"asked": 0, "published": 0, "shown": 0, "taken_back": 0}
    async with database.reading() as session:
        due = await _due(session, clock())
    for one in due:
        counts["asked"] += 1
        try:
            await _ask(database, wecom, one, clock, counts)
        except Busy:  # 41079: WeCom is still making it
            await _later(database, one, clock() + timedelta(seconds=30))
        except WecomError as error:
            _log.warning("moments.results_failed", part=one.id, cause=type(error).__name__)
            await _later(database, one, clock() + timedelta(minutes=10))
    return counts


async def _due(session: AsyncSession, at: datetime) -> list[_Due]:
    query = (
        select(MomentPart, col(MomentTask.purpose))
        .join(MomentTask, col(MomentTask.id) == col(MomentPart.task_id))
        .where(col(MomentPart.state) == "created", col(MomentPart.next_poll_at) <= at)
        .order_by(col(MomentPart.next_poll_at))
        .limit(AT_ONCE)
    )
    rows = (await session.execute(query)).all()
    members = select(col(MomentSender.part_id), col(MomentSender.userid)).where(
        col(MomentSender.part_id).in_([part.id for part, _ in rows]),
        col(MomentSender.state) == "waiting",
    )
    waiting: dict[int, set[str]] = {}
    for part_id, userid in await session.execute(members):
        waiting.setdefault(part_id, set()).add(userid)
    return [
        _Due(
            part.id, part.task_id, part.jobid, part.moment_id, part.unit_id, purpose,
            part.departed_at or part.created_at, part.ends_at, part.poll_until or at, part.stop_asked_at,
            part.stopped_at, frozenset(waiting.get(part.id, ())),
        )
        for part, purpose in rows
    ]  # fmt: skip


async def _ask(
    database: Database,
    wecom: Caller,
    one: _Due,
    clock: Callable[[], datetime],
    counts: dict[str, int],
) -> None:
    moment_id = one.moment_id or await _made(database, wecom, one, clock)
    if not moment_id:
        return
    published: set[str] = set()
    async for page in moments.tasks(wecom, moment_id):
        published.update(
            task.staff_id.lower()
            for task in page.items
            if task.published and task.staff_id.lower() in one.waiting
        )
    seen = [
        _Seen(userid, await _contacts(wecom, moment_id, userid)) for userid in sorted(published)
    ]
    late = clock() >= one.ends_at and bool(one.waiting - published)
    asked = one.stop_asked_at is not None or late
    if asked and one.stopped_at is None:
        await moments.cancel(wecom, moment_id)
        counts["taken_back"] += 1
    async with database.transaction() as session:
        counts["shown"] += await _land(session, one, seen, clock())
        counts["published"] += len(seen)
        if asked and one.stopped_at is None:
            await _taken_back(session, one, one.waiting - published, clock())
        await _next(session, one, clock())


async def _made(database: Database, wecom: Caller, one: _Due, clock: Callable[[], datetime]) -> str:
    """The moment's id once WeCom's job is done; empty where it is not, or came to nothing."""
    result = await moments.job_result(wecom, one.jobid)
    if result.status != moments.DONE:
        await _later(database, one, clock() + timedelta(seconds=30))
        return ""
    at = clock()
    async with database.transaction() as session:
        if result.errcode or not result.moment_id:
            cause = f"WeCom {result.errcode}"
            await settling.came_to_nothing(session, one.id, "failed", cause, at)
            await open_work(
                session, [_work(one, "moment_failed", "企业微信没有发出企业朋友圈", cause)], at=at
            )
            await _note(session, one, "moment.part_failed", at, cause=cause)
            return ""
        values: dict[str, Any] = {"moment_id": result.moment_id}
        if result.invalid_tags:  # without its tag it would be public
            values["stop_asked_at"] = at
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
            await _members(session, one.id, refused, "refused", at)
            await settling.missed_of(session, one.id, refused, at)
        await _note(session, one, "moment.made", at, moment=result.moment_id)
        if result.invalid_tags:
            await _later_in(session, one.id, at)
            return ""
    return result.moment_id


async def _contacts(wecom: Caller, moment_id: str, userid: str) -> frozenset[str]:
    """To whom WeCom shows one member's moment: whom it is for, and in whose moments it is."""
    found: set[str] = set()
    async for page in moments.may_see(wecom, moment_id, userid):
        found.update(page.items)
    async for page in moments.reached(wecom, moment_id, userid):
        found.update(page.items)
    return frozenset(found)


async def _land(session: AsyncSession, one: _Due, seen: Collection[_Seen], at: datetime) -> int:
    """Readers who could see it, strangers among them, and members who published; set-based."""
    if not seen:
        return 0
    where = {contact: member.userid for member in seen for contact in member.contacts}
    query = select(MomentReader).where(
        col(MomentReader.task_id) == one.task_id,
        among(session, col(MomentReader.external_userid), list(where)),
    )
    known = {row.external_userid: row for row in (await session.execute(query)).scalars()}
    shown = [row for contact, row in known.items() if row.userid == where[contact]]
    fresh = [row for row in shown if row.state != ReaderState.SHOWN]
    for row in fresh:
        row.state, row.shown_at = ReaderState.SHOWN, at
    await session.flush()
    staff = {row.userid: (row.staff_id, row.unit_id) for row in await _senders(session, one.id)}
    await touches.record(
        session,
        [
            Touched(
                source=f"moment:{one.task_id}/{row.customer_id}",
                customer_id=row.customer_id,
                staff_id=row.staff_id,
                unit_id=row.unit_id,
                channel="moments",
                purpose=one.purpose,
                trigger="moment",
                state="sent",
                at=at,
            )
            for row in fresh
        ],
    )
    strangers = {contact: userid for contact, userid in where.items() if contact not in known}
    await _strangers(session, one, strangers, staff, at)
    await _members(session, one.id, {member.userid for member in seen}, "published", at)
    await _note(session, one, "moment.published", at, members=len(seen), shown=len(fresh))
    return len(fresh)


async def _senders(session: AsyncSession, part_id: int) -> list[Any]:
    query = select(MomentSender).where(col(MomentSender.part_id) == part_id)
    return list((await session.execute(query)).scalars())


async def _strangers(
    session: AsyncSession,
    one: _Due,
    strangers: dict[str, str],
    staff: dict[str, tuple[str, str]],
    at: datetime,
) -> None:
    """WeCom showed it to people who are not on the list: kept, and told to a person."""
    if not strangers:
        return
    customers = await customers_of_contacts(session, list(strangers))
    if customers:
        await session.execute(
            update(MomentReader)
            .where(
                col(MomentReader.task_id) == one.task_id,
                among(session, col(MomentReader.customer_id), list(customers.values())),
            )
            .values(state=ReaderState.EXTRA, shown_at=at),
            execution_options=UNTRACKED,
        )
    works = [
        Work(
            key=f"moment_strangers:{one.id}:{userid}",
            kind="moment_strangers",
            title=f"企业朋友圈给名单外的 {sum(one == userid for one in strangers.values())} 位看到了",
            why="有人在企业微信里手工打了可见标签，或企业微信的可见范围与名单不同，请核对",
            unit_id=staff.get(userid, ("", one.unit_id))[1],
            staff_id=staff.get(userid, (None, ""))[0],
            evidence={"contacts": sorted(c for c, by in strangers.items() if by == userid)},
            facts={"moment": one.task_id},
        )
        for userid in sorted(set(strangers.values()))
    ]
    await open_work(session, works, at=at)


async def _members(
    session: AsyncSession, part_id: int, userids: Collection[str], state: str, at: datetime
) -> None:
    await session.execute(
        update(MomentSender)
        .where(
            col(MomentSender.part_id) == part_id, among(session, col(MomentSender.userid), userids)
        )
        .values(state=state, seen_at=at),
        execution_options=UNTRACKED,
    )


async def _taken_back(
    session: AsyncSession, one: _Due, userids: Collection[str], at: datetime
) -> None:
    await session.execute(
        update(MomentPart).where(col(MomentPart.id) == one.id).values(stopped_at=at),
        execution_options=UNTRACKED,
    )
    stopped = one.stop_asked_at is not None
    await _members(session, one.id, userids, "stopped" if stopped else "missed", at)
    await settling.missed_of(session, one.id, userids, at)
    await _note(session, one, "moment.taken_back", at, members=len(userids))


async def _next(session: AsyncSession, one: _Due, at: datetime) -> None:
    """Soon at first, then in growing steps, at the end of it, until the window is over."""
    if at >= one.poll_until:
        await session.execute(
            update(MomentPart)
            .where(col(MomentPart.id) == one.id)
            .values(state="ended", next_poll_at=None),
            execution_options=UNTRACKED,
        )
        await withdrawing.over(session, [one.task_id], at)
        return
    age = max(at - one.since, timedelta(minutes=1))
    longest = timedelta(minutes=15) if at < one.ends_at else timedelta(hours=2)
    again = at + min(age * _GROWTH, longest)
    await _later_in(session, one.id, min(again, one.ends_at) if at < one.ends_at else again)


async def _later_in(session: AsyncSession, part_id: int, when: datetime) -> None:
    await session.execute(
        update(MomentPart).where(col(MomentPart.id) == part_id).values(next_poll_at=when),
        execution_options=UNTRACKED,
    )


async def _later(database: Database, one: _Due, when: datetime) -> None:
    async with database.transaction() as session:
        await _later_in(session, one.id, when)


def _work(one: _Due, kind: str, title: str, why: str) -> Work:
    return Work(
        key=f"{kind}:{one.id}", kind=kind, title=title, why=why, unit_id=one.unit_id,
        facts={"moment": one.task_id},
    )  # fmt: skip


async def _note(session: AsyncSession, one: _Due, act: str, at: datetime, **payload: Any) -> None:
    entry = ledger.Entry(
        kind="send", act=act, actor="wecom", object=f"moment:{one.task_id}", unit=one.unit_id,
        payload={"part": one.id, **payload},
    )  # fmt: skip
    await ledger.append(session, [entry], at=at)
