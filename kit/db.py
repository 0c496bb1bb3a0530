"""The transaction factory, the column types and the statements both databases share.

One transaction is one request, event or batch, and only this file commits (decision 0002).
SQLite is opened for one serving process: WAL, FULL, BEGIN IMMEDIATE for writers because its
default control starts no transaction before the first SELECT and loses updates silently.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import StrEnum
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import JSON, Dialect, Enum, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlmodel import SQLModel

from kit.crypto import FieldCipher
from kit.errors import ConfigurationRefused

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

T = TypeVar("T")

Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON column: text on SQLite, jsonb on PostgreSQL. Assign anew; in-place edits are not seen."""

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens one transaction; leaving the block commits it, an exception rolls it back."""


def stored(kind: type[StrEnum]) -> Enum:
    """A column type that keeps a StrEnum by its value, as text, on both databases."""
    return Enum(
        kind,
        native_enum=False,
        length=32,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
    )


def _dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


class Database:
    """Opens transactions on one database: SQLite (embedded) or PostgreSQL (production)."""

    def __init__(self, url: str, cipher: FieldCipher, *, pool_size: int = 8) -> None:
        """Build the engines; nothing is connected before the first transaction.

        Args: ``url`` is any SQLAlchemy URL of SQLite or PostgreSQL, the driver is ours to
        choose; ``cipher`` travels with every session so that repositories can seal and open.
        Raises ConfigurationRefused for another kind of database.
        """
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        self.cipher = cipher
        if backend == "sqlite":
            parsed = parsed.set(drivername="sqlite+aiosqlite")
            self._writer = _sqlite_engine(parsed, begin="BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(parsed, begin="BEGIN", pool_size=4)
            self._direct = _sqlite_direct(parsed)
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
            self._turn: asyncio.Lock | None = asyncio.Lock()
        elif backend == "postgresql":
            parsed = parsed.set(drivername="postgresql+asyncpg")
            self._writer = create_async_engine(
                parsed,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_timeout=5,
                pool_pre_ping=True,
                json_serializer=_dumps,
                json_deserializer=orjson.loads,
            )
            self._reader = self._writer
            self._turn = None
        else:
            raise ConfigurationRefused(
                "GENGYUN_DATABASE_URL 只支持 SQLite 和 PostgreSQL",
                saw=backend,
                do="写成 sqlite:///./var/gengyun.db 或 postgresql://用户@主机/库名",
            )
        self.backend = backend
        self.url = parsed

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded profile."""
        return self.backend == "sqlite"

    @property
    def engine(self) -> AsyncEngine:
        """The writing engine, for migrations and for the intake's own statements."""
        return self._writer

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One writing transaction. On SQLite writers of this process queue for their turn."""
        async with self._turn or nullcontext(), self._session(self._writer) as session:
            yield session
            await session.commit()

    async def at_once(self, work: Callable[[Connection], T]) -> T:
        """One short writing transaction of plain SQL; on SQLite in one visit to a thread.

        Because through a session every statement, cursor and commit is a visit of its own, and
        sixty callbacks that share a transaction pay for fifteen of them.
        """
        if self._turn is None:
            async with self._writer.begin() as connection:
                return await cast(Awaitable[T], connection.run_sync(work))
        async with self._turn:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[Connection], T]) -> T:
        with self._direct.begin() as connection:
            return work(connection)

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[AsyncSession]:
        """A writing transaction that is always rolled back: for ``--dry-run``."""
        async with self._turn or nullcontext(), self._session(self._writer) as session:
            yield session
            await session.rollback()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One reading transaction: a consistent picture, never a lock on writers."""
        async with self._session(self._reader) as session:
            yield session
            await session.rollback()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            session.info["cipher"] = self.cipher
            yield session

    async def close(self) -> None:
        """Give every connection back."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()
        if self.is_sqlite:
            self._direct.dispose()
            self._thread.shutdown()


def _sqlite_engine(url: Any, *, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )

    _prepare(engine.sync_engine, begin)
    return engine


def _sqlite_direct(url: URL) -> Engine:
    """An engine for the one thread that writes without going through the event loop."""
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), pool_size=1, max_overflow=0)
    _prepare(engine, "BEGIN IMMEDIATE")
    return engine


def _prepare(engine: Engine, begin: str) -> None:
    """What every connection to SQLite is told, and how its transactions begin."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=wal",
            "synchronous=full",
            "busy_timeout=10000",
            "foreign_keys=on",
            "temp_store=memory",
            "cache_size=-65536",
        ):
            cursor.execute(f"pragma {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def cipher_of(session: AsyncSession) -> FieldCipher:
    """The cipher that travels with this session."""
    cipher = session.info["cipher"]
    assert isinstance(cipher, FieldCipher)  # noqa: S101 — a session of ours always has one
    return cipher


def dialect_of(session: AsyncSession) -> Dialect:
    """The dialect this session speaks."""
    return session.get_bind().dialect


def is_postgresql(session: AsyncSession) -> bool:
    """Whether this session speaks to PostgreSQL."""
    return dialect_of(session).name == "postgresql"


def insert_into(session: AsyncSession, table: Table | type[SQLModel]) -> Any:
    """An INSERT of the session's dialect, which knows ON CONFLICT and RETURNING."""
    target = table if isinstance(table, Table) else table.__table__  # type: ignore[attr-defined]
    dialect = postgresql if is_postgresql(session) else sqlite
    return dialect.insert(target)


async def insert_new(
    session: AsyncSession,
    table: Table | type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
) -> None:
    """Insert ``rows`` in one executemany; those whose ``key`` exists already are left alone."""
    if rows:
        await session.execute(
            insert_into(session, table).on_conflict_do_nothing(index_elements=list(key)),
            [dict(row) for row in rows],
        )


async def upsert(
    session: AsyncSession,
    table: Table | type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Sequence[str],
) -> None:
    """Insert ``rows`` or, where ``key`` exists, write the ``update`` columns; one executemany."""
    if rows:
        statement = insert_into(session, table)
        statement = statement.on_conflict_do_update(
            index_elements=list(key),
            set_={name: statement.excluded[name] for name in update},
        )
        await session.execute(statement, [dict(row) for row in rows])
