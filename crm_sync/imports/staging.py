"""Where changed rows wait, sealed, until one transaction takes them all.

PostgreSQL: a temporary table of the same transaction, filled by COPY. SQLite: a scratch file
of its own that is attached only while the rows are taken over, because a long import inside
the main file's one write lock would hold every other writer (performance.md, a).
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Dialect,
    MetaData,
    Select,
    String,
    Table,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable

from crm_sync.repository.keys import among
from kit.db import Database

NAME: Final = "import_stage"
SCRATCH: Final = "import_scratch"
ROW_KEY: Final = "row_key"
LINE: Final = "line"
REMEMBERED: Final = 65_536


@dataclass(frozen=True, slots=True)
class Direct:
    """The final table of rows that are new, where a database may write them there at once.

    ``fixed`` are the values of further columns, the same for every row.
    """

    table: Table
    key: str
    fixed: Mapping[str, Any]


class Stage(Protocol):
    """A staging table: rows by key, each key once.

    ``session`` reads what was there before while the file is read; ``ahead`` says that the
    database works by itself, so that the next rows may be parsed, compared and sealed meanwhile.
    """

    session: AsyncSession
    ahead: bool

    async def add(
        self,
        keys: Sequence[str],
        lines: Sequence[int],
        columns: Sequence[Sequence[Any]],
        new: Sequence[bool],
    ) -> dict[int, int]:
        """Stage rows, ``new`` or changed. Returns the places of rows whose key was staged
        before, with the line that did (0 where it is not known); these are left out."""

    def taking(self) -> AbstractAsyncContextManager[tuple[AsyncSession, Table]]:
        """The transaction that takes the rows over, and the table to take them from."""


def stage_table(columns: Sequence[Column[Any]], schema: str | None, **options: Any) -> Table:
    """The staging table: a key, a line, and the landing's columns."""
    return Table(
        NAME,
        MetaData(schema=schema),
        Column(ROW_KEY, String, primary_key=True),
        Column(LINE, BigInteger, nullable=False),
        *(Column(column.name, column.type) for column in columns),
        **options,
    )


