"""How a kind of file becomes rows: what is there, what is wrong with a row, how it is written."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Column, Table
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.digests import row_digests
from crm_sync.imports.job import Existing, Handle, Job, Objection, Seen
from crm_sync.imports.staging import Direct
from crm_sync.imports.undo import Undo
from kit.tabular.fields import Layout
from kit.tabular.refusals import Reject
from kit.tabular.rows import Batch

PAGE: Final = 50_000
DIGEST: Final = "#digest"
FOUND: Final = "#found"
"""Columns that the intake adds to a batch: each row's digest, and the Existing row or None."""


class Landing(ABC):
    """One kind of file on its way in. A new one is made for every import.

    ``whole`` says that the file is all there is: rows of its source that it lacks are removed.
    """

    layout: ClassVar[Layout]
    whole: ClassVar[bool] = True
    undo: ClassVar[Undo | None] = None
    """How a load of this kind is taken back; None where it cannot be."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.fresh: int | None = None
        """How many rows their owner did not know yet; None where the intake compares by digest."""

    @property
    @abstractmethod
    def columns(self) -> Sequence[Column[Any]]:
        """The staged columns after key and line."""

    def direct(self) -> Direct | None:
        """Where new rows may be written at once; None where they must be staged."""
        return None

    async def begin(self, session: AsyncSession) -> None:  # noqa: B027 — most load nothing
        """Load what rows will be judged against."""

    def rekey(self, batch: Batch) -> None:  # noqa: B027 — most keep the layout's keys
        """Give the rows other keys than the layout's, where a key depends on a value."""

    def digests(self, batch: Batch) -> list[str]:
        """A digest a row; see ``row_digests``."""
        salt = f"{self.job.source}|{self.job.synthetic}"
        return row_digests(self.job.cipher, salt, batch.columns)

    @abstractmethod
    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        """The rows of the batch that are there already, by key."""

    def made_here(self, handle: Handle) -> bool:
        """Whether a row was written by this very import."""
        return False

    async def mentioned(self, session: AsyncSession, keys: Sequence[str]) -> Iterable[Handle]:
        """The existing rows of these keys: named on rejected lines, so not missing."""
        return ()

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        """What speaks against new and changed rows, by place."""
        return {}

    def refuse_new(self, key: str) -> Objection | None:
        """What speaks against a row that is not there yet."""
        return None

    @abstractmethod
    def values(self, batch: Batch) -> list[Sequence[Any]]:
        """New and changed rows as staged columns, personal data sealed."""

    def settle(self, seen: Seen) -> list[tuple[Reject, bool]]:
        """What can only be judged when the whole file is known: rejects, and whether each was
        a new row."""
        return []

    async def live(self, session: AsyncSession) -> int:
        """How many rows of this source are there before the import."""
        return 0

    async def missing(self, session: AsyncSession, seen: Seen) -> list[Handle]:
        """The rows of this source that the file did not name."""
        return []

    def touched(self) -> list[str]:
        """The columns that this load writes, of which images are kept."""
        return []

    async def keep_images(self, session: AsyncSession, stage: Table) -> None:  # noqa: B027
        """Keep the rows that ``take`` is about to change as they are now."""

    @abstractmethod
    async def take(self, session: AsyncSession, stage: Table) -> None:
        """Write the staged rows, set-based."""

    async def remove(  # noqa: B027 — kinds that only ever grow remove nothing
        self, session: AsyncSession, handles: Sequence[Handle]
    ) -> None:
        """Mark rows as removed; nothing is ever deleted."""
