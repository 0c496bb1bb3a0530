"""The welcome's fast lane: from the kept callback straight to WeCom, before anything slow.

Here only the 20 seconds are raced. The inbox handles the same event in its own time and queues
the welcome if this lane died before it could. What did not make it is never sent late.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.handlers import greeting
from bot.handlers.office import Office
from bot.metrics import WELCOMES
from delivery.dispatcher import Dispatcher
from kit import log
from wecom.events import ArchiveAgreed, ContactAdded, EventUnreadable, parse

_log = log.get(__name__)
MARK = b"<WelcomeCode>"


class WelcomeLane:
    """Takes decrypted events as they are kept and greets whoever has just come."""

    def __init__(
        self, office: Office, dispatcher: Dispatcher, clock: Callable[[], datetime]
    ) -> None:
        self._office = office
        self._dispatcher = dispatcher
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def take(self, xml: bytes) -> None:
        """Start greeting if this event carries a welcome code; returns at once."""
        if MARK in xml:
            task = asyncio.create_task(self._greet_safely(xml))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def idle(self) -> None:
        """Wait until every greeting under way is done."""
        while self._running:
            await asyncio.gather(*self._running)

    async def _greet_safely(self, xml: bytes) -> None:
        try:
            event = parse(xml)
        except EventUnreadable:
            return
        if isinstance(event, ContactAdded | ArchiveAgreed) and event.welcome_code:
            try:
                await self.greet(event)
            except Exception:
                WELCOMES.labels("failed").inc()
                _log.exception("welcome.failed")

    async def greet(self, event: ContactAdded | ArchiveAgreed) -> str:
        """Judge, queue and send one welcome; returns what became of it."""
        submission, call_id = await greeting.queue(event, self._clock(), self._office)
        result = submission.outcome.value
        if call_id is not None:
            state = await self._dispatcher.dispatch(call_id)
            result = state.value if state is not None else result
        WELCOMES.labels(result).inc()
        return result
