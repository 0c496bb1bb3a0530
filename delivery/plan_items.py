"""What one planning run decided, item by item: to-dos, places in broadcasts, refusals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.intents import Outcome
from delivery.models import Broadcast, BroadcastRecipient, IntentKey
from delivery.repository import keys

KEPT = (Outcome.QUEUED, Outcome.REPEATED)


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's place in a broadcast."""

    key: str
    broadcast_id: int
    customer_id: int
    staff_id: str
    trigger: str
    script_code: str
    script_version: int
    state: str  # of the task: gathering | queued | created | failed | unknown | confirmed …
    recipient_state: str
    channel_reason: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An intent that was not kept: ``reasons`` are codes, or what was missing."""

    key: str
    outcome: str
    reasons: str

    @property
    def trigger(self) -> str:
        """The trigger that the key begins with."""
        return self.key.partition(":")[0]


async def places(
    session: AsyncSession,
    created_at: datetime,
    *,
    trigger: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Place]:
    """Places in the broadcasts that a run made, by broadcast and contact."""
    query = (
        _placed()
        .where(*_of_run(created_at, trigger))
        .order_by(col(Broadcast.id), col(BroadcastRecipient.external_userid))
        .limit(limit)
        .offset(offset)
    )
    return [Place(*row) for row in await session.execute(query)]


async def place_of(session: AsyncSession, key: str) -> Place | None:
    """The place in a broadcast that an intent key stands for, or None."""
    query = _placed().where(col(BroadcastRecipient.key) == key).limit(1)
    row = (await session.execute(query)).first()
    return Place(*row) if row else None


async def count_places(
    session: AsyncSession, created_at: datetime, *, trigger: str | None = None
) -> int:
    """How many places in broadcasts a run made."""
    query = (
        select(func.count())
        .select_from(BroadcastRecipient)
        .join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(*_of_run(created_at, trigger))
    )
    return int((await session.execute(query)).scalar_one())


async def refusals(session: AsyncSession, at: datetime) -> list[Refusal]:
    """Everything that was newly refused at one moment, by key, whatever the reason."""
    query = (
        select(col(IntentKey.key), col(IntentKey.outcome), col(IntentKey.reasons))
        .where(col(IntentKey.at) == at, col(IntentKey.outcome).not_in([one.value for one in KEPT]))
        .order_by(col(IntentKey.key))
    )
    return [Refusal(*row) for row in await session.execute(query)]


async def refusal(session: AsyncSession, key: str) -> Refusal | None:
    """What stands of one intent key, if it was not kept."""
    row = await session.get(IntentKey, key)
    if row is None or row.outcome in {one.value for one in KEPT}:
        return None
    return Refusal(row.key, row.outcome, row.reasons)


async def fates(session: AsyncSession, names: Sequence[str]) -> list[Refusal]:
    """What became of each of these intent keys that was ever submitted; kept ones too."""
    found = await keys.known(session, names)
    return [Refusal(name, *found[name]) for name in names if name in found]


def _placed() -> Any:
    """The columns of a place, in its order."""
    return select(
        col(BroadcastRecipient.key),
        col(Broadcast.id),
        col(BroadcastRecipient.customer_id),
        col(Broadcast.staff_id),
        col(Broadcast.trigger),
        col(Broadcast.script_code),
        col(Broadcast.script_version),
        col(Broadcast.state),
        col(BroadcastRecipient.state),
        col(BroadcastRecipient.channel_reason),
    ).join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))


def _of_run(created_at: datetime, trigger: str | None) -> list[Any]:
    found: list[Any] = [col(Broadcast.created_at) == created_at]
    if trigger is not None:
        found.append(col(Broadcast.trigger) == trigger)
    return found
