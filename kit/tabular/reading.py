"""Opens a file by its mapping and streams it as typed batches."""

import difflib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from kit.tabular.errors import (
    ColumnMissing,
    FileEmpty,
    FileTooLarge,
    HeaderRefused,
    TooManyRejects,
)
from kit.tabular.expressions import bind
from kit.tabular.fields import Layout
from kit.tabular.limits import Limits
from kit.tabular.mapping import Mapping, Rule
from kit.tabular.rows import Batch, Feed, RowMaker, feed_of
from kit.tabular.side_tables import SideTables
from kit.tabular.sources import Source, open_source

IGNORED_MARK = "#"
"""Columns whose name starts so are never read: our rejects files add such columns."""


class Opened:
    """A file or another source of rows, open for one pass. Use it in a ``with`` block."""

    def __init__(self, name: str, source: Source, maker: RowMaker, needed: frozenset[str],
                 limits: Limits, size: int, *, may_be_empty: bool = False) -> None:  # fmt: skip
        self.name = name
        self.header = source.header
        self.targets = maker.targets
        self.size = size
        self.rows = 0
        self.rejected = 0
        self._source = source
        self._maker = maker
        self._needed = needed
        self._limits = limits
        self._may_be_empty = may_be_empty

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.close()

    @property
    def bytes_read(self) -> int:
        """How far the pass has come, of ``size``."""
        return self._source.bytes_read

    @property
    def encoding(self) -> str:
        """The encoding that was found; empty for Parquet."""
        return self._source.encoding

    @property
    def multiline(self) -> int:
        """How many CSV records spanned several lines so far."""
        return self._source.multiline

    def sha256(self) -> str:
        """The digest of the file; whole after the last batch."""
        return self._source.sha256()

    def batches(self) -> Iterator[Batch]:
        """The rows of the file, typed, ``limits.batch_rows`` or a little more at a time.

        Raises what ``errors`` draws where the file breaks off, TooManyRejects where nearly
        nothing of it can be taken, and FileEmpty after a header without lines.
        """
        parts: list[Batch] = []
        rows = 0
        for part in self._parsed():
            parts.append(part)
            rows += len(part) + len(part.rejects)
            if rows >= self._limits.batch_rows:
                yield Batch.joined(parts)
                parts, rows = [], 0
        if parts:
            yield Batch.joined(parts)

    def _parsed(self) -> Iterator[Batch]:
        for chunk in self._source.chunks(self._needed):
            batch = self._maker.batch(chunk)
            self.rows += len(chunk.lines) + len(chunk.refused)
            self.rejected += len(batch.rejects)
            if self.rows > self._limits.rows:
                raise FileTooLarge(
                    "行数超过上限", saw=f"上限 {self._limits.rows} 行", where=self.name
                )
            if self.rejected > self._limits.rejects:
                worst = batch.rejects[-1]
                raise TooManyRejects(
                    "坏行太多，多半是映射或文件格式不对，整个文件不导入",
                    saw=f"前 {self.rows} 行里有 {self.rejected} 行不能用；"
                    f"如第 {worst.line} 行 {worst.reason}（{worst.code}）",
                    where=self.name,
                    do="先用 --dry-run 导入前几百行，核对映射",
                )
            yield batch
        if not self.rows and not self._may_be_empty:
            raise FileEmpty(
                "文件里只有表头，没有数据", where=self.name, do="请数据提供方核对导出条件"
            )


def open_table(
    path: Path, mapping: Mapping, layout: Layout, *, today: date, limits: Limits | None = None
) -> Opened:
    """Open ``path`` for one pass of typed batches.

    ``today`` judges dates that cannot lie in the future. Raises what ``errors`` draws for the
    file, its header and the mapping's columns, before any row is read.
    """
    limits = limits or Limits()
    source = open_source(path, mapping.shape, limits)
    return open_rows(
        source, path.name, mapping, layout, today=today, limits=limits, folder=path.parent,
        size=path.stat().st_size,
    )  # fmt: skip


