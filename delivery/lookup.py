"""What became of calls without a trustworthy answer: WeCom is asked, else a person is.

A broadcast that may have arrived is looked for in WeCom's own list by sender, moment and exact
text. Found: its msgid is adopted. Not found after the list had time to show it: it never
arrived, and only then may it be made again. Nothing is resent while there is doubt.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.broadcasts import RESULT_WINDOW
from delivery.errors import WorkItemNotOpen
from delivery.facts import BROADCAST, MOMENT
from delivery.models import Broadcast, Outbox, OutboxState
from delivery.moments import lookup as moments
from delivery.phrasing import FIRST_POLL, Texts, text_done
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from delivery.text_messages import SMS
from delivery.worklist import Work, close_open, close_work, open_work
from kit import ledger, log
from kit.db import Database
from wecom import broadcasts
from wecom.broadcasts import Listed
from wecom.client import Caller
from wecom.errors import WecomError

SETTLES_AFTER: Final = timedelta(minutes=5)
"""WeCom's list may lag; only after this is a task that is not in it one that never arrived."""
CLOCKS_DIFFER: Final = timedelta(minutes=10)

_TEXT_CAUSE: Final = {True: "the gateway has it", False: "not at the gateway"}

_log = log.get(__name__)


async def resolve_unknown(
    database: Database,
    wecom: Caller,
    clock: Callable[[], datetime],
    texts: Texts | None = None,
) -> dict[str, int]:
    """Look up every unknown call; returns how many were found, absent, or still in doubt.

    ``texts``: what text messages are sent by; without it their end is shown to a person.
    """
    at = clock()
    async with database.transaction() as session:
        doubtful = await outbox.abandoned(session, at)
    counts = {"found": 0, "absent": 0, "waiting": 0, "shown": 0}
    for claim in doubtful:
        if claim.kind == SMS and texts is not None:
            try:
                counts[await _resolve_text(database, claim, texts)] += 1
            except WecomError as error:
                counts["waiting"] += 1
                _log.warning(
                    "delivery.lookup_failed", outbox_id=claim.id, cause=type(error).__name__
                )
            continue
        if claim.kind == MOMENT:
            try:
                counts[await _resolve_moment(database, wecom, claim, clock)] += 1
            except WecomError as error:
                counts["waiting"] += 1
                _log.warning(
                    "delivery.lookup_failed", outbox_id=claim.id, cause=type(error).__name__
                )
            continue
        if claim.kind != BROADCAST:
            counts["shown"] += 1
            async with database.transaction() as session:
                await _show(session, claim, at)
            continue
        try:
            counts[await _resolve_broadcast(database, wecom, claim, clock)] += 1
        except WecomError as error:
            counts["waiting"] += 1
            _log.warning("delivery.lookup_failed", outbox_id=claim.id, cause=type(error).__name__)
    return counts


async def _resolve_text(database: Database, claim: Claim, texts: Texts) -> str:
    """A text message: the gateway knows our number for it. Not there: it never arrived."""
    async with database.reading() as session:
        claimed_at = await _claimed_at(session, claim)
    taken = await texts.gateway.was_taken(str(claim.payload["todo_id"]))
    at = texts.clock()
    if not taken and at - claimed_at < SETTLES_AFTER:
        return "waiting"
    again = not taken and claim.expires_at > at
    state = OutboxState.SENT if taken else OutboxState.QUEUED if again else OutboxState.EXPIRED
    async with database.transaction() as session:
        if not await outbox.resolve(session, claim.id, state, at=at, cause=_TEXT_CAUSE[taken]):
            return "waiting"
        if not again:
            await text_done(session, claim, state, at=at, desk=texts.desk)
        await close_open(
            session,
            [f"outbox:{claim.id}:unknown"],
            by="system:lookup",
            resolution="短信平台有这一条" if taken else "短信平台没有这一条，重新安排",
            at=at,
        )
        await _record(session, claim, "sms.found" if taken else "sms.absent", at)
    return "found" if taken else "absent"


async def _resolve_moment(
    database: Database, wecom: Caller, claim: Claim, clock: Callable[[], datetime]
) -> str:
    async with database.reading() as session:
        claimed_at = await _claimed_at(session, claim)
    return await moments.resolve(database, wecom, claim, claimed_at, clock)


