"""Outbox to WeCom, each call by itself: claim, send, settle. Every answer has its own line here.

What comes next is chosen in rounds: the most urgent first, then every branch in turn, and only as
many as WeCom's limits leave permits for. A kind whose API is full or closed waits in the queue.

A call is claimed in one transaction, made outside any, and settled in another, so a crash clouds
the calls under way and never a batch. What has no trustworthy answer becomes ``unknown`` and is looked up
(``delivery.lookup``); it is never sent again blindly.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import doubt, quota
from delivery.metrics import EFFECTS
from delivery.models import OutboxState
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from delivery.repository.turns import RANGES, Turn, most_urgent, turns
from delivery.worklist import Work, open_work
from kit import ledger, log
from kit.db import Database
from kit.pacing.deadlines import in_time, prolong
from kit.pacing.facts import Urgency, urgent_as
from wecom.errors import AlreadyDone, Busy, OutcomeUnknown, Unreachable, WecomError

MOST_ATTEMPTS: Final = 5
LEASE: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = 300
ROUND: Final = 25
"""Calls chosen at a time: so many may go before something more urgent is looked for."""
MOST_EMPTY: Final = 3

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
    path: str = ""  # the API that is called; empty: not WeCom's, no limit of WeCom's


class Permits(Protocol):
    """What knows WeCom's limits: how many calls of a path may be made now, up to ``want``."""

    async def room(self, path: str, level: Urgency, want: int) -> int: ...


class Dispatcher:
    """Makes what is due; any number may run beside each other on PostgreSQL."""

    def __init__(
        self,
        database: Database,
        routes: Mapping[str, Route],
        clock: Callable[[], datetime],
        name: str = "dispatch",
        *,
        permits: Permits | None = None,
        side_by_side: int = 1,
    ) -> None:
        """``permits`` None: as many as there are. ``side_by_side``: calls under way at once."""
        self._permits = permits
        self._side_by_side = side_by_side
        self._after = ""
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
        open_kinds = {level: list(kinds or self._routes) for level in RANGES}
        made = empty = 0
        while (most is None or made < most) and empty < MOST_EMPTY:
            want = ROUND if most is None else min(ROUND, most - made)
            level, chosen = await self._round(open_kinds, want)
            if level is None:
                return made
            if chosen:
                tried = await self._side(level, chosen)
                made += tried
                empty = 0 if tried else empty + 1  # others took them: look again, not for ever
        return made

    async def dispatch(self, call_id: int) -> OutboxState | None:
        """Make one call now (the welcome's fast lane); None when it is no longer queued."""
        with urgent_as(Urgency.URGENT), in_time(LEASE.total_seconds()):
            claim = await self._claim(only=call_id)
            return None if claim is None else await self._make(claim)

    async def _round(
        self, open_kinds: dict[Urgency, list[str]], want: int
    ) -> tuple[Urgency | None, list[Turn]]:
        """What to make next; a kind without permits leaves ``open_kinds``. (None, []): no more."""
        at = self._clock()
        async with self._database.reading() as session:
            level = await most_urgent(session, open_kinds, at)
            if level is None:
                return None, []
            found = await turns(session, level, open_kinds[level], at, after=self._after, want=want)
        if not found:
            return None, []
        left: dict[str, int] = {}
        for kind, number in Counter(turn.kind for turn in found).items():
            left[kind] = await self._room(kind, level, number)
            if not left[kind]:
                open_kinds[level].remove(kind)
        chosen = []
        for turn in found:
            if left[turn.kind]:
                left[turn.kind] -= 1
                chosen.append(turn)
                self._after = turn.unit_id  # who had no permit this time is the next
        return level, chosen

    async def _room(self, kind: str, level: Urgency, want: int) -> int:
        path = self._routes[kind].path
        if self._permits is None or not path:
            return want
        return await self._permits.room(path, level, want)

    async def _side(self, level: Urgency, chosen: Sequence[Turn]) -> int:
        """Make these, some at a time; how many were still there. One that fails stops no other."""
        line = iter(chosen)

        async def work() -> int:
            tried = 0
            with urgent_as(level):
                for turn in line:
                    with in_time(LEASE.total_seconds()):
                        claim = await self._claim(
                            kinds=[turn.kind], unit=turn.unit_id, priorities=RANGES[level]
                        )
                        if claim is not None:
                            tried += 1
                            await self._make(claim)
            return tried

        workers = min(self._side_by_side, len(chosen))
        ends = await asyncio.gather(*(work() for _ in range(workers)), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return sum(end for end in ends if isinstance(end, int))

    async def _claim(
        self,
        *,
        kinds: Sequence[str] | None = None,
        only: int | None = None,
        unit: str | None = None,
        priorities: tuple[int, int] | None = None,
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
                unit=unit,
                priorities=priorities,
            )
            if claim is not None and (own := self._routes[claim.kind].lease) is not None:
                await outbox.renew(session, claim, at=at, lease=own())
                prolong(own().total_seconds())
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
    if claim.kind == "welcome":
        return
    if state is OutboxState.UNKNOWN:
        await doubt.show(session, claim, cause, at=at)
    if state is OutboxState.FAILED:
        refused = Work(
            key=f"outbox:{claim.id}:failed",
            kind="send_failed",
            title="企业微信没有接收",
            why=f"{claim.kind} {cause}",
            unit_id=claim.unit_id,
            facts={"outbox_id": claim.id, "kind": claim.kind},
        )
        await open_work(session, [refused], at=at)
