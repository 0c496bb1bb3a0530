"""Lists of customers for people at a desk: one set of conditions, a page, a count, the ids.

What a number on a page counts and what its list shows are the same conditions, so they agree.
Selections of other packages come in as selects of customer ids (``within``, ``without``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.facts import CustomerFact
from crm_sync.models import Contact, Coverage, Customer, Holding, PersonaMembership, Relation
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live, people
from kit.clock import bank_moment
from kit.db import cipher_of

DUE_KINDS = ("deposit", "wealth", "fund")
KEPT_WITHIN_DAYS = 3
"""到期衔接: something new was opened on the day of maturity or up to so many days after it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers; every field narrows.

    ``units``: managed by, or with an account at, one of them (None: every unit). ``primary``:
    the primary persona, ``""`` for those without any. ``owners``: the staff ids of whom one is
    the owner. ``matured``: something of theirs matured
    in these days (both included); with ``kept`` something new was opened within three days.
    """

    units: frozenset[str] | None = None
    ids: frozenset[int] | None = None
    persona: str | None = None
    primary: str | None = None
    tier: str | None = None
    risk: int | None = None
    unrated_before: date | None = None
    owner: str | None = None
    owners: frozenset[str] | None = None
    unowned: bool = False
    contact: bool | None = None
    number: str | None = None
    phone: str | None = None
    matured: tuple[date, date] | None = None
    kept: bool = False
    within: tuple[Select[Any], ...] = ()
    without: tuple[Select[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """How many customers share something, and what they have with the bank in 分."""

    customers: int
    aum_fen: int


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many customers match."""
    query = select(func.count()).select_from(Customer).where(*_conditions(session, wanted))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession, wanted: Wanted, *, limit: int = 50, after: int = 0
) -> list[CustomerFact]:
    """The next ``limit`` customers by ascending id, above ``after``."""
    query = (
        select(col(Customer.id))
        .where(*_conditions(session, wanted), col(Customer.id) > after)
        .order_by(col(Customer.id))
        .limit(limit)
    )
    ids = [found for found in (await session.execute(query)).scalars() if found is not None]
    facts = await people(session, ids)
    return [facts[found][0] for found in ids if found in facts]


def ids(session: AsyncSession, wanted: Wanted) -> Select[Any]:
    """A select of the ids that match, for conditions in other packages."""
    return select(col(Customer.id)).where(*_conditions(session, wanted))


def roster(session: AsyncSession, wanted: Wanted, units: frozenset[str]) -> Select[Any]:
    """A select of customer id, unit, owner (``staff_id``, empty for nobody) and AUM of who matches.

    For one statement over all of them; ``units``: managed by one of these.
    """
    owner = (
        select(func.min(col(Coverage.staff_id)))
        .where(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == OWNER)
        .scalar_subquery()
    )
    columns: Any = select(
        col(Customer.id).label("customer_id"),
        col(Customer.unit_id),
        func.coalesce(owner, "").label("staff_id"),
        col(Customer.aum_fen),
    )
    found: Select[Any] = columns.where(
        *_conditions(session, wanted), among(session, col(Customer.unit_id), sorted(units))
    )
    return found


async def in_order(session: AsyncSession, wanted: Wanted, *, most: int | None = None) -> list[int]:
    """The ids that match, ascending: asked once, for who then goes through them page by page."""
    query = ids(session, wanted).order_by(col(Customer.id)).limit(most)
    return [found for found in (await session.execute(query)).scalars() if found is not None]


async def by_primary_persona(session: AsyncSession, wanted: Wanted) -> Mapping[str, Group]:
    """The matching customers by primary persona; ``""`` holds those without one."""
    persona = func.coalesce(col(PersonaMembership.persona), "")
    query: Any = (
        select(persona, func.count(), func.coalesce(func.sum(col(Customer.aum_fen)), 0))
        .select_from(Customer)
        .outerjoin(
            PersonaMembership,
            and_(
                col(PersonaMembership.customer_id) == col(Customer.id),
                col(PersonaMembership.is_primary).is_(True),
            ),
        )
        .where(*_conditions(session, wanted))
        .group_by(persona)
    )
    return {
        name: Group(int(number), int(aum)) for name, number, aum in await session.execute(query)
    }


async def by_tier(session: AsyncSession, wanted: Wanted) -> Mapping[str, int]:
    """How many of the matching customers each tier has; ``""`` holds those without one."""
    query = (
        select(col(Customer.tier), func.count())
        .where(*_conditions(session, wanted))
        .group_by(col(Customer.tier))
    )
    return {tier or "": int(number) for tier, number in await session.execute(query)}


async def aum_of(session: AsyncSession, wanted: Wanted) -> int:
    """What the matching customers have with the bank, in 分."""
    query: Any = select(func.coalesce(func.sum(col(Customer.aum_fen)), 0)).where(
        *_conditions(session, wanted)
    )
    return int((await session.execute(query)).scalar_one())


