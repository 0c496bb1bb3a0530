"""What decides who should answer for whom: named lists, seats, loads, who knows whom."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.facts import Manager, Past, Placing, Seat
from crm_sync.models import (
    Contact,
    Coverage,
    CoverageEnd,
    Customer,
    PersonaMembership,
    Relation,
    Staff,
)
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live

Ids = Select[Any]
"""A select of customer ids."""


def living() -> Any:
    """The customer is one of the bank's."""
    return col(Customer.removed_at).is_(None)


def customer_id() -> Any:
    """The customer's id in the lists below, for further conditions of other packages."""
    return col(Customer.id)


def in_units(session: AsyncSession, units: Collection[str]) -> Ids:
    """Every customer whom these units manage."""
    return select(col(Customer.id)).where(living(), among(session, col(Customer.unit_id), units))


def without_owner(session: AsyncSession, units: Collection[str]) -> Ids:
    """Customers of these units whom nobody owns, or whose owner no longer works here."""
    served = exists().where(
        col(Coverage.customer_id) == col(Customer.id),
        col(Coverage.kind) == OWNER,
        col(Staff.staff_id) == col(Coverage.staff_id),
        col(Staff.active).is_(True),
        col(Staff.removed_at).is_(None),
    )
    return in_units(session, units).where(~served)


def owned_by(session: AsyncSession, staff_ids: Collection[str]) -> Ids:
    """The customers whom these people own."""
    return select(col(Coverage.customer_id)).where(
        col(Coverage.kind) == OWNER, among(session, col(Coverage.staff_id), staff_ids)
    )


def with_persona(session: AsyncSession, persona: str, units: Collection[str]) -> Ids:
    """The customers of these units who belong to a persona."""
    return in_units(session, units).where(
        col(Customer.id).in_(
            select(col(PersonaMembership.customer_id)).where(
                col(PersonaMembership.persona) == persona
            )
        )
    )


def between(
    session: AsyncSession,
    units: Collection[str],
    *,
    from_fen: int,
    below_fen: int | None,
    average: bool = False,
) -> Ids:
    """The customers of these units with assets of the day (or their average) in a span, in 分."""
    amount = col(Customer.aum_average_fen if average else Customer.aum_fen)
    found = in_units(session, units).where(amount >= from_fen)
    return found if below_fen is None else found.where(amount < below_fen)


def of_ids(session: AsyncSession, ids: Collection[int]) -> Ids:
    """Exactly these customers."""
    return select(col(Customer.id)).where(living(), among(session, col(Customer.id), ids))


async def ids_of_numbers(session: AsyncSession, numbers: Collection[str]) -> dict[str, int]:
    """Customer ids by the bank's number; numbers nobody has are left out."""
    query = select(col(Customer.customer_no), col(Customer.id)).where(
        living(), among(session, col(Customer.customer_no), numbers)
    )
    return {number: found for number, found in await session.execute(query) if found is not None}


async def placings(session: AsyncSession, within: Ids, *, kind: str = OWNER) -> list[Placing]:
    """The customers of a list by id, with who answers for them by ``kind``; one statement."""
    query: Any = (
        select(
            col(Customer.id).label("customer_id"),
            col(Customer.unit_id),
            col(Customer.aum_fen),
            col(Customer.aum_average_fen),
            col(Coverage.staff_id),
            and_(col(Staff.active).is_(True), col(Staff.removed_at).is_(None)).label("serves"),
            col(PersonaMembership.persona),
        )
        .select_from(Customer)
        .outerjoin(
            Coverage,
            and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == kind),
        )
        .outerjoin(Staff, col(Staff.staff_id) == col(Coverage.staff_id))
        .outerjoin(
            PersonaMembership,
            and_(
                col(PersonaMembership.customer_id) == col(Customer.id),
                col(PersonaMembership.is_primary).is_(True),
            ),
        )
        .where(living(), col(Customer.id).in_(within))
        .order_by(col(Customer.id), col(Coverage.since).desc(), col(Coverage.staff_id))
    )
    found: list[Placing] = []
    for row in await session.execute(query):
        if found and found[-1].customer_id == row.customer_id:
            continue
        found.append(
            Placing(
                row.customer_id,
                row.unit_id,
                row.aum_fen,
                row.aum_average_fen,
                row.staff_id,
                bool(row.serves),
                row.persona or "",
            )
        )
    return found


