"""What only the composition knows of this installation, as the pages of the keepers need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from fastapi import Request


@dataclass(frozen=True, slots=True)
class DatabaseFact:
    """A database: what it holds, its kind, the revision it is at and the one it should be at."""

    name: str
    kind: str
    revision: str
    wanted: str


@dataclass(frozen=True, slots=True)
class InboxFact:
    """Events from WeCom by state, since when the oldest waits, when the last one came."""

    counts: Mapping[str, int]
    oldest_waiting: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class JobFact:
    """A job of this version: its name, what it does, how late a run may be."""

    id: str
    title: str
    due_at: datetime | None  # its newest planned moment that is not over its lateness


class Installation(Protocol):
    """How the composition answers the desk."""

    async def databases(self) -> Sequence[DatabaseFact]:
        """Every database once."""
        ...

    async def inbox(self) -> InboxFact:
        """What came from WeCom and what became of it."""
        ...

    def jobs(self, at: datetime) -> Sequence[JobFact]:
        """Every job that a scheduler should run."""
        ...


def installation_of(request: Request) -> Installation:
    """The installation that serves this request."""
    return cast(Installation, request.app.state.installation)
