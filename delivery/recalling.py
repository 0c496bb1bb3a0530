"""Words are recalled, replaced or out of date: what waits with them leaves every queue at once.

A recall empties the queues in the transaction that retires the version, as an opt-out does for
its customer. Validity ends without anybody doing anything, so whatever leaves looks again right
before it leaves: the gate for to-dos, tickets and text messages, ``stale`` for broadcasts and
welcomes, whose text was fixed earlier.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library import repository as scripts_of
from content_library import service
from content_library.facts import PURPOSES, State
from delivery.models import Broadcast, BroadcastRecipient
from delivery.queues import HANDED_OVER, NOT_SENT, QUEUES, WAITING, Wish, Withdrawn
from delivery.words_now import stale
from delivery.worklist import Work, open_work
from kit import ledger

EACH_ON_RECORD: Final = 200


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a recall took out of the queues, by kind of thing, and how many broadcasts were at
    WeCom already (their member is told to stop them)."""

    withdrawn: Mapping[str, int]
    at_wecom: int

    @property
    def total(self) -> int:
        """How many things will not happen."""
        return sum(self.withdrawn.values())


async def recall(
    session: AsyncSession, version_id: int, *, by: str, reason: str, at: datetime
) -> Recalled:
    """Retire an approved version and empty every queue of it, effective on commit.

    Raises WrongState, OpinionNeeded and ScriptUnknown as ``service.retire``.
    """
    await service.retire(session, version_id, by=by, reason=reason, at=at)
    return await withdraw(session, [version_id], by=by, reason="话术停用", at=at)


async def approve(session: AsyncSession, version_id: int, **decided: object) -> bool:
    """Approve as ``service.approve`` does; where that replaces a version, its queues are emptied.

    Returns whether the version is in use now: False while it waits for its second level.
    """
    in_use = await service.approve(session, version_id, **decided)  # type: ignore[arg-type]
    if not in_use:
        return False
    code = (await scripts_of.version(session, version_id)).script.code
    older = [
        one.script.version_id
        for one in await scripts_of.versions(session, code)
        if one.script.state == State.RETIRED
    ]
    by, at = decided["by"], decided["at"]
    assert isinstance(by, str)  # noqa: S101 — service.approve has taken them
    assert isinstance(at, datetime)  # noqa: S101
    await withdraw(session, older, by=by, reason="新版替代", at=at)
    return True


async def withdraw(
    session: AsyncSession, versions: Collection[int], *, by: str, reason: str, at: datetime
) -> Recalled:
    """Take everything with these words out of every queue, whoever it is for."""
    if not versions:
        return Recalled({}, 0)
    wish = Wish(None, PURPOSES, tuple(sorted(versions)))
    withdrawn: list[Withdrawn] = []
    for queue in QUEUES:
        withdrawn += await queue.withdraw(session, wish, at)
    await _record(session, withdrawn, wish, by=by, reason=reason, at=at)
    handed = await _tell(session, wish, at=at)
    counts = Counter(one.object.partition(":")[0] for one in withdrawn)
    return Recalled(dict(counts), handed)


async def waiting_with(session: AsyncSession, version_id: int) -> int:
    """How many customers a broadcast with these words still waits for, for whoever recalls it."""
    query = (
        select(func.count())
        .select_from(BroadcastRecipient)
        .join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(
            col(Broadcast.script_version_id) == version_id,
            col(Broadcast.state).in_(WAITING),
            col(BroadcastRecipient.state) == "planned",
        )
    )
    return int((await session.execute(query)).scalar_one())


async def stale_broadcast(session: AsyncSession, broadcast_id: int, at: datetime) -> bool:
    """Whether a broadcast's words may not be said any more; then its queue is emptied here."""
    query = select(col(Broadcast.script_version_id)).where(col(Broadcast.id) == broadcast_id)
    version_id = (await session.execute(query)).scalar_one()
    if not await stale(session, version_id, at):
        return False
    await withdraw(session, [version_id], by="system:dispatcher", reason="话术失效", at=at)
    return True


async def _record(
    session: AsyncSession,
    withdrawn: Sequence[Withdrawn],
    wish: Wish,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    if len(withdrawn) <= EACH_ON_RECORD:
        entries = [
            ledger.Entry(
                kind="send",
                act="queue.recalled",
                actor=by,
                object=one.object,
                unit=one.unit_id,
                reason=reason,
                payload={"customer": one.customer_id},
            )
            for one in withdrawn
        ]
    else:
        counts: dict[str, Counter[str]] = {}
        for one in withdrawn:
            counts.setdefault(one.unit_id, Counter())[one.object.partition(":")[0]] += 1
        entries = [
            ledger.Entry(
                kind="send",
                act="queue.recalled",
                actor=by,
                object="list:recall",
                unit=unit,
                reason=reason,
                payload={"withdrawn": dict(number), "versions": list(wish.versions or ())},
            )
            for unit, number in sorted(counts.items())
        ]
    await ledger.append(session, entries, at=at)


async def _tell(session: AsyncSession, wish: Wish, *, at: datetime) -> int:
    """Broadcasts that WeCom has and no member has confirmed: only the member can stop them."""
    arrived = col(Broadcast.state).in_(HANDED_OVER)
    leaving = and_(col(Broadcast.state).in_(WAITING), col(Broadcast.departed_at).is_not(None))
    anybody = (
        select(col(BroadcastRecipient.broadcast_id))
        .where(
            col(BroadcastRecipient.broadcast_id) == col(Broadcast.id),
            col(BroadcastRecipient.state).in_(NOT_SENT),
        )
        .exists()
    )
    query = select(col(Broadcast.id), col(Broadcast.staff_id), col(Broadcast.unit_id)).where(
        *wish.of(Broadcast), or_(arrived, leaving), col(Broadcast.confirmed_at).is_(None), anybody
    )
    works = [
        Work(
            key=f"recalled_in_task:{number}",
            kind="recalled_in_task",
            title="话术停用时，群发任务已在企业微信等成员确认",
            why="请不要在企业微信确认这条群发，并在“群发助手”里停止它",
            unit_id=unit_id,
            staff_id=staff_id,
            facts={"broadcast": number},
        )
        for number, staff_id, unit_id in await session.execute(query)
    ]
    await open_work(session, works, at=at)
    return len(works)
