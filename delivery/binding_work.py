"""Links that a person must look at, as work: conflicts, and owners who are not the friend.

Who changes a link tells it here in the same transaction; the night finds what nobody told
(an owner who changed, a friend who left) and closes what has settled itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.adds_policy import AddsPolicy
from crm_sync.binding import BindingOutcome
from crm_sync.repository import mismatches
from crm_sync.repository.mismatches import Mismatch
from delivery.models import WorkItem
from delivery.worklist import Work, close_open, open_work
from kit.db import Database

CONFLICT: Final = "binding_conflict"
MISMATCH: Final = "owner_mismatch"
SYSTEM: Final = "system:binding"
PAGE: Final = 2_000


def conflict_key(external_userid: str) -> str:
    """The key of a contact's conflict."""
    return f"binding:{external_userid}"


def mismatch_key(external_userid: str, customer_id: int | None) -> str:
    """The key of a contact's owner mismatch."""
    return f"owner:{external_userid}:{customer_id}"


def work_of(outcome: BindingOutcome) -> Work | None:
    """What a person must decide about one judged link; None where nothing is open."""
    facts = {
        "method": outcome.method,
        "confidence": outcome.confidence,
        "reason": outcome.reason,
        "rivals": [
            {"customer_id": one.customer_id, "method": str(one.method)} for one in outcome.rivals
        ],
    }
    if outcome.state == "conflict":
        return Work(
            key=conflict_key(outcome.external_userid),
            kind=CONFLICT,
            title="好友对应哪位客户，证据不一致",
            why=outcome.saying or "不同证据指向不同客户",
            unit_id=outcome.unit_id,
            customer_id=outcome.customer_id,
            external_userid=outcome.external_userid,
            facts=facts,
            reopens=True,
        )
    if outcome.state == "confirmed" and outcome.owner_mismatch and outcome.customer_id:
        return _mismatch(
            Mismatch(
                outcome.external_userid,
                outcome.customer_id,
                outcome.unit_id,
                outcome.owner_staff_id,
                outcome.follower_staff_ids,
            ),
            {"method": outcome.method, "confidence": outcome.confidence},
        )
    return None


def _mismatch(one: Mismatch, facts: dict[str, object]) -> Work:
    return Work(
        key=mismatch_key(one.external_userid, one.customer_id),
        kind=MISMATCH,
        title="加好友的不是管户经理",
        why="客户已对应，但管户经理没有添加这位客户"
        if one.owner_staff_id
        else "客户已对应，但还没有管户经理",
        unit_id=one.unit_id,
        staff_id=one.owner_staff_id,
        customer_id=one.customer_id,
        external_userid=one.external_userid,
        facts={**facts, "friends": list(one.follower_staff_ids)},
        reopens=True,
    )


async def follow(
    session: AsyncSession, outcome: BindingOutcome, *, by: str, resolution: str, at: datetime
) -> None:
    """After a link was made or refused: close what it settles, open what it asks for."""
    if outcome.state == "confirmed":
        await close_open(
            session, [conflict_key(outcome.external_userid)], by=by, resolution=resolution, at=at
        )
    work = work_of(outcome)
    if work is not None:
        await open_work(session, [work], at=at)


async def forget(
    session: AsyncSession,
    external_userid: str,
    customer_id: int,
    *,
    by: str,
    resolution: str,
    at: datetime,
) -> None:
    """After a link was undone: nothing is left to decide about it."""
    keys = [conflict_key(external_userid), mismatch_key(external_userid, customer_id)]
    await close_open(session, keys, by=by, resolution=resolution, at=at)


async def sweep(database: Database, policy: AddsPolicy, at: datetime) -> dict[str, int]:
    """Open every owner mismatch that is not open, close those that are none any more.

    At most ``mismatch.at_once`` are opened a night, so that a first sync does not bury the
    branches; one that a person closed is left alone for ``again_days``.
    """
    counts = {"opened": 0, "settled": 0, "left": 0}
    after, room = "", policy.mismatch.at_once
    while True:
        async with database.transaction() as session:
            found = await mismatches.page(session, after=after, limit=PAGE)
            silent = await _known(session, found, at - timedelta(days=policy.mismatch.again_days))
            fresh = [_mismatch(one, {}) for one in found]
            fresh = [one for one in fresh if one.key not in silent]
            counts["opened"] += len(await open_work(session, fresh[:room], at=at))
            counts["left"] += len(fresh[room:])
            room -= len(fresh[:room])
        if len(found) < PAGE:
            break
        after = found[-1].external_userid
    counts["settled"] = await _settle(database, at)
    return counts


async def _known(session: AsyncSession, found: Sequence[Mismatch], since: datetime) -> set[str]:
    keys = [mismatch_key(one.external_userid, one.customer_id) for one in found]
    query = select(col(WorkItem.key)).where(
        col(WorkItem.key).in_(keys),
        (col(WorkItem.state) == "open") | (col(WorkItem.closed_at) > since),
    )
    return set((await session.execute(query)).scalars())


async def _settle(database: Database, at: datetime) -> int:
    after, settled = "", 0
    while True:
        async with database.transaction() as session:
            query = (
                select(col(WorkItem.key), col(WorkItem.external_userid))
                .where(
                    col(WorkItem.kind) == MISMATCH,
                    col(WorkItem.state) == "open",
                    col(WorkItem.key) > after,
                )
                .order_by(col(WorkItem.key))
                .limit(PAGE)
            )
            rows = (await session.execute(query)).all()
            standing = await mismatches.still(session, {row.external_userid or "" for row in rows})
            gone = [row.key for row in rows if row.external_userid not in standing]
            settled += len(
                await close_open(
                    session, gone, by=SYSTEM, resolution="管户经理已是好友，或已不再绑定", at=at
                )
            )
        if len(rows) < PAGE:
            return settled
        after = rows[-1].key
