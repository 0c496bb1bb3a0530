"""Which customers a product suits (A10): the rules of suitability as SQL over all customers.

The policy is an argument; ``compliance.suitability`` judges one recipient by the same policy, and
a test of the composition holds both against each other. Private products suit nobody here: they
need a white list (rule E-4019), which its owner asks for.
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.suitability_policy import SuitabilityPolicy
from crm_sync.models import Customer, Product
from crm_sync.rules.ages import latest_birth
from crm_sync.standing.reading import in_units


@dataclass(frozen=True, slots=True)
class Offered:
    """A product on sale and how many customers in sight it suits."""

    product_code: str
    name: str
    kind: str
    risk_level: int | None
    private: bool
    tiers: tuple[str, ...]
    customers: int


def assessed_after(today: date, policy: SuitabilityPolicy) -> date:
    """Assessments made later than this day still hold on ``today``.

    A month that is too short for the day ends an assessment on its last day, so every day of
    the earlier month from there on has run out too.
    """
    count = today.year * 12 + today.month - 1 - policy.assessment.valid_months
    year, month = count // 12, count % 12 + 1
    last = monthrange(year, month)[1]
    ends = today.day == monthrange(today.year, today.month)[1]
    return date(year, month, last if ends else min(today.day, last))


def ceiling(today: date, policy: SuitabilityPolicy) -> ColumnElement[int]:
    """The highest R that may be shown to a customer; as ``compliance.suitability.product_ceiling``."""
    born, level = col(Customer.born_on), col(Customer.risk_level)
    own: Any = case(*((level == number, policy.ceiling(number)) for number in range(1, 6)), else_=0)
    elder = or_(born.is_(None), born <= latest_birth(policy.ages.elder, today))
    highest = policy.ages.elder_ceiling
    valid = col(Customer.risk_assessed_on) > assessed_after(today, policy)
    return case(
        (minor(today, policy), 0),
        (or_(level.is_(None), col(Customer.risk_assessed_on).is_(None), ~valid), 0),
        (and_(elder, own > highest), highest),
        else_=own,
    )


def minor(today: date, policy: SuitabilityPolicy) -> ColumnElement[bool]:
    """Who is too young for any product."""
    return and_(
        col(Customer.born_on).is_not(None),
        col(Customer.born_on) > latest_birth(policy.ages.adult, today),
    )


def entitled(attributes: dict[str, str]) -> tuple[str, ...]:
    """The tiers a product is for (attributes.tiers, split at ; 、 ,); empty: for everybody."""
    told = attributes.get("tiers", "")
    for mark in ("；", "、", "，", ",", "|"):
        told = told.replace(mark, ";")
    return tuple(one.strip() for one in told.split(";") if one.strip())


def _suits(product: Product, today: date, policy: SuitabilityPolicy) -> ColumnElement[bool]:
    if product.private or not product.on_sale:
        return false()
    rated = product.risk_level is not None or product.kind in policy.products.rated
    if rated and product.risk_level is None:
        return false()
    parts: list[ColumnElement[bool]] = [~minor(today, policy)]
    if rated:
        parts.append(ceiling(today, policy) >= (product.risk_level or 0))
    tiers = entitled(product.attributes)
    if tiers:
        parts.append(col(Customer.tier).in_(tiers))
    return and_(*parts)


async def _on_sale(session: AsyncSession) -> list[Product]:
    """The products on sale, by kind, risk and code."""
    query = (
        select(Product)
        .where(col(Product.on_sale).is_(True), col(Product.removed_at).is_(None))
        .order_by(col(Product.kind), col(Product.risk_level), col(Product.product_code))
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(query)).scalars())


async def whom(
    session: AsyncSession, code: str, today: date, policy: SuitabilityPolicy
) -> tuple[str, Select[Any]] | None:
    """The name of a product on sale and a select of the customers it suits; None without one."""
    for one in await _on_sale(session):
        if one.product_code == code:
            return one.name, select(col(Customer.id)).where(_suits(one, today, policy))
    return None


async def index(
    session: AsyncSession,
    units: Collection[str] | None,
    today: date,
    policy: SuitabilityPolicy,
) -> list[Offered]:
    """Every product on sale with the number of customers in sight it suits; one grouped pass."""
    grouped = (
        select(
            ceiling(today, policy).label("ceiling"),
            case((minor(today, policy), 1), else_=0).label("minor"),
            col(Customer.tier).label("tier"),
        )
        .where(*in_units(session, units))
        .subquery()
    )
    keys = (grouped.c.ceiling, grouped.c.minor, grouped.c.tier)
    rows = (await session.execute(select(*keys, func.count()).group_by(*keys))).all()
    found = []
    for one in await _on_sale(session):
        tiers = entitled(one.attributes)
        rated = one.risk_level is not None or one.kind in policy.products.rated
        reachable = not one.private and not (rated and one.risk_level is None)
        number = sum(
            int(n)
            for highest, young, tier, n in rows
            if reachable
            and not young
            and (not rated or highest >= (one.risk_level or 0))
            and (not tiers or tier in tiers)
        )
        found.append(
            Offered(
                one.product_code, one.name, one.kind, one.risk_level, one.private, tiers, number
            )
        )
    return found
