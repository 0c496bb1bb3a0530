"""Answers the desk what it cannot see by itself: databases, the inbox, the jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.inbox import repository as inbox
from console.installation import DatabaseFact, InboxFact, JobFact
from wiring.jobs import JOBS
from wiring.parts import Parts
from wiring.scheduler import newest_due
from wiring.schema import head, revision

KINDS: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Installed:
    """The parts of this process, as the desk asks about them."""

    parts: Parts

    async def databases(self) -> Sequence[DatabaseFact]:
        """Every database once, with its revision."""
        named = ("业务库", "收件箱")
        return [
            DatabaseFact(
                name,
                KINDS[one.engine.dialect.name],
                await revision(one) or "",
                head(),
            )
            for name, one in zip(named, self.parts.databases.distinct, strict=False)
        ]

    async def inbox(self) -> InboxFact:
        """Counts by state, the oldest that waits, the newest that came."""
        async with self.parts.databases.inbox.reading() as session:
            return InboxFact(
                await inbox.counts(session),
                await inbox.oldest_waiting(session),
                await inbox.newest(session),
            )

    def jobs(self, at: datetime) -> Sequence[JobFact]:
        """Every job with the newest moment at which it should have run."""
        return [JobFact(one.id, one.title, newest_due(one, at)) for one in JOBS]
