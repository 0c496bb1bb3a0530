"""A broadcast without a trustworthy answer: WeCom's own list is asked, never is it made twice.

WeCom's list names no sender of what the API made, so the same words of another member stand in it
beside ours. Ours is the one with our member's task and with our customers in it. One that shows no
task yet (it waits for WeCom's administrator) may be ours: the doubt stays.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery import doubt
from delivery.broadcasts import RESULT_WINDOW
from delivery.models import Broadcast, BroadcastRecipient, OutboxState
from delivery.phrasing import FIRST_POLL
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from kit import ledger
from kit.db import Database
from wecom import broadcasts
from wecom.broadcasts import Listed
from wecom.client import Caller
from wecom.errors import Refused

SETTLES_AFTER: Final = timedelta(minutes=5)
"""WeCom's list may lag; only after this is a task that is not in it one that never arrived."""
ABSENT: Final = "not in WeCom's list"


class _Whose(Enum):
    OURS = "ours"
    ANOTHERS = "another's"
    NOBODY_KNOWS = "nobody knows"


async def resolve(
    database: Database, wecom: Caller, claim: Claim, clock: Callable[[], datetime]
) -> str:
    """``found``, ``absent`` or ``waiting``. Raises what WeCom said."""
    async with database.reading() as session:
        claimed_at = await outbox.claimed_at(session, claim)
        departed, contacts = await _left(session, claim)
    found, clear = None, True
    if departed:  # else the process vanished before its call could leave: it never did
        candidates = await _alike(wecom, claim, claimed_at)
        async with database.reading() as session:
            known = await _known(session, candidates)
        for one in candidates:
            whose = _Whose.ANOTHERS
            if one.msgid not in known:
                whose = await _whose(wecom, one, claim.userid, contacts)
            if whose is _Whose.OURS:
                found = one
                break
            clear = clear and whose is _Whose.ANOTHERS
    at = clock()
    if found is None and departed and (not clear or at - claimed_at < SETTLES_AFTER):
        return "waiting"
    async with database.transaction() as session:
        if found is not None:
            kept = await _adopt(session, claim, found, at)
        else:
            kept = await _again(session, claim, at)
    if not kept:
        return "waiting"
    return "found" if found is not None else "absent"


async def _alike(wecom: Caller, claim: Claim, claimed_at: datetime) -> list[Listed]:
    """The tasks with these words round that moment, the nearest first."""
    since, until = claimed_at - doubt.CLOCKS_DIFFER, claimed_at + doubt.CLOCKS_DIFFER
    alike = [
        one
        async for page in broadcasts.listed(wecom, "single", since, until, filter_type=0)
        for one in page.items
        if one.text == claim.payload["text"]
    ]
    return sorted(alike, key=lambda one: abs((one.created_at or until) - claimed_at))


async def _whose(wecom: Caller, one: Listed, userid: str, contacts: Collection[str]) -> _Whose:
    try:
        members = [
            task.staff_id.lower()
            async for page in broadcasts.tasks(wecom, one.msgid)
            for task in page.items
        ]
    except Refused:  # 41093: somebody has cancelled it, and nobody says any more whose it was
        members = []
    if not members:
        return _Whose.NOBODY_KNOWS
    if userid.lower() not in members:
        return _Whose.ANOTHERS
    told = {
        result.external_userid
        async for page in broadcasts.results(wecom, one.msgid, userid)
        for result in page.items
    }
    if not told:
        return _Whose.NOBODY_KNOWS
    return _Whose.OURS if told <= set(contacts) else _Whose.ANOTHERS


async def _adopt(session: AsyncSession, claim: Claim, found: Listed, at: datetime) -> bool:
    if not await outbox.resolve(session, claim, OutboxState.SENT, at=at, reference=found.msgid):
        return False
    await _follow(
        session,
        claim,
        state="created",
        msgid=found.msgid,
        next_poll_at=at + FIRST_POLL,
        poll_until=at + RESULT_WINDOW,
    )
    await record(session, claim, "broadcast.found", at, reference=found.msgid)
    await doubt.settle(session, claim, "企业微信的任务列表里找到了", at=at)
    return True


async def _again(session: AsyncSession, claim: Claim, at: datetime) -> bool:
    """It never arrived: queued anew where there is time left."""
    again = claim.expires_at > at
    state = OutboxState.QUEUED if again else OutboxState.EXPIRED
    if not await outbox.resolve(session, claim, state, at=at, cause=ABSENT):
        return False
    await _follow(session, claim, state="queued" if again else "failed", departed_at=None)
    await record(session, claim, "broadcast.absent", at)
    resolution = "企业微信没有这一条，重新安排" if again else "企业微信没有这一条，已过期，不再发送"
    await doubt.settle(session, claim, resolution, at=at)
    return True


async def _follow(session: AsyncSession, claim: Claim, **values: object) -> None:
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.id) == int(claim.payload["broadcast_id"]))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def _left(session: AsyncSession, claim: Claim) -> tuple[bool, set[str]]:
    """Whether the call had left, and the contacts it may have been for."""
    number = int(claim.payload["broadcast_id"])
    departed = select(col(Broadcast.departed_at)).where(col(Broadcast.id) == number)
    contacts = select(col(BroadcastRecipient.external_userid)).where(
        col(BroadcastRecipient.broadcast_id) == number
    )
    return (
        (await session.execute(departed)).scalar_one() is not None,
        set((await session.execute(contacts)).scalars()),
    )


async def _known(session: AsyncSession, candidates: Collection[Listed]) -> set[str]:
    """Those of the candidates that are known to be another broadcast of ours."""
    query = select(col(Broadcast.msgid)).where(
        col(Broadcast.msgid).in_([one.msgid for one in candidates])
    )
    return set((await session.execute(query)).scalars()) if candidates else set()


async def record(
    session: AsyncSession, claim: Claim, act: str, at: datetime, *, reference: str = ""
) -> None:
    """The ledger entry of what was found out."""
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
