"""How many keys become one condition: one bound value on both databases, however many keys."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import BigInteger, Integer, String, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import is_postgresql


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
