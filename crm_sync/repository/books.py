"""The managers' books (管户) as a selection that other packages join to."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, Subquery, extract, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Coverage, Customer, CustomerStanding, Lead
from crm_sync.repository.people import OWNER


def owned(customer_ids: Sequence[int] | None = None) -> Subquery:
    """Every live customer with the manager who owns them.

    Columns: ``customer_id staff_id since unit_id tier aum_fen birthday grade activity``; the last
    two are empty for whom the bank knows nothing yet.
    """
    query: Any = (
        select(
            col(Coverage.customer_id).label("customer_id"),
            col(Coverage.staff_id).label("staff_id"),
            col(Coverage.since).label("since"),
            col(Customer.unit_id).label("unit_id"),
            col(Customer.tier).label("tier"),
            col(Customer.aum_fen).label("aum_fen"),
            col(Customer.birthday).label("birthday"),
            func.coalesce(col(CustomerStanding.grade), "").label("grade"),
            func.coalesce(col(CustomerStanding.activity), "").label("activity"),
        )
        .join(Customer, col(Customer.id) == col(Coverage.customer_id))
        .outerjoin(CustomerStanding, col(CustomerStanding.customer_id) == col(Coverage.customer_id))
        .where(col(Coverage.kind) == OWNER, col(Customer.removed_at).is_(None))
    )
    if customer_ids is not None:
        query = query.where(col(Coverage.customer_id).in_(list(customer_ids)))
    found: Subquery = query.subquery("book")
    return found


def birthdays() -> Subquery:
    """Every live customer's birthday (month * 100 + day): ``customer_id birthday``."""
    return (
        select(col(Customer.id).label("customer_id"), col(Customer.birthday).label("birthday"))
        .where(col(Customer.removed_at).is_(None))
        .subquery("born")
    )


def led() -> Subquery:
    """Customers with a lead that is open or taken, each once: ``customer_id``."""
    return (
        select(col(Lead.customer_id).label("customer_id"))
        .where(col(Lead.state).in_(["open", "taken"]))
        .distinct()
        .subquery("led")
    )


def between(
    low_fen: int | None, high_fen: int | None, *, measure: Literal["point", "average"]
) -> Select[Any]:
    """The ids of customers with assets in [low, high), by point in time or daily average."""
    amount = col(Customer.aum_fen if measure == "point" else Customer.aum_average_fen)
    query = select(col(Customer.id)).where(col(Customer.removed_at).is_(None))
    if low_fen is not None:
        query = query.where(amount >= low_fen)
    if high_fen is not None:
        query = query.where(amount < high_fen)
    return query


def born(after: date | None, until: date | None, gender: str = "") -> Select[Any]:
    """The ids of customers born after ``after`` and not after ``until``, of a gender."""
    query = select(col(Customer.id)).where(
        col(Customer.removed_at).is_(None), col(Customer.born_on).is_not(None)
    )
    if after is not None:
        query = query.where(col(Customer.born_on) > after)
    if until is not None:
        query = query.where(col(Customer.born_on) <= until)
    return query.where(col(Customer.gender) == gender) if gender else query


async def by_tier(session: AsyncSession, units: frozenset[str] | None) -> dict[str, int]:
    """How many customers each tier has, among those managed by or with an account at ``units``."""
    query = select(col(Customer.tier), func.count()).where(*_seen(units))
    query = query.group_by(col(Customer.tier))
    return {str(tier): int(number) for tier, number in await session.execute(query)}


async def by_birth_year(
    session: AsyncSession, units: frozenset[str] | None
) -> dict[tuple[int, str], int]:
    """How many customers were born in each year, by gender (F, M or empty)."""
    year = extract("year", col(Customer.born_on))
    query: Any = (
        select(year, col(Customer.gender), func.count())
        .where(*_seen(units), col(Customer.born_on).is_not(None))
        .group_by(year, col(Customer.gender))
    )
    return {
        (int(born_in), str(gender)): int(number)
        for born_in, gender, number in await session.execute(query)
    }


def _seen(units: frozenset[str] | None) -> list[Any]:
    found: list[Any] = [col(Customer.removed_at).is_(None)]
    if units is not None:
        known = sorted(units)
        found.append(
            or_(col(Customer.unit_id).in_(known), col(Customer.account_unit_id).in_(known))
        )
    return found
