"""Customers with their owner and the owner's live relation: the one join all selections share.

A row per (customer, owner, contact) comes back, the best first; ``first_of_each`` keeps that
one. The preference stands in ORDER BY, so a page cut by LIMIT still begins with the best row.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.facts import CustomerFact, FundRating, Reach
from crm_sync.models import Contact, Coverage, Customer, PersonaMembership, Relation, Staff
from crm_sync.repository.keys import among
from kit.crypto import FieldCipher
from kit.db import cipher_of

OWNER: Final = "owner"
_AT_ONCE: Final = 10_000

CUSTOMER_COLUMNS: Final[tuple[Any, ...]] = (
    col(Customer.id).label("customer_id"),
    col(Customer.customer_no),
    col(Customer.name).label("sealed_name"),
    col(Customer.gender),
    col(Customer.born_on),
    col(Customer.unit_id),
    col(Customer.risk_level).label("customer_risk"),
    col(Customer.risk_assessed_on),
    col(Customer.fund_risk_level),
    col(Customer.fund_risk_assessed_on),
    col(Customer.fund_risk_until),
    col(Customer.fund_risk_lowest),
    col(Customer.fund_risk_by),
    col(Customer.professional_until),
    col(Customer.tier),
    col(Customer.aum_fen),
    col(Customer.phone_hash).is_not(None).label("has_phone"),
)
REACH_COLUMNS: Final[tuple[Any, ...]] = (
    col(Coverage.staff_id).label("owner_staff_id"),
    col(Relation.userid).label("reach_userid"),
    col(Relation.external_userid).label("reach_external_userid"),
)
_CUSTOMER_AND_OWNER: Final = len(CUSTOMER_COLUMNS) + 1
_CUSTOMER_AND_REACH: Final = len(CUSTOMER_COLUMNS) + len(REACH_COLUMNS)
BEST_FIRST: Final[tuple[Any, ...]] = (
    col(Relation.userid).is_(None),
    col(Coverage.since).desc(),
    col(Relation.added_at).desc(),
    col(Coverage.staff_id),
    col(Relation.external_userid),
)


def live() -> ColumnElement[bool]:
    """The relation stands: accepted by both, ended by nobody."""
    return and_(col(Relation.ended_at).is_(None), col(Relation.half).is_(False))


def related(userid: Any, external_userid: Any) -> ColumnElement[bool]:
    """The condition that the member and the contact in two columns are friends."""
    return exists().where(
        col(Relation.userid) == userid, col(Relation.external_userid) == external_userid, live()
    )


def serving() -> ColumnElement[bool]:
    """The member of staff works here and can be written to."""
    return and_(
        col(Staff.active).is_(True), col(Staff.removed_at).is_(None), col(Staff.userid).is_not(None)
    )


def with_reach(source: Any) -> Any:
    """``source`` (which holds customer) joined to the owner and the owner's live relation.

    A contact that was merged into another is left out: the customer hears us in one place.
    """
    return (
        source.outerjoin(
            Coverage,
            and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == OWNER),
        )
        .outerjoin(Staff, and_(col(Staff.staff_id) == col(Coverage.staff_id), serving()))
        .outerjoin(
            Contact,
            and_(col(Contact.customer_id) == col(Customer.id), col(Contact.merged_into).is_(None)),
        )
        .outerjoin(
            Relation,
            and_(
                col(Relation.userid) == col(Staff.userid),
                col(Relation.external_userid) == col(Contact.external_userid),
                live(),
            ),
        )
    )


def first_of_each(rows: Iterable[Row[Any]], key: Callable[[Row[Any]], Hashable]) -> list[Row[Any]]:
    """The first row of every key, in the order they came."""
    kept: dict[Hashable, Row[Any]] = {}
    for row in rows:
        kept.setdefault(key(row), row)
    return list(kept.values())


async def personas_of(session: AsyncSession, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The personas of each customer, the primary first; one question for all of them."""
    if not ids:
        return {}
    found: defaultdict[int, list[str]] = defaultdict(list)
    query = (
        select(col(PersonaMembership.customer_id), col(PersonaMembership.persona))
        .where(among(session, col(PersonaMembership.customer_id), ids))
        .order_by(
            col(PersonaMembership.customer_id),
            col(PersonaMembership.is_primary).desc(),
            col(PersonaMembership.confidence).desc(),
            col(PersonaMembership.persona),
        )
    )
    for customer_id, persona in await session.execute(query):
        found[customer_id].append(persona)
    return {customer_id: tuple(personas) for customer_id, personas in found.items()}


