"""Holdings that customers opened lately: what the core system says came of talking to them."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Holding


async def opened_since(
    session: AsyncSession, customers: Select[Any], since: date, kinds: Collection[str]
) -> list[tuple[int, date]]:
    """(customer, day) of each holding of ``kinds`` opened on or after ``since`` by ``customers``,
    a select of ids; one statement."""
    query = select(col(Holding.customer_id), col(Holding.opened_on)).where(
        col(Holding.customer_id).in_(customers),
        col(Holding.opened_on) >= since,
        col(Holding.kind).in_(sorted(kinds)),
    )
    found = await session.execute(query)
    return [(customer_id, day) for customer_id, day in found if day is not None]
