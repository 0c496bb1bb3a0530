"""Shares that say how far the foundations stand: units, staff, owners, links; a part of a whole."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.adds_policy import AddsPolicy
from crm_sync.models import Binding, Contact, Coverage, Customer, Relation, Staff, Unit
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live


@dataclass(frozen=True, slots=True)
class Part:
    """So many of so many; ``ratio`` is None where there is no whole."""

    part: int
    whole: int

    @property
    def ratio(self) -> float | None:
        """0..1 for a share; for a number by head, how many each."""
        return self.part / self.whole if self.whole else None


async def measure(
    session: AsyncSession, policy: AddsPolicy, units: Collection[str] | None
) -> dict[str, Part]:
    """Every foundation by name; five statements, whatever the number of customers."""
    found = {
        "units_mapped": await _part(
            session,
            select(func.count(col(Unit.department_id)), func.count()).where(
                col(Unit.removed_at).is_(None), *_in(session, col(Unit.unit_id), units)
            ),
        ),
        "staff_in_wecom": await _part(
            session,
            select(
                func.count(case((col(Staff.seen_in_wecom_at).is_not(None), 1))), func.count()
            ).where(_manager(), *_in(session, col(Staff.unit_id), units)),
        ),
    }
    owned = exists().where(col(Coverage.customer_id) == col(Customer.id)).where(
        col(Coverage.kind) == OWNER
    )  # fmt: skip
    found["customers_owned"] = await _part(
        session,
        select(func.count(case((owned, 1))), func.count()).where(
            col(Customer.removed_at).is_(None), *_in(session, col(Customer.unit_id), units)
        ),
    )
    return found | await _friends(session, policy, units)


async def _friends(
    session: AsyncSession, policy: AddsPolicy, units: Collection[str] | None
) -> dict[str, Part]:
    """Of the friends' friendships: linked, real-name, with the owner; and friends by manager."""
    proven = (
        exists()
        .where(col(Binding.external_userid) == col(Relation.external_userid))
        .where(col(Binding.customer_id) == col(Contact.customer_id))
        .where(col(Binding.state) == "confirmed")
        .where(col(Binding.method).in_(policy.real_name_methods))
    )
    theirs = (
        exists()
        .where(col(Coverage.customer_id) == col(Contact.customer_id))
        .where(col(Coverage.kind) == OWNER)
        .where(col(Coverage.staff_id) == col(Staff.staff_id))
    )
    contact = col(Relation.external_userid)
    linked = col(Contact.customer_id).is_not(None)
    query = (
        select(
            func.count(contact.distinct()),
            func.count(case((linked, contact)).distinct()),
            func.count(case((proven, contact)).distinct()),
            func.count(case((and_(linked, theirs), contact)).distinct()),
        )
        .select_from(Relation)
        .join(Contact, col(Contact.external_userid) == contact)
        .outerjoin(Staff, col(Staff.userid) == col(Relation.userid))
        .where(live(), *_in(session, col(Staff.unit_id), units))
    )
    friends, bound, named, owners = (await session.execute(query)).one()
    managers = select(func.count()).select_from(Staff)
    managers = managers.where(
        _manager(), col(Staff.userid).is_not(None), *_in(session, col(Staff.unit_id), units)
    )
    heads = int((await session.execute(managers)).scalar_one())
    return {
        "friends_linked": Part(int(bound), int(friends)),
        "real_name": Part(int(named), int(friends)),
        "owner_is_friend": Part(int(owners), int(bound)),
        "friends_per_manager": Part(int(friends), heads),
    }


def _manager() -> ColumnElement[bool]:
    """A member of staff who works here and covers somebody."""
    covers = exists().where(col(Coverage.staff_id) == col(Staff.staff_id))
    return and_(col(Staff.active).is_(True), col(Staff.removed_at).is_(None), or_(covers))


def _in(session: AsyncSession, column: Any, units: Collection[str] | None) -> list[Any]:
    return [] if units is None else [among(session, column, sorted(units))]


async def _part(session: AsyncSession, query: Any) -> Part:
    part, whole = (await session.execute(query)).one()
    return Part(int(part), int(whole))
