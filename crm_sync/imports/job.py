"""What every part of one import knows, and which rows it has met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from kit.crypto import FieldCipher

Handle = int | str
"""What names an existing row while its file is read: its number where it has one, else its key."""


ConsentRow = tuple[int, str, bool, str, datetime, str]
"""customer_id, purpose, given, source, at, notice (the version of the text that was shown)."""


class LandConsents(Protocol):
    """Who lands consents: compliance owns their table, the composition passes it in."""

    async def __call__(
        self, session: AsyncSession, rows: Sequence[ConsentRow], at: datetime, actor: str
    ) -> int:
        """Land decisions of customers; those landed before change nothing. How many were new."""


TouchRow = tuple[str, int, str, str, str, str, str, datetime, bool]
"""touch_no, customer_id, staff_id, channel, purpose, act, outcome, at, void."""


class LandTouches(Protocol):
    """Who lands touches of other channels: delivery owns their table."""

    async def __call__(
        self, session: AsyncSession, rows: Sequence[TouchRow], at: datetime, actor: str
    ) -> int:
        """Land what reached customers; the same number again only moves. How many were new."""


class ComplaintRow(NamedTuple):
    """A case of the bank's complaint system; words and result are sealed for the case's table.

    ``words_hash`` is the blind hash by which a case with the same words is known.
    """

    complaint_no: str
    customer_id: int
    about: str
    words: bytes | None
    words_hash: str
    opened_at: datetime
    due_on: date | None
    state: str
    result: bytes | None


class LandComplaints(Protocol):
    """Who lands complaints: compliance owns their table, delivery empties the queues."""

    async def __call__(
        self, session: AsyncSession, rows: Sequence[ComplaintRow], at: datetime, actor: str
    ) -> int:
        """Land cases; a case only moves on. How many were new or moved."""

    async def of_others(
        self, session: AsyncSession, customers: Mapping[str, int]
    ) -> frozenset[str]:
        """Which of these numbers (each with its customer) are on record as somebody else's case."""


class Existing(NamedTuple):
    """A row that is already there."""

    handle: Handle
    digest: str
    gone: bool  # removed_at is set
    extra: Any = None


class Objection(NamedTuple):
    """Why one row of a batch is not taken."""

    code: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """One import: whose file, from which source, with which columns, when and by whom.

    ``targets`` are the values that the mapping provides; what it does not provide is left as
    it is on rows that exist. ``supplement`` adds columns to the rows of another source.
    """

    run_id: int
    source: str
    source_date: str
    synthetic: bool
    supplement: bool
    targets: tuple[str, ...]
    at: datetime
    by: str
    cipher: FieldCipher = field(repr=False)
    land_consents: LandConsents | None = None
    land_touches: LandTouches | None = None
    land_complaints: LandComplaints | None = None

    def provides(self, target: str) -> bool:
        """Whether the file speaks of this value at all."""
        return target in self.targets


class Seen:
    """The handles met so far: one bit for a number, so that millions of rows stay small."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._texts: set[str] = set()

    def add(self, handle: Handle) -> None:
        """Remember it."""
        if isinstance(handle, str):
            self._texts.add(handle)
            return
        place = handle >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits) // 2)))
        self._bits[place] |= 1 << (handle & 7)

    def __contains__(self, handle: Handle) -> bool:
        if isinstance(handle, str):
            return handle in self._texts
        place = handle >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (handle & 7) & 1)
