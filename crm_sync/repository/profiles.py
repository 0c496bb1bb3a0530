"""Everything a desk shows of one customer beside the fact: profile, holdings, WeCom, links."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import (
    Binding,
    Contact,
    Coverage,
    Customer,
    Holding,
    PersonaMembership,
    Relation,
)
from crm_sync.repository.keys import among
from crm_sync.rules.evidence import sayings
from kit.clock import bank_date
from kit.db import cipher_of

EXPECTED: Final = (
    "name", "phone", "gender", "born_on", "risk_level", "risk_assessed_on", "tier", "aum_fen",
    "aum_average_fen", "occupation", "opened_on", "account_unit_id",
)  # fmt: skip
"""What a complete file (建档) holds; the share that is filled is its completeness."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The bank's file on a customer; name and phone opened, to be masked by whoever shows them."""

    customer_no: str
    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    occupation: str
    opened_on: date | None
    account_unit_id: str | None
    aum_fen: int | None
    aum_average_fen: int | None
    source: str
    source_date: str
    changed_at: datetime
    completeness: float


@dataclass(frozen=True, slots=True)
class HoldingFact:
    """One thing the customer has with the bank."""

    product_name: str
    product_code: str | None
    kind: str
    amount_fen: int | None
    risk_level: int | None
    opened_on: date | None
    matures_on: date | None


@dataclass(frozen=True, slots=True)
class Link:
    """A WeCom contact of the customer and who follows it; ``ended_by`` empty: still a friend.

    ``merged_into``: the contact that is spoken to instead of this one."""

    external_userid: str
    nick: str | None = field(repr=False)
    userid: str
    added_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    archive_agreed: bool | None
    bound_by: str
    method: str
    bound_at: datetime | None
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class Belonging:
    """A persona of the customer with the version of the rule that gave it."""

    persona: str
    primary: bool
    why: str
    source: str
    since: datetime
    confidence: int
    rule_version: str


async def profile(session: AsyncSession, customer_id: int) -> Profile:
    """The file of a customer whom the caller may see."""
    row = (
        await session.execute(select(Customer).where(col(Customer.id) == customer_id))
    ).scalar_one()
    cipher = cipher_of(session)
    filled = sum(getattr(row, name) not in (None, "") for name in EXPECTED)
    return Profile(
        customer_no=row.customer_no,
        name=cipher.open_or_none("customer.name", row.customer_no, row.name),
        phone=cipher.open_or_none("customer.phone", row.customer_no, row.phone),
        occupation=row.occupation,
        opened_on=row.opened_on,
        account_unit_id=row.account_unit_id,
        aum_fen=row.aum_fen,
        aum_average_fen=row.aum_average_fen,
        source=row.source,
        source_date=row.source_date,
        changed_at=row.changed_at,
        completeness=filled / len(EXPECTED),
    )


async def holdings(session: AsyncSession, customer_id: int) -> list[HoldingFact]:
    """What the customer has now, the next to mature first."""
    query = (
        select(Holding)
        .where(col(Holding.customer_id) == customer_id, col(Holding.removed_at).is_(None))
        .order_by(col(Holding.matures_on).is_(None), col(Holding.matures_on), col(Holding.id))
    )
    return [
        HoldingFact(
            row.product_name,
            row.product_code,
            row.kind,
            row.amount_fen,
            row.risk_level,
            row.opened_on,
            row.matures_on,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def links(session: AsyncSession, customer_id: int) -> list[Link]:
    """The customer's contacts with their followers, living relations first."""
    query = (
        select(Contact, Relation, Binding)
        .outerjoin(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .outerjoin(
            Binding,
            (col(Binding.external_userid) == col(Contact.external_userid))
            & (col(Binding.customer_id) == customer_id)
            & (col(Binding.state) == "confirmed"),
        )
        .where(col(Contact.customer_id) == customer_id)
        .order_by(col(Relation.ended_at).is_not(None), col(Relation.added_at).desc())
    )
    cipher = cipher_of(session)
    rows: Any = await session.execute(query)
    return [
        Link(
            external_userid=contact.external_userid,
            nick=cipher.open_or_none("contact.name", contact.external_userid, contact.name),
            userid=relation.userid if relation else "",
            added_at=relation.added_at if relation else None,
            ended_at=relation.ended_at if relation else None,
            ended_by=relation.ended_by if relation else "",
            archive_agreed=contact.archive_agreed,
            bound_by=binding.by if binding else "",
            method=binding.method if binding else "",
            bound_at=binding.at if binding else None,
            merged_into=contact.merged_into or "",
        )
        for contact, relation, binding in rows
    ]


async def belongings(
    session: AsyncSession, customer_ids: Collection[int]
) -> dict[int, list[Belonging]]:
    """The personas of each customer, the primary first, each with its reason."""
    query = (
        select(PersonaMembership)
        .where(among(session, col(PersonaMembership.customer_id), customer_ids))
        .order_by(
            col(PersonaMembership.customer_id),
            col(PersonaMembership.is_primary).desc(),
            col(PersonaMembership.confidence).desc(),
        )
    )
    found: dict[int, list[Belonging]] = {}
    for row in (await session.execute(query)).scalars():
        found.setdefault(row.customer_id, []).append(
            Belonging(
                persona=row.persona,
                primary=row.is_primary,
                why="；".join(sayings(row.evidence, bank_date(row.since))),
                source=row.source,
                since=row.since,
                confidence=row.confidence,
                rule_version=row.rule_version,
            )
        )
    return found


async def owned_since(session: AsyncSession, customer_id: int) -> datetime | None:
    """Since when the present owner has covered the customer."""
    query = (
        select(col(Coverage.since))
        .where(col(Coverage.customer_id) == customer_id, col(Coverage.kind) == "owner")
        .order_by(col(Coverage.since).desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def customers_of(session: AsyncSession, externals: Collection[str]) -> dict[str, int]:
    """The customer bound to each contact; contacts bound to nobody are left out."""
    query = select(col(Contact.external_userid), col(Contact.customer_id)).where(
        among(session, col(Contact.external_userid), externals),
        col(Contact.customer_id).is_not(None),
    )
    return {
        external: customer_id
        for external, customer_id in await session.execute(query)
        if customer_id is not None
    }


async def names_of(session: AsyncSession, externals: Collection[str]) -> dict[str, str]:
    """The nickname of each contact that has one."""
    query = select(col(Contact.external_userid), col(Contact.name)).where(
        among(session, col(Contact.external_userid), externals)
    )
    cipher = cipher_of(session)
    return {
        external: cipher.open("contact.name", external, sealed)
        for external, sealed in await session.execute(query)
        if sealed
    }


async def holding_ids(session: AsyncSession, customer_id: int) -> list[int]:
    """The ids of everything the customer has now."""
    query = select(col(Holding.id)).where(
        col(Holding.customer_id) == customer_id, col(Holding.removed_at).is_(None)
    )
    return [number for number in (await session.execute(query)).scalars() if number is not None]


async def customer_of_holding(
    session: AsyncSession, holding_ids: Collection[int]
) -> dict[int, int]:
    """The customer of each holding."""
    query = select(col(Holding.id), col(Holding.customer_id)).where(
        among(session, col(Holding.id), holding_ids)
    )
    return {
        holding_id: customer_id
        for holding_id, customer_id in await session.execute(query)
        if holding_id is not None
    }
