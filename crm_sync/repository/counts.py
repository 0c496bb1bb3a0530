"""How many customers: by persona, unit, tier and book, within what a person may know of."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.access import scope_condition, unit_condition
from crm_sync.facts import Viewer
from crm_sync.models import (
    Contact,
    Coverage,
    Customer,
    PersonaMembership,
    Relation,
    Staff,
    Unit,
)
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live, serving


@dataclass(frozen=True, slots=True)
class PersonaCount:
    """A persona within a scope: members, those for whom it is primary, their assets in 分."""

    persona: str
    customers: int
    primary: int
    aum_fen: int


@dataclass(frozen=True, slots=True)
class UnitCount:
    """A unit: customers it manages (归属), customers with an account there (持本网点账户)."""

    unit_id: str
    managed: int
    accounts: int
    aum_fen: int


@dataclass(frozen=True, slots=True)
class BookCount:
    """One member's book: customers covered as owner, those bound, those the owner can reach."""

    staff_id: str
    assigned: int
    bound: int
    reached: int


async def persona_counts(
    session: AsyncSession, viewer: Viewer, *, unit_path: str = ""
) -> list[PersonaCount]:
    """Every persona with members in the scope, the largest first."""
    query = (
        select(
            col(PersonaMembership.persona),
            func.count(),
            func.count(case((col(PersonaMembership.is_primary).is_(True), 1))),
            func.sum(col(Customer.aum_fen)),
        )
        .join(Customer, col(Customer.id) == col(PersonaMembership.customer_id))
        .where(scope_condition(viewer), *below(unit_path, col(Customer.unit_id)))
        .group_by(col(PersonaMembership.persona))
        .order_by(func.count().desc(), col(PersonaMembership.persona))
    )
    return [
        PersonaCount(persona, int(customers), int(primary), int(aum or 0))
        for persona, customers, primary, aum in await session.execute(query)
    ]


async def unit_counts(session: AsyncSession, viewer: Viewer) -> list[UnitCount]:
    """Each unit this person reaches over, with both its counts, by unit id."""
    managed = (
        select(
            col(Customer.unit_id).label("unit_id"),
            func.count().label("customers"),
            func.coalesce(func.sum(col(Customer.aum_fen)), 0).label("aum_fen"),
        )
        .where(col(Customer.removed_at).is_(None))
        .group_by(col(Customer.unit_id))
        .subquery()
    )
    accounts = (
        select(col(Customer.account_unit_id).label("unit_id"), func.count().label("customers"))
        .where(col(Customer.removed_at).is_(None))
        .group_by(col(Customer.account_unit_id))
        .subquery()
    )
    query = (
        select(
            col(Unit.unit_id),
            func.coalesce(managed.c.customers, 0),
            func.coalesce(accounts.c.customers, 0),
            func.coalesce(managed.c.aum_fen, 0),
        )
        .outerjoin(managed, managed.c.unit_id == col(Unit.unit_id))
        .outerjoin(accounts, accounts.c.unit_id == col(Unit.unit_id))
        .where(col(Unit.removed_at).is_(None), unit_condition(viewer, col(Unit.unit_id)))
        .order_by(col(Unit.unit_id))
    )
    return [
        UnitCount(unit_id, int(mine), int(held), int(aum))
        for unit_id, mine, held, aum in await session.execute(query)
    ]


async def tier_counts(
    session: AsyncSession, viewer: Viewer, *, unit_path: str = ""
) -> dict[str, int]:
    """How many customers of the scope stand in each tier; ``""`` is not known."""
    query = (
        select(col(Customer.tier), func.count())
        .where(scope_condition(viewer), *below(unit_path, col(Customer.unit_id)))
        .group_by(col(Customer.tier))
    )
    return {tier: int(count) for tier, count in await session.execute(query)}


async def book_counts(session: AsyncSession, staff_ids: Collection[str]) -> dict[str, BookCount]:
    """Coverage of each member's book: assigned, bound to a contact, reachable by the owner."""
    if not staff_ids:
        return {}
    bound = exists().where(col(Contact.customer_id) == col(Coverage.customer_id))
    reached = (
        exists()
        .where(col(Contact.customer_id) == col(Coverage.customer_id))
        .where(col(Relation.external_userid) == col(Contact.external_userid))
        .where(col(Relation.userid) == col(Staff.userid), live())
    )
    query = (
        select(
            col(Coverage.staff_id),
            func.count(),
            func.count(case((bound, 1))),
            func.count(case((and_(serving(), reached), 1))),
        )
        .join(Staff, col(Staff.staff_id) == col(Coverage.staff_id))
        .join(Customer, col(Customer.id) == col(Coverage.customer_id))
        .where(
            among(session, col(Coverage.staff_id), staff_ids),
            col(Coverage.kind) == OWNER,
            col(Customer.removed_at).is_(None),
        )
        .group_by(col(Coverage.staff_id))
    )
    found = {
        staff_id: BookCount(staff_id, int(assigned), int(known), int(live_ones))
        for staff_id, assigned, known, live_ones in await session.execute(query)
    }
    return {one: found.get(one, BookCount(one, 0, 0, 0)) for one in staff_ids}


def below(unit_path: str, unit_id: Any) -> list[ColumnElement[bool]]:
    if not unit_path:
        return []
    paths = col(Unit.path).startswith(unit_path, autoescape=True)
    return [unit_id.in_(select(col(Unit.unit_id)).where(paths))]
