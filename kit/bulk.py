"""Inserts thousands of rows from columns of values, in one statement that is written once.

Because an executemany through the ORM's compiler costs more than the rows: PostgreSQL gets one
array a column (``unnest``), SQLite one executemany of plain tuples. Values that are the same in
every row are given once.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, Final

from sqlalchemy import Date, DateTime, Dialect, String, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from kit.db import dialect_of, is_postgresql

REMEMBERED: Final = 4_096

Columns = Mapping[str, Sequence[Any]]
Fixed = Mapping[str, Any]


async def insert_columns(
    session: AsyncSession,
    model: type[SQLModel],
    columns: Columns,
    fixed: Fixed | None = None,
    *,
    conflict: str = "",
) -> int:
    """Insert one row a place of ``columns`` (all of one length); returns how many were written.

    ``fixed`` are the values all rows share. ``conflict`` is an ON CONFLICT clause, or empty:
    then a row that is there already is an error. The order of the rows is kept, so that
    transactions that insert in one order never wait for each other in a ring. Columns that are
    not named take the database's default, not the model's.
    """
    found = await _insert(session, model, columns, fixed or {}, conflict, "")
    return int(found.rowcount) if found is not None else 0


async def inserted(
    session: AsyncSession,
    model: type[SQLModel],
    columns: Columns,
    fixed: Fixed | None = None,
    *,
    conflict: str,
    returning: str,
) -> set[Any]:
    """As ``insert_columns``, on PostgreSQL only: the column ``returning`` of the rows written.

    On SQLite a writing transaction is alone: who wants to know looks before.
    """
    assert is_postgresql(session)  # noqa: S101 — see above
    found = await _insert(session, model, columns, fixed or {}, conflict, returning)
    return set(found.scalars()) if found is not None else set()


async def _insert(
    session: AsyncSession,
    model: type[SQLModel],
    columns: Columns,
    fixed: Fixed,
    conflict: str,
    returning: str,
) -> Any:
    names = tuple(columns)
    length = len(columns[names[0]])
    if length == 0:
        return None
    table: Table = model.__table__  # type: ignore[attr-defined]
    binds = _binds(table, dialect_of(session))
    values = [_bound(columns[name], binds[name]) for name in names]
    shared = [_bound((value,), binds[name])[0] for name, value in fixed.items()]
    connection = await session.connection()
    if is_postgresql(session):
        statement = _with_arrays(table, names, tuple(fixed), conflict, returning)
        return await connection.exec_driver_sql(statement, (*values, *shared))
    statement = _with_marks(table, names, tuple(fixed), conflict)
    rows = list(zip(*values, *(repeat(value, length) for value in shared), strict=False))
    return await connection.exec_driver_sql(statement, rows)


def _bound(values: Sequence[Any], bind: Callable[[Any], Any] | None) -> list[Any]:
    return list(values) if bind is None else [bind(value) for value in values]


_KNOWN: Final[dict[tuple[str, str], dict[str, Callable[[Any], Any] | None]]] = {}


def _binds(table: Table, dialect: Dialect) -> dict[str, Callable[[Any], Any] | None]:
    known = _KNOWN.get((table.name, dialect.name))
    if known is None:
        known = {column.name: _bind(column.type, dialect) for column in table.c}
        _KNOWN[table.name, dialect.name] = known
    return known


def _bind(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """How a value of a type is handed to the driver; days and moments once each, for they repeat."""
    bind: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is not None and isinstance(getattr(kind, "impl", kind), Date | DateTime):
        return lru_cache(maxsize=REMEMBERED)(bind)
    return bind


@lru_cache(maxsize=256)
def _with_arrays(
    table: Table, names: tuple[str, ...], fixed: tuple[str, ...], conflict: str, returning: str
) -> str:
    arrays = ", ".join(f"${n}::{_kind(table, name)}[]" for n, name in enumerate(names, 1))
    shared = "".join(
        f", ${n}::{_kind(table, name)}" for n, name in enumerate(fixed, len(names) + 1)
    )
    back = f" RETURNING {_quoted(returning)}" if returning else ""
    return (
        f"INSERT INTO {_quoted(table.name)} ({_list(names + fixed)})"  # noqa: S608 — our names
        f" SELECT given.*{shared} FROM unnest({arrays}) AS given {conflict}{back}"
    )


@lru_cache(maxsize=256)
def _with_marks(table: Table, names: tuple[str, ...], fixed: tuple[str, ...], conflict: str) -> str:
    marks = ", ".join("?" * (len(names) + len(fixed)))
    return f"INSERT INTO {_quoted(table.name)} ({_list(names + fixed)}) VALUES ({marks}) {conflict}"  # noqa: S608 — our names


def _kind(table: Table, name: str) -> str:
    """The PostgreSQL type, without a length: a cast to varchar(n) would cut, the column refuses."""
    from_column = table.c[name].type
    if isinstance(from_column, String):
        return "varchar"
    return str(from_column.compile(dialect=_postgresql()))


@lru_cache(maxsize=1)
def _postgresql() -> Any:
    return postgresql.dialect()  # type: ignore[no-untyped-call]


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
