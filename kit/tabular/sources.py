"""One face for every format: a header, chunks of text cells, a digest."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from kit.tabular.delimited import Chunk, DelimitedFile
from kit.tabular.limits import Limits
from kit.tabular.mapping import Shape
from kit.tabular.parquet import ParquetFile
from kit.tabular.sniffing import format_of, head_of


class Source(Protocol):
    """A file in columns, open for one pass.

    ``multiline`` counts CSV records that span several lines (a sign of stray quotes).
    """

    header: tuple[str, ...]
    encoding: str
    multiline: int

    @property
    def bytes_read(self) -> int:
        """How far the pass has come, in bytes of the file."""

    def chunks(self, needed: Iterable[str] | None = None) -> Iterator[Chunk]:
        """The rows; columns that are not ``needed`` may come out empty."""

    def sha256(self) -> str:
        """The digest of the file; whole after the last chunk."""

    def close(self) -> None:
        """Let go of the file."""


def open_source(path: Path, shape: Shape, limits: Limits) -> Source:
    """Open a file as its format. Raises what ``errors`` draws, before any row is read."""
    head = head_of(path, limits)
    format = format_of(path, head, shape)
    if format == "parquet":
        return ParquetFile(path, limits)
    return DelimitedFile(path, shape, format, head, limits)
