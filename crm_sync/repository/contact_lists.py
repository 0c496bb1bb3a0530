"""Contacts (外部联系人) of a unit's staff, matched to a customer or not: counts and pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Binding, Contact, Relation, Staff
from crm_sync.repository.keys import among
from crm_sync.repository.people import live
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as lists show one; ``state`` of its link: confirmed, conflict, proposed or none."""

    external_userid: str
    name: str | None
    customer_id: int | None
    first_seen_at: datetime
    staff_id: str
    unit_id: str
    state: str


async def count(
    session: AsyncSession, *, units: frozenset[str] | None, matched: bool | None = None
) -> int:
    """How many contacts the staff of ``units`` (None: everybody) follow now."""
    listed = _listed(session, units, matched).subquery()
    return int((await session.execute(select(func.count()).select_from(listed))).scalar_one())


async def page(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    matched: bool | None = None,
    limit: int = 50,
    after: str = "",
) -> list[ContactRow]:
    """The next contacts by external userid; one row a contact, with one of its followers."""
    query = _listed(session, units, matched).where(col(Relation.external_userid) > after)
    listed = query.order_by(col(Relation.external_userid)).limit(limit)
    chosen = {external: staff_id for external, staff_id in await session.execute(listed)}  # noqa: C416
    rows = (
        await session.execute(
            select(Contact)
            .where(among(session, col(Contact.external_userid), chosen))
            .order_by(col(Contact.external_userid))
        )
    ).scalars()
    found = list(rows)
    units_of = await session.execute(
        select(col(Staff.staff_id), col(Staff.unit_id)).where(
            among(session, col(Staff.staff_id), chosen.values())
        )
    )
    unit_of = {staff_id: unit_id for staff_id, unit_id in units_of}  # noqa: C416
    states = await _open_states(session, [row.external_userid for row in found])
    cipher = cipher_of(session)
    return [
        ContactRow(
            external_userid=row.external_userid,
            name=cipher.open_or_none("contact.name", row.external_userid, row.name),
            customer_id=row.customer_id,
            first_seen_at=row.first_seen_at,
            staff_id=chosen[row.external_userid],
            unit_id=unit_of.get(chosen[row.external_userid], ""),
            state="confirmed"
            if row.customer_id is not None
            else states.get(row.external_userid, "none"),
        )
        for row in found
    ]


def _listed(
    session: AsyncSession, units: frozenset[str] | None, matched: bool | None
) -> Select[Any]:
    query: Any = (
        select(col(Relation.external_userid), func.min(col(Staff.staff_id)))
        .join(Staff, col(Staff.userid) == col(Relation.userid))
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .where(live())
        .group_by(col(Relation.external_userid))
    )
    if units is not None:
        query = query.where(among(session, col(Staff.unit_id), sorted(units)))
    if matched is not None:
        bound = col(Contact.customer_id)
        query = query.where(bound.is_not(None) if matched else bound.is_(None))
    listed: Select[Any] = query
    return listed


async def _open_states(session: AsyncSession, externals: list[str]) -> dict[str, str]:
    query = select(col(Binding.external_userid), col(Binding.state)).where(
        among(session, col(Binding.external_userid), externals),
        col(Binding.state).in_(["conflict", "proposed"]),
    )
    return {external: state for external, state in await session.execute(query)}  # noqa: C416
