"""The welcome's fast lane: from the kept callback straight to WeCom, before anything slow.

The inbox handles the same event in its own time; here only the 20 seconds are raced. A welcome
that did not make it is recorded as missed and never sent late.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.handlers.office import Office
from bot.metrics import WELCOMES
from crm_sync.repository.staff import staff_by_userids
from delivery import welcome
from delivery.dispatcher import Dispatcher
from delivery.intents import Outcome
from kit import ledger, log
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
        at = self._clock()
        async with self._office.database.transaction() as session:
            staff = (await staff_by_userids(session, [event.staff_id])).get(event.staff_id.lower())
            submission, call_id = await welcome.submit(
                session,
                welcome_code=event.welcome_code,
                external_userid=event.external_userid,
                staff=staff,
                added_at=min(event.at or at, at),
                at=at,
                desk=self._office.desk,
            )
            if submission.outcome not in (Outcome.QUEUED, Outcome.REPEATED):
                await ledger.append(
                    session,
                    [
                        ledger.Entry(
                            kind="send",
                            act="welcome.missed",
                            actor="system:welcome",
                            object=f"contact:{event.external_userid}",
                            unit=staff.unit_id if staff else "hq",
                            reason=",".join(submission.objections) or submission.detail,
                        )
                    ],
                    at=at,
                )
        result = submission.outcome.value
        if call_id is not None:
            state = await self._dispatcher.dispatch(call_id)
            result = state.value if state is not None else result
        WELCOMES.labels(result).inc()
        return result
