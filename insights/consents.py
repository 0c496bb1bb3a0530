"""Who agreed, refused or was never asked, counted and listed for the units in sight."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Table, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from kit.db import cipher_of

STATES: Final = ("given", "refused", "unknown")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many customers gave, refused and were never asked for one purpose."""

    given: int = 0
    refused: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One customer in a list; ``name`` is opened, to be masked by whoever shows it."""

    customer_id: int
    customer_no: str
    name: str | None = field(repr=False)
    unit_id: str
    source: str
    at: datetime | None
    scope: str = ""


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _seen(units: frozenset[str] | None) -> list[Any]:
    customer = _table("customer")
    found: list[Any] = [customer.c.removed_at.is_(None)]
    if units is not None:
        found.append(customer.c.unit_id.in_(sorted(units)))
    return found


async def by_unit(
    session: AsyncSession, purposes: Sequence[str], units: frozenset[str] | None
) -> dict[str, dict[str, Tally]]:
    """Tallies by purpose and unit; two set-based queries, however many customers."""
    customer, consent = _table("customer"), _table("consent")
    counted = await session.execute(
        select(customer.c.unit_id, func.count()).where(*_seen(units)).group_by(customer.c.unit_id)
    )
    totals: dict[str, int] = {row[0]: row[1] for row in counted}
    rows = await session.execute(
        select(customer.c.unit_id, consent.c.purpose, consent.c.given, func.count())
        .join(consent, consent.c.customer_id == customer.c.id)
        .where(*_seen(units))
        .group_by(customer.c.unit_id, consent.c.purpose, consent.c.given)
    )
    said: dict[tuple[str, str, bool], int] = {
        (unit, purpose, bool(given)): number for unit, purpose, given, number in rows
    }
    return {
        purpose: {
            unit: Tally(
                given := said.get((unit, purpose, True), 0),
                refused := said.get((unit, purpose, False), 0),
                total - given - refused,
            )
            for unit, total in sorted(totals.items())
        }
        for purpose in purposes
    }


async def page(
    session: AsyncSession,
    *,
    purpose: str,
    state: str,
    units: frozenset[str] | None,
    limit: int,
    after: int = 0,
) -> list[Line]:
    """Customers who gave, refused or were never asked, by id after ``after``."""
    customer, consent = _table("customer"), _table("consent")
    joined = and_(consent.c.customer_id == customer.c.id, consent.c.purpose == purpose)
    query = (
        select(
            customer.c.id,
            customer.c.customer_no,
            customer.c.name,
            customer.c.unit_id,
            consent.c.source,
            consent.c.at,
        )
        .select_from(customer.outerjoin(consent, joined))
        .where(*_seen(units), customer.c.id > after)
    )
    if state == "unknown":
        query = query.where(consent.c.given.is_(None))
    else:
        query = query.where(consent.c.given.is_(state == "given"))
    found = await session.execute(query.order_by(customer.c.id).limit(limit))
    return [_line(session, row) for row in found]


def _line(session: AsyncSession, row: Any) -> Line:
    name = cipher_of(session).open_or_none("customer.name", row.customer_no, row.name)
    return Line(row.id, row.customer_no, name, row.unit_id, row.source or "", row.at)


def _silences(units: frozenset[str] | None) -> Select[Any]:
    customer, suppression = _table("customer"), _table("suppression")
    return (
        select(
            customer.c.id,
            customer.c.customer_no,
            customer.c.name,
            customer.c.unit_id,
            suppression.c.source,
            suppression.c.since.label("at"),
            suppression.c.scope,
        )
        .join(suppression, suppression.c.customer_id == customer.c.id)
        .where(*_seen(units), suppression.c.lifted_at.is_(None))
    )


async def opted_out(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    limit: int,
    before: datetime | None = None,
) -> list[Line]:
    """Who opted out and how, the newest first, older than ``before``."""
    suppression = _table("suppression")
    query = _silences(units)
    if before is not None:
        query = query.where(suppression.c.since < before)
    found = await session.execute(query.order_by(suppression.c.since.desc()).limit(limit))
    cipher = cipher_of(session)
    return [
        Line(
            row.id,
            row.customer_no,
            cipher.open_or_none("customer.name", row.customer_no, row.name),
            row.unit_id,
            row.source,
            row.at,
            row.scope,
        )
        for row in found
    ]


async def number_opted_out(session: AsyncSession, units: frozenset[str] | None) -> int:
    """How many silences are in force."""
    query = select(func.count()).select_from(_silences(units).subquery())
    return int((await session.execute(query)).scalar_one())
