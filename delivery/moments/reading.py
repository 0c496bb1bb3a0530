"""What WeCom says of a moment, read page by page; each page is kept with the cursor behind it.

A reading that broke off, or for which no call of the round was left, goes on where it stood. What
was read of a member is kept apart until both of their lists are whole: who is a stranger to the
list, and who is shown it by another member as well, shows in the whole only.
"""

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED, among
from delivery.models import MomentPart, MomentSeen, MomentSender
from delivery.moments.landing import Due, Seen
from delivery.polling import BAD_CURSOR, Calls
from kit.db import Database, insert_new
from wecom import moments
from wecom.answers import Page
from wecom.client import Caller
from wecom.errors import Refused, Rejected, RelationGone, WecomError

UNSEEN: Final = ("waiting", "missed", "stopped")
MAY_SEE, REACHED, WHOLE = "may_see", "reached", "whole"
_LISTS: Final[dict[str, tuple[Callable[..., AsyncIterator[Page[str]]], str]]] = {
    MAY_SEE: (moments.may_see, REACHED),
    REACHED: (moments.reached, WHOLE),
}
"""The lists of a member in the order they are read, and what comes after each."""


@dataclass(slots=True)
class Reading:
    """How a reading went. ``listed``: WeCom said of every member whether they published; ``cut``:
    no call was left, the next round goes on; ``silent``: WeCom does not answer at all."""

    listed: bool = False
    cut: bool = False
    trouble: WecomError | None = None
    silent: bool = False
    tried: set[str] = field(default_factory=set)


async def read(
    database: Database, wecom: Caller, one: Due, moment_id: str, calls: Calls
) -> Reading:
    """Read on: members whose lists were begun, then who has published, then the lists of those."""
    told = Reading()
    await _lists(database, wecom, one, moment_id, calls, told)
    if not told.cut:
        told.silent = False  # what is wrong with one member's list need not be with the others
        await _published(database, wecom, one, moment_id, calls, told)
        await _lists(database, wecom, one, moment_id, calls, told)
    return told


async def _published(
    database: Database, wecom: Caller, one: Due, moment_id: str, calls: Calls, told: Reading
) -> None:
    """Who has published, from where the last reading stood; an unknown cursor begins anew."""
    try:
        try:
            await _tasks(database, wecom, one, moment_id, one.task_cursor, calls, told)
        except Rejected as error:
            if error.errcode != BAD_CURSOR or not one.task_cursor:
                raise
            await _tasks(database, wecom, one, moment_id, "", calls, told)
    except WecomError as error:
        told.trouble = error


async def _tasks(
    database: Database,
    wecom: Caller,
    one: Due,
    moment_id: str,
    cursor: str,
    calls: Calls,
    told: Reading,
) -> None:
    if not calls.take():
        told.cut = True
        return
    async for page in moments.tasks(wecom, moment_id, cursor):
        found = {task.staff_id.lower() for task in page.items if task.published} & one.unseen
        async with database.transaction() as session:
            if found:
                await session.execute(
                    update(MomentSender)
                    .where(
                        col(MomentSender.part_id) == one.id,
                        among(session, col(MomentSender.userid), found),
                        col(MomentSender.reading) == "",
                    )
                    .values(reading=MAY_SEE),
                    execution_options=UNTRACKED,
                )
            await session.execute(
                update(MomentPart)
                .where(col(MomentPart.id) == one.id)
                .values(task_cursor=page.next_cursor),
                execution_options=UNTRACKED,
            )
        if page.next_cursor and not calls.take():
            told.cut = True
            return
    told.listed = True


