"""What speaks for a contact being a customer, for many contacts at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Binding, Contact, ContactWay, Coverage, Customer, Relation, Staff
from crm_sync.repository.keys import among, unnested
from crm_sync.repository.people import OWNER, live
from crm_sync.rules.binding import Evidence, Method, Situation

BY_A_PERSON: Final = ("staff:", "system:cli")
"""Who undoes a link for good: somebody at a desk or at the command line, never a job."""


async def situations(session: AsyncSession, externals: Collection[str]) -> list[Situation]:
    """Everything known about these contacts, by external userid; the contacts' rows are locked.

    Contacts nobody has stored are left out.
    """
    bound = {
        row.external_userid: row.customer_id
        for row in await session.execute(
            select(col(Contact.external_userid), col(Contact.customer_id))
            .where(among(session, col(Contact.external_userid), externals))
            .order_by(col(Contact.external_userid))
            .with_for_update()
        )
    }
    found: defaultdict[str, list[Evidence]] = defaultdict(list)
    for method, rows in (
        (Method.UNIONID, await _by_unionid(session, bound)),
        (Method.STATE, await _by_state(session, bound)),
        (Method.PHONE, await _by_phone(session, bound)),
    ):
        for external, customer_id, facts in rows:
            found[external].append(Evidence(customer_id, method, facts))
    candidates = {one.customer_id for all_of in found.values() for one in all_of}
    await _lock_customers(session, candidates)
    holders = await contacts_of(session, candidates)
    rejected = await _rejected(session, bound)
    return [
        Situation(
            external_userid=external,
            bound_to=customer_id,
            evidence=tuple(found[external]),
            rejected=frozenset(rejected[external]),
            taken=frozenset(
                one.customer_id
                for one in found[external]
                if holders.get(one.customer_id, set()) - {external}
            ),
        )
        for external, customer_id in bound.items()
    ]


async def contacts_of(session: AsyncSession, customer_ids: Collection[int]) -> dict[int, set[str]]:
    """The contacts bound to each customer."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    if customer_ids:
        query = select(col(Contact.customer_id), col(Contact.external_userid)).where(
            among(session, col(Contact.customer_id), customer_ids)
        )
        for customer_id, external in await session.execute(query):
            if customer_id is not None:
                found[customer_id].add(external)
    return found


async def owners(
    session: AsyncSession, customer_ids: Collection[int]
) -> dict[int, tuple[str, str]]:
    """Unit and owner (``""`` where nobody) of each customer."""
    if not customer_ids:
        return {}
    query = (
        select(col(Customer.id), col(Customer.unit_id), col(Coverage.staff_id))
        .outerjoin(
            Coverage,
            and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == OWNER),
        )
        .where(among(session, col(Customer.id), customer_ids))
        .order_by(col(Customer.id), col(Coverage.since))
    )
    return {
        customer_id: (unit_id, staff_id or "")
        for customer_id, unit_id, staff_id in await session.execute(query)
        if customer_id is not None
    }


async def followers(
    session: AsyncSession, externals: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The staff ids of those who follow each contact now."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    if externals:
        query = (
            select(col(Relation.external_userid), col(Staff.staff_id))
            .join(Staff, col(Staff.userid) == col(Relation.userid))
            .where(among(session, col(Relation.external_userid), externals), live())
            .order_by(col(Relation.external_userid), col(Staff.staff_id))
        )
        for external, staff_id in await session.execute(query):
            found[external].append(staff_id)
    return {external: tuple(ids) for external, ids in found.items()}


Rows = Iterable[tuple[str, int, dict[str, str]]]


async def _by_unionid(session: AsyncSession, externals: Collection[str]) -> Rows:
    query = (
        select(col(Contact.external_userid), col(Customer.id))
        .join(Customer, col(Customer.unionid_hash) == col(Contact.unionid_hash))
        .where(
            among(session, col(Contact.external_userid), externals),
            col(Contact.unionid_hash).is_not(None),
            col(Customer.removed_at).is_(None),
        )
    )
    return [(external, found, {}) for external, found in await _rows(session, query)]


async def _by_state(session: AsyncSession, externals: Collection[str]) -> Rows:
    query = (
        select(
            col(Relation.external_userid),
            col(Customer.id),
            col(Relation.userid),
            col(ContactWay.state),
        )
        .join(ContactWay, col(ContactWay.state) == col(Relation.state))
        .join(Customer, col(Customer.id) == col(ContactWay.customer_id))
        .where(
            among(session, col(Relation.external_userid), externals),
            col(Relation.state) != "",
            live(),
            col(Customer.removed_at).is_(None),
        )
    )
    return [
        (external, found, {"userid": userid, "state": state})
        for external, found, userid, state in await _rows(session, query)
    ]


async def _by_phone(session: AsyncSession, externals: Collection[str]) -> Rows:
    noted = unnested(session, col(Relation.remark_phone_hashes))
    query = (
        select(col(Relation.external_userid), col(Customer.id), col(Relation.userid))
        .select_from(Relation)
        .join(noted, true())
        .join(Customer, col(Customer.phone_hash) == noted.c.value)
        .where(
            among(session, col(Relation.external_userid), externals),
            live(),
            col(Customer.removed_at).is_(None),
        )
        .distinct()
    )
    return [
        (external, found, {"userid": userid})
        for external, found, userid in await _rows(session, query)
    ]


async def _rejected(
    session: AsyncSession, externals: Collection[str]
) -> defaultdict[str, set[int]]:
    """Customers whose link to a contact a person undid or dismissed."""
    query = select(col(Binding.external_userid), col(Binding.customer_id)).where(
        among(session, col(Binding.external_userid), externals),
        col(Binding.state) == "undone",
        or_(*(col(Binding.undone_by).startswith(kind) for kind in BY_A_PERSON)),
    )
    found: defaultdict[str, set[int]] = defaultdict(set)
    for external, customer_id in await session.execute(query):
        found[external].add(customer_id)
    return found


async def _lock_customers(session: AsyncSession, customer_ids: Collection[int]) -> None:
    """Because two contacts of one customer may be judged at the same moment."""
    if customer_ids:
        query = (
            select(col(Customer.id))
            .where(among(session, col(Customer.id), customer_ids))
            .order_by(col(Customer.id))
            .with_for_update(key_share=True)
        )
        await session.execute(query)


async def _rows(session: AsyncSession, query: Any) -> list[Any]:
    return list((await session.execute(query)).all())
