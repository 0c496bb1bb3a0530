"""Reads the broadcasts that others made: the list of them, then whom each member's part reached.

What members send by hand, the console and other apps count against the same limit of a customer
(developer page 92135). The list is read by ``get_groupmsg_list_v2``, a month at most; each of them
is asked about until its result window ends or every member has sent it. Where a reading breaks
off, the next goes on from there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED
from delivery.broadcasts import RESULT_WINDOW
from delivery.models import OutsideBroadcast
from delivery.outside import repository
from delivery.polling import pause, pause_after
from kit import log
from kit.clock import bank_date
from kit.db import Database, insert_new
from wecom import broadcasts
from wecom.broadcasts import Task
from wecom.client import Caller
from wecom.errors import Refused, Rejected, WecomError

AT_ONCE: Final = 50
MONTH: Final = timedelta(days=31)
LATELY: Final = timedelta(days=2)
KEPT: Final = timedelta(days=62)
"""Longer than WeCom's longest window, a month, wherever in it one stands."""
SETTLED: Final = timedelta(minutes=10)
"""So long after a member sent it every customer's result is there."""
LEASE: Final = timedelta(minutes=10)
_CANCELLED: Final = 41093
_BAD_CURSOR: Final = 50100

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    msgid: str
    creator: str
    made_at: datetime
    poll_until: datetime
    next_poll_at: datetime
    failures: int
    read: frozenset[str]
    member: str
    cursor: str


async def read(
    database: Database, wecom: Caller, clock: Callable[[], datetime], *, whole_month: bool = False
) -> dict[str, int]:
    """List what is new, then ask about what is due; counts. Raises WecomError where not even the
    list can be read. ``whole_month``: look back as far as WeCom lets one, not two days."""
    at = clock()
    async with database.reading() as session:
        first = (await session.execute(select(col(OutsideBroadcast.msgid)).limit(1))).first()
    back = MONTH if whole_month or first is None else LATELY
    found = await _list(database, wecom, at - back, at)
    counts: Counter[str] = Counter(found=found, asked=0, reached=0, forgotten=0)
    asked: set[str] = set()
    while True:
        async with database.reading() as session:
            due = [one for one in await _due(session, clock()) if one.msgid not in asked]
        if not due:
            break
        for one in due:
            asked.add(one.msgid)
            counts["asked"] += 1
            counts["reached"] += await _guarded(database, wecom, one, clock)
    async with database.transaction() as session:
        await repository.drop_ours(session)
        counts["forgotten"] = await repository.forget(session, bank_date(at - KEPT))
    return dict(counts)


async def _list(database: Database, wecom: Caller, since: datetime, until: datetime) -> int:
    found = 0
    async for page in broadcasts.listed(wecom, "single", since, until):
        async with database.transaction() as session:
            known = await repository.known(session, [one.msgid for one in page.items])
            rows = [
                {
                    "msgid": one.msgid,
                    "creator": one.creator.lower(),
                    "create_type": one.create_type or 0,
                    "made_at": one.created_at or until,
                    "found_at": until,
                    "state": "open",
                    "next_poll_at": until,
                    "poll_until": (one.created_at or until) + RESULT_WINDOW,
                    "poll_failures": 0,
                    "read": [],
                    "read_member": "",
                    "read_cursor": "",
                }
                for one in page.items
                if one.msgid not in known
            ]
            await insert_new(session, OutsideBroadcast, rows, key=["msgid"])
            found += len(rows)
    return found


async def _due(session: AsyncSession, at: datetime) -> list[_Due]:
    query = (
        select(OutsideBroadcast)
        .where(col(OutsideBroadcast.state) == "open", col(OutsideBroadcast.next_poll_at) <= at)
        .order_by(col(OutsideBroadcast.next_poll_at), col(OutsideBroadcast.msgid))
        .limit(AT_ONCE)
    )
    return [
        _Due(
            row.msgid, row.creator, row.made_at, row.poll_until, row.next_poll_at or at,
            row.poll_failures, frozenset(row.read), row.read_member, row.read_cursor,
        )
        for row in (await session.execute(query)).scalars()
    ]  # fmt: skip


