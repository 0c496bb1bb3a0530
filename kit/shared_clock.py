"""One clock for all processes of an installation: that of its database.

Machines differ by minutes, and one that is wrong would see the leases of the others as over, run
jobs beside them and count a day's messages in the wrong day. So a process reads the database's
clock now and then and counts on from there by its own steady clock; what the machine's clock says
or jumps to has no part in it. SQLite has no clock of its own, and one process.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from kit import clock
from kit.db import is_postgresql
from kit.pacing.repository import database_now

LONGEST_ASKED: Final = 1.0
"""An answer that took longer, in seconds, is too vague while an earlier one is known."""


class SharedClock:
    """The present moment as the database has it; the machine's where it has none."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._read: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """The present moment, aware, in UTC."""
        if self._read is None:
            return clock.now()
        at, steady = self._read
        return at + timedelta(seconds=self._steady() - steady)

    async def set_by(self, session: AsyncSession) -> timedelta:
        """Read the database's clock; returns by how much this machine's own clock is ahead."""
        if not is_postgresql(session):
            return timedelta(0)
        began = self._steady()
        there = datetime.fromtimestamp(await database_now(session), UTC)
        took = self._steady() - began
        if self._read is None or took < LONGEST_ASKED:
            self._read = (there, began + took / 2)
        return clock.now() - there
