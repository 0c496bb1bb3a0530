"""Where rows come from: a file beside its mapping and manifest, or another source of that shape."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.report import ImportReport
from kit.tabular import (
    Layout,
    Limits,
    Manifest,
    Mapping,
    Opened,
    default_mapping,
    open_table,
    read_manifest,
    read_mapping,
)

Also = Callable[[AsyncSession, ImportReport], Awaitable[None]]
"""What is written in the very transaction that takes the rows over."""


class Described(NamedTuple):
    """An open source, what its columns mean, and what was promised of it."""

    opened: Opened
    mapping: Mapping
    manifest: Manifest | None


class Opening(Protocol):
    """What can be opened as rows. ``open`` may block: it is called in a thread."""

    @property
    def name(self) -> str:
        """What the record of the run calls it."""

    @property
    def mapping_name(self) -> str:
        """The file that says what its columns mean; empty for our own names."""

    @property
    def origin(self) -> str:
        """``file``, ``sql`` or ``feed``."""

    def open(self, layout: Layout, limits: Limits, today: date) -> Described:
        """Open it for one pass. Raises AppErrors that say what is wrong with it."""


@dataclass(frozen=True, slots=True)
class FileOpening:
    """A CSV, TSV or Parquet file."""

    path: Path
    mapping: Path | None = None
    manifest: Path | None = None
    origin: str = "file"

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    @property
    def mapping_name(self) -> str:
        """The mapping file's name."""
        return self.mapping.name if self.mapping else ""

    def open(self, layout: Layout, limits: Limits, today: date) -> Described:
        """Read mapping and manifest, then open the file."""
        chosen = (
            read_mapping(self.mapping, layout, limits) if self.mapping else default_mapping(layout)
        )
        promised = read_manifest(self.manifest, self.path.name) if self.manifest else None
        opened = open_table(self.path, chosen, layout, today=today, limits=limits)
        return Described(opened, chosen, promised)
