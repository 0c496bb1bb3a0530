"""What pages read of standings: one customer with the reasons, shares, ids for lists."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.standing_policy import StandingPolicy
from crm_sync.models import Customer, CustomerFlow, CustomerStanding
from crm_sync.repository.keys import among
from crm_sync.repository.subjects import Window
from crm_sync.rules.standing import Known, Stood, judge
from crm_sync.standing.measures import known, measured


@dataclass(frozen=True, slots=True)
class Explained:
    """Where a customer stands now, judged on the spot, with what it was judged by."""

    known: Known
    stood: Stood


@dataclass(frozen=True, slots=True)
class Share:
    """How many customers share a class or an activity, and what they have here in 分."""

    name: str
    kind: str
    customers: int
    aum_fen: int


async def explained(
    session: AsyncSession,
    customer_id: int,
    policy: StandingPolicy,
    on: date,
    contacted: Select[Any] | None = None,
) -> Explained | None:
    """The standing of one customer with its reasons; None where there is no such customer."""
    query = measured(session, Window(ids=(customer_id,)), policy, on, contacted)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    told = known(row, policy)
    return Explained(told, judge(told, policy, on))


def ids_of(
    *,
    grade: str = "",
    grade_kind: str = "",
    activity: str = "",
    dormant_kind: str = "",
    missing: str = "",
    complete_from: int | None = None,
) -> Select[Any]:
    """A select of the ids that stand so, for lists. ``activity`` ``none``: nothing is known."""
    own = CustomerStanding
    found: list[ColumnElement[bool]] = []
    if grade:
        found.append(col(own.grade) == grade)
    if grade_kind:
        found.append(col(own.grade_kind) == grade_kind)
    if activity:
        found.append(col(own.activity) == ("" if activity == "none" else activity))
    if dormant_kind:
        found.append(col(own.dormant_kind) == dormant_kind)
    if missing:
        listed: Any = "," + col(own.missing) + ","
        found.append(listed.contains(f",{missing},", autoescape=True))
    if complete_from is not None:
        found.append(col(own.completeness) >= complete_from)
    return select(col(own.customer_id)).where(*found)


def ids_without_file(complete_from: int) -> Select[Any]:
    """A select of the customers whose file is not yet so whole, those never evaluated included."""
    return select(col(Customer.id)).where(
        col(Customer.id).not_in(ids_of(complete_from=complete_from))
    )


def ids_by_assets(from_yuan: int | None, below_yuan: int | None) -> Select[Any]:
    """A select of the ids of customers with assets from, and below, so many 元."""
    amount, bounds = col(Customer.aum_fen), []
    if from_yuan is not None:
        bounds.append(amount >= from_yuan * 100)
    if below_yuan is not None:
        bounds.append(amount < below_yuan * 100)
    return select(col(Customer.id)).where(*bounds)


def ids_at(unit_id: str, how: str) -> Select[Any]:
    """A select of the customers a unit manages (``managed``), or who have an account there."""
    column = col(Customer.unit_id) if how == "managed" else col(Customer.account_unit_id)
    return select(col(Customer.id)).where(column == unit_id)


def ids_with_attribute(name: str, value: str) -> Select[Any]:
    """A select of the customers whose file says ``value`` in a free column."""
    return select(col(Customer.id)).where(col(Customer.attributes)[name].as_string() == value)


def ids_with_flow(kinds: Sequence[str], since: date) -> Select[Any]:
    """A select of the customers with a flow of these kinds in a month from ``since`` on."""
    return select(col(CustomerFlow.customer_id)).where(
        col(CustomerFlow.kind).in_(kinds), col(CustomerFlow.month) >= since
    )


async def by_grade(session: AsyncSession, units: Collection[str] | None) -> list[Share]:
    """Customers by class and kind of class."""
    return await _shares(
        session, units, col(CustomerStanding.grade), col(CustomerStanding.grade_kind)
    )


async def by_activity(session: AsyncSession, units: Collection[str] | None) -> list[Share]:
    """Customers by activity and kind of dormancy."""
    return await _shares(
        session, units, col(CustomerStanding.activity), col(CustomerStanding.dormant_kind)
    )


async def assets_by_tier(session: AsyncSession, units: Collection[str] | None) -> dict[str, int]:
    """The known assets of each tier's customers, in 分."""
    query = (
        select(col(Customer.tier), func.coalesce(func.sum(col(Customer.aum_fen)), 0))
        .where(*in_units(session, units))
        .group_by(col(Customer.tier))
    )
    return {str(tier): int(aum or 0) for tier, aum in await session.execute(query)}


async def _shares(
    session: AsyncSession, units: Collection[str] | None, name: Any, kind: Any
) -> list[Share]:
    query: Any = (
        select(name, kind, func.count(), func.coalesce(func.sum(col(Customer.aum_fen)), 0))
        .select_from(CustomerStanding)
        .join(Customer, col(Customer.id) == col(CustomerStanding.customer_id))
        .where(*in_units(session, units))
        .group_by(name, kind)
        .order_by(name, kind)
    )
    return [
        Share(one, other, int(number), int(aum))
        for one, other, number, aum in await session.execute(query)
    ]


def in_units(session: AsyncSession, units: Collection[str] | None) -> list[ColumnElement[bool]]:
    """The condition on ``Customer`` of lists: managed by, or with an account at, these units."""
    there = col(Customer.removed_at).is_(None)
    if units is None:
        return [there]
    wanted = sorted(units)
    return [
        and_(
            there,
            or_(
                among(session, col(Customer.unit_id), wanted),
                among(session, col(Customer.account_unit_id), wanted),
            ),
        )
    ]


async def evaluated_at(session: AsyncSession) -> datetime | None:
    """When a standing last changed."""
    newest = select(func.max(col(CustomerStanding.changed_at)))
    return (await session.execute(newest)).scalar_one()
