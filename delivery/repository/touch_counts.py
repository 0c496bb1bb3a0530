"""Who reached the customers of a list, how often and when: for those who decide on ownership."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Touch


async def by_staff(
    session: AsyncSession, within: Select[Any], since: datetime
) -> list[tuple[int, str, int]]:
    """Customer, member of staff and how often they reached the customer since; one statement."""
    query = (
        select(col(Touch.customer_id), col(Touch.staff_id), func.count())
        .where(col(Touch.customer_id).in_(within), col(Touch.at) >= since)
        .group_by(col(Touch.customer_id), col(Touch.staff_id))
    )
    return [(customer, staff, int(n)) for customer, staff, n in await session.execute(query)]


async def since_of(
    session: AsyncSession, within: Select[Any], since: datetime
) -> list[tuple[int, str, str, datetime]]:
    """Customer, member of staff, trigger and moment of every touch since, the earliest first."""
    query = (
        select(col(Touch.customer_id), col(Touch.staff_id), col(Touch.trigger), col(Touch.at))
        .where(col(Touch.customer_id).in_(within), col(Touch.at) >= since)
        .order_by(col(Touch.at))
    )
    rows = await session.execute(query)
    return [(customer, staff, trigger, at) for customer, staff, trigger, at in rows]


def reached_by(staff_ids: Any, since: datetime, until: datetime) -> Select[Any]:
    """``customer_id``, ``staff_id`` of touches in [since, until) whose ``staff_ids`` condition holds.

    ``staff_ids`` takes the staff column and gives a condition; None is everybody.
    """
    query: Any = select(col(Touch.customer_id), col(Touch.staff_id)).where(
        col(Touch.at) >= since, col(Touch.at) < until
    )
    if staff_ids is not None:
        query = query.where(staff_ids(col(Touch.staff_id)))
    distinct: Select[Any] = query.distinct()
    return distinct
