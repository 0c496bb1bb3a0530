"""Contacts without a customer, conflicts that wait for a person, and the history of a link."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.access import unit_condition
from crm_sync.facts import Viewer
from crm_sync.models import Binding, Contact, Relation, Staff
from crm_sync.repository.keys import among
from crm_sync.repository.people import live
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A contact whom nobody knows as a customer, with one of those who follow it."""

    external_userid: str
    nick: str | None
    userid: str
    staff_id: str | None
    add_way: int
    state: str
    added_at: datetime | None


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a contact's history of links."""

    id: int
    customer_id: int
    method: str
    confidence: int
    state: str
    evidence: dict[str, Any]
    by: str
    at: datetime
    undone_by: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConflictFact:
    """A contact that waits for a person: whom it is bound to now, and who else it may be."""

    external_userid: str
    nick: str | None
    bound_to: int | None
    reason: str
    rivals: tuple[Link, ...]
    since: datetime


def follower_condition(viewer: Viewer, external_userid: Any) -> ColumnElement[bool]:
    """A contact that this person follows, or that a member of a unit in their scope follows.

    Because before a contact is bound nobody knows whose customer it is: whose friend it is, is
    what decides who may see it.
    """
    followed = (
        exists()
        .where(col(Relation.external_userid) == external_userid, live())
        .where(col(Staff.userid) == col(Relation.userid))
    )
    mine = [col(Staff.staff_id) == viewer.staff_id, unit_condition(viewer, col(Staff.unit_id))]
    return followed.where(or_(*mine))


async def unmatched(
    session: AsyncSession, viewer: Viewer, *, after: tuple[str, str] = ("", ""), limit: int = 50
) -> tuple[list[Unmatched], tuple[str, str] | None]:
    """Live pairs whose contact is bound to nobody, by (contact, member); the next page's keyset."""
    query = (
        select(
            col(Relation.external_userid),
            col(Relation.userid),
            col(Relation.add_way),
            col(Relation.state),
            col(Relation.added_at),
            col(Contact.name),
            col(Staff.staff_id),
        )
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .outerjoin(Staff, col(Staff.userid) == col(Relation.userid))
        .where(
            live(),
            col(Contact.customer_id).is_(None),
            or_(
                col(Relation.external_userid) > after[0],
                (col(Relation.external_userid) == after[0]) & (col(Relation.userid) > after[1]),
            ),
            or_(
                col(Staff.staff_id) == viewer.staff_id,
                unit_condition(viewer, col(Staff.unit_id)),
            ),
        )
        .order_by(col(Relation.external_userid), col(Relation.userid))
        .limit(limit + 1)
    )
    rows = (await session.execute(query)).all()
    cipher = cipher_of(session)
    found = [
        Unmatched(
            external_userid=row.external_userid,
            nick=cipher.open_or_none("contact.name", row.external_userid, row.name),
            userid=row.userid,
            staff_id=row.staff_id,
            add_way=row.add_way,
            state=row.state,
            added_at=row.added_at,
        )
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return found, (last.external_userid, last.userid) if last is not None else None


async def contact_counts(session: AsyncSession, viewer: Viewer) -> dict[str, int]:
    """Contacts that this person may see: all, bound to a customer, waiting in a conflict."""
    seen = follower_condition(viewer, col(Contact.external_userid))
    query = select(func.count(), func.count(col(Contact.customer_id))).where(seen)
    every, bound = (await session.execute(query)).one()
    waiting = select(func.count(col(Binding.external_userid).distinct())).where(
        col(Binding.state) == "conflict",
        follower_condition(viewer, col(Binding.external_userid)),
    )
    return {
        "contacts": int(every),
        "bound": int(bound),
        "conflicts": int((await session.execute(waiting)).scalar_one()),
    }


async def conflicts(
    session: AsyncSession, viewer: Viewer, *, after: str = "", limit: int = 50
) -> tuple[list[ConflictFact], str | None]:
    """Contacts in conflict, by external userid, each with its rivals; the next page's keyset."""
    query = (
        select(col(Binding.external_userid))
        .where(
            col(Binding.state) == "conflict",
            col(Binding.external_userid) > after,
            follower_condition(viewer, col(Binding.external_userid)),
        )
        .distinct()
        .order_by(col(Binding.external_userid))
        .limit(limit + 1)
    )
    waiting = list((await session.execute(query)).scalars())
    found = await conflicts_of(session, waiting[:limit])
    return found, waiting[limit - 1] if len(waiting) > limit else None


async def conflicts_of(
    session: AsyncSession, external_userids: Collection[str]
) -> list[ConflictFact]:
    """The open conflicts of these contacts; for the work item that is about one of them."""
    if not external_userids:
        return []
    rivals: defaultdict[str, list[Link]] = defaultdict(list)
    for external, link in await _links(session, external_userids, col(Binding.state) == "conflict"):
        rivals[external].append(link)
    query = (
        select(col(Contact.external_userid), col(Contact.name), col(Contact.customer_id))
        .where(among(session, col(Contact.external_userid), rivals))
        .order_by(col(Contact.external_userid))
    )
    cipher = cipher_of(session)
    return [
        ConflictFact(
            external_userid=external,
            nick=cipher.open_or_none("contact.name", external, name),
            bound_to=customer_id,
            reason=str(rivals[external][0].evidence.get("reason", "")),
            rivals=tuple(rivals[external]),
            since=min(link.at for link in rivals[external]),
        )
        for external, name, customer_id in await session.execute(query)
    ]


async def links_of(session: AsyncSession, external_userid: str) -> list[Link]:
    """Every link a contact ever had or was proposed for, oldest first."""
    return [link for _, link in await _links(session, [external_userid])]


async def _links(
    session: AsyncSession, external_userids: Collection[str], *where: ColumnElement[bool]
) -> list[tuple[str, Link]]:
    query = (
        select(
            col(Binding.external_userid),
            col(Binding.id),
            col(Binding.customer_id),
            col(Binding.method),
            col(Binding.confidence),
            col(Binding.state),
            col(Binding.evidence),
            col(Binding.by),
            col(Binding.at),
            col(Binding.undone_by),
            col(Binding.undone_at),
        )
        .where(among(session, col(Binding.external_userid), external_userids), *where)
        .order_by(col(Binding.external_userid), col(Binding.id))
    )
    return [
        (
            row.external_userid,
            Link(
                id=row.id,
                customer_id=row.customer_id,
                method=row.method,
                confidence=row.confidence,
                state=row.state,
                evidence=row.evidence,
                by=row.by,
                at=row.at,
                undone_by=row.undone_by,
                undone_at=row.undone_at,
            ),
        )
        for row in await session.execute(query)
    ]