async def next_due(
    session: AsyncSession, customer_ids: Collection[int], today: date
) -> dict[int, date]:
    """The next maturity of each customer from ``today`` on, where there is one."""
    query = (
        select(col(Holding.customer_id), func.min(col(Holding.matures_on)))
        .where(
            among(session, col(Holding.customer_id), customer_ids),
            col(Holding.matures_on) >= today,
            col(Holding.kind).in_(DUE_KINDS),
            col(Holding.removed_at).is_(None),
        )
        .group_by(col(Holding.customer_id))
    )
    return {customer_id: day for customer_id, day in await session.execute(query) if day}


async def newest_change(session: AsyncSession) -> datetime | None:
    """When the bank's data last changed a customer."""
    return (await session.execute(select(func.max(col(Customer.changed_at))))).scalar_one()


def _conditions(session: AsyncSession, wanted: Wanted) -> list[Any]:
    number = col(Customer.id)
    found: list[Any] = [col(Customer.removed_at).is_(None)]
    if wanted.units is not None:
        units = sorted(wanted.units)
        found.append(
            or_(
                among(session, col(Customer.unit_id), units),
                among(session, col(Customer.account_unit_id), units),
            )
        )
    if wanted.ids is not None:
        found.append(among(session, number, wanted.ids))
    if wanted.tier is not None:
        found.append(col(Customer.tier) == wanted.tier)
    if wanted.risk is not None:
        found.append(col(Customer.risk_level) == wanted.risk)
    if wanted.unrated_before is not None:
        assessed = col(Customer.risk_assessed_on)
        found.append(or_(assessed.is_(None), assessed < wanted.unrated_before))
    if wanted.number is not None:
        found.append(col(Customer.customer_no) == wanted.number)
    if wanted.phone is not None:
        found.append(col(Customer.phone_hash) == cipher_of(session).blind("phone", wanted.phone))
    found += _personas(wanted)
    found += _owners(session, wanted)
    if wanted.contact is not None:
        reached = reached_ids()
        found.append(number.in_(reached) if wanted.contact else number.not_in(reached))
    if wanted.matured is not None:
        found.append(number.in_(_matured(*wanted.matured, kept=wanted.kept)))
    found += [number.in_(one) for one in wanted.within]
    found += [number.not_in(one) for one in wanted.without]
    return found


def _personas(wanted: Wanted) -> list[Any]:
    member = select(col(PersonaMembership.customer_id))
    found: list[Any] = []
    if wanted.persona is not None:
        found.append(
            col(Customer.id).in_(member.where(col(PersonaMembership.persona) == wanted.persona))
        )
    if wanted.primary is not None:
        mine = member.where(col(PersonaMembership.is_primary).is_(True))
        if wanted.primary:
            mine = mine.where(col(PersonaMembership.persona) == wanted.primary)
            found.append(col(Customer.id).in_(mine))
        else:
            found.append(col(Customer.id).not_in(mine))
    return found


def _owners(session: AsyncSession, wanted: Wanted) -> list[Any]:
    owned = select(col(Coverage.customer_id)).where(col(Coverage.kind) == OWNER)
    found: list[Any] = []
    if wanted.owner is not None:
        found.append(col(Customer.id).in_(owned.where(col(Coverage.staff_id) == wanted.owner)))
    if wanted.owners is not None:
        one_of_them = among(session, col(Coverage.staff_id), wanted.owners)
        found.append(col(Customer.id).in_(owned.where(one_of_them)))
    if wanted.unowned:
        found.append(col(Customer.id).not_in(owned))
    return found


def reached_ids() -> Select[Any]:
    """The ids of customers with a bound contact whom a member of staff follows now."""
    return (
        select(col(Contact.customer_id))
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .where(col(Contact.customer_id).is_not(None), live())
    )


def _matured(first: date, last: date, *, kept: bool) -> Select[Any]:
    """Customers of whom something matured in these days; ``kept``: and something new began.

    What was gone before the first of the days (drawn early) does not count. The days are spelled out one by one because the databases add days to a date differently.
    """
    query = select(col(Holding.customer_id)).where(
        col(Holding.matures_on).between(first, last),
        col(Holding.kind).in_(DUE_KINDS),
        or_(col(Holding.removed_at).is_(None), col(Holding.removed_at) >= bank_moment(first)),
    )
    if not kept:
        return query
    later = Holding.__table__.alias("later")  # type: ignore[attr-defined]
    days: Sequence[date] = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    begun = or_(
        *(
            and_(
                col(Holding.matures_on) == day,
                later.c.opened_on >= day,
                later.c.opened_on <= day + timedelta(days=KEPT_WITHIN_DAYS),
            )
            for day in days
        )
    )
    return query.join(
        later,
        and_(
            later.c.customer_id == col(Holding.customer_id),
            later.c.id != col(Holding.id),
            later.c.kind.in_(DUE_KINDS),
            begun,
        ),
    )
