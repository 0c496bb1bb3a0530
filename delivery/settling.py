"""What follows from calls that ended: their rows, what hangs on them, the ledger, people told.

Calls that ended while the last transaction was being written share the next one. Where one of
them cannot be written, each is written by itself, so that it keeps up no other.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import doubt, quota
from delivery.metrics import EFFECTS
from delivery.models import OutboxState
from delivery.repository import claims
from delivery.repository.claims import Ended
from delivery.repository.outbox import Claim
from delivery.worklist import Work, open_work
from kit import ledger, log
from kit.db import Database

_log = log.get(__name__)


class Taken(Protocol):
    """What WeCom said when it took a call."""

    @property
    def reference(self) -> str: ...


class Follows(Protocol):
    """What a kind of call has written when it ended, and when it is queued again."""

    @property
    def settled(
        self,
    ) -> Callable[[AsyncSession, Claim, OutboxState, Any, datetime], Awaitable[None]]: ...

    @property
    def returned(self) -> Callable[[AsyncSession, Claim], Awaitable[None]] | None: ...


@dataclass(frozen=True, slots=True)
class End:
    """How one call ended; ``due_at``: when it is due again, where it is queued."""

    claim: Claim
    state: OutboxState
    sent: Taken | None
    cause: str
    due_at: datetime | None

    @property
    def reference(self) -> str:
        """What WeCom calls it."""
        return self.sent.reference if self.sent else ""


async def settle(
    database: Database,
    routes: Mapping[str, Follows],
    ends: Sequence[End],
    *,
    worker: str,
    clock: Callable[[], datetime],
) -> list[Exception]:
    """Write what became of these calls, in one transaction if that goes; what could not be written."""
    try:
        await _write(database, routes, ends, worker=worker, at=clock())
    except Exception as error:
        if len(ends) == 1:
            return [error]
        return [
            failed
            for one in ends
            for failed in await settle(database, routes, [one], worker=worker, clock=clock)
        ]
    return []


async def _write(
    database: Database,
    routes: Mapping[str, Follows],
    ends: Sequence[End],
    *,
    worker: str,
    at: datetime,
) -> None:
    async with database.transaction() as session:
        rows = [Ended(one.claim, one.state, one.reference, one.cause, one.due_at) for one in ends]
        ours = await claims.settle_all(session, rows, worker=worker, at=at)
        for one in ends:
            if one.claim.id not in ours:
                continue
            route = routes[one.claim.kind]
            if one.state is not OutboxState.QUEUED:
                await route.settled(session, one.claim, one.state, one.sent, at)
            elif route.returned is not None:
                await route.returned(session, one.claim)
        over = [e for e in ends if e.claim.id in ours and e.state is not OutboxState.QUEUED]
        await _record(session, over, at)
    for one in ends:
        if one.claim.id not in ours:
            _log.warning("delivery.lease_lost", outbox_id=one.claim.id, kind=one.claim.kind)
        EFFECTS.labels(one.claim.kind, one.state.value).inc()
        _log.info(
            "delivery.settled",
            outbox_id=one.claim.id,
            kind=one.claim.kind,
            state=one.state.value,
        )


async def _record(session: AsyncSession, ends: Sequence[End], at: datetime) -> None:
    """The ledger entry of every settled call; a failed one gives its quota back."""
    await ledger.append(session, [_entry(one) for one in ends], at=at)
    back = (OutboxState.FAILED, OutboxState.EXPIRED)
    if freed := [one.claim.key for one in ends if one.state in back]:
        await quota.give_back(session, freed)
    for one in ends:
        if one.claim.kind == "welcome":
            continue
        if one.state is OutboxState.UNKNOWN:
            await doubt.show(session, one.claim, one.cause, at=at)
        if one.state is OutboxState.FAILED and one.claim.kind not in doubt.TAKERS:
            await open_work(session, [_refused(one)], at=at)  # a text goes on to its next channel


def _entry(one: End) -> ledger.Entry:
    claim, state = one.claim, one.state
    return ledger.Entry(
        kind="send",
        act=f"{claim.kind}.{state.value}",
        actor="system:dispatcher",
        object=f"outbox:{claim.id}",
        unit=claim.unit_id,
        reason=one.cause,
        payload={
            "key": claim.key,
            "userid": claim.userid,
            "reference": one.reference,
            "attempts": claim.attempts,
        },
    )


def _refused(one: End) -> Work:
    return Work(
        key=f"outbox:{one.claim.id}:failed",
        kind="send_failed",
        title="企业微信没有接收",
        why=f"{one.claim.kind} {one.cause}",
        unit_id=one.claim.unit_id,
        facts={"outbox_id": one.claim.id, "kind": one.claim.kind},
    )
