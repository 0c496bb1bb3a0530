"""Pages and counts of ledger entries for the desk: several kinds at once, by unit, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.ledger.models import LedgerEntry

KINDS = (
    "send", "contact", "customer", "persona", "plan", "group", "chat", "content", "work", "import",
    "staff", "setup", "access",
)  # fmt: skip
Keyset = tuple[datetime, str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; every field narrows. ``units`` None means every unit."""

    units: frozenset[str] | None = None
    kinds: tuple[str, ...] = KINDS
    actors: tuple[str, ...] | None = None
    objects: tuple[str, ...] | None = None
    about: str | None = None  # objects that begin with this
    acts: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry without its payload, for lists."""

    stream: str
    seq: int
    at: datetime
    actor: str
    act: str
    object: str
    unit: str
    reason: str
    hash: str

    @property
    def place(self) -> str:
        """``stream#seq``."""
        return f"{self.stream}#{self.seq}"

    @property
    def keyset(self) -> Keyset:
        """Where a list goes on after this entry."""
        return (self.at, self.stream, self.seq)


_COLUMNS = (
    col(LedgerEntry.stream),
    col(LedgerEntry.seq),
    col(LedgerEntry.at),
    col(LedgerEntry.actor),
    col(LedgerEntry.act),
    col(LedgerEntry.object),
    col(LedgerEntry.unit),
    col(LedgerEntry.reason),
    col(LedgerEntry.hash),
)


async def page(
    session: AsyncSession, wanted: Wanted, *, limit: int = 50, before: Keyset | None = None
) -> list[Line]:
    """The newest ``limit`` entries that match, before a keyset."""
    query: Any = select(*_COLUMNS).where(*_conditions(wanted))
    if before is not None:
        keyset = tuple_(col(LedgerEntry.at), col(LedgerEntry.stream), col(LedgerEntry.seq))
        query = query.where(keyset < tuple_(*before))
    query = query.order_by(
        col(LedgerEntry.at).desc(), col(LedgerEntry.stream).desc(), col(LedgerEntry.seq).desc()
    ).limit(limit)
    return [Line(*row) for row in await session.execute(query)]


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many entries match; the same conditions as ``page``."""
    query = select(func.count()).select_from(LedgerEntry).where(*_conditions(wanted))
    return int((await session.execute(query)).scalar_one())


async def around(session: AsyncSession, stream: str, seq: int, *, number: int = 2) -> list[Line]:
    """The entries of one stream from ``number`` before to ``number`` after ``seq``."""
    query: Any = (
        select(*_COLUMNS)
        .where(
            col(LedgerEntry.stream) == stream,
            col(LedgerEntry.seq).between(seq - number, seq + number),
        )
        .order_by(col(LedgerEntry.seq))
    )
    return [Line(*row) for row in await session.execute(query)]


async def signed_in_last(session: AsyncSession, staff_ids: Sequence[str]) -> dict[str, datetime]:
    """When each of these people last signed in."""
    query = (
        select(col(LedgerEntry.actor), func.max(col(LedgerEntry.at)))
        .where(
            col(LedgerEntry.act) == "session.signed_in",
            col(LedgerEntry.actor).in_([f"staff:{one}" for one in staff_ids]),
        )
        .group_by(col(LedgerEntry.actor))
    )
    return {actor.removeprefix("staff:"): at for actor, at in await session.execute(query)}


def _conditions(wanted: Wanted) -> list[Any]:
    stream = col(LedgerEntry.stream)
    found: list[Any] = []
    if wanted.units is not None:
        found.append(
            stream.in_([f"{kind}:{unit}" for kind in wanted.kinds for unit in sorted(wanted.units)])
        )
    elif wanted.kinds != KINDS:
        found.append(or_(*(stream.startswith(f"{kind}:") for kind in wanted.kinds)))
    for column, values in (
        (col(LedgerEntry.actor), wanted.actors),
        (col(LedgerEntry.object), wanted.objects),
        (col(LedgerEntry.act), wanted.acts),
    ):
        if values is not None:
            found.append(column.in_(values))
    if wanted.about is not None:
        found.append(col(LedgerEntry.object).startswith(wanted.about, autoescape=True))
    if wanted.since is not None:
        found.append(col(LedgerEntry.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(LedgerEntry.at) < wanted.until)
    return found
