"""Walks what a condition selects, a page at a time: the ids first, then their customers.

The ids come in order from an index, a page of them; only that page is joined to customers,
owners and relations. One statement for both would join and sort all that is left for every page.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer
from crm_sync.repository.keys import among
from crm_sync.repository.people import (
    BEST_FIRST,
    CUSTOMER_COLUMNS,
    REACH_COLUMNS,
    first_of_each,
    with_reach,
)
from kit.pages import plain_rows

PAGE: Final = 5_000
CUSTOMERS: Final[Any] = Customer.__table__  # type: ignore[attr-defined]
AFTER_CUSTOMER: Final = len(CUSTOMER_COLUMNS) + len(REACH_COLUMNS)
"""The place of ``walk_id`` in a row of ``rows_of``; what was asked for besides comes after it."""


async def walk(
    session: AsyncSession, source: Any, where: ColumnElement[bool], ident: Any, page: int = PAGE
) -> AsyncIterator[list[int]]:
    """The values of ``ident``, ascending, each once, of the rows of ``source`` (which holds
    customer) of which ``where`` holds and whose customer was not removed; pages of ``page``."""
    after = 0
    while True:
        query = (
            select(ident.label("walk_id"))
            .select_from(source)
            .where(where, ident > after, col(Customer.removed_at).is_(None))
            .order_by(ident)
            .limit(page)
        )
        ids = [number for (number,) in await plain_rows(session, query)]
        if ids:
            yield ids
        if len(ids) < page:
            return
        after = ids[-1]


async def rows_of(
    session: AsyncSession,
    ids: Sequence[int],
    *,
    source: Any = CUSTOMERS,
    ident: Any = CUSTOMERS.c.id,
    extra: Sequence[Any] = (),
    where: ColumnElement[bool] | None = None,
) -> list[Row[Any]]:
    """A row for each of ``ids``, by ascending id: customer and reach, ``walk_id``, ``extra``.

    Of a customer's ways the best one. ``where`` leaves rows out.
    """
    query = (
        select(*CUSTOMER_COLUMNS, *REACH_COLUMNS, ident.label("walk_id"), *extra)
        .select_from(with_reach(source))
        .where(among(session, ident, ids))
        .order_by(ident, *BEST_FIRST)
    )
    if where is not None:
        query = query.where(where)
    return first_of_each(await plain_rows(session, query), lambda row: row[AFTER_CUSTOMER])
