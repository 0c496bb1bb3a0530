"""What a list of ledger entries was asked for, from the page's address to conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from console.errors import FormRefused
from console.sight import Sight
from crm_sync.repository import listing, rosters
from insights import record
from insights.record import Keyset, Line
from kit.clock import bank_moment

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
NOBODY: Final = "nobody:"
"""An object that no entry has: what was asked for does not exist, so nothing is found."""


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """The filters of a record page, as they stand in its address."""

    q: str = ""
    kind: str = ""
    unit: str = ""
    about: str = ""
    start: str = ""  # from
    end: str = ""  # to

    @property
    def kept(self) -> Mapping[str, str]:
        """The filters for the next address, under the names the page uses."""
        return {
            "q": self.q,
            "kind": self.kind,
            "unit": self.unit,
            "about": self.about,
            "from": self.start,
            "to": self.end,
        }


def day_of(text: str, name: str) -> date | None:
    """An ISO day out of an address. Raises FormRefused."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FormRefused(f"“{name}”不是日期", saw=text[:20], do="写成 2026-11-20") from None


def moments_of(start: str, end: str) -> tuple[datetime | None, datetime | None]:
    """[since, until) of two ISO days, both included. Raises FormRefused."""
    first, last = day_of(start, "从"), day_of(end, "到")
    return (
        bank_moment(first) if first else None,
        bank_moment(last + DAY) if last else None,
    )


async def wanted_of(
    session: AsyncSession, query: RecordQuery, sight: Sight, kinds: tuple[str, ...]
) -> record.Wanted:
    """The conditions; what ``q`` names is looked for among staff, customers and scripts in sight."""
    since, until = moments_of(query.start, query.end)
    chosen = (query.kind,) if query.kind in kinds else kinds
    actors: tuple[str, ...] | None = None
    objects: tuple[str, ...] | None = None
    about: str | None = None
    if query.about:
        objects = (query.about,)
    elif query.q:
        actors, objects, about = await _meant(session, query.q.strip(), sight)
    return record.Wanted(
        units=sight.units,
        kinds=chosen,
        actors=actors,
        objects=objects,
        about=about,
        since=since,
        until=until,
    )


async def _meant(
    session: AsyncSession, words: str, sight: Sight
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None, str | None]:
    """(actors, objects, object prefix) that ``words`` may name."""
    people = await rosters.page(session, units=sight.units, words=words, limit=20)
    if people:
        return tuple(f"staff:{one.staff_id}" for one in people), None, None
    wanted = listing.Wanted(units=sight.units, number=words)
    customers = await listing.page(session, wanted, limit=1)
    if customers:
        return None, (f"customer:{customers[0].customer_id}",), None
    return None, None, f"script:{words}/" if words.isalnum() or "." in words else NOBODY


def place_of(line: Line) -> str:
    """Where a list goes on, for an address."""
    micros = (line.at - EPOCH) // timedelta(microseconds=1)
    return f"{micros}~{line.stream}~{line.seq}"


def keyset_of(text: str) -> Keyset | None:
    """The keyset out of an address; None for an empty or a broken one, which means the start."""
    parts = text.split("~")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[2].isdecimal()):
        return None
    return EPOCH + timedelta(microseconds=int(parts[0])), parts[1], int(parts[2])
