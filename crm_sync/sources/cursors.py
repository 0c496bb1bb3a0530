"""A read-only transaction on somebody else's database, its answer fetched in pieces.

PostgreSQL: REPEATABLE READ, READ ONLY and a server-side cursor, driven by a loop in a thread of
its own, because rows are parsed in threads. SQLite: the file opened read-only.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final, Protocol, TypeVar

import asyncpg
from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    DateTime,
    NullPool,
    String,
    TextClause,
    bindparam,
    create_engine,
    text,
)
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.types import TypeEngine

from crm_sync.sources.errors import AnswerRefused, SourceUnreachable, SourceUnusable
from kit.errors import AppError

T = TypeVar("T")
CONNECT_SECONDS: Final = 10
_OF_THE_QUERY: Final = (
    "no such",
    "near ",
    "attempt to write",
    "not authorized",
    "ambiguous",
    "wrong",
)


class Cursor(Protocol):
    """One reading transaction."""

    header: tuple[str, ...]

    def number(self, statement: str) -> int:
        """The one number that a SELECT answers."""

    def ask(self, statement: str, values: Mapping[str, Any]) -> None:
        """Begin the answer; ``header`` then names its columns."""

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """The next rows, at most ``count``."""

    def close(self) -> None:
        """End the transaction."""


def connect(url: str, name: str) -> Cursor:
    """Begin reading. Raises SourceUnusable and SourceUnreachable, which never show the URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _unusable("数据源的地址读不出来", name) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return _Guarded(lambda: _PostgresCursor(parsed), name)
    if backend == "sqlite":
        if not parsed.database:
            raise _unusable("SQLite 数据源要写文件", name)
        return _Guarded(lambda: _SqliteCursor(parsed), name)
    raise _unusable("数据源只支持 PostgreSQL 和 SQLite", name, backend)


def _unusable(what: str, name: str, saw: str = "") -> SourceUnusable:
    setting = f"GENGYUN_SOURCES__{name.upper()}__URL"
    return SourceUnusable(
        what, saw=saw, where=setting, do="写成 postgresql://用户@主机/库名 或 sqlite:///路径"
    )


class _Guarded:
    """Turns what the database says into refusals without its address, account or data."""

    def __init__(self, make: Callable[[], Cursor], name: str) -> None:
        self._name = name
        self._cursor = self._said(make)
        self.header: tuple[str, ...] = ()

    def number(self, statement: str) -> int:
        return self._said(lambda: self._cursor.number(statement))

    def ask(self, statement: str, values: Mapping[str, Any]) -> None:
        self._said(lambda: self._cursor.ask(statement, values))
        self.header = self._cursor.header

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        return self._said(lambda: self._cursor.fetch(count))

    def close(self) -> None:
        with suppress(SQLAlchemyError, OSError):
            self._cursor.close()

    def _said(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise self._refusal(error.orig if isinstance(error, DBAPIError) else error) from None
        except (OSError, TimeoutError) as error:
            raise self._refusal(error) from None

    def _refusal(self, cause: BaseException | None) -> AppError:
        """The words of the database where they speak of the query alone, else the kind of error."""
        said = str(cause).splitlines()[0].rpartition(">: ")[2][:160]
        if isinstance(cause, sqlite3.Error) and said.startswith(_OF_THE_QUERY):
            return self._answer_refused(said)
        state = str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")
        if state.startswith(("42", "25")):
            return self._answer_refused(said)
        if state.startswith("22"):
            return self._answer_refused(type(cause).__name__)
        return SourceUnreachable(
            "连不上数据源，或读到一半断了",
            saw=type(cause).__name__,
            where=f"GENGYUN_SOURCES__{self._name.upper()}__URL",
            do="核对地址、账号、网络和数据源是否在运行，然后重试",
        )

    def _answer_refused(self, said: str) -> AnswerRefused:
        return AnswerRefused(
            "数据源不接受这个查询",
            saw=said,
            where=self._name,
            do="在数据源上试一遍这条 SELECT；核对表名、列名和账号的只读权限",
        )


class _SqliteCursor:
    def __init__(self, url: URL) -> None:
        self.header: tuple[str, ...] = ()
        uri = f"sqlite+pysqlite:///file:{url.database}?mode=ro&uri=true"
        engine = create_engine(
            uri, poolclass=NullPool, connect_args={"check_same_thread": False, "timeout": 10}
        )
        self._connection: Connection = engine.connect()
        self._connection.exec_driver_sql("PRAGMA query_only = on")
        self._connection.exec_driver_sql("BEGIN")
        self._answer: CursorResult[Any] | None = None

    def number(self, statement: str) -> int:
        return int(self._connection.execute(_asked(statement, {})).scalar_one())

    def ask(self, statement: str, values: Mapping[str, Any]) -> None:
        self._answer = self._connection.execute(_asked(statement, values))
        self.header = tuple(self._answer.keys())

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        assert self._answer is not None  # noqa: S101 — asked before
        return self._answer.fetchmany(count)

    def close(self) -> None:
        self._connection.close()


class _PostgresCursor:
    def __init__(self, url: URL) -> None:
        self.header: tuple[str, ...] = ()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="sql-source", daemon=True
        )
        self._thread.start()
        self._connection: AsyncConnection | None = None
        self._answer: Any = None
        try:
            self._do(self._connect(url.set(drivername="postgresql+asyncpg")))
        except BaseException:
            self._stop()
            raise

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self, url: URL) -> None:
        engine = create_async_engine(
            url,
            poolclass=NullPool,
            isolation_level="REPEATABLE READ",
            connect_args={
                "timeout": CONNECT_SECONDS,
                "server_settings": {
                    "application_name": "gengyun-import",
                    "default_transaction_read_only": "on",
                },
            },
        )
        connection = await engine.connect()
        self._connection = await connection.execution_options(postgresql_readonly=True)

    def number(self, statement: str) -> int:
        async def work() -> int:
            assert self._connection is not None  # noqa: S101 — connected before
            return int((await self._connection.execute(_asked(statement, {}))).scalar_one())

        return self._do(work())

    def ask(self, statement: str, values: Mapping[str, Any]) -> None:
        async def work() -> None:
            assert self._connection is not None  # noqa: S101 — connected before
            self._answer = await self._connection.stream(_asked(statement, values))

        self._do(work())
        self.header = tuple(self._answer.keys())

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        async def work() -> Sequence[Sequence[Any]]:
            rows: Sequence[Sequence[Any]] = await self._answer.fetchmany(count)
            return rows

        return self._do(work())

    def close(self) -> None:
        async def work() -> None:
            if self._connection is not None:
                await self._connection.close()
                await self._connection.engine.dispose()

        try:
            self._do(work())
        finally:
            self._stop()


def _asked(statement: str, values: Mapping[str, Any]) -> TextClause:
    """The statement with its values, each under a type wide enough for it."""
    return text(statement).bindparams(
        *(bindparam(name, value, type_=_type(value)) for name, value in values.items())
    )


def _type(value: Any) -> TypeEngine[Any]:
    if isinstance(value, datetime):
        return DateTime(timezone=value.tzinfo is not None)
    if isinstance(value, date):
        return Date()
    return BigInteger() if isinstance(value, int) else String()