def customer_fact(
    cipher: FieldCipher, row: Row[Any], personas: dict[int, tuple[str, ...]]
) -> CustomerFact:
    """The fact in a row that begins with ``CUSTOMER_COLUMNS`` and ``REACH_COLUMNS``.

    By place, because asking a row for a column by its name costs more than all the rest.
    """
    (
        customer_id, customer_no, sealed_name, gender, born_on, unit_id, risk, assessed_on,
        fund_risk, fund_assessed_on, fund_until, fund_lowest, fund_by, professional_until,
        tier, aum_fen, has_phone, owner_staff_id,
    ) = row[:_CUSTOMER_AND_OWNER]  # fmt: skip
    rating = None
    if fund_risk is not None:
        rating = FundRating(
            fund_risk, fund_assessed_on, fund_until, bool(fund_lowest), fund_by or ""
        )
    return CustomerFact(
        customer_id,
        customer_no,
        cipher.open_or_none("customer.name", customer_no, sealed_name),
        gender,
        born_on,
        unit_id,
        risk,
        assessed_on,
        tier,
        aum_fen,
        personas.get(customer_id, ()),
        owner_staff_id,
        bool(has_phone),
        rating,
        professional_until,
    )


def reach(row: Row[Any]) -> Reach | None:
    """The owner's live relation in such a row, if there is one."""
    owner, userid, external_userid = row[_CUSTOMER_AND_OWNER - 1 : _CUSTOMER_AND_REACH]
    return None if userid is None else Reach(row[0], owner, userid, external_userid)


async def people(
    session: AsyncSession, ids: Collection[int]
) -> dict[int, tuple[CustomerFact, Reach | None]]:
    """Customers by id with their owner's relation; ids nobody has are left out."""
    if not ids:
        return {}
    query = (
        select(*CUSTOMER_COLUMNS, *REACH_COLUMNS)
        .select_from(with_reach(Customer.__table__))  # type: ignore[attr-defined]
        .where(among(session, col(Customer.id), ids), col(Customer.removed_at).is_(None))
        .order_by(col(Customer.id), *BEST_FIRST)
    )
    rows = first_of_each(await session.execute(query), lambda row: row.customer_id)
    personas = await personas_of(session, [row.customer_id for row in rows])
    cipher = cipher_of(session)
    return {row.customer_id: (customer_fact(cipher, row, personas), reach(row)) for row in rows}


async def phones(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """The phone number of each of these customers who left one."""
    if not ids:
        return {}
    query = select(col(Customer.id), col(Customer.customer_no), col(Customer.phone)).where(
        among(session, col(Customer.id), ids),
        col(Customer.removed_at).is_(None),
        col(Customer.phone).is_not(None),
    )
    cipher = cipher_of(session)
    found = {}
    for number, customer_no, sealed in await session.execute(query):
        phone = cipher.open_or_none("customer.phone", customer_no, sealed)
        if number is not None and phone:
            found[number] = phone
    return found


async def units_of_customers(
    session: AsyncSession, customer_ids: Collection[int]
) -> dict[int, str]:
    """The unit of each of these customers."""
    found: dict[int, str] = {}
    wanted = sorted(set(customer_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        rows = await session.execute(
            select(col(Customer.id), col(Customer.unit_id)).where(
                col(Customer.id).in_(wanted[start : start + _AT_ONCE])
            )
        )
        found.update({number: unit_id for number, unit_id in rows if number is not None})
    return found


async def customers_of_contacts(session: AsyncSession, contacts: Collection[str]) -> dict[str, int]:
    """The customer of each of these contacts who is bound to one."""
    if not contacts:
        return {}
    query = select(col(Contact.external_userid), col(Contact.customer_id)).where(
        among(session, col(Contact.external_userid), contacts),
        col(Contact.customer_id).is_not(None),
    )
    return {contact: customer for contact, customer in await session.execute(query) if customer}


async def tiers_of_customers(
    session: AsyncSession, customer_ids: Collection[int]
) -> dict[int, tuple[str, str]]:
    """The unit and the tier of each of these customers who is there; nothing is opened."""
    query = select(col(Customer.id), col(Customer.unit_id), col(Customer.tier)).where(
        among(session, col(Customer.id), customer_ids), col(Customer.removed_at).is_(None)
    )
    return {
        number: (unit_id, tier)
        for number, unit_id, tier in await session.execute(query)
        if number is not None
    }


def ids_in(units: Collection[str] | None) -> Any:
    """A select of the customers of these units; None for the whole bank, who needs no select."""
    if units is None:
        return None
    return select(col(Customer.id)).where(col(Customer.unit_id).in_(sorted(units)))
