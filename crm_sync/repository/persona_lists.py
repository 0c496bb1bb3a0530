"""Who belongs to a persona and why, for lists at a desk; within conditions of the caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, PersonaMembership
from crm_sync.repository import listing
from crm_sync.repository.listing import Group, Wanted
from crm_sync.rules.evidence import sayings
from kit.clock import bank_date
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class PersonaMember:
    """A customer in a persona; the name opened, to be masked by whoever shows it."""

    customer_id: int
    customer_no: str
    name: str | None = field(repr=False)
    unit_id: str
    primary: bool
    source: str
    sayings: tuple[str, ...]
    since: datetime


async def by_persona(session: AsyncSession, wanted: Wanted) -> Mapping[str, Group]:
    """The matching customers of every persona; one who belongs to two is counted in both."""
    query: Any = (
        select(
            col(PersonaMembership.persona),
            func.count(),
            func.coalesce(func.sum(col(Customer.aum_fen)), 0),
        )
        .join(Customer, col(Customer.id) == col(PersonaMembership.customer_id))
        .where(col(Customer.id).in_(listing.ids(session, wanted)))
        .group_by(col(PersonaMembership.persona))
    )
    return {
        name: Group(int(number), int(aum)) for name, number, aum in await session.execute(query)
    }


def joined(persona: str, since: datetime) -> Select[Any]:
    """The ids of customers who came into ``persona`` at ``since`` or later."""
    return select(col(PersonaMembership.customer_id)).where(
        col(PersonaMembership.persona) == persona, col(PersonaMembership.since) >= since
    )


async def page(
    session: AsyncSession, persona: str, wanted: Wanted, *, limit: int = 50, after: int = 0
) -> list[PersonaMember]:
    """The next ``limit`` members of ``persona`` that match, by customer id, above ``after``."""
    query = (
        select(
            col(PersonaMembership.customer_id),
            col(Customer.customer_no),
            col(Customer.name),
            col(Customer.unit_id),
            col(PersonaMembership.is_primary),
            col(PersonaMembership.source),
            col(PersonaMembership.evidence),
            col(PersonaMembership.since),
        )
        .join(Customer, col(Customer.id) == col(PersonaMembership.customer_id))
        .where(
            col(PersonaMembership.persona) == persona,
            col(PersonaMembership.customer_id) > after,
            col(Customer.id).in_(listing.ids(session, wanted)),
        )
        .order_by(col(PersonaMembership.customer_id))
        .limit(limit)
    )
    cipher = cipher_of(session)
    return [
        PersonaMember(
            customer_id=customer_id,
            customer_no=number,
            name=cipher.open_or_none("customer.name", number, sealed),
            unit_id=unit_id,
            primary=bool(primary),
            source=source,
            sayings=sayings(evidence, bank_date(since)),
            since=since,
        )
        for customer_id, number, sealed, unit_id, primary, source, evidence, since in (
            await session.execute(query)
        )
    ]
