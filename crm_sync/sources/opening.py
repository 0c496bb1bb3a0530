"""A query or table of another database, opened as rows by its mapping."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.openings import Described
from crm_sync.imports.report import ImportReport
from crm_sync.sources import statements
from crm_sync.sources.cursors import Cursor, connect
from crm_sync.sources.errors import AnswerRefused, SourceUnusable
from crm_sync.sources.watermarks import Watermark, highest, keep_watermark
from kit.tabular import (
    Layout,
    Limits,
    Manifest,
    Mapping,
    Query,
    StreamedRows,
    open_rows,
    read_manifest,
    read_mapping,
)


@dataclass
class SqlOpening:
    """One kind of row out of one source.

    ``since`` is the watermark to read from; None reads everything. ``reached`` is the highest
    value that was seen, once the rows have been read.
    """

    source: str
    kind: str
    url: str = field(repr=False)
    mapping: Path
    since: Watermark | None = None
    manifest: Path | None = None
    origin: str = "sql"
    reached: Watermark | None = None

    @property
    def name(self) -> str:
        """``core/customers``: the source and the kind."""
        return f"{self.source}/{self.kind}"

    @property
    def mapping_name(self) -> str:
        """The mapping file's name."""
        return self.mapping.name

    def open(self, layout: Layout, limits: Limits, today: date) -> Described:
        """Judge the query, begin a reading transaction, ask. Blocks: call it in a thread.

        Raises what ``errors`` draws, MappingRefused and ManifestRefused.
        """
        chosen = read_mapping(self.mapping, layout, limits)
        query = chosen.sql
        if query is None:
            raise SourceUnusable(
                "映射里没有 [sql]：不知道读哪张表",
                where=chosen.name,
                do='加 [sql]，写 table = "表名" 或 query = "SELECT …"',
            )
        statement = self._statement(query, chosen)
        promised = read_manifest(self.manifest, self.name) if self.manifest else None
        cursor = connect(self.url, self.source)
        try:
            promised = self._promised(cursor, query, chosen, promised)
            values = {}
            if self.since is not None:
                statement = statements.since(statement, query.watermark)
                values = {"since": self._from(query, chosen)}
            cursor.ask(statement, values)
            rows = StreamedRows(self._watched(cursor, query), self.name, limits)
        except BaseException:
            cursor.close()
            raise
        opened = open_rows(
            rows, self.name, chosen, layout, today=today, limits=limits, folder=self.mapping.parent,
            may_be_empty=self.since is not None,
        )  # fmt: skip
        return Described(opened, chosen, promised)

    def _statement(self, query: Query, chosen: Mapping) -> str:
        if self.since is not None and not query.watermark:
            raise SourceUnusable("映射的 [sql] 没有写 watermark，只能整份读", where=chosen.name)
        if query.table:
            return statements.select_all(query.table, chosen.name)
        return statements.one_select(query.query, chosen.name)

    def _promised(
        self, cursor: Cursor, query: Query, chosen: Mapping, promised: Manifest | None
    ) -> Manifest | None:
        """With ``rows`` in the mapping, a whole answer must have as many rows as it says."""
        if not query.rows or self.since is not None or promised is not None:
            return promised
        return Manifest(cursor.number(statements.one_select(query.rows, chosen.name)), None)

    def _from(self, query: Query, chosen: Mapping) -> Any:
        assert self.since is not None  # noqa: S101 — asked before
        try:
            return self.since.lowered(query.overlap)
        except (ValueError, OverflowError):
            raise SourceUnusable(
                "水位列是文字，又不是时间，不能往回退 overlap",
                saw=self.since.text[:40],
                where=chosen.name,
                do="去掉 overlap，或换一列作水位",
            ) from None

    def _watched(self, cursor: Cursor, query: Query) -> "_Watched":
        if query.watermark and query.watermark not in cursor.header:
            raise AnswerRefused(
                "查询结果里没有水位列",
                saw="、".join(cursor.header)[:200],
                where=f"[sql] 的 watermark = {query.watermark}",
                do="把这一列加进 SELECT",
            )
        place = cursor.header.index(query.watermark) if query.watermark else None
        return _Watched(self, cursor, place)

    async def keep(self, session: AsyncSession, report: ImportReport, at: datetime) -> None:
        """Raise the watermark in the load's own transaction."""
        if self.reached is not None:
            await keep_watermark(
                session,
                report.source,
                self.kind,
                now=self.reached,
                before=self.since,
                run_id=report.run_id,
                at=at,
            )


class _Watched:
    """Rows on their way, the highest watermark among them remembered."""

    def __init__(self, opening: SqlOpening, cursor: Cursor, place: int | None) -> None:
        self.header = cursor.header
        self._opening = opening
        self._cursor = cursor
        self._place = place

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        rows = self._cursor.fetch(count)
        place = self._place
        if place is not None and rows:
            opening = self._opening
            opening.reached = highest(
                (row[place] for row in rows), opening.reached or opening.since, opening.name
            )
        return rows

    def close(self) -> None:
        self._cursor.close()
