"""Pages of plain rows, read past the ORM, and on SQLite without holding up everybody else.

SQLite's driver takes Python's one lock (the GIL) again for every row it fetches. Beside a thread
that computes it waits for that lock up to five milliseconds a row, so a page that is read ahead
came later than one that is waited for. A page is therefore fetched as one value: SQLite puts it
together by itself, in the order of the query, and the rows are made of it here.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, LargeBinary, Row, Select, case, func, select
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import dialect_of, is_postgresql

_Read = Callable[[Any], Any]
_AT_A_TIME: Final = 100
"""Arguments that a function of SQLite takes; a wider page is read row by row."""


async def plain_rows(
    session: AsyncSession, query: Select[*tuple[Any, ...]]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a query of columns, in its order; each read by its name or its place."""
    connection = await session.connection()
    columns = list(query.selected_columns)
    if is_postgresql(session) or len(columns) > _AT_A_TIME:
        found: Sequence[Row[*tuple[Any, ...]]] = (await connection.execute(query)).all()
        return found
    page = query.subquery()
    whole = select(func.json_group_array(func.json_array(*map(_as_json, page.c))))
    told: str = (await connection.execute(whole)).scalar_one()
    places = list(zip(*orjson.loads(told), strict=True))
    dialect = dialect_of(session)
    read = [
        _read(values, _reader(column, dialect))
        for values, column in zip(places, columns, strict=False)
    ]
    names = SimpleResultMetaData([column.name for column in page.c])
    rows: Sequence[Row[*tuple[Any, ...]]] = IteratorResult[Any](
        names, zip(*read, strict=True)
    ).all()
    return rows


def _as_json(column: ColumnElement[Any]) -> Any:
    """What JSON can hold of a column: bytes as their hexadecimal digits."""
    if isinstance(column.type, LargeBinary):
        return case((column.is_(None), None), else_=func.hex(column))
    return column


def _reader(column: ColumnElement[Any], dialect: Any) -> _Read | None:
    if isinstance(column.type, LargeBinary):
        return bytes.fromhex
    kind: Any = column.type.dialect_impl(dialect)
    reader: _Read | None = kind.result_processor(dialect, None)
    return reader


def _read(values: Sequence[Any], reader: _Read | None) -> Sequence[Any]:
    if reader is None:
        return values
    return [None if value is None else reader(value) for value in values]
