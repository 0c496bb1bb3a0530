"""The day's candidates of all features, submitted through one function.

A feature hands in sources: what for, how urgent, and pages of intents selected in SQL. They are
submitted in the order of the merge policy's purposes, then of priority, a batch a transaction,
so what matters more to the customer is there first. While a batch is judged and written, the
next ones are selected; no more than four of them are in memory. A batch can go through the
door in several parts at once, each with customers of its own, so that one part is judged while
the database writes another. The door merges each part with what was kept for the same customers
before (``delivery.merging``).
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import door, merging
from delivery.desk import Desk
from delivery.intents import Intent, Submission
from kit.together import together

BATCH: Final = 5_000
READ_AHEAD: Final = 2
"""Batches that wait to be submitted: a large one is read while small ones before it are judged."""
WORTH_PARTING: Final = 200
"""A batch of fewer is through the door before a second transaction has begun."""
Opened = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Told = Callable[[str, Intent, Submission], None]
Kept = Callable[[AsyncSession, Sequence[Intent], Sequence[Submission]], Awaitable[None]]
Page = tuple["Source", Sequence[Intent]]


@dataclass(frozen=True, slots=True)
class Source:
    """One reason to speak. ``purpose``: service | care | marketing; lower ``priority`` first.

    ``kept`` writes down for the feature itself what became of a batch, in the batch's transaction.
    """

    name: str
    purpose: str
    priority: int
    pages: Callable[[], AsyncIterator[Sequence[Intent]]]
    kept: Kept | None = None


async def submit_day(
    opened: Opened,
    sources: Sequence[Source],
    *,
    at: datetime,
    as_of: datetime,
    desk: Desk,
    by: str,
    told: Told,
    kept: Kept | None = None,
    abreast: int = 1,
) -> None:
    """Submit every source's intents, what matters more first; each batch is one transaction.

    ``opened`` gives a session whose end commits; ``kept`` is called in it when the batch is
    through the door; ``told`` hears of every intent by its source's name after the commit. With
    ``abreast`` a batch is so many transactions side by side (one where ``opened`` gives the same
    session again, or the database has one writer). A run that stops half-way is simply run
    again: what was kept is repeated.
    """
    place: dict[str, int] = {purpose: at_ for at_, purpose in enumerate(desk.merge.order)}
    ordered = sorted(
        sources, key=lambda one: (place.get(one.purpose, len(place)), one.priority, one.name)
    )

    async def through(source: Source, part: Sequence[Intent]) -> list[Submission]:
        async with opened() as session:
            done = await door.submit(session, part, at=at, as_of=as_of, desk=desk, by=by)
            for one in (source.kept, kept):
                if one is not None:
                    await one(session, part, done)
        return done

    for by_page, some in groupby(ordered, key=lambda one: one.kept is not None):
        own = list(some)
        pages = _pages(own) if by_page else _ahead(_batches(own))
        async with aclosing(pages):
            async for source, batch in pages:
                parts = [batch] if source.kept is not None else _parts(batch, abreast)
                all_done = await together(through(source, part) for part in parts)
                for part, done in zip(parts, all_done, strict=True):
                    for intent, submission in zip(part, done, strict=True):
                        told(source.name, intent, submission)


def _parts(batch: Sequence[Intent], number: int) -> list[Sequence[Intent]]:
    """The batch by customers: all of one customer's intents are in one part, in their order."""
    if number == 1 or len(batch) < WORTH_PARTING:
        return [batch]
    parts: list[list[Intent]] = [[] for _ in range(number)]
    for intent in batch:
        parts[merging.share_of(intent) % number].append(intent)
    return [part for part in parts if part]


async def _pages(sources: Sequence[Source]) -> AsyncGenerator[Page]:
    """Pages as the sources give them, each when the one before was kept: who keeps, counts on it."""
    for source in sources:
        async for intents in source.pages():
            for start in range(0, len(intents), BATCH):
                yield source, intents[start : start + BATCH]


async def _batches(sources: Sequence[Source]) -> AsyncGenerator[Page]:
    """Pages of each source put together to batches: never two sources in one, never many small."""
    for source in sources:
        waiting: list[Intent] = []
        async for intents in source.pages():
            waiting += intents
            while len(waiting) >= BATCH:
                yield source, waiting[:BATCH]
                waiting = waiting[BATCH:]
        if waiting:
            yield source, waiting


async def _ahead(pages: AsyncGenerator[Page]) -> AsyncGenerator[Page]:
    """The same pages; up to ``READ_AHEAD`` are made while their reader is busy with those before."""
    ready: asyncio.Queue[Page | None] = asyncio.Queue()
    room = asyncio.Semaphore(READ_AHEAD)

    async def read() -> None:
        try:
            async with aclosing(pages):
                async for page in pages:
                    ready.put_nowait(page)
                    await room.acquire()
        finally:
            ready.put_nowait(None)

    reading = asyncio.create_task(read())
    try:
        while (page := await ready.get()) is not None:
            yield page
            room.release()
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