async def _resolve_broadcast(
    database: Database, wecom: Caller, claim: Claim, clock: Callable[[], datetime]
) -> str:
    async with database.reading() as session:
        claimed_at = await _claimed_at(session, claim)
        taken = await _known_msgids(session, claim.userid)
    found = await _find(wecom, claim, claimed_at, taken)
    at = clock()
    if found is None and at - claimed_at < SETTLES_AFTER:
        return "waiting"
    async with database.transaction() as session:
        if found is not None:
            await _adopt(session, claim, found, at)
            return "found"
        again = claim.expires_at > at
        state = OutboxState.QUEUED if again else OutboxState.EXPIRED
        await outbox.resolve(session, claim.id, state, at=at, cause="not in WeCom's list")
        await session.execute(
            update(Broadcast)
            .where(col(Broadcast.outbox_id) == claim.id)
            .values(state="queued" if again else "failed", departed_at=None)
            .execution_options(synchronize_session=False)
        )
        await _record(session, claim, "broadcast.absent", at)
    return "absent"


async def _find(
    wecom: Caller, claim: Claim, claimed_at: datetime, taken: set[str]
) -> Listed | None:
    """The task in WeCom's list that is this call, by text and moment; one of ours is not it."""
    since, until = claimed_at - CLOCKS_DIFFER, claimed_at + CLOCKS_DIFFER
    async for page in broadcasts.listed(wecom, "single", since, until, filter_type=0):
        for one in page.items:
            if one.text == claim.payload["text"] and one.msgid not in taken:
                return one if await _is_of(wecom, one, claim.userid) else None
    return None


async def _is_of(wecom: Caller, listed: Listed, userid: str) -> bool:
    """Whether the task is this member's: the list names no sender of API-made tasks."""
    async for page in broadcasts.tasks(wecom, listed.msgid):
        if any(task.staff_id.lower() == userid.lower() for task in page.items):
            return True
    return False


async def _adopt(session: AsyncSession, claim: Claim, found: Listed, at: datetime) -> None:
    await outbox.resolve(session, claim.id, OutboxState.SENT, at=at, reference=found.msgid)
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.outbox_id) == claim.id)
        .values(
            state="created",
            msgid=found.msgid,
            next_poll_at=at + FIRST_POLL,
            poll_until=at + RESULT_WINDOW,
        )
        .execution_options(synchronize_session=False)
    )
    await _record(session, claim, "broadcast.found", at, reference=found.msgid)
    key = f"outbox:{claim.id}:unknown"
    with contextlib.suppress(WorkItemNotOpen):  # a vanished process opened none
        await close_work(
            session, key, by="system:lookup", resolution="企业微信的任务列表里找到了", at=at
        )


async def _claimed_at(session: AsyncSession, claim: Claim) -> datetime:
    query = select(col(Outbox.claimed_at)).where(
        col(Outbox.id) == claim.id, col(Outbox.queued_at) == claim.queued_at
    )
    return (await session.execute(query)).scalar_one() or claim.queued_at


async def _known_msgids(session: AsyncSession, userid: str) -> set[str]:
    query = select(col(Broadcast.msgid)).where(
        col(Broadcast.userid) == userid, col(Broadcast.msgid) != ""
    )
    return set((await session.execute(query)).scalars())


async def _show(session: AsyncSession, claim: Claim, at: datetime) -> None:
    """Nobody can find out by asking: a welcome's or note's end is written down as uncertain."""
    await outbox.resolve(
        session, claim.id, OutboxState.FAILED, at=at, cause="outcome unknown, shown to a person"
    )
    await open_work(
        session,
        [
            Work(
                key=f"outbox:{claim.id}:unknown",
                kind="send_unknown",
                title="不知道企业微信收到没有",
                why=f"{claim.kind}：没有收到明确答复，已过可以查询的时间",
                unit_id=claim.unit_id,
                facts={"outbox_id": claim.id, "kind": claim.kind},
            )
        ],
        at=at,
    )
    await _record(session, claim, f"{claim.kind}.uncertain", at)


async def _record(
    session: AsyncSession, claim: Claim, act: str, at: datetime, *, reference: str = ""
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=act,
                actor="system:lookup",
                object=f"outbox:{claim.id}",
                unit=claim.unit_id,
                payload={"key": claim.key, "reference": reference},
            )
        ],
        at=at,
    )
