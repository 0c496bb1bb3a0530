"""What WeCom says a member's moment was shown to is written down: readers, strangers, touches.

A customer counts as shown only by the member on whose list they stand. Everybody else who could
see it, by whichever member, is told to a person, because the visible list was not kept then.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync import shown_tags
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.people import customers_of_contacts
from crm_sync.shown_tags import Pair
from delivery import quota
from delivery.models import MomentReader, MomentSender, MomentTask
from delivery.moments.facts import ReaderState
from delivery.repository import touches
from delivery.repository.touches import Touched
from delivery.worklist import Work, open_work
from kit import ledger
from kit.clock import bank_date

MAY_BE_SHOWN: Final = (ReaderState.PLANNED, ReaderState.MISSED)
_HOLD_SLOTS: Final = (ReaderState.PLANNED, ReaderState.LATE)


@dataclass(frozen=True, slots=True)
class Due:
    """A call that WeCom is to be asked about, as it was read. ``unseen``: its members of whom it
    is not known that they published, ``waiting`` those of them who still may."""

    id: int
    task_id: int
    jobid: str
    moment_id: str
    unit_id: str
    purpose: str
    since: datetime
    ends_at: datetime
    poll_until: datetime
    next_poll_at: datetime
    stop_asked_at: datetime | None
    stopped_at: datetime | None
    task_cursor: str
    waiting: frozenset[str]
    unseen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What WeCom says of one member's moment."""

    userid: str
    contacts: frozenset[str]


async def land(session: AsyncSession, one: Due, seen: Collection[Seen], at: datetime) -> int:
    """Readers who could see it, strangers among them, and members who published; set-based.

    Returns how many of the list were shown it. Whoever was missed and sees it after all holds
    their slots and their tag again, also above a cap, because it has happened.
    """
    if not seen:
        return 0
    pairs = {(member.userid, contact) for member in seen for contact in member.contacts}
    customers = await customers_of_contacts(session, {contact for _, contact in pairs})
    rows = await _readers(session, one, {contact for _, contact in pairs}, customers)
    own = {(row.userid, row.external_userid): row for row in rows}
    fresh = [own[pair] for pair in pairs & own.keys() if own[pair].state in MAY_BE_SHOWN]
    listed = {(row.userid, row.external_userid) for row in fresh}
    listed |= {pair for pair, row in own.items() if row.state == ReaderState.SHOWN}
    strangers = pairs - listed
    extra = _extra(rows, strangers, customers, {row.customer_id for row in fresh})
    await _states(session, one, [row.customer_id for row in fresh], ReaderState.SHOWN, at)
    await _states(session, one, [row.customer_id for row, _ in extra], ReaderState.EXTRA, at)
    await _tags(session, one, fresh, [row for row, _ in extra], at)
    staff = await _staff(session, one, {member.userid for member in seen})
    by_whom = [(row, row.userid) for row in fresh] + extra
    await touches.record(session, [_touch(one, row, staff.get(by), at) for row, by in by_whom])
    again = [row for row, _ in by_whom if row.state not in _HOLD_SLOTS]
    await quota.count_moments(
        session, [(row.key, row.customer_id) for row in again], one.purpose, bank_date(one.ends_at)
    )
    await _tell(session, one, strangers, staff, at)
    await members(session, one.id, {member.userid for member in seen}, "published", at)
    await note(
        session, one, "moment.published", at, members=len(seen), shown=len(fresh),
        strangers=len(strangers),
    )  # fmt: skip
    return len(fresh)


async def _readers(
    session: AsyncSession, one: Due, contacts: Collection[str], customers: dict[str, int]
) -> Sequence[Any]:
    """The rows of these contacts and customers, held: a no that comes now waits, or was first."""
    query = (
        select(
            col(MomentReader.customer_id), col(MomentReader.userid), col(MomentReader.staff_id),
            col(MomentReader.external_userid), col(MomentReader.unit_id), col(MomentReader.key),
            col(MomentReader.state),
        )
        .where(
            col(MomentReader.task_id) == one.task_id,
            or_(
                among(session, col(MomentReader.external_userid), contacts),
                among(session, col(MomentReader.customer_id), set(customers.values())),
            ),
        )
        .order_by(col(MomentReader.customer_id))
        .with_for_update()
    )  # fmt: skip
    return (await session.execute(query)).all()


