"""The rows of the limits: read under their lock, written back, dropped when long unused."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.db import is_postgresql
from kit.pacing import rules
from kit.pacing.models import CallBook

Clock = Callable[[Connection], float]
"""Says the present moment, in seconds, to a transaction that holds its books."""
_BOOK: Final[Table] = CallBook.__table__  # type: ignore[attr-defined]
_SQLITE_NOW: Final = (func.julianday("now") - 2440587.5) * 86_400
_POSTGRESQL_NOW: Final = func.extract("epoch", func.clock_timestamp())


async def database_now(session: AsyncSession) -> float:
    """The present moment by the database's clock, in seconds: one clock for all processes."""
    query = select(_POSTGRESQL_NOW if is_postgresql(session) else _SQLITE_NOW)
    return float((await session.execute(query)).scalar_one())


def held(
    connection: Connection, scopes: Sequence[str], clock: Clock | None = None
) -> tuple[dict[str, rules.Book], float]:
    """The books of ``scopes``, theirs alone to change until the transaction ends, and the moment.

    In the order of their names, so that two processes never wait for each other.
    """
    found, at = _rows(connection, scopes, lock=True)
    missing = [scope for scope in scopes if scope not in found]
    if missing:
        known = connection.execute(select(_now(connection))).scalar_one()
        changed_at = datetime.fromtimestamp(float(known), UTC)
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(
            dialect.insert(_BOOK).on_conflict_do_nothing(index_elements=["scope"]),
            [{"scope": scope, "state": {}, "changed_at": changed_at} for scope in sorted(missing)],
        )
        found, at = _rows(connection, scopes, lock=True)
    moment = at if clock is None else clock(connection)
    return {scope: rules.from_json(state) for scope, state in found.items()}, moment


def seen(
    connection: Connection, scopes: Sequence[str], clock: Clock | None = None
) -> tuple[dict[str, rules.Book], float]:
    """The books of ``scopes`` that there are, as they stand, and the moment."""
    found, at = _rows(connection, scopes, lock=False)
    moment = at if clock is None else clock(connection)
    return {scope: rules.from_json(state) for scope, state in found.items()}, moment


def _now(connection: Connection) -> Any:
    return _POSTGRESQL_NOW if connection.dialect.name == "postgresql" else _SQLITE_NOW


def _rows(
    connection: Connection, scopes: Sequence[str], *, lock: bool
) -> tuple[dict[str, Mapping[str, Any]], float]:
    """The rows (under their locks), and the moment at which the last of them was had."""
    books = (
        select(_BOOK.c.scope, _BOOK.c.state)
        .where(_BOOK.c.scope.in_(list(scopes)))
        .order_by(_BOOK.c.scope)
    )
    found = (books.with_for_update() if lock else books).cte("books")
    query: Select[Any] = select(found.c.scope, found.c.state, _now(connection))
    rows = connection.execute(query).all()
    return {row[0]: row[1] for row in rows}, max((float(row[2]) for row in rows), default=0.0)


def keep(connection: Connection, books: Mapping[str, rules.Book], at: float) -> None:
    """Write the books back."""
    statement = (
        update(_BOOK)
        .where(_BOOK.c.scope == bindparam("book"))
        .values(state=bindparam("now_so"), changed_at=bindparam("since"))
    )
    since = datetime.fromtimestamp(at, UTC)
    connection.execute(
        statement,
        [
            {"book": scope, "now_so": rules.as_json(book), "since": since}
            for scope, book in books.items()
        ],
    )


def everything(
    connection: Connection, clock: Clock | None = None
) -> tuple[dict[str, rules.Book], float]:
    """The books of all APIs and of our address as they stand, and the moment; no member's."""
    query = select(_BOOK.c.scope).where(_BOOK.c.scope.not_like("member:%"))
    scopes = list(connection.execute(query).scalars())
    return seen(connection, scopes, clock) if scopes else ({}, 0.0)


async def closed(session: AsyncSession, at: float) -> dict[str, float]:
    """The scopes that are closed after a refusal, and for how many seconds still."""
    query = select(col(CallBook.scope), col(CallBook.state))
    found = {scope: rules.from_json(state) for scope, state in await session.execute(query)}
    return {
        scope: book.blocked_until - at for scope, book in found.items() if book.blocked_until > at
    }


async def forget(session: AsyncSession, before: datetime) -> int:
    """Drop scopes that nobody has used since ``before``; returns how many."""
    result = await session.execute(
        delete(CallBook)
        .where(col(CallBook.changed_at) < before)
        .execution_options(synchronize_session=False)
    )
    return int(cast(Any, result).rowcount)
