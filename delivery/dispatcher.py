"""Outbox to WeCom, each call by itself: claim, send, settle. Every answer has its own line here.

What comes next is chosen in rounds: the most urgent first, then every branch in turn, and only as
many as WeCom's limits leave permits for. A kind whose API is full or closed waits in the queue.

A call is claimed in one transaction, made outside any, and settled in another. Only calls that begin
at once are claimed together, so a crash clouds what is under way and nothing that waits. What has
no trustworthy answer becomes ``unknown`` and is looked up (``delivery.lookup``); it is never sent
again blindly.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.models import OutboxState
from delivery.repository import outbox
from delivery.repository.claims import claim_turns
from delivery.repository.outbox import Claim
from delivery.repository.turns import RANGES, Turn, most_urgent, turns
from delivery.settling import End, settle
from kit.db import Database
from kit.pacing.deadlines import in_time
from kit.pacing.facts import Urgency, urgent_as
from wecom.errors import AlreadyDone, Busy, OutcomeUnknown, Unreachable, WecomError

MOST_ATTEMPTS: Final = 5
LEASE: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = 300
ROUND: Final = 25
"""Calls chosen at a time: so many may go before something more urgent is looked for."""
MOST_EMPTY: Final = 3


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
        with urgent_as(Urgency.URGENT):
            began = monotonic()
            claim = await self._claim(call_id)
            return None if claim is None else await self._make(claim, began)

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
        left, tried = list(chosen), 0
        running: set[asyncio.Task[End]] = set()
        failed: list[BaseException] = []
        try:
            with urgent_as(level):
                while left or running:
                    free = self._side_by_side - len(running)
                    batch, left = left[:free], left[free:]
                    if batch:
                        try:
                            begun = await self._begin(batch, level)
                        except Exception as error:  # what runs still ends and is settled
                            failed.append(error)
                            left, begun = [], set()
                        tried += len(begun)
                        running |= begun
                    if running:
                        done, running = await asyncio.wait(
                            running, return_when=asyncio.FIRST_COMPLETED
                        )
                        failed += await self._end(done)
        finally:
            for call in running:
                call.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if failed:
            raise failed[0]
        return tried

    async def _begin(self, batch: Sequence[Turn], level: Urgency) -> set[asyncio.Task[End]]:
        """Claim these in one transaction and begin each of them."""
        began, at = monotonic(), self._clock()
        async with self._database.transaction() as session:
            claimed = await claim_turns(
                session, batch, RANGES[level], worker=self._name, at=at, lease=LEASE
            )
            for claim in claimed:
                await self._lease(session, claim, at)
        return {asyncio.create_task(self._call(claim, began)) for claim in claimed}

    async def _end(self, done: Iterable[asyncio.Task[End]]) -> list[BaseException]:
        """Settle what ended, in one transaction; what failed."""
        failed = [error for call in done if (error := call.exception()) is not None]
        ends = [call.result() for call in done if call.exception() is None]
        if ends:
            ends.sort(key=lambda one: one.claim.id)
            failed += await self._settle(ends)
        return failed

    async def _claim(self, only: int) -> Claim | None:
        at = self._clock()
        async with self._database.transaction() as session:
            claim = await outbox.claim_next(
                session,
                worker=self._name,
                at=at,
                lease=LEASE,
                kinds=list(self._routes),
                only=only,
            )
            if claim is not None:
                await self._lease(session, claim, at)
        return claim

    async def _lease(self, session: AsyncSession, claim: Claim, at: datetime) -> None:
        """The lease of its kind, where that is not everybody's."""
        if (own := self._routes[claim.kind].lease) is not None:
            await outbox.renew(session, claim, at=at, lease=own())

    async def _call(self, claim: Claim, began: float) -> End:
        """Make a call that was claimed at ``began``, while its lease lasts."""
        route = self._routes[claim.kind]
        lease = LEASE if route.lease is None else route.lease()
        with in_time(lease.total_seconds() - (monotonic() - began)):
            return await _attempt(route, claim, self._clock)

    async def _make(self, claim: Claim, began: float | None = None) -> OutboxState:
        end = await self._call(claim, monotonic() if began is None else began)
        for failed in await self._settle([end]):
            raise failed
        return end.state

    async def _settle(self, ends: Sequence[End]) -> list[Exception]:
        return await settle(
            self._database, self._routes, ends, worker=self._name, clock=self._clock
        )


async def _attempt(route: Route, claim: Claim, clock: Callable[[], datetime]) -> End:
    """Send once and say which state follows."""
    at = clock()
    again = at + timedelta(seconds=min(2**claim.attempts, LONGEST_WAIT))

    def end(
        state: OutboxState,
        cause: str = "",
        *,
        sent: Sent | None = None,
        due_at: datetime | None = None,
    ) -> End:
        return End(claim, state, sent, cause, due_at)

    if claim.expires_at <= at:
        return end(OutboxState.EXPIRED, "its time passed before it could go")
    try:
        return end(OutboxState.SENT, sent=await route.send(claim))
    except NobodyLeft as error:
        return end(OutboxState.CANCELLED, str(error) or "every recipient has withdrawn")
    except NotNow as error:
        return end(OutboxState.QUEUED, str(error), due_at=again)
    except AlreadyDone as error:
        return end(OutboxState.SENT, _cause(error), sent=Sent())
    except (Busy, Unreachable) as error:
        if isinstance(error, Busy):
            again = max(again, at + timedelta(seconds=error.retry_after_s))
        return end(OutboxState.QUEUED, _cause(error), due_at=again)
    except OutcomeUnknown as error:
        if route.may_repeat and claim.attempts < MOST_ATTEMPTS:
            return end(OutboxState.QUEUED, _cause(error), due_at=again)
        return end(OutboxState.UNKNOWN, _cause(error))
    except WecomError as error:
        return end(OutboxState.FAILED, _cause(error))


def _cause(error: WecomError) -> str:
    return f"{type(error).__name__} {error.errcode if error.errcode is not None else ''}".strip()
