"""Outbox to WeCom, one call at a time: claim, send, settle. Every answer has its own line here.

A call is claimed in one transaction, made outside any, and settled in another, so a crash clouds
one call and never a batch. What has no trustworthy answer becomes ``unknown`` and is looked up
(``delivery.lookup``); it is never sent again blindly.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import quota
from delivery.metrics import EFFECTS
from delivery.models import OutboxState
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from delivery.worklist import Work, open_work
from kit import ledger, log
from kit.db import Database
from wecom.errors import AlreadyDone, Busy, OutcomeUnknown, Unreachable, WecomError

MOST_ATTEMPTS: Final = 5
LEASE: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = 300
TAKERS: Final = {"sms": "短信平台"}
"""Who takes a kind of call, where it is not WeCom."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """WeCom took the call: its reference (msgid) and what it said about single customers."""

    reference: str = ""
    details: Mapping[str, Any] | None = None


class NobodyLeft(Exception):
    """Nothing is sent any more: every recipient has withdrawn, or the content was recalled."""


class NotNow(Exception):
    """Nothing was sent, because of something that will be over in a moment: tried again."""


Send = Callable[[Claim], Awaitable[Sent]]
"""Makes one call. Raises the errors of ``wecom.errors``, NobodyLeft, NotNow and nothing else."""

Returned = Callable[[AsyncSession, Claim], Awaitable[None]]
"""Writes what follows from a call that certainly did not arrive and is queued again."""

Settled = Callable[[AsyncSession, Claim, OutboxState, Sent | None, datetime], Awaitable[None]]
"""Writes what follows from a settled call, in the transaction that settles it."""


@dataclass(frozen=True, slots=True)
class Route:
    """How one kind of call is made, and what its end means for the rest of delivery."""

    send: Send
    settled: Settled
    returned: Returned | None = None
    may_repeat: bool = False  # because WeCom itself drops a repetition of this kind
    lease: Callable[[], timedelta] | None = None
    """How long one call of this kind may take, where ``LEASE`` is too short for it."""


class Dispatcher:
    """Makes what is due; any number may run beside each other on PostgreSQL."""

    def __init__(
        self,
        database: Database,
        routes: Mapping[str, Route],
        clock: Callable[[], datetime],
        name: str = "dispatch",
    ) -> None:
        self._database = database
        self._routes = routes
        self._clock = clock
        self._name = f"{name}-{secrets.token_hex(4)}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of calls that it can make."""
        return tuple(self._routes)

    async def drain(self, *, kinds: Sequence[str] | None = None, most: int | None = None) -> int:
        """Make every call that is due (of ``kinds``); returns how many were tried."""
        made = 0
        while most is None or made < most:
            claim = await self._claim(kinds=kinds)
            if claim is None:
                return made
            await self._make(claim)
            made += 1
        return made

    async def dispatch(self, call_id: int) -> OutboxState | None:
        """Make one call now (the welcome's fast lane); None when it is no longer queued."""
        claim = await self._claim(only=call_id)
        return None if claim is None else await self._make(claim)

    async def _claim(
        self, *, kinds: Sequence[str] | None = None, only: int | None = None
    ) -> Claim | None:
        at = self._clock()
        async with self._database.transaction() as session:
            claim = await outbox.claim_next(
                session,
                worker=self._name,
                at=at,
                lease=LEASE,
                kinds=list(kinds or self._routes),
                only=only,
            )
            if claim is not None and (own := self._routes[claim.kind].lease) is not None:
                await outbox.renew(session, claim, at=at, lease=own())
        return claim

    async def _make(self, claim: Claim) -> OutboxState:
        route = self._routes[claim.kind]
        state, sent, cause, due_at = await _attempt(route, claim, self._clock)
        at = self._clock()
        async with self._database.transaction() as session:
            kept = await outbox.settle(
                session,
                claim,
                state,
                worker=self._name,
                at=at,
                reference=sent.reference if sent else "",
                cause=cause,
                due_at=due_at,
            )
            if kept and state is not OutboxState.QUEUED:
                await route.settled(session, claim, state, sent, at)
                await _record(session, claim, state, sent, cause, at)
            elif kept and route.returned is not None:
                await route.returned(session, claim)
        if not kept:
            _log.warning("delivery.lease_lost", outbox_id=claim.id, kind=claim.kind)
        EFFECTS.labels(claim.kind, state.value).inc()
        _log.info("delivery.settled", outbox_id=claim.id, kind=claim.kind, state=state.value)
        return state


async def _attempt(
    route: Route, claim: Claim, clock: Callable[[], datetime]
) -> tuple[OutboxState, Sent | None, str, datetime | None]:
    """Send once and say which state follows."""
    at = clock()
    if claim.expires_at <= at:
        return OutboxState.EXPIRED, None, "its time passed before it could go", None
    again = at + timedelta(seconds=min(2**claim.attempts, LONGEST_WAIT))
    try:
        return OutboxState.SENT, await route.send(claim), "", None
    except NobodyLeft as error:
        return OutboxState.CANCELLED, None, str(error) or "every recipient has withdrawn", None
    except NotNow as error:
        return OutboxState.QUEUED, None, str(error), again
    except AlreadyDone as error:
        return OutboxState.SENT, Sent(), _cause(error), None
    except (Busy, Unreachable) as error:
        if isinstance(error, Busy):
            again = max(again, at + timedelta(seconds=error.retry_after_s))
        return OutboxState.QUEUED, None, _cause(error), again
    except OutcomeUnknown as error:
        if route.may_repeat and claim.attempts < MOST_ATTEMPTS:
            return OutboxState.QUEUED, None, _cause(error), again
        return OutboxState.UNKNOWN, None, _cause(error), None
    except WecomError as error:
        return OutboxState.FAILED, None, _cause(error), None


def _cause(error: WecomError) -> str:
    return f"{type(error).__name__} {error.errcode if error.errcode is not None else ''}".strip()


async def _record(
    session: AsyncSession,
    claim: Claim,
    state: OutboxState,
    sent: Sent | None,
    cause: str,
    at: datetime,
) -> None:
    """The ledger entry of every settled call; a failed one gives its quota back."""
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=f"{claim.kind}.{state.value}",
                actor="system:dispatcher",
                object=f"outbox:{claim.id}",
                unit=claim.unit_id,
                reason=cause,
                payload={
                    "key": claim.key,
                    "userid": claim.userid,
                    "reference": sent.reference if sent else "",
                    "attempts": claim.attempts,
                },
            )
        ],
        at=at,
    )
    if state in (OutboxState.FAILED, OutboxState.EXPIRED):
        await quota.give_back(session, [claim.key])
    if (claim.kind, state) == ("sms", OutboxState.FAILED):
        return  # its contact went on to the next channel
    if state in (OutboxState.FAILED, OutboxState.UNKNOWN) and claim.kind != "welcome":
        await open_work(
            session,
            [
                Work(
                    key=f"outbox:{claim.id}:{state.value}",
                    kind=f"send_{state.value}",
                    title="企业微信没有接收"
                    if state is OutboxState.FAILED
                    else f"不知道{TAKERS.get(claim.kind, '企业微信')}收到没有",
                    why=f"{claim.kind} {cause}",
                    unit_id=claim.unit_id,
                    facts={"outbox_id": claim.id, "kind": claim.kind},
                )
            ],
            at=at,
        )