async def seats(
    session: AsyncSession,
    units: Collection[str] | None,
    positions: Collection[str],
    kind: str = OWNER,
) -> list[Seat]:
    """Active members in these positions and units (None: the bank), by staff id, with loads by ``kind``."""
    where = [
        col(Staff.active).is_(True),
        col(Staff.removed_at).is_(None),
        among(session, col(Staff.position), positions),
    ]
    if units is not None:
        where.append(among(session, col(Staff.unit_id), units))
    rows = (
        await session.execute(select(Staff).where(*where).order_by(col(Staff.staff_id)))
    ).scalars()
    people = list(rows)
    held = await loads(session, [one.staff_id for one in people], kind)
    return [
        Seat(
            one.staff_id,
            one.name,
            one.unit_id,
            one.position,
            tuple(one.personas),
            tuple(one.licences),
            held.get(one.staff_id, 0),
        )
        for one in people
    ]


async def loads(
    session: AsyncSession, staff_ids: Collection[str], kind: str = OWNER
) -> dict[str, int]:
    """How many customers each of these people has by ``kind``; people without any are left out."""
    if not staff_ids:
        return {}
    query = (
        select(col(Coverage.staff_id), func.count())
        .join(Customer, col(Customer.id) == col(Coverage.customer_id))
        .where(
            among(session, col(Coverage.staff_id), staff_ids),
            col(Coverage.kind) == kind,
            living(),
        )
        .group_by(col(Coverage.staff_id))
    )
    return {staff_id: int(number) for staff_id, number in await session.execute(query)}


async def positions_of(session: AsyncSession, staff_ids: Collection[str]) -> dict[str, str]:
    """The position of each of these people."""
    query = select(col(Staff.staff_id), col(Staff.position)).where(
        among(session, col(Staff.staff_id), staff_ids)
    )
    return {staff_id: position for staff_id, position in await session.execute(query)}  # noqa: C416


async def friends(session: AsyncSession, within: Ids) -> dict[int, set[str]]:
    """By customer: who has a live WeCom relation with them."""
    query = (
        select(col(Contact.customer_id), col(Staff.staff_id))
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .join(Staff, col(Staff.userid) == col(Relation.userid))
        .where(col(Contact.customer_id).in_(within), live())
        .distinct()
    )
    return await _sets(session, query)


async def past_owners(session: AsyncSession, within: Ids) -> dict[int, set[str]]:
    """By customer: who owned them before."""
    query = (
        select(col(CoverageEnd.customer_id), col(CoverageEnd.staff_id))
        .where(col(CoverageEnd.customer_id).in_(within), col(CoverageEnd.kind) == OWNER)
        .distinct()
    )
    return await _sets(session, query)


async def _sets(session: AsyncSession, query: Any) -> dict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for customer_id, staff_id in await session.execute(query):
        found[customer_id].add(staff_id)
    return found


def above_average(
    session: AsyncSession, units: Collection[str] | None, above_fen: int, positions: Sequence[str]
) -> Ids:
    """Customers whose daily average is above a bound and whose owner is in none of ``positions``."""
    fitting = exists().where(
        col(Coverage.customer_id) == col(Customer.id),
        col(Coverage.kind) == OWNER,
        col(Staff.staff_id) == col(Coverage.staff_id),
        col(Staff.position).in_(list(positions)),
        col(Staff.active).is_(True),
        col(Staff.removed_at).is_(None),
    )
    found = select(col(Customer.id)).where(
        living(), col(Customer.aum_average_fen) > above_fen, ~fitting
    )
    if units is not None:
        found = found.where(among(session, col(Customer.unit_id), units))
    return found


async def managers_of(session: AsyncSession, customer_id: int) -> list[Manager]:
    """Everybody who answers for a customer: the owner first, then by kind."""
    query = select(Coverage).where(col(Coverage.customer_id) == customer_id)
    found = [
        Manager(row.kind, row.staff_id, row.since, row.source)
        for row in (await session.execute(query)).scalars()
    ]
    return sorted(found, key=lambda one: (one.kind != OWNER, one.kind, one.staff_id))


async def past_managers(session: AsyncSession, customer_id: int, limit: int = 20) -> list[Past]:
    """Who answered for a customer before, the latest end first."""
    query = (
        select(CoverageEnd)
        .where(col(CoverageEnd.customer_id) == customer_id)
        .order_by(col(CoverageEnd.ended_at).desc(), col(CoverageEnd.id).desc())
        .limit(limit)
    )
    return [
        Past(row.kind, row.staff_id, row.since, row.ended_at, row.reason)
        for row in (await session.execute(query)).scalars()
    ]
