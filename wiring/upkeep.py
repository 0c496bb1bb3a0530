"""What each process does for itself, whatever its role: reread the calendar, measure the queue,
give back permits that nobody has used for a second.

No slot decides here: a holiday or a silence that one process has read is unknown to the others,
and a gauge that one process has set says nothing of the rest.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from delivery import jobs as delivery_jobs
from wiring.parts import Parts
from wiring.rounds import every

EVERY: Final = 15.0
"""Seconds between two rounds: how long a silence may take to reach every process."""


async def round_of(parts: Parts) -> None:
    """One round: the bank's holidays and silences, then what the outbox and the limits look like."""
    await parts.refresh()
    await delivery_jobs.measure(parts.databases.bank, at=parts.clock())
    await parts.pace.measure()


@asynccontextmanager
async def upkeep(parts: Parts, *, seconds: float = EVERY) -> AsyncIterator[asyncio.Task[None]]:
    """Keep this process up to date for as long as the block lasts; yields what does it."""

    async def work() -> None:
        await round_of(parts)

    keeping = asyncio.create_task(every(seconds, "upkeep", work), name="upkeep")
    permits = asyncio.create_task(every(1.0, "permits", parts.pace.pacer.flush), name="permits")
    try:
        yield keeping
    finally:
        for task in (keeping, permits):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
