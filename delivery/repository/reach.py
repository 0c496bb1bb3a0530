"""Whom touches reached, in a span of time, as selects of customer ids and as counts over time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Touch

Ids = Select[Any]
"""A select of customer ids, for conditions in other packages."""


def reached(since: datetime, until: datetime, *, trigger: str | None = None) -> Ids:
    """The ids of customers who were reached in [since, until); ``trigger`` is a prefix."""
    query = select(col(Touch.customer_id)).where(col(Touch.at) >= since, col(Touch.at) < until)
    if trigger is not None:
        query = query.where(col(Touch.trigger).startswith(trigger, autoescape=True))
    return query


async def last_of(session: AsyncSession, customer_ids: Sequence[int]) -> dict[int, datetime]:
    """The newest touch of each customer who had one."""
    query = (
        select(col(Touch.customer_id), func.max(col(Touch.at)))
        .where(col(Touch.customer_id).in_(list(customer_ids)))
        .group_by(col(Touch.customer_id))
    )
    return {customer_id: at for customer_id, at in await session.execute(query)}  # noqa: C416


async def reached_so_far(
    session: AsyncSession, among: Ids, spans: Sequence[tuple[datetime, datetime]]
) -> list[int]:
    """For each span [since, until): how many customers of ``among`` were reached in it.

    Spans that begin together (weeks of one quarter) are counted in one statement by the first
    touch of each customer, so twelve weeks cost a handful of statements.
    """
    numbers: dict[tuple[datetime, datetime], int] = {}
    for since in sorted({since for since, _ in spans}):
        untils = sorted({until for begun, until in spans if begun == since})
        first = (
            select(func.min(col(Touch.at)).label("at"))
            .where(
                col(Touch.at) >= since,
                col(Touch.at) < untils[-1],
                col(Touch.customer_id).in_(among),
            )
            .group_by(col(Touch.customer_id))
            .subquery()
        )
        columns: list[Any] = [func.sum(case((first.c.at < until, 1), else_=0)) for until in untils]
        row = (await session.execute(select(*columns).select_from(first))).one()
        numbers |= {(since, until): int(n or 0) for until, n in zip(untils, row, strict=True)}
    return [numbers[span] for span in spans]
