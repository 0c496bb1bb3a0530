"""Which customers a product suits (A10): the rules of suitability as SQL over all customers.

The rule sets are an argument; ``compliance.suitability`` judges one recipient by the same sets, and
a test of the composition holds both against each other. A product with a white list suits those on
it alone, and a private one without a list suits nobody (rules E-4009, E-4019).
"""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.suitability_policy import RuleSets, SuitabilityPolicy
from crm_sync.models import Customer, Product
from crm_sync.repository.keys import among
from crm_sync.rules.ages import latest_birth
from crm_sync.standing.reading import in_units

Lists = Mapping[str, frozenset[int]]
"""Customers on the white list, by product; a product without a list is absent."""


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
    listed: bool = False


def assessed_after(today: date, months: int) -> date:
    """Assessments made later than this day and valid for ``months`` still hold on ``today``.

    A month that is too short for the day ends an assessment on its last day, so every day of
    the earlier month from there on has run out too.
    """
    count = today.year * 12 + today.month - 1 - months
    year, month = count // 12, count % 12 + 1
    last = monthrange(year, month)[1]
    ends = today.day == monthrange(today.year, today.month)[1]
    return date(year, month, last if ends else min(today.day, last))


def ceiling(today: date, policy: SuitabilityPolicy) -> ColumnElement[int]:
    """The highest R that one rule set lets a customer be shown; 0 where none.

    As ``compliance.suitability.product_ceiling``: of the assessments that hold the lowest counts,
    and one of them must be the set's own.
    """
    born, told = col(Customer.born_on), policy.assessment
    made, stated = col(Customer.fund_risk_assessed_on), col(Customer.fund_risk_until)
    plain_end = assessed_after(today, told.valid_months)
    by_bank = and_(
        col(Customer.risk_level).is_not(None), col(Customer.risk_assessed_on) > plain_end
    )
    by_fund = and_(
        col(Customer.fund_risk_level).is_not(None),
        or_(
            and_(stated.is_(None), made > plain_end),
            and_(stated >= today, made > assessed_after(today, told.stated_months)),
        ),
    )
    holds = {"bank": func.coalesce(by_bank, false()), "fund": func.coalesce(by_fund, false())}
    bank = case((holds["bank"], _most(col(Customer.risk_level), policy)), else_=_ABOVE_ALL)
    fund = case(
        (~holds["fund"], _ABOVE_ALL),
        (
            col(Customer.fund_risk_lowest).is_(True),
            _most(col(Customer.fund_risk_level), policy, lowest=True),
        ),
        else_=_most(col(Customer.fund_risk_level), policy),
    )
    matched: Any = case(
        (~or_(*(holds[one] for one in told.own)), 0), (bank < fund, bank), else_=fund
    )
    if policy.professional.exempt:
        exempt = func.coalesce(col(Customer.professional_until) >= today, false())
        matched = case((exempt, 5), else_=matched)
    elder = or_(born.is_(None), born <= latest_birth(policy.ages.elder, today))
    highest = policy.ages.elder_ceiling
    return case((minor(today, policy), 0), (and_(elder, matched > highest), highest), else_=matched)


_ABOVE_ALL: Final = 9


def _most(level: Any, policy: SuitabilityPolicy, *, lowest: bool = False) -> ColumnElement[int]:
    told = ((level == number, policy.ceiling(number, lowest=lowest)) for number in range(1, 6))
    return case(*told, else_=0)


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


def _suits(
    session: AsyncSession,
    product: Product,
    today: date,
    sets: RuleSets,
    listed: Collection[int] | None,
) -> ColumnElement[bool]:
    governing = sets.governing(product.kind)
    rating = [one for one in governing if one.rates(product.kind, product.risk_level)]
    hidden = product.private and listed is None
    if hidden or not product.on_sale or (rating and product.risk_level is None):
        return false()
    parts: list[ColumnElement[bool]] = [~minor(today, one) for one in governing]
    if listed is not None:
        parts.append(among(session, col(Customer.id), listed))
    parts += [ceiling(today, one) >= (product.risk_level or 0) for one in rating]
    tiers = entitled(product.attributes)
    if tiers:
        parts.append(col(Customer.tier).in_(tiers))
    return and_(true(), *parts)


