"""The day's candidates of all features, submitted through one function.

A feature hands in sources: what for, how urgent, and pages of intents selected in SQL. They are
submitted in the order of the merge policy's purposes, then of priority, a batch a transaction,
so what matters more to the customer is there first and one batch is in memory at a time. The
door merges each batch with what was kept for the same customers before (``delivery.merging``).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import door
from delivery.desk import Desk
from delivery.intents import Intent, Submission

BATCH: Final = 2_000
Opened = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Told = Callable[[str, Intent, Submission], None]
Kept = Callable[[AsyncSession, Sequence[Intent], Sequence[Submission]], Awaitable[None]]


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
) -> None:
    """Submit every source's intents, what matters more first; each batch is one transaction.

    ``opened`` gives a session whose end commits; ``told`` hears of every intent by its source's
    name. A run that stops half-way is simply run again: what was kept is repeated.
    """
    place: dict[str, int] = {purpose: at_ for at_, purpose in enumerate(desk.merge.order)}
    for source in sorted(
        sources, key=lambda one: (place.get(one.purpose, len(place)), one.priority, one.name)
    ):
        async for intents in source.pages():
            for start in range(0, len(intents), BATCH):
                batch = intents[start : start + BATCH]
                async with opened() as session:
                    done = await door.submit(session, batch, at=at, as_of=as_of, desk=desk, by=by)
                    if source.kept is not None:
                        await source.kept(session, batch, done)
                for intent, submission in zip(batch, done, strict=True):
                    told(source.name, intent, submission)
