"""How far a long reading has come: a page and its cursor commit together, or not at all.

The pattern for every reader of many pages (contacts here, groups in ``community``): load a
``Progress``, give ``pull`` the pages from its position on and a function that lands them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

import anyio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import SyncCursor
from kit.db import Database, upsert
from wecom.answers import Page
from wecom.errors import Busy, Unreachable

T = TypeVar("T")

RESUME_WITHIN: Final = timedelta(hours=24)
PAGES_A_COMMIT: Final = 10
ATTEMPTS: Final = 5
LONGEST_PAUSE_S: Final = 65.0

Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Progress:
    """One run of one reading. ``started_at`` is the moment whose truth it lands."""

    name: str
    started_at: datetime
    position: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    resumed: bool = False

    async def save(self, session: AsyncSession, *, finished_at: datetime | None = None) -> None:
        """Write how far it came, in the transaction of what it landed."""
        row = {
            "name": self.name,
            "position": self.position,
            "started_at": self.started_at,
            "finished_at": finished_at,
            "counts": dict(self.counts),
        }
        columns = ["position", "started_at", "finished_at", "counts"]
        await upsert(session, SyncCursor, [row], key=["name"], update=columns)


async def resume_or_start(database: Database, name: str, at: datetime) -> Progress:
    """The unfinished run of ``name`` if it began within a day, else a new one that begins at ``at``."""
    async with database.reading() as session:
        query = select(
            col(SyncCursor.position),
            col(SyncCursor.started_at),
            col(SyncCursor.finished_at),
            col(SyncCursor.counts),
        ).where(col(SyncCursor.name) == name)
        row = (await session.execute(query)).one_or_none()
    if row is None or row.finished_at is not None or row.started_at is None:
        return Progress(name, at)
    if at - row.started_at > RESUME_WITHIN or row.started_at > at:
        return Progress(name, at)
    return Progress(name, row.started_at, row.position, Counter(row.counts), resumed=True)


async def pull(
    database: Database,
    progress: Progress,
    pages: AsyncIterator[Page[T]],
    land: Callable[[AsyncSession, Sequence[T]], Awaitable[Mapping[str, int]]],
    position_of: Callable[[Page[T]], str],
    *,
    pages_a_commit: int = PAGES_A_COMMIT,
) -> None:
    """Land ``pages`` in order, some at a time, the next ones being read meanwhile.

    ``land`` returns counts that add to those of the run. A kill between two commits loses only
    what will be read again.
    """
    chunk = asyncio.create_task(_read(pages, pages_a_commit))
    try:
        while waiting := await chunk:
            chunk = asyncio.create_task(_read(pages, pages_a_commit))
            await _land(database, progress, waiting, land, position_of)
    finally:
        chunk.cancel()
        await asyncio.gather(chunk, return_exceptions=True)


async def _read(pages: AsyncIterator[Page[T]], at_most: int) -> list[Page[T]]:
    found: list[Page[T]] = []
    async for page in pages:
        found.append(page)
        if len(found) == at_most:
            break
    return found


async def _land(
    database: Database,
    progress: Progress,
    pages: Sequence[Page[T]],
    land: Callable[[AsyncSession, Sequence[T]], Awaitable[Mapping[str, int]]],
    position_of: Callable[[Page[T]], str],
) -> None:
    items = [item for page in pages for item in page.items]
    counts, position = Counter(progress.counts), position_of(pages[-1])
    async with database.transaction() as session:
        counts.update(await land(session, items))
        landed = Progress(progress.name, progress.started_at, position, counts)
        await landed.save(session)
    progress.counts, progress.position = counts, position


async def patiently(
    read: Callable[[str], AsyncIterator[Page[T]]],
    cursor: str,
    *,
    pause: Pause = anyio.sleep,
    attempts: int = ATTEMPTS,
) -> AsyncIterator[Page[T]]:
    """The pages of ``read(cursor)``; where WeCom is busy, waits and goes on from the last cursor.

    Reading twice does no harm. Raises what WeCom said after ``attempts`` in a row.
    """
    failed = 0
    while True:
        pages = read(cursor)
        try:
            async for page in pages:
                failed, cursor = 0, page.next_cursor
                yield page
            return
        except (Busy, Unreachable) as error:
            failed += 1
            if failed >= attempts:
                raise
            least = error.retry_after_s if isinstance(error, Busy) else 1.0
            await pause(min(max(least, 2.0**failed), LONGEST_PAUSE_S))