async def _on_sale(session: AsyncSession) -> list[Product]:
    """The products on sale, by kind, risk and code."""
    query = (
        select(Product)
        .where(col(Product.on_sale).is_(True), col(Product.removed_at).is_(None))
        .order_by(col(Product.kind), col(Product.risk_level), col(Product.product_code))
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(query)).scalars())


async def codes(session: AsyncSession) -> list[str]:
    """The products on sale."""
    return [one.product_code for one in await _on_sale(session)]


async def whom(
    session: AsyncSession, code: str, today: date, sets: RuleSets, lists: Lists
) -> tuple[str, Select[Any]] | None:
    """The name of a product on sale and a select of the customers it suits; None without one."""
    for one in await _on_sale(session):
        if one.product_code == code:
            suits = _suits(session, one, today, sets, lists.get(code))
            return one.name, select(col(Customer.id)).where(suits)
    return None


async def index(
    session: AsyncSession,
    units: Collection[str] | None,
    today: date,
    sets: RuleSets,
    lists: Lists,
) -> list[Offered]:
    """Every product on sale with the number of customers in sight it suits; one grouped pass.

    ``lists``: who is on the white list of each product that has one. Who has nobody in sight on
    a list does not learn of its product.
    """
    grouped = (
        select(
            *(ceiling(today, one).label(f"ceiling{n}") for n, one in enumerate(sets.both)),
            *(
                case((minor(today, one), 1), else_=0).label(f"minor{n}")
                for n, one in enumerate(sets.both)
            ),
            col(Customer.tier).label("tier"),
        )
        .where(*in_units(session, units))
        .subquery()
    )
    keys = tuple(grouped.c)
    crowds = [
        _Crowd(tuple(row[:2]), tuple(map(bool, row[2:4])), row[4], int(row[5]))
        for row in await session.execute(select(*keys, func.count()).group_by(*keys))
    ]
    found = []
    for one in await _on_sale(session):
        listed = lists.get(one.product_code)
        number = _count(one, crowds, sets) if listed is None else 0
        if listed is not None:
            if not await seen(session, listed, units):
                continue
            here = (*in_units(session, units), among(session, col(Customer.id), listed))
            suits = _suits(session, one, today, sets, listed)
            counted = select(func.count()).select_from(Customer).where(*here, suits)
            number = int((await session.execute(counted)).scalar_one())
        found.append(
            Offered(
                one.product_code, one.name, one.kind, one.risk_level, one.private,
                entitled(one.attributes), number, listed is not None,
            )
        )  # fmt: skip
    return found


async def seen(
    session: AsyncSession, listed: Collection[int], units: Collection[str] | None
) -> bool:
    """Whether somebody of these units is on a white list; head office sees every list."""
    if units is None:
        return True
    here = (*in_units(session, units), among(session, col(Customer.id), listed))
    query = select(col(Customer.id)).where(*here).limit(1)
    return (await session.execute(query)).first() is not None


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Customers who are alike: their ceilings and whether minors, by rule set; tier; number."""

    ceilings: tuple[int, ...]
    minors: tuple[bool, ...]
    tier: str
    number: int


def _count(product: Product, crowds: list[_Crowd], sets: RuleSets) -> int:
    governing = [n for n, one in enumerate(sets.both) if one.governs(product.kind)]
    rating = [n for n in governing if sets.both[n].rates(product.kind, product.risk_level)]
    if product.private or (rating and product.risk_level is None):
        return 0
    tiers = entitled(product.attributes)
    return sum(
        crowd.number
        for crowd in crowds
        if not any(crowd.minors[n] for n in governing)
        and all(crowd.ceilings[n] >= (product.risk_level or 0) for n in rating)
        and (not tiers or crowd.tier in tiers)
    )