@asynccontextmanager
async def staging(
    database: Database, columns: Sequence[Column[Any]], direct: Direct | None
) -> AsyncIterator[Stage]:
    """A staging table for one import; nothing of it is left behind.

    With ``direct``, PostgreSQL copies new rows to their final table, in the one transaction
    that ends the import: the server then stores them while we still parse.
    """
    if database.is_sqlite:
        with tempfile.TemporaryDirectory(prefix="gengyun-import-") as folder:
            async with database.reading() as session:
                stage = _ScratchFile(database, session, Path(folder) / "scratch.db", columns)
                try:
                    yield stage
                finally:
                    stage.close()
    else:
        table = stage_table(columns, None, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
        async with database.reading() as reading, database.transaction() as session:
            await session.execute(CreateTable(table))
            yield _TemporaryTable(reading, session, table, direct)


class _TemporaryTable:
    """PostgreSQL: COPY, of changed rows into a temporary table, of new ones to where they go.

    What is there is read on a connection of its own, so that a COPY need not be waited for.

    Keys are not looked up one by one: only where a COPY meets one that is there already, the
    chunk is looked at and copied again without it.
    """

    ahead = True

    def __init__(
        self, reading: AsyncSession, session: AsyncSession, table: Table, direct: Direct | None
    ) -> None:
        self.session = reading
        self._writing = session
        self._table = table
        self._direct = direct

    async def add(
        self,
        keys: Sequence[str],
        lines: Sequence[int],
        columns: Sequence[Sequence[Any]],
        new: Sequence[bool],
    ) -> dict[int, int]:
        if self._direct is None or not any(new):
            return await self._stage([keys, lines, *columns])
        if all(new):
            return await self._place(self._direct, [keys, *columns])
        fresh = [place for place, one in enumerate(new) if one]
        other = [place for place, one in enumerate(new) if not one]
        again = await self._place(self._direct, _picked([keys, *columns], fresh))
        staged = await self._stage(_picked([keys, lines, *columns], other))
        return {fresh[at]: line for at, line in again.items()} | {
            other[at]: line for at, line in staged.items()
        }

    async def _stage(self, columns: Sequence[Sequence[Any]]) -> dict[int, int]:
        own = self._table.c
        return await self._copied(
            NAME, own.keys(), columns, select(own.row_key, own.line), own.row_key
        )

    async def _place(self, direct: Direct, columns: Sequence[Sequence[Any]]) -> dict[int, int]:
        key = direct.table.c[direct.key]
        staged = [column.name for column in self._table.c]
        names = [direct.key, *(name for name in staged if name not in (ROW_KEY, LINE))]
        fixed = [(value,) * len(columns[0]) for value in direct.fixed.values()]
        return await self._copied(
            direct.table.name,
            [*names, *direct.fixed],
            [*columns, *fixed],
            select(key, literal(0)),
            key,
        )

    async def _copied(
        self,
        table: str,
        names: Sequence[str],
        columns: Sequence[Sequence[Any]],
        known: Select[Any],
        key: Column[Any],
    ) -> dict[int, int]:
        """COPY rows; where a key is there already, those without it. The first is the key."""
        try:
            async with self._writing.begin_nested():
                await self._copy(table, names, columns)
        except asyncpg.UniqueViolationError:
            keys = columns[0]
            found = await self._writing.execute(known.where(among(self._writing, key, keys)))
            present = {present_key: line for present_key, line in found}  # noqa: C416
            fresh = [place for place, one in enumerate(keys) if one not in present]
            await self._copy(table, names, _picked(columns, fresh))
            return {place: present[one] for place, one in enumerate(keys) if one in present}
        return {}

    async def _copy(
        self, table: str, names: Sequence[str], columns: Sequence[Sequence[Any]]
    ) -> None:
        connection = await self._writing.connection()
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None  # noqa: S101 — an open connection has a driver beneath it
        await raw.copy_records_to_table(
            table, records=zip(*columns, strict=True), columns=list(names)
        )

    @asynccontextmanager
    async def taking(self) -> AsyncIterator[tuple[AsyncSession, Table]]:
        yield self._writing, self._table


def _picked(columns: Sequence[Sequence[Any]], places: Sequence[int]) -> list[list[Any]]:
    return [[column[place] for place in places] for column in columns]


def _bind(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """How values of a column are written; a day is formatted once, for days repeat."""
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bind is not None and isinstance(column.type, Date):
        return lru_cache(maxsize=REMEMBERED)(bind)
    return bind


class _ScratchFile:
    """SQLite: a file of its own, without journal or syncs, since it dies with the import.

    Nothing is parsed ahead, because a busy second thread makes every step of SQLite wait for
    the interpreter's lock.
    """

    ahead = False

    def __init__(
        self, database: Database, session: AsyncSession, path: Path, columns: Sequence[Column[Any]]
    ) -> None:
        self.session = session
        self._database = database
        self._path = path
        self._table = stage_table(columns, SCRATCH)
        dialect = sqlite.dialect()
        self._binds = [_bind(column, dialect) for column in columns]
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-32768"):
            self._file.execute(f"pragma {pragma}")
        created = stage_table(columns, None, sqlite_with_rowid=False)
        self._file.execute(str(CreateTable(created).compile(dialect=dialect)))
        marks = ",".join("?" * (len(columns) + 2))
        self._insert = f"INSERT OR IGNORE INTO {NAME} VALUES ({marks})"  # noqa: S608 — no input

    def close(self) -> None:
        self._file.close()

    async def add(
        self,
        keys: Sequence[str],
        lines: Sequence[int],
        columns: Sequence[Sequence[Any]],
        new: Sequence[bool],
    ) -> dict[int, int]:
        return await asyncio.to_thread(self._add, keys, lines, columns)

    def _add(
        self, keys: Sequence[str], lines: Sequence[int], columns: Sequence[Sequence[Any]]
    ) -> dict[int, int]:
        bound = [
            column if bind is None else list(map(bind, column))
            for bind, column in zip(self._binds, columns, strict=True)
        ]
        self._file.execute("BEGIN")
        done = self._file.executemany(self._insert, zip(keys, lines, *bound, strict=True))
        self._file.execute("COMMIT")
        return {} if done.rowcount == len(keys) else self._known(keys, lines)

    def _known(self, keys: Sequence[str], lines: Sequence[int]) -> dict[int, int]:
        known: dict[int, int] = {}
        for place, (key, line) in enumerate(zip(keys, lines, strict=True)):
            first = self._file.execute(
                f"SELECT line FROM {NAME} WHERE row_key = ?",  # noqa: S608 — no input
                (key,),
            ).fetchone()[0]
            if first != line:
                known[place] = first
        return known

    @asynccontextmanager
    async def taking(self) -> AsyncIterator[tuple[AsyncSession, Table]]:
        self.close()
        try:
            async with self._database.transaction() as session:
                await session.execute(
                    text(f"ATTACH DATABASE :path AS {SCRATCH}"), {"path": str(self._path)}
                )
                yield session, self._table
        finally:
            await self._detach()

    async def _detach(self) -> None:
        """The scratch file can be let go only outside of a transaction."""
        async with self._database.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            cursor = await raw.execute(
                "SELECT 1 FROM pragma_database_list WHERE name = ?", [SCRATCH]
            )
            if await cursor.fetchone():
                await raw.execute(f"DETACH DATABASE {SCRATCH}")
            await cursor.close()