def open_rows(
    source: Source,
    name: str,
    mapping: Mapping,
    layout: Layout,
    *,
    today: date,
    limits: Limits,
    folder: Path,
    size: int = 0,
    may_be_empty: bool = False,
) -> Opened:
    """The same for rows that come otherwise than by a file; ``source`` is closed with it.

    ``name`` is what refusals call it, ``folder`` where look-up tables lie; with
    ``may_be_empty`` nothing new is no reason to refuse.
    """
    try:
        sides = SideTables(mapping, folder, limits)
        feeds = list(_feeds(source, mapping, layout, sides, today))
    except BaseException:
        source.close()
        raise
    needed = {
        source.header[feed.place] for feed in feeds if feed.place is not None
    } | {
        name for rule in mapping.rules if rule.expression for name in rule.expression.columns
    }  # fmt: skip
    return Opened(name, source, RowMaker(layout, feeds), frozenset(needed), limits, size,
                  may_be_empty=may_be_empty)  # fmt: skip


def _feeds(
    source: Source, mapping: Mapping, layout: Layout, sides: SideTables, today: date
) -> Iterator[Feed]:
    places = {name: place for place, name in enumerate(source.header)}
    rules = (*mapping.rules, *_free_rules(source, layout)) if mapping.strict else mapping.rules
    used: set[str] = set()
    targets: dict[str, str] = {}
    for rule in rules:
        field = layout.find(rule.target)
        assert field is not None  # noqa: S101 — the mapping was judged against this layout
        place = _place(rule, field.title, places)
        if rule.source is not None and place is None:
            if rule.optional:
                continue
            raise _missing(rule, source, mapping)
        if place is not None:
            used.add(source.header[place])
        twin = targets.setdefault(field.target, field.name)
        if twin != field.name:
            raise HeaderRefused(
                "这两列是同一个值，只能有一列", saw=f"{twin}、{field.name}", do="删掉其中一列"
            )
        yield feed_of(
            rule,
            field,
            place=place,
            evaluate=bind(rule.expression, places, sides.find) if rule.expression else None,
            today=today,
            nulls=mapping.shape.nulls,
        )
    if mapping.strict:
        _refuse_unknown(source, layout, used)


def _place(rule: Rule, title: str, places: dict[str, int]) -> int | None:
    if rule.source is None:
        return None
    return places.get(rule.source, places.get(title) if rule.source == rule.target else None)


def _free_rules(source: Source, layout: Layout) -> Iterator[Rule]:
    """One rule for each column ``<free>.x`` of a file without a mapping."""
    for name in source.header:
        if layout.free and name.startswith(f"{layout.free}.") and layout.find(name):
            yield Rule(target=name, source=name)


def _missing(rule: Rule, source: Source, mapping: Mapping) -> ColumnMissing:
    wanted = rule.source or rule.target
    near = difflib.get_close_matches(wanted, source.header, 1)
    guess = f"是不是“{near[0]}”写错了？" if near else ""
    return ColumnMissing(
        f"文件里没有“{wanted}”这一列",
        saw="、".join(name[:24] for name in source.header)[:200],
        where=mapping.name or "docs/data.md 列出了每种文件的列",
        do=f"{guess}改表头，或在映射的 columns.{rule.target} 里写文件里的列名",
    )


def _refuse_unknown(source: Source, layout: Layout, used: set[str]) -> None:
    for name in source.header:
        if name in used or name.startswith(IGNORED_MARK):
            continue
        near = difflib.get_close_matches(name, layout.names, 1)
        guess = f"是不是 {near[0]}？" if near else ""
        raise HeaderRefused(
            f"{layout.title}文件没有这一列",
            saw=name[:40],
            where="docs/data.md 列出了每种文件的列",
            do=f"{guess}改名或删掉；别的系统导出的文件请用 --mapping 说明列的意思",
        )
