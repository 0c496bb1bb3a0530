"""What became of broadcasts: tasks and results polled by cursor until WeCom's window ends.

No callback announces a member's confirmation (official page 93338), so it is asked for: soon
after creation, then less and less often. A page of results is written down with the cursor behind
it, so that a reading that was broken off goes on where it stood. What its member has not sent when
the window ends is cancelled first and asked about then: nothing goes out that nobody looks at.
One task that goes wrong is put off by itself.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import results_landing as landing
from delivery.polling import BAD_CURSOR, DISPATCHING, POISON, pause_after
from delivery.results_landing import STATES, Due, Standing
from delivery.worklist import Work, close_open, open_work
from kit import log
from kit.db import Database
from wecom import broadcasts
from wecom.client import Caller
from wecom.errors import AlreadyDone, Busy, Refused, Rejected, WecomError

__all__ = ["STATES", "poll"]

AT_ONCE: Final = 50
SIDE_BY_SIDE: Final = 4
A_ROUND: Final = timedelta(seconds=50)
"""The job comes every minute: what is due after this is asked about in its next round."""
ADMIN_PATIENCE: Final = timedelta(minutes=30)
_CANCELLED: Final = 41093

_log = log.get(__name__)


async def poll(database: Database, wecom: Caller, clock: Callable[[], datetime]) -> dict[str, int]:
    """Ask WeCom about every broadcast that is due for it; returns counts by new state."""
    counts: Counter[str] = Counter(asked=0)
    until, turn = clock() + A_ROUND, asyncio.Semaphore(SIDE_BY_SIDE)

    async def asked(one: Due) -> None:
        async with turn:
            await _guarded(database, wecom, one, clock, counts)

    while True:
        async with database.reading() as session:
            due = await landing.due(session, clock(), AT_ONCE)
        before = counts["asked"]
        async with asyncio.TaskGroup() as group:
            for one in due:
                group.create_task(asked(one))
        if counts["asked"] == before or clock() >= until:
            break
    await _tell_admin(database, clock())
    return dict(counts)


async def _guarded(
    database: Database,
    wecom: Caller,
    one: Due,
    clock: Callable[[], datetime],
    counts: Counter[str],
) -> None:
    """Ask about one broadcast; whatever goes wrong with it is its own."""
    async with database.transaction() as session:
        if not await landing.claim(session, one, clock()):
            return
    counts["asked"] += 1
    try:
        await _ask(database, wecom, one, clock, counts)
    except Busy:  # 41063: WeCom is still handing the task out
        async with database.transaction() as session:
            if clock() >= one.poll_until:
                await _failed(session, one, "busy", clock())
            else:
                await landing.put_off(session, one, one.failures, DISPATCHING, clock())
    except Exception as error:  # because one bad task must not keep the others waiting
        cause = error.person if isinstance(error, WecomError) else type(error).__name__
        _log.warning("delivery.results_failed", broadcast=one.id, cause=type(error).__name__)
        async with database.transaction() as session:
            await _failed(session, one, cause, clock())


async def _failed(session: AsyncSession, one: Due, cause: str, at: datetime) -> None:
    """Later and later; after the window it ends unclear. A person is told of what stays bad."""
    failures = one.failures + 1
    if at >= one.poll_until:
        await landing.end(session, one, "ended", at, cause=cause)
        why = f"{cause}。已过查询期限，不再询问；请到企业微信核对谁收到了，没有发出的请在那里停止"
        await landing.tell(session, one, "群发的结果没有问清", why, at)
        return
    if failures == POISON:
        why = f"{cause}。连续 {failures} 次没有问到，会继续问；请到企业微信核对"
        await landing.tell(session, one, "群发的结果一直问不到", why, at)
    await landing.put_off(session, one, failures, pause_after(failures), at)


async def _ask(
    database: Database,
    wecom: Caller,
    one: Due,
    clock: Callable[[], datetime],
    counts: Counter[str],
) -> None:
    """Where the task stands, then what became of each customer, page by page."""
    standing = await _standing(wecom, one, clock())
    over = clock() >= one.poll_until
    if over and standing.confirmed_at is None and not standing.cancelled:
        standing = await _taken_back(database, wecom, one, clock())
    if standing.confirmed_at is not None or standing.cancelled:
        await _read(database, wecom, one, standing, clock, counts)
    async with database.transaction() as session:
        state = await landing.settle(session, one, standing, clock())
    if state != one.state:
        counts[state] += 1


async def _standing(wecom: Caller, one: Due, at: datetime) -> Standing:
    """Whether a member has the task, and has sent it; nobody has: an administrator comes first."""
    listed, confirmed = False, None
    try:
        async for page in broadcasts.tasks(wecom, one.msgid):
            listed = listed or bool(page.items)
            for task in page.items:
                if task.staff_id.lower() == one.userid and task.status == broadcasts.TASK_SENT:
                    confirmed = task.sent_at or at
    except Refused as error:
        if error.errcode != _CANCELLED:
            raise
        return Standing(listed=False, cancelled=True)
    return Standing(listed, confirmed)


async def _taken_back(database: Database, wecom: Caller, one: Due, at: datetime) -> Standing:
    """Its time is over and nobody has sent it: cancelled, so that nobody sends it unseen."""
    try:
        await broadcasts.cancel(wecom, one.msgid)
    except AlreadyDone:
        return Standing(listed=False, cancelled=True)
    async with database.transaction() as session:
        await landing.note(session, one, "broadcast.taken_back", at)
    return Standing(listed=False, cancelled=True)


async def _read(
    database: Database,
    wecom: Caller,
    one: Due,
    standing: Standing,
    clock: Callable[[], datetime],
    counts: Counter[str],
) -> None:
    """Read on from where the last reading stood; a cursor WeCom knows no more begins anew."""
    try:
        await _pages(database, wecom, one, standing, clock, one.cursor, counts)
    except Rejected as error:
        if error.errcode != BAD_CURSOR or not one.cursor:
            raise
        await _pages(database, wecom, one, standing, clock, "", counts)


async def _pages(
    database: Database,
    wecom: Caller,
    one: Due,
    standing: Standing,
    clock: Callable[[], datetime],
    cursor: str,
    counts: Counter[str],
) -> None:
    async for page in broadcasts.results(wecom, one.msgid, one.userid, cursor):
        async with database.transaction() as session:
            counts.update(
                await landing.land(
                    session, one, page.items, page.next_cursor,
                    confirmed_at=standing.confirmed_at, at=clock(),
                )
            )  # fmt: skip


async def _tell_admin(database: Database, at: datetime) -> None:
    """One item for the head office while WeCom's administrator holds broadcasts back."""
    key = "broadcasts_await_admin"
    async with database.reading() as session:
        number = await landing.waiting_for_admin(session, at - ADMIN_PATIENCE)
    work = Work(
        key=key,
        kind="broadcasts_await_admin",
        title="有群发在等企业微信管理员同意",
        why="企业微信管理后台开了群发审批；管理员同意以前，客户经理看不到任务，客户也收不到",
        facts={"number": number},
        reopens=True,
    )
    async with database.transaction() as session:
        if number:
            await open_work(session, [work], at=at)
        else:
            await close_open(
                session, [key], by="system:results", resolution="管理员都处理完了", at=at
            )
