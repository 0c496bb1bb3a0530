"""Inbox to handlers: claim, handle, settle; back off on failure, quarantine after five.

One event is one transaction of its handler. Because handlers converge and their effects carry
the event's digest as key, a crash between the handler's commit and the settling repeats the
handler and changes nothing.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.inbox import repository
from bot.inbox.models import InboxState
from bot.inbox.repository import Claimed
from bot.metrics import CALLBACK_AGE, INBOX_LAG, INBOX_SETTLED, QUARANTINE
from kit import log
from kit.db import Database
from kit.together import together
from wecom.events import Event, EventUnreadable, Unhandled, parse

MOST_ATTEMPTS = 5
LEASE = timedelta(seconds=60)
AT_ONCE = 16
CLOCKS_DIFFER = timedelta(hours=2, minutes=15)
"""How far our clock may be behind WeCom's: it may jump by two hours, and be ten minutes off."""

_log = log.get(__name__)

Handle = Callable[[Event, str, datetime], Awaitable[bool]]
"""Handles one event (with the digest as its key); False when its kind has no handler."""


def retry_after(attempts: int) -> timedelta:
    """2, 4, 8, 16 seconds: long enough for a hiccup, short enough for a customer."""
    return timedelta(seconds=2 ** min(attempts, 6))


def moment_of(happened_at: datetime | None, present: datetime) -> datetime:
    """The moment at which an event is handled: now, and never before it happened.

    Because what is read of WeCom after an event is newer than the event; by a clock that was set
    back it would look older, and somebody who came back would stay gone (fault F15). An event
    that is further ahead than ``CLOCKS_DIFFER`` is not believed.
    """
    if happened_at is None or not present < happened_at <= present + CLOCKS_DIFFER:
        return present
    return happened_at


class InboxWorker:
    """Drains the inbox of one database; any number may run beside each other."""

    def __init__(
        self, database: Database, handle: Handle, clock: Callable[[], datetime], name: str = ""
    ) -> None:
        self._database = database
        self._handle = handle
        self._clock = clock
        self._name = f"{name or 'inbox'}-{secrets.token_hex(4)}"
        self._knocked = asyncio.Event()

    def knock(self) -> None:
        """Say that something has arrived, so that the worker need not wait for its next look."""
        self._knocked.set()

    async def run(self, *, idle: float = 0.5) -> None:
        """Drain for ever; looks again every ``idle`` seconds or when knocked."""
        while True:
            try:
                handled = await self.drain()
                await self._measure()
            except Exception:
                _log.exception("inbox.drain_failed")
                handled = 0
            if not handled:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._knocked.wait(), idle)
                self._knocked.clear()

    async def drain(self) -> int:
        """Handle everything that is due now; returns how many events were taken."""
        total = 0
        while True:
            async with self._database.transaction() as session:
                claimed = await repository.claim(
                    session, worker=self._name, at=self._clock(), lease=LEASE, limit=AT_ONCE
                )
            if not claimed:
                return total
            total += len(claimed)
            await together(self._take(one) for one in claimed)

    async def _take(self, claimed: Claimed) -> None:
        kind, happened_at = "", None
        try:
            event = parse(claimed.xml)
            kind, happened_at = event.kind, event.at
            if isinstance(event, Unhandled):
                state, cause = InboxState.UNHANDLED, f"{event.event}.{event.change_type}".strip(".")
            else:
                taken = await self._handle(
                    event, claimed.digest, moment_of(event.at, self._clock())
                )
                state, cause = (InboxState.HANDLED if taken else InboxState.UNHANDLED), ""
        except EventUnreadable as error:
            state, cause = InboxState.DEAD, f"unreadable: {error}"
        except Exception as error:
            cause = f"{type(error).__name__}: {getattr(error, 'code', '')}".rstrip(": ")
            if claimed.attempts >= MOST_ATTEMPTS:
                state = InboxState.DEAD
                _log.exception("inbox.quarantined", inbox_id=claimed.id, kind=kind)
            else:
                state = InboxState.NEW
                _log.warning(
                    "inbox.failed", inbox_id=claimed.id, kind=kind, cause=cause, exc_info=True
                )
        await self._settle(claimed, state, kind, cause, happened_at)

    async def _settle(
        self,
        claimed: Claimed,
        state: InboxState,
        kind: str,
        cause: str,
        happened_at: datetime | None,
    ) -> None:
        at = self._clock()
        async with self._database.transaction() as session:
            kept = await repository.settle(
                session,
                claimed,
                state,
                worker=self._name,
                at=at,
                kind=kind,
                cause=cause,
                due_at=at + retry_after(claimed.attempts),
                happened_at=happened_at,
            )
        if not kept:
            _log.warning("inbox.lease_lost", inbox_id=claimed.id)
            return
        INBOX_SETTLED.labels(state.value).inc()
        if happened_at is not None and state is InboxState.HANDLED:
            CALLBACK_AGE.observe(max((at - happened_at).total_seconds(), 0))

    async def _measure(self) -> None:
        async with self._database.reading() as session:
            oldest = await repository.oldest_waiting(session)
            states = await repository.counts(session)
        INBOX_LAG.set((self._clock() - oldest).total_seconds() if oldest else 0)
        QUARANTINE.set(states.get(InboxState.DEAD.value, 0))
