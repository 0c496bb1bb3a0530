"""Streams Parquet: footer checked before a page is read, needed columns only, cells as text.

A small file may unpack to a huge one in two ways: pages that inflate (the footer knows) and a
dictionary of few long texts used by many rows (the footer does not). The first is bounded by
the footer's sizes; for the second, texts stay dictionary-encoded until their lengths are known.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.tabular.delimited import FIELD_LIMIT, Chunk
from kit.tabular.errors import FileTooLarge, HeaderRefused, ParquetRefused, ParquetTooLarge
from kit.tabular.limits import MEGABYTE, Limits

_BROKEN: Final = (pa.ArrowException, OSError, ValueError, OverflowError)


class ParquetFile:
    """A Parquet file open for one pass. ``header`` names its top-level columns."""

    encoding = ""
    multiline = 0

    def __init__(self, path: Path, limits: Limits) -> None:
        """Open it and judge the footer. Raises ParquetRefused, ParquetTooLarge, FileTooLarge."""
        self._path = path
        self._limits = limits
        self.bytes_read = 0
        try:
            self._footer = pq.read_metadata(path)
            self._schema = self._footer.schema.to_arrow_schema()
        except _BROKEN as error:
            raise self._broken(error) from error
        self.header: tuple[str, ...] = tuple(self._schema.names)
        if len(self.header) > limits.columns:
            raise FileTooLarge(
                "列数超过上限", saw=f"{len(self.header)} 列，上限 {limits.columns}", where=path.name
            )
        if self._footer.num_rows > limits.rows:
            raise FileTooLarge(
                "行数超过上限",
                saw=f"{self._footer.num_rows} 行，上限 {limits.rows}",
                where=path.name,
            )
        if len(set(self.header)) != len(self.header):
            raise HeaderRefused("表头有重名的列", where=path.name, do="改名或删掉其中一列")

    def _broken(self, error: BaseException) -> ParquetRefused:
        return ParquetRefused(
            "不是完整的 Parquet 文件",
            saw=str(error).partition("\n")[0][:120],
            where=self._path.name,
            do="请数据提供方重新传送；文本文件请把映射里的 format 写成 csv",
        )

    def sha256(self) -> str:
        """The digest of the file as it lies there."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        """Nothing stays open between chunks."""

    def chunks(self, needed: Iterable[str] | None = None) -> Iterator[Chunk]:
        """The rows as text. Columns that are not ``needed`` come out empty and are not read."""
        wanted = set(self.header if needed is None else needed)
        names = [name for name in self.header if name in wanted]
        texts = [name for name in names if self._is_text(name)]
        self._judge_sizes(names)
        start = 1
        try:
            file = pq.ParquetFile(self._path, read_dictionary=texts, memory_map=False)
        except _BROKEN as error:
            raise self._broken(error) from error
        with file:
            batches = file.iter_batches(
                batch_size=self._limits.chunk_rows, columns=names, use_threads=False
            )
            while (batch := self._next(batches)) is not None:
                blank: Sequence[str] = ("",) * batch.num_rows
                read = {
                    name: self._cells(name, batch.column(place)) for place, name in enumerate(names)
                }
                if sum(size for _, size in read.values()) > self._limits.parquet_batch_bytes:
                    raise self._too_large("一批行展开后的文字", self._limits.parquet_batch_bytes)
                yield Chunk(
                    range(start, start + batch.num_rows),
                    [read[name][0] if name in read else blank for name in self.header],
                )
                start += batch.num_rows

    def _next(self, batches: Iterator[Any]) -> Any:
        try:
            return next(batches, None)
        except _BROKEN as error:
            raise self._broken(error) from error

    def _is_text(self, name: str) -> bool:
        kind = self._schema.field(name).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if not text and not _has_text(kind):
            raise ParquetRefused(
                "这一列的类型没有文字形式，不能导入",
                saw=f"{name[:40]}：{str(kind)[:60]}",
                where=self._path.name,
                do="导出时改成字符串、数字、日期或布尔列，或在映射里去掉这一列",
            )
        return bool(text)

    def _judge_sizes(self, names: Sequence[str]) -> None:
        total = 0
        for group in range(self._footer.num_row_groups):
            described = self._footer.row_group(group)
            size = 0
            for place in range(described.num_columns):
                column = described.column(place)
                if column.path_in_schema.partition(".")[0] in names:
                    size += column.total_uncompressed_size
            if size > self._limits.parquet_group_bytes:
                raise self._too_large("一个行组解压后", self._limits.parquet_group_bytes)
            total += size
        if total > self._limits.parquet_bytes:
            raise self._too_large("解压后", self._limits.parquet_bytes)

    def _too_large(self, what: str, most: int) -> ParquetTooLarge:
        return ParquetTooLarge(
            f"Parquet 文件{what}超过上限，可能是压缩炸弹",
            saw=f"上限 {most // MEGABYTE} MB",
            where=self._path.name,
            do="请数据提供方按机构或日期拆成几个文件，行组不超过 100 万行",
        )

    def _cells(self, name: str, column: Any) -> tuple[Sequence[str], int]:
        """A column of a batch as text, and how many bytes its texts hold together."""
        if not pa.types.is_dictionary(column.type):
            return [_text(value) for value in _python(column)], 16 * len(column)
        words = column.dictionary
        lengths = pc.fill_null(pc.binary_length(words), 0)
        if len(words) and (pc.max(lengths).as_py() or 0) > FIELD_LIMIT:
            raise ParquetTooLarge(
                f"有一格超过 {FIELD_LIMIT} 字节",
                saw=name[:40],
                where=self._path.name,
                do="请数据提供方检查这一列",
            )
        used = pc.take(lengths, column.indices)
        size = int(pc.sum(used).as_py() or 0)
        if size > self._limits.parquet_batch_bytes:
            raise self._too_large("一批行展开后的文字", self._limits.parquet_batch_bytes)
        try:
            spelled = [_text(word) for word in words.to_pylist()]
        except UnicodeDecodeError as error:
            raise self._broken(error) from error
        return [
            "" if index is None else spelled[index] for index in column.indices.to_pylist()
        ], size


def _has_text(kind: Any) -> bool:
    return any(
        judge(kind)
        for judge in (
            pa.types.is_integer,
            pa.types.is_floating,
            pa.types.is_decimal,
            pa.types.is_boolean,
            pa.types.is_date,
            pa.types.is_timestamp,
            pa.types.is_null,
        )
    )


def _python(column: Any) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if value is True or value is False:
        return "1" if value else "0"
    if isinstance(value, datetime) and value.tzinfo is None and not any(value.timetuple()[3:6]):
        return value.date().isoformat()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)
