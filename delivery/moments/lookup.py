"""A moment's call without a trustworthy answer: WeCom's own list is asked, never is it made twice.

Found by the exact text, the moment of asking and one of its members; the job id that got lost is
not needed then. Not found after WeCom had time to make it: it never arrived.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery import doubt
from delivery.models import MomentPart, MomentSender, OutboxState
from delivery.moments import leaving, settling
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from kit import ledger
from kit.db import Database
from wecom import moments
from wecom.client import Caller
from wecom.moments import Listed

SETTLES_AFTER: Final = timedelta(minutes=30)
"""A moment is made by a job of WeCom's; only after this is one that is not in the list absent."""
CORP: Final = 0


async def resolve(
    database: Database,
    wecom: Caller,
    claim: Claim,
    claimed_at: datetime,
    clock: Callable[[], datetime],
) -> str:
    """``found``, ``absent`` or ``waiting``. Raises what WeCom said."""
    part_id = int(claim.payload["part_id"])
    async with database.reading() as session:
        asked_at = await _left_at(session, part_id) or claimed_at
        members = await _members(session, part_id)
        taken = await _known(session)
    found = await _find(wecom, claim, asked_at, taken, members)
    at = clock()
    if found is None and at - asked_at < SETTLES_AFTER:
        return "waiting"
    async with database.transaction() as session:
        if found is not None:
            state, act = OutboxState.SENT, "moment.found"
        else:
            again = claim.expires_at > at
            state, act = OutboxState.QUEUED if again else OutboxState.EXPIRED, "moment.absent"
        reference = found.moment_id if found else ""
        if not await outbox.resolve(
            session, claim, state, at=at, reference=reference, cause="" if found else ABSENT
        ):
            return "waiting"
        if found is not None:
            await settling.taken(session, part_id, at, moment_id=found.moment_id)
        elif state is OutboxState.QUEUED:
            await leaving.stay(session, part_id)
            await settling.queued_again(session, part_id)
        else:
            await settling.settled(session, part_id, state, "", at, ABSENT)
        resolution = "企业微信的朋友圈列表里找到了" if found else "企业微信没有这一条，重新安排"
        await doubt.settle(session, claim, resolution, at=at)
        entry = ledger.Entry(
            kind="send", act=act, actor="system:lookup", object=f"outbox:{claim.id}",
            unit=claim.unit_id, payload={"key": claim.key, "reference": reference},
        )  # fmt: skip
        await ledger.append(session, [entry], at=at)
    return "found" if found else "absent"


ABSENT: Final = "not in WeCom's list"


async def _left_at(session: AsyncSession, part_id: int) -> datetime | None:
    """When the call was let go: long after it was claimed, where there was much to read."""
    query = select(col(MomentPart.departed_at)).where(col(MomentPart.id) == part_id)
    return (await session.execute(query)).scalar_one_or_none()


async def _members(session: AsyncSession, part_id: int) -> set[str]:
    query = select(col(MomentSender.userid)).where(col(MomentSender.part_id) == part_id)
    return set((await session.execute(query)).scalars())


async def _known(session: AsyncSession) -> set[str]:
    query = select(col(MomentPart.moment_id)).where(col(MomentPart.moment_id) != "")
    return set((await session.execute(query)).scalars())


async def _find(
    wecom: Caller, claim: Claim, asked_at: datetime, taken: set[str], members: set[str]
) -> Listed | None:
    """The moment in WeCom's list that is this call: by its words, its time, one of its members."""
    since, until = asked_at - doubt.CLOCKS_DIFFER, asked_at + doubt.CLOCKS_DIFFER
    async for page in moments.listed(wecom, since, until, filter_type=CORP):
        for one in page.items:
            if one.text != claim.payload["text"] or one.moment_id in taken:
                continue
            async for tasks in moments.tasks(wecom, one.moment_id):
                if any(task.staff_id.lower() in members for task in tasks.items):
                    return one
    return None
