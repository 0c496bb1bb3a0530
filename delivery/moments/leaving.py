"""The last moment before a moment's call leaves: the gate once more, and the tag as WeCom has it.

A moment is shown to whoever carries its tag, so the call goes only when WeCom itself says that of
its members' customers exactly those on the list carry it. Whoever does not pass any more is taken
off first; whoever carries the tag without being on the list has it taken off; the call then waits.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync import shown_tags
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.people import people
from crm_sync.shown_tags import Pair
from delivery.desk import Desk
from delivery.models import MomentPart, MomentReader, MomentSender, MomentTask
from delivery.moments import audience
from delivery.moments.audience import Candidate
from delivery.moments.facts import MomentFact, ReaderState
from delivery.moments.gathering import take_off
from delivery.moments.service import fact_of
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from delivery.words_now import stale
from kit.db import Database
from kit.pacing.deadlines import prolong

STALE: Final = "its words were recalled or are out of date"


class LeaseOver(Exception):
    """Somebody else has taken the call over while WeCom was being read."""


@dataclass(frozen=True, slots=True)
class Called:
    """What a call is about to ask: of which members, by which tag."""

    task: MomentFact
    userids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether a call may go: ``wait`` says what it waits for, ``nobody`` why it never goes."""

    userids: tuple[str, ...] = ()
    wait: str = ""
    nobody: str = ""


def lease(desk: Desk) -> timedelta:
    """How long a moment's call may be read for, judged again and made before anybody doubts it."""
    return timedelta(minutes=desk.moments.call.lease_minutes)


def renewing(
    database: Database, claim: Claim, clock: Callable[[], datetime], long: timedelta
) -> Callable[[], Awaitable[None]]:
    """What to call again and again while WeCom is being read: it renews the lease of the call as
    soon as a third of it is gone. Raises LeaseOver where somebody else has the call now."""
    renewed = clock()

    async def go_on() -> None:
        nonlocal renewed
        at = clock()
        if at - renewed < long / 3:
            return
        async with database.transaction() as session:
            if not await outbox.renew(session, claim, at=at, lease=long):
                raise LeaseOver
        prolong(long.total_seconds())
        renewed = at

    return go_on


async def called(session: AsyncSession, part_id: int) -> Called:
    """The moment of a call and the members who are to publish it."""
    query = (
        select(MomentTask)
        .join(MomentPart, col(MomentPart.task_id) == col(MomentTask.id))
        .where(col(MomentPart.id) == part_id)
    )
    task = fact_of((await session.execute(query)).scalar_one())
    members = select(col(MomentSender.userid)).where(
        col(MomentSender.part_id) == part_id, col(MomentSender.state) == "waiting"
    )
    return Called(task, tuple(sorted((await session.execute(members)).scalars())))


async def leave(
    session: AsyncSession,
    claim: Claim,
    carrying: frozenset[Pair],
    *,
    at: datetime,
    desk: Desk,
) -> Leave:
    """Let the call go, or say why not; what has to be put right is written either way. Commit.
    Raises LeaseOver.

    ``carrying``: the pairs of its members that carry the tag, asked of WeCom a moment ago.
    """
    part_id = int(claim.payload["part_id"])
    if not await outbox.renew(session, claim, at=at, lease=lease(desk)):
        raise LeaseOver
    prolong(lease(desk).total_seconds())
    one = (await called(session, part_id)).task
    if await stale(session, one.script_version_id, at):
        return Leave(nobody=STALE)
    rows = await _held(session, part_id)
    if rows is None:
        return Leave(wait="a customer in it is saying no at this moment")
    refused = await _refused(session, one, rows, desk=desk, at=at)
    for why, ids in refused.items():
        await take_off(session, one, ids, why, ReaderState.WITHDRAWN, at)
    gone = {number for ids in refused.values() for number in ids}
    kept = {(row.userid, row.external_userid): row for row in rows if row.customer_id not in gone}
    strangers = carrying - kept.keys()
    await shown_tags.seen_on(session, one.tag_id, strangers, at)
    missing = kept.keys() - carrying
    patience = timedelta(minutes=desk.moments.time.patience_minutes)
    if missing and at >= one.starts_at + patience:
        ids = [kept[pair].customer_id for pair in missing]
        await take_off(session, one, ids, "no_tag", ReaderState.WITHDRAWN, at)
        kept = {pair: row for pair, row in kept.items() if pair not in missing}
    if not kept:
        return Leave(nobody="nobody on its list may be shown it any more")
    if strangers or missing:
        return Leave(wait="the tag does not stand on exactly the list yet")
    userids = tuple(sorted({userid for userid, _ in kept}))
    await _depart(session, part_id, userids, at)
    return Leave(userids)


async def _held(session: AsyncSession, part_id: int) -> Sequence[Any] | None:
    """The list's rows, held; None where somebody is being taken off it at this moment."""
    mine = (
        col(MomentReader.part_id) == part_id,
        col(MomentReader.state) == ReaderState.PLANNED,
    )
    query = select(
        col(MomentReader.customer_id), col(MomentReader.userid), col(MomentReader.external_userid)
    ).where(*mine)
    rows = (await session.execute(query.with_for_update(skip_locked=True))).all()
    count = select(func.count()).select_from(MomentReader).where(*mine)
    return rows if len(rows) == int((await session.execute(count)).scalar_one()) else None


async def _refused(
    session: AsyncSession, one: MomentFact, rows: Sequence[Any], *, desk: Desk, at: datetime
) -> dict[str, list[int]]:
    """Those who do not pass any more, by their reasons; judged as on the first day, all at once."""
    found: dict[str, list[int]] = {}
    for start in range(0, len(rows), audience.PAGE):
        some = rows[start : start + audience.PAGE]
        near = await people(session, [row.customer_id for row in some])
        candidates = []
        for row in some:
            customer, reach = near.get(row.customer_id, (None, None))
            pair = (reach.userid, reach.external_userid) if reach else None
            if customer is None or pair != (row.userid, row.external_userid):
                found.setdefault("moved", []).append(row.customer_id)
            elif not audience.awake(customer, one, desk):
                found.setdefault(audience.LATE, []).append(row.customer_id)
            else:
                candidates.append(Candidate(customer, reach))
        judged = await audience.judged(session, one, candidates, desk=desk, at=at)
        for number, reasons in judged.items():
            if reasons:
                found.setdefault(",".join(reasons), []).append(number)
    return found


async def _depart(
    session: AsyncSession, part_id: int, userids: Sequence[str], at: datetime
) -> None:
    await session.execute(
        update(MomentPart).where(col(MomentPart.id) == part_id).values(departed_at=at),
        execution_options=UNTRACKED,
    )
    await session.execute(
        update(MomentSender)
        .where(
            col(MomentSender.part_id) == part_id, ~among(session, col(MomentSender.userid), userids)
        )
        .values(state="stopped"),
        execution_options=UNTRACKED,
    )


async def stay(session: AsyncSession, part_id: int) -> None:
    """It is certain that the call did not arrive: who says no from now on is still in time."""
    await session.execute(
        update(MomentPart).where(col(MomentPart.id) == part_id).values(departed_at=None),
        execution_options=UNTRACKED,
    )
