"""Rows that are no file: fetched in pieces, made text, counted and digested like a file's."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from kit.clock import BANK_TIME
from kit.tabular.delimited import Chunk
from kit.tabular.errors import FileTooLarge, HeaderRefused
from kit.tabular.limits import Limits
from kit.tabular.refusals import Reject, RowCode

CELL_END = "\x1f"


class Fetch(Protocol):
    """Where the rows come from."""

    header: tuple[str, ...]

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """The next rows, at most ``count``; none at the end."""

    def close(self) -> None:
        """Let go of what is open."""


class StreamedRows:
    """A ``Source`` over fetched rows. ``line`` is the row from 1.

    The digest is SHA-256 over every row's cells as text, each followed by U+001F, each row by a
    line feed (docs/data.md), so that another system can make the same.
    """

    encoding = ""
    multiline = 0

    def __init__(self, rows: Fetch, name: str, limits: Limits) -> None:
        """Raises HeaderRefused and FileTooLarge for columns that cannot be told apart or counted."""
        self.header = rows.header
        self._rows = rows
        self._name = name
        self._limits = limits
        self._hash = hashlib.sha256()
        self._line = 0
        self.bytes_read = 0
        if len(self.header) > limits.columns:
            raise FileTooLarge(
                "列数超过上限", saw=f"{len(self.header)} 列，上限 {limits.columns}", where=name
            )
        for place, column in enumerate(self.header):
            if not column or self.header.index(column) != place:
                raise HeaderRefused(
                    "列没有名字，或有重名的列", saw=column[:40], where=name, do="用 AS 给每一列起名"
                )

    def chunks(self, needed: Iterable[str] | None = None) -> Iterator[Chunk]:
        """The rows as columns of text; a row with a cell that is no text, number or day is refused."""
        while fetched := self._rows.fetch(self._limits.chunk_rows):
            first = self._line + 1
            self._line += len(fetched)
            rows = [[cell_text(value) for value in row] for row in fetched]
            refused: list[Reject] = []
            lines: Sequence[int] = range(first, self._line + 1)
            if any(None in row for row in rows):
                refused = [
                    self._refusal(line, row) for line, row in zip(lines, rows, strict=True)
                    if None in row
                ]  # fmt: skip
                whole = [place for place, row in enumerate(rows) if None not in row]
                lines = [lines[place] for place in whole]
                rows = [rows[place] for place in whole]
            self._digest(rows, fetched)
            columns: Any = list(zip(*rows, strict=True)) or [()] * len(self.header)
            yield Chunk(lines, columns, tuple(refused))

    def _digest(self, rows: Sequence[Sequence[Any]], fetched: Sequence[Sequence[Any]]) -> None:
        if len(rows) != len(fetched):
            rows = [[cell_text(value) or "" for value in row] for row in fetched]
        joined = "".join("".join(f"{cell}{CELL_END}" for cell in row) + "\n" for row in rows)
        data = joined.encode()
        self._hash.update(data)
        self.bytes_read += len(data)
        if self.bytes_read > self._limits.file_bytes:
            raise FileTooLarge(
                "数据超过大小上限", saw=f"上限 {self._limits.file_bytes} 字节", where=self._name
            )

    def _refusal(self, line: int, row: Sequence[str | None]) -> Reject:
        column = self.header[row.index(None)] if None in row else ""
        return Reject(
            line=line,
            code=RowCode.CELL,
            column=column,
            reason="这一格不是文字、数字、日期或真假",
            cells=tuple(cell or "" for cell in row),
        )

    def sha256(self) -> str:
        """The digest of the rows so far; whole after the last chunk."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Let go of the rows."""
        self._rows.close()


def cell_text(value: Any) -> str | None:
    """A value as the text that a file would have; None for what has none (bytes, lists, floats
    that are no numbers)."""
    if value is None:
        return ""
    kind = type(value)
    if kind is str:
        return _whole_text(value)
    if kind is bool:
        return "1" if value else "0"
    if kind is int:
        return str(value)
    if kind is float:
        value = Decimal(repr(value))
        kind = Decimal
    if kind is Decimal:
        return f"{value:f}" if value.is_finite() else None
    if isinstance(value, datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, date) else None


def _whole_text(value: str) -> str | None:
    """Text that can be stored: no NUL, no half of a surrogate pair."""
    if "\0" in value:
        return None
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _moment(value: datetime) -> str:
    """At the bank's clock; a naive midnight is a day, as some databases keep days."""
    if value.tzinfo is not None:
        value = value.astimezone(BANK_TIME).replace(tzinfo=None)
    elif not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.replace(microsecond=0).isoformat(sep=" ")