async def _lists(
    database: Database, wecom: Caller, one: Due, moment_id: str, calls: Calls, told: Reading
) -> None:
    """To whom WeCom shows the moment of each member who has published it."""
    async with database.reading() as session:
        query = (
            select(
                col(MomentSender.userid),
                col(MomentSender.reading),
                col(MomentSender.read_cursor),
            )
            .where(
                col(MomentSender.part_id) == one.id,
                col(MomentSender.state).in_(UNSEEN),
                col(MomentSender.reading).in_([MAY_SEE, REACHED]),
            )
            .order_by(col(MomentSender.userid))
        )
        unread = [tuple(row) for row in await session.execute(query)]
    for userid, step, cursor in unread:
        if told.cut or told.silent:
            return
        if userid in told.tried:
            continue
        told.tried.add(userid)
        try:
            await _member(database, wecom, one, moment_id, userid, step, cursor, calls, told)
        except (Refused, Rejected, RelationGone) as error:  # of this member alone
            told.trouble = error
        except WecomError as error:
            told.trouble, told.silent = error, True


async def _member(
    database: Database,
    wecom: Caller,
    one: Due,
    moment_id: str,
    userid: str,
    step: str,
    cursor: str,
    calls: Calls,
    told: Reading,
) -> None:
    while step != WHOLE and not told.cut:
        try:
            await _pages(database, wecom, one, moment_id, userid, step, cursor, calls, told)
        except Rejected as error:
            if error.errcode != BAD_CURSOR or not cursor:
                raise
            await _pages(database, wecom, one, moment_id, userid, step, "", calls, told)
        step, cursor = _LISTS[step][1], ""


async def _pages(
    database: Database,
    wecom: Caller,
    one: Due,
    moment_id: str,
    userid: str,
    step: str,
    cursor: str,
    calls: Calls,
    told: Reading,
) -> None:
    if not calls.take():
        told.cut = True
        return
    ask, after = _LISTS[step]
    async for page in ask(wecom, moment_id, userid, cursor):
        async with database.transaction() as session:
            rows = [
                {"part_id": one.id, "userid": userid, "external_userid": contact}
                for contact in dict.fromkeys(page.items)
            ]
            await insert_new(
                session, MomentSeen, rows, key=["part_id", "userid", "external_userid"]
            )
            await session.execute(
                update(MomentSender)
                .where(col(MomentSender.part_id) == one.id, col(MomentSender.userid) == userid)
                .values(reading=step if page.next_cursor else after, read_cursor=page.next_cursor),
                execution_options=UNTRACKED,
            )
        if page.next_cursor and not calls.take():
            told.cut = True
            return


async def kept(session: AsyncSession, part_id: int, *, halves: bool = False) -> list[Seen]:
    """What was read of members whose lists are whole; ``halves``: of everybody who published.

    Their rows are held, so that of two processes one writes it down.
    """
    query = (
        select(col(MomentSender.userid))
        .where(
            col(MomentSender.part_id) == part_id,
            col(MomentSender.state).in_(UNSEEN),
            col(MomentSender.reading) != "" if halves else col(MomentSender.reading) == WHOLE,
        )
        .order_by(col(MomentSender.userid))
        .with_for_update()
    )
    contacts: dict[str, set[str]] = {
        userid: set() for userid in (await session.execute(query)).scalars()
    }
    if not contacts:
        return []
    rows = await session.execute(
        select(col(MomentSeen.userid), col(MomentSeen.external_userid)).where(
            col(MomentSeen.part_id) == part_id, among(session, col(MomentSeen.userid), contacts)
        )
    )
    for userid, contact in rows:
        contacts[userid].add(contact)
    return [Seen(userid, frozenset(found)) for userid, found in contacts.items()]


async def forget(session: AsyncSession, part_id: int, seen: Collection[Seen]) -> None:
    """It is written down where it belongs; the pages are needed no more."""
    if seen:
        await session.execute(
            delete(MomentSeen).where(
                col(MomentSeen.part_id) == part_id,
                among(session, col(MomentSeen.userid), [member.userid for member in seen]),
            ),
            execution_options=UNTRACKED,
        )


async def published(session: AsyncSession, part_id: int) -> frozenset[str]:
    """Members of a call of whom WeCom has ever said that they published it."""
    query = select(col(MomentSender.userid)).where(
        col(MomentSender.part_id) == part_id, col(MomentSender.reading) != ""
    )
    return frozenset((await session.execute(query)).scalars())
