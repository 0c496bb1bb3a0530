"""What the customer card needs beside the customer's own fact."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import (
    Contact,
    Coverage,
    Customer,
    PersonaMembership,
    Relation,
    RelationTalk,
)
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live
from crm_sync.rules.evidence import sayings
from kit.clock import bank_date
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class Membership:
    """A customer belongs to a persona, because of ``why``."""

    persona: str
    primary: bool
    why: str
    source: str
    since: datetime
    confidence: int


@dataclass(frozen=True, slots=True)
class CardFact:
    """Nickname, how long covered, how current the bank's data is, the archive's consent."""

    nick: str
    covered_since: datetime | None
    source: str
    source_date: str
    changed_at: datetime
    aum_fen: int | None
    archive_agreed: bool | None
    memberships: tuple[Membership, ...]


_SOURCES = {
    "crm": "核心系统",
    "self": "客户自述",
    "group": "所在客户群",
    "behavior": "行为",
    "chat": "聊天",
    "hand": "人工",
}


async def memberships_of(session: AsyncSession, customer_id: int) -> tuple[Membership, ...]:
    """The personas of one customer, the primary first, each with its reason."""
    query = (
        select(PersonaMembership)
        .where(col(PersonaMembership.customer_id) == customer_id)
        .order_by(
            col(PersonaMembership.is_primary).desc(),
            col(PersonaMembership.confidence).desc(),
            col(PersonaMembership.persona),
        )
    )
    return tuple(
        Membership(
            persona=row.persona,
            primary=row.is_primary,
            why="；".join(sayings(row.evidence, bank_date(row.since))),
            source=_SOURCES.get(row.source, row.source),
            since=row.since,
            confidence=row.confidence,
        )
        for row in (await session.execute(query)).scalars()
    )


async def card_fact(
    session: AsyncSession, customer_id: int, external_userid: str, userid: str
) -> CardFact:
    """What the card of a customer shows to the member who follows the contact."""
    query: Any = (
        select(
            col(Customer.source),
            col(Customer.source_date),
            col(Customer.changed_at),
            col(Customer.aum_fen),
            col(Contact.name).label("nick"),
            col(Contact.archive_agreed),
            col(Coverage.since).label("covered_since"),
        )
        .select_from(Customer)
        .outerjoin(Contact, col(Contact.external_userid) == external_userid)
        .outerjoin(
            Coverage,
            (col(Coverage.customer_id) == col(Customer.id)) & (col(Coverage.kind) == OWNER),
        )
        .where(col(Customer.id) == customer_id)
        .order_by(col(Coverage.since).desc())
        .limit(1)
    )
    row = (await session.execute(query)).one()
    cipher = cipher_of(session)
    return CardFact(
        nick=cipher.open_or_none("contact.name", external_userid, row.nick) or "",
        covered_since=row.covered_since,
        source=row.source,
        source_date=row.source_date,
        changed_at=row.changed_at,
        aum_fen=row.aum_fen,
        archive_agreed=row.archive_agreed,
        memberships=await memberships_of(session, customer_id),
    )


async def reach_of_contact(session: AsyncSession, userid: str, external_userid: str) -> int | None:
    """The customer behind a contact whom ``userid`` follows now; None where unbound or unknown."""
    query = (
        select(col(Contact.customer_id))
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .where(
            col(Contact.external_userid) == external_userid,
            col(Relation.userid) == userid.lower(),
            live(),
        )
    )
    return (await session.execute(query)).scalar_one_or_none()


def years_since(since: datetime | date | None, today: date) -> int | None:
    """Full years from ``since`` to ``today``."""
    if since is None:
        return None
    began = since.date() if isinstance(since, datetime) else since
    return today.year - began.year - ((today.month, today.day) < (began.month, began.day))


async def customers_of_contacts(
    session: AsyncSession, external_userids: set[str]
) -> dict[str, int]:
    """The customer bound to each contact; contacts bound to nobody are left out."""
    query = select(col(Contact.external_userid), col(Contact.customer_id)).where(
        among(session, col(Contact.external_userid), external_userids),
        col(Contact.customer_id).is_not(None),
    )
    rows = await session.execute(query)
    return {contact: customer for contact, customer in rows if customer is not None}


async def wrote_at(session: AsyncSession, userid: str, external_userid: str) -> datetime | None:
    """When the contact first wrote to this member, as the archive shows it; None where unknown."""
    query = select(col(RelationTalk.customer_wrote_at)).where(
        col(RelationTalk.userid) == userid, col(RelationTalk.external_userid) == external_userid
    )
    return (await session.execute(query)).scalar_one_or_none()
