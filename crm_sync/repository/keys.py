"""How many keys become one condition: one bound value on both databases, however many keys."""

from collections.abc import Collection
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Integer, String, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import is_postgresql

UNTRACKED: Final = {"synchronize_session": False}
"""For statements that write many rows: no object in the session is kept in step with them."""


def among(session: AsyncSession, column: Any, keys: Collection[int] | Collection[str]) -> Any:
    """``column`` is one of ``keys``; the statement's text is the same for any number of keys.

    Because an IN with thousands of bound values costs more to compile than to run.
    """
    listed = list(keys)
    if is_postgresql(session):
        kind = BigInteger() if isinstance(column.type, Integer) else String()
        return column == any_(bindparam(None, listed, type_=ARRAY(kind)))
    values = func.json_each(orjson.dumps(listed).decode()).table_valued("value")
    return column.in_(select(values.c.value))


def unnested(session: AsyncSession, column: Any) -> Any:
    """The texts in a JSON list ``column`` as a lateral table with one column ``value``."""
    if is_postgresql(session):
        return func.jsonb_array_elements_text(column).table_valued("value")
    return func.json_each(column).table_valued("value")
