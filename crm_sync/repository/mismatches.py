"""Customers whose owner is not their friend: bound, befriended by somebody, not by the owner."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_sync.models import Contact, Coverage, Customer, Relation, Staff
from crm_sync.repository.evidence import followers
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A bound contact, its customer, the owner (None: nobody) and who is the friend instead."""

    external_userid: str
    customer_id: int
    unit_id: str
    owner_staff_id: str | None
    follower_staff_ids: tuple[str, ...]


def mismatched(units: Collection[str] | None = None) -> Select[Any]:
    """(external_userid, customer_id, unit_id, owner) of every mismatch, one row a contact.

    The owner's relation with any contact of the customer counts; a contact without a friend at
    all is no mismatch, and one that was merged into another is judged with that one.
    """
    theirs, known = aliased(Relation), aliased(Contact)
    reached = (
        exists()
        .where(col(known.customer_id) == col(Customer.id))
        .where(col(theirs.external_userid) == col(known.external_userid))
        .where(col(theirs.userid) == col(Staff.userid))
        .where(col(theirs.ended_at).is_(None), col(theirs.half).is_(False))
    )
    followed = exists().where(col(Relation.external_userid) == col(Contact.external_userid), live())
    query: Any = (
        select(
            col(Contact.external_userid),
            col(Customer.id).label("customer_id"),
            col(Customer.unit_id),
            func.min(col(Coverage.staff_id)).label("owner"),
        )
        .select_from(Contact)
        .join(Customer, col(Customer.id) == col(Contact.customer_id))
        .outerjoin(
            Coverage,
            and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == OWNER),
        )
        .outerjoin(Staff, col(Staff.staff_id) == col(Coverage.staff_id))
        .where(
            col(Contact.merged_into).is_(None),
            col(Customer.removed_at).is_(None),
            ~reached,
            followed,
        )
        .group_by(col(Contact.external_userid), col(Customer.id), col(Customer.unit_id))
    )
    if units is not None:
        query = query.where(col(Customer.unit_id).in_(sorted(units)))
    found: Select[Any] = query
    return found


async def count(session: AsyncSession, units: Collection[str] | None = None) -> int:
    """How many mismatches there are among the customers of ``units`` (None: all)."""
    query = select(func.count()).select_from(mismatched(units).subquery())
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession,
    *,
    units: Collection[str] | None = None,
    after: str = "",
    limit: int = 1_000,
) -> list[Mismatch]:
    """The next mismatches by external userid."""
    query = (
        mismatched(units)
        .where(col(Contact.external_userid) > after)
        .order_by(col(Contact.external_userid))
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    friends = await followers(session, [row.external_userid for row in rows])
    return [
        Mismatch(
            row.external_userid,
            row.customer_id,
            row.unit_id,
            row.owner,
            friends.get(row.external_userid, ()),
        )
        for row in rows
    ]


async def still(session: AsyncSession, externals: Collection[str]) -> set[str]:
    """Those of the contacts whose owner is still not their friend."""
    query = mismatched().where(among(session, col(Contact.external_userid), externals))
    return {row.external_userid for row in await session.execute(query)}
