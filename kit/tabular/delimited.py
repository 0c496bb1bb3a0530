"""Streams CSV and TSV: strict quotes, bounded cells, no NUL, every refusal with its line."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from kit.tabular.errors import (
    EncodingRefused,
    FieldTooLong,
    FileEmpty,
    FileTooLarge,
    HeaderRefused,
    NulInFile,
    QuoteBroken,
)
from kit.tabular.limits import MEGABYTE, Limits
from kit.tabular.mapping import Shape
from kit.tabular.refusals import Reject, RowCode
from kit.tabular.sniffing import bad_line, delimiter_of, encoding_of

FIELD_LIMIT: Final = 131_072
"""Characters in one cell; the csv module's own limit, which nothing here changes."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows as columns of text, in the order of the header, with their lines.

    ``refused`` are the lines that do not even have the right number of cells.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    refused: tuple[Reject, ...] = ()


class _Counted(io.RawIOBase):
    """The bytes of a file on their way in: counted, hashed, bounded, and free of NUL."""

    def __init__(self, path: Path, limits: Limits) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._path = path
        self._most = limits.file_bytes
        self._hash = hashlib.sha256()
        self._lines = 0
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer) or 0
        block = bytes(memoryview(buffer)[:count])
        self._hash.update(block)
        self.count += count
        if self.count > self._most:
            raise FileTooLarge(
                "文件在读取过程中超过了大小上限",
                saw=f"上限 {self._most} 字节",
                where=self._path.name,
            )
        nul = block.find(b"\0")
        if nul >= 0:
            line = self._lines + block.count(b"\n", 0, nul) + 1
            raise NulInFile(
                "文件里有 NUL 字节：文件被截断、损坏，或不是文本",
                saw=f"第 {line} 行",
                where=self._path.name,
                do="请数据提供方重新导出；UTF-16 文件请另存为 UTF-8",
            )
        self._lines += block.count(b"\n")
        return count

    def close(self) -> None:
        self._file.close()
        super().close()

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class DelimitedFile:
    """A CSV or TSV file open for one pass. ``header`` names the columns."""

    def __init__(self, path: Path, shape: Shape, format: str, head: bytes, limits: Limits) -> None:
        """Open and read the header. Raises what ``errors`` draws for encodings and headers."""
        self._path = path
        self._limits = limits
        self.encoding = encoding_of(head, shape.encoding, path.name)
        first = head.split(b"\n", 1)[0].decode(self.encoding, "replace")
        self._raw = _Counted(path, limits)
        text = io.TextIOWrapper(
            io.BufferedReader(self._raw, MEGABYTE), encoding=self.encoding, newline=""
        )
        # Eight kilobytes at a time is its default; each of them gives the interpreter away.
        text._CHUNK_SIZE = MEGABYTE // 4  # type: ignore[attr-defined]
        self._text = text
        self._reader = csv.reader(text, delimiter=delimiter_of(shape, format, first), strict=True)
        self.multiline = 0
        try:
            self.header = shape.columns or self._read_header()
        except BaseException:
            self.close()
            raise

    @property
    def bytes_read(self) -> int:
        """How far the pass has come."""
        return self._raw.count

    def sha256(self) -> str:
        """The digest of everything read so far; whole after the last chunk."""
        return self._raw.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._text.close()

    def _read_header(self) -> tuple[str, ...]:
        rows: list[list[str]] = []
        while not rows:
            self._fill(rows, 1)
            if not rows:
                raise FileEmpty("文件里没有表头", where=self._path.name)
            rows = [row for row in rows if row]
        names = tuple(name.strip() for name in rows[0])
        if len(names) > self._limits.columns:
            raise FileTooLarge(
                "列数超过上限", saw=f"{len(names)} 列，上限 {self._limits.columns}",
                where=self._path.name,
            )  # fmt: skip
        for place, name in enumerate(names, start=1):
            if not name:
                raise HeaderRefused(
                    f"表头第 {place} 列没有名字",
                    where=self._path.name,
                    do="给这一列起名，或删掉多余的分隔符",
                )
            if names.index(name) != place - 1:
                raise HeaderRefused(
                    "表头有重名的列", saw=name[:40], where=self._path.name, do="改名或删掉其中一列"
                )
        return names

    def _fill(self, rows: list[list[str]], count: int) -> None:
        """Add up to ``count`` records to ``rows``; on trouble, refuse with the line."""
        start = self._reader.line_num
        try:
            rows.extend(islice(self._reader, count))
        except csv.Error as error:
            line = start + sum(map(_height, rows)) + 1
            self._refuse(error, line)
        except UnicodeDecodeError as error:
            raise EncodingRefused(
                "文件中途读不出文字：编码前后不一致",
                saw=f"前面是 {self.encoding}，第 {bad_line(self._path, self.encoding)} 行不是",
                where=self._path.name,
                do="请数据提供方统一编码；确定是另一种编码时在映射里写 encoding",
            ) from error

    def _refuse(self, error: csv.Error, line: int) -> None:
        where = f"{self._path.name} 第 {line} 行"
        if "field limit" in str(error):
            raise FieldTooLong(
                f"有一格超过 {FIELD_LIMIT} 个字符：多半是引号没有配对",
                saw=f"从第 {line} 行开始的一格",
                where=where,
                do='检查这一行的引号；内容里的引号要写成两个 ""',
            ) from error
        raise QuoteBroken(
            "引号没有配对：后面的行会被它吞掉",
            saw=f"从第 {line} 行开始的记录",
            where=where,
            do='检查这一行的引号；内容里的引号要写成两个 ""，整格用引号括起',
        ) from error

    def chunks(self, needed: Iterable[str] | None = None) -> Iterator[Chunk]:
        """The rows, ``limits.chunk_rows`` at a time; blank lines are passed over.

        Every column is there, ``needed`` or not: a CSV line is read whole anyway.
        """
        width = len(self.header)
        while True:
            start = self._reader.line_num
            rows: list[list[str]] = []
            self._fill(rows, self._limits.chunk_rows)
            if not rows:
                return
            lines: Sequence[int] = range(start + 1, start + 1 + len(rows))
            if self._reader.line_num - start != len(rows):
                lines = self._uneven(rows, start)
            refused: tuple[Reject, ...] = ()
            if set(map(len, rows)) != {width}:
                refused = tuple(
                    _ragged(line, row, width)
                    for line, row in zip(lines, rows, strict=True)
                    if row and len(row) != width
                )
                whole = [place for place, row in enumerate(rows) if len(row) == width]
                if refused and not whole and start == 0:
                    raise self._wrong_width(refused[0])
                lines = [lines[place] for place in whole]
                rows = [rows[place] for place in whole]
            columns = list(zip(*rows, strict=True)) or [()] * width
            yield Chunk(lines, columns, refused)

    def _wrong_width(self, first: Reject) -> HeaderRefused:
        return HeaderRefused(
            "映射声明的列数与文件不符",
            saw=f"声明 {len(self.header)} 列，第 {first.line} 行有 {len(first.cells)} 格",
            where=self._path.name,
            do="核对映射 [file] 的 columns 和 delimiter",
        )

    def _uneven(self, rows: list[list[str]], start: int) -> list[int]:
        """The first lines of records of which some span several lines."""
        lines, line = [], start + 1
        for row in rows:
            lines.append(line)
            height = _height(row)
            self.multiline += height > 1
            if height > self._limits.record_lines:
                raise QuoteBroken(
                    f"一条记录跨了 {height} 行：多半是引号没有配对，吞掉了后面的行",
                    saw=f"从第 {line} 行开始的记录",
                    where=f"{self._path.name} 第 {line} 行",
                    do='检查这一行的引号；内容里的引号要写成两个 ""',
                )
            line += height
        return lines


def _height(row: Sequence[str]) -> int:
    """How many physical lines a record spans (CR LF, CR and LF each end one)."""
    return 1 + sum(
        cell.count("\n") + cell.count("\r") - cell.count("\r\n")
        for cell in row
        if "\n" in cell or "\r" in cell
    )


def _ragged(line: int, row: Sequence[str], width: int) -> Reject:
    return Reject(
        line=line,
        code=RowCode.RAGGED,
        column="",
        reason=f"这一行有 {len(row)} 格，表头是 {width} 格；多半是分隔符或引号写错",
        cells=tuple(row),
    )