async def _guarded(
    database: Database, wecom: Caller, one: _Due, clock: Callable[[], datetime]
) -> int:
    """Ask about one; whatever goes wrong with it is its own, and it is asked about later."""
    async with database.transaction() as session:
        mine = await session.execute(
            update(OutsideBroadcast)
            .where(
                col(OutsideBroadcast.msgid) == one.msgid,
                col(OutsideBroadcast.next_poll_at) == one.next_poll_at,
            )
            .values(next_poll_at=clock() + LEASE)
            .returning(col(OutsideBroadcast.msgid)),
            execution_options=UNTRACKED,
        )
        if mine.first() is None:
            return 0
    try:
        return await _ask(database, wecom, one, clock)
    except Exception as error:  # because one bad task must not keep the others waiting
        _log.warning(
            "delivery.outside_failed",
            cause=type(error).__name__,
            errcode=error.errcode if isinstance(error, WecomError) else None,
        )
        at, failures = clock(), one.failures + 1
        async with database.transaction() as session:
            over = at >= one.poll_until
            await _write(
                session, one, poll_failures=failures, state="ended" if over else "open",
                next_poll_at=None if over else at + pause_after(failures),
            )  # fmt: skip
    return 0


async def _ask(database: Database, wecom: Caller, one: _Due, clock: Callable[[], datetime]) -> int:
    tasks = await _tasks(wecom, one)
    sent = {task.staff_id.lower(): task for task in tasks if task.status == broadcasts.TASK_SENT}
    reached, known = 0, set(one.read)
    for userid in sorted(set(sent) - known):
        cursor = one.cursor if userid == one.member else ""
        reached += await _member(database, wecom, one, userid, cursor)
        moment = sent[userid].sent_at
        if moment is not None and clock() - moment >= SETTLED:
            known.add(userid)
    at = clock()
    done = bool(tasks) and known >= {task.staff_id.lower() for task in tasks}
    over = done or at >= one.poll_until
    async with database.transaction() as session:
        await _write(
            session, one, read=sorted(known), read_member="", read_cursor="", poll_failures=0,
            state="ended" if over else "open",
            next_poll_at=None if over else min(at + pause(at - one.made_at), one.poll_until),
        )  # fmt: skip
    return reached


async def _tasks(wecom: Caller, one: _Due) -> list[Task]:
    """Every member's part. Of a cancelled one WeCom no longer tells; its maker may have sent it."""
    found: list[Task] = []
    try:
        async for page in broadcasts.tasks(wecom, one.msgid):
            found += page.items
    except Refused as error:
        if error.errcode != _CANCELLED:
            raise
        made_by = [one.creator] if one.creator else []
        return [Task(userid, broadcasts.TASK_SENT, one.made_at) for userid in made_by]
    return found


async def _member(database: Database, wecom: Caller, one: _Due, userid: str, cursor: str) -> int:
    try:
        return await _pages(database, wecom, one, userid, cursor)
    except Rejected as error:
        if error.errcode != _BAD_CURSOR or not cursor:
            raise
        return await _pages(database, wecom, one, userid, "")


async def _pages(database: Database, wecom: Caller, one: _Due, userid: str, cursor: str) -> int:
    number = 0
    async for page in broadcasts.results(wecom, one.msgid, userid, cursor):
        reached = [
            (result.external_userid, bank_date(result.sent_at or one.made_at))
            for result in page.items
            if result.status == broadcasts.SENT and result.external_userid
        ]
        async with database.transaction() as session:
            await repository.note(session, one.msgid, reached)
            await _write(session, one, read_member=userid, read_cursor=page.next_cursor)
        number += len(reached)
    return number


async def _write(session: AsyncSession, one: _Due, **values: Any) -> None:
    await session.execute(
        update(OutsideBroadcast).where(col(OutsideBroadcast.msgid) == one.msgid).values(**values),
        execution_options=UNTRACKED,
    )