def _extra(
    rows: Sequence[Any], strangers: set[Pair], customers: dict[str, int], shown: set[int]
) -> list[tuple[Any, str]]:
    """Customers of the audience who saw it without being on that member's list, and by whom.

    Who is shown it by their own member as well stays shown; the work item tells of the rest.
    """
    by_id = {row.customer_id: row for row in rows}
    by_contact = {row.external_userid: row for row in rows if row.external_userid}
    found: dict[int, tuple[Any, str]] = {}
    for userid, contact in sorted(strangers):
        for row in (by_contact.get(contact), by_id.get(customers.get(contact, 0))):
            if row is None or row.customer_id in shown:
                continue
            if row.state not in (ReaderState.SHOWN, ReaderState.EXTRA):
                found.setdefault(row.customer_id, (row, userid))
    return list(found.values())


async def _states(
    session: AsyncSession, one: Due, ids: Collection[int], state: ReaderState, at: datetime
) -> None:
    if not ids:
        return
    await session.execute(
        update(MomentReader)
        .where(
            col(MomentReader.task_id) == one.task_id,
            among(session, col(MomentReader.customer_id), ids),
        )
        .values(state=state, shown_at=at),
        execution_options=UNTRACKED,
    )


async def _tags(
    session: AsyncSession, one: Due, fresh: Sequence[Any], extra: Sequence[Any], at: datetime
) -> None:
    """The tag stands on who is shown it; who has seen it by another member is not shown it twice."""
    back = {(row.userid, row.external_userid) for row in fresh if row.state == ReaderState.MISSED}
    off = {(row.userid, row.external_userid) for row in extra if row.state == ReaderState.PLANNED}
    if not back and not off:
        return
    query = select(col(MomentTask.tag_id)).where(col(MomentTask.id) == one.task_id)
    tag_id = (await session.execute(query)).scalar_one()
    if back:
        await shown_tags.want(session, tag_id, back, at)
    await shown_tags.unwant(session, tag_id, off, at)


async def _staff(
    session: AsyncSession, one: Due, userids: Collection[str]
) -> dict[str, tuple[str, str]]:
    query = select(
        col(MomentSender.userid), col(MomentSender.staff_id), col(MomentSender.unit_id)
    ).where(col(MomentSender.part_id) == one.id, among(session, col(MomentSender.userid), userids))
    return {row.userid: (row.staff_id, row.unit_id) for row in await session.execute(query)}


def _touch(one: Due, row: Any, by: tuple[str, str] | None, at: datetime) -> Touched:
    return Touched(
        source=f"moment:{one.task_id}/{row.customer_id}",
        customer_id=row.customer_id,
        staff_id=by[0] if by else row.staff_id,
        unit_id=row.unit_id,
        channel="moments",
        purpose=one.purpose,
        trigger="moment",
        state="sent",
        at=at,
    )


async def _tell(
    session: AsyncSession,
    one: Due,
    strangers: set[Pair],
    staff: dict[str, tuple[str, str]],
    at: datetime,
) -> None:
    """WeCom showed it to people who are not on the member's list: told to a person."""
    works = []
    for userid in sorted({by for by, _ in strangers}):
        contacts = sorted(contact for by, contact in strangers if by == userid)
        works.append(
            Work(
                key=f"moment_strangers:{one.id}:{userid}",
                kind="moment_strangers",
                title=f"企业朋友圈给名单外的 {len(contacts)} 位看到了",
                why="有人在企业微信里手工打了可见标签、客户在发表前退订，或可见范围与名单不同，请核对",
                unit_id=staff.get(userid, ("", one.unit_id))[1],
                staff_id=staff.get(userid, (None, ""))[0],
                evidence={"contacts": contacts},
                facts={"moment": one.task_id},
            )
        )
    await open_work(session, works, at=at)


async def members(
    session: AsyncSession,
    part_id: int,
    userids: Collection[str],
    state: str,
    at: datetime,
    *,
    was: str = "",
) -> None:
    """These members of a call are in ``state`` from now on, those only who were in ``was``."""
    if not userids:
        return
    where = [
        col(MomentSender.part_id) == part_id,
        among(session, col(MomentSender.userid), userids),
    ]
    if was:
        where.append(col(MomentSender.state) == was)
    await session.execute(
        update(MomentSender).where(*where).values(state=state, seen_at=at),
        execution_options=UNTRACKED,
    )


async def note(session: AsyncSession, one: Due, act: str, at: datetime, **payload: Any) -> None:
    """The entry of what WeCom said of a call."""
    entry = ledger.Entry(
        kind="send", act=act, actor="wecom", object=f"moment:{one.task_id}", unit=one.unit_id,
        payload={"part": one.id, **payload},
    )  # fmt: skip
    await ledger.append(session, [entry], at=at)
