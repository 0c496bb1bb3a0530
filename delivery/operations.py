"""What operators may see and do about calls to WeCom, from outside the door."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import lookup
from delivery.errors import CallStateUnknown
from delivery.models import OutboxState
from delivery.phrasing import Texts
from delivery.repository import outbox
from delivery.repository.outbox import CallEnd, ListedCall
from delivery.repository.turns import waiting
from kit.db import Database
from kit.pacing.facts import Urgency
from wecom.client import Caller


async def calls(
    session: AsyncSession,
    *,
    states: Sequence[str] | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[ListedCall]:
    """Calls in the order they were queued, never with their payload. Raises CallStateUnknown."""
    try:
        wanted = [OutboxState(name) for name in states] if states else None
    except ValueError:
        raise CallStateUnknown(
            "没有这种状态", saw="、".join(states or ())[:40], do="、".join(OutboxState)
        ) from None
    return await outbox.listed(session, states=wanted, since=since, limit=limit)


async def call_counts(session: AsyncSession) -> dict[str, int]:
    """How many calls are in each state."""
    return await outbox.counts(session)


async def oldest_call_due(session: AsyncSession, at: datetime) -> datetime | None:
    """Since when the queued call that waits longest has been due; None when none is due."""
    return await outbox.oldest_due(session, at)


async def calls_waiting(session: AsyncSession, at: datetime) -> dict[Urgency, int]:
    """How many calls of each urgency are due and have not gone."""
    return await waiting(session, at)


async def newest_ends(
    session: AsyncSession, kinds: Sequence[str], *, since: datetime
) -> dict[str, CallEnd]:
    """How the newest settled call of each kind ended since then; kinds without one are left out."""
    return await outbox.newest_ends(session, kinds, since=since)


async def settle_unknown(
    database: Database,
    wecom: Caller,
    clock: Callable[[], datetime],
    texts: Texts | None = None,
) -> dict[str, int]:
    """Look up every call whose outcome nobody knows."""
    return await lookup.resolve_unknown(database, wecom, clock, texts)
