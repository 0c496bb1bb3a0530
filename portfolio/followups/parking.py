"""Parks customers after follow-ups that led to nothing, and takes them up again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.follow_up_policy import FollowUpPolicy
from crm_sync.repository import books
from delivery.repository import reached
from kit import ledger
from kit.db import insert_into
from portfolio.followups.errors import NotParked
from portfolio.models import Parking

ACTOR = "system:portfolio"
TABLE = Parking.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Parked:
    """A customer who is, or was, left in peace."""

    id: int
    customer_id: int
    staff_id: str
    unit_id: str
    misses: int
    parked_at: datetime
    unparked_at: datetime | None
    unparked_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of the rule did."""

    parked: int
    resumed: int


async def apply(
    session: AsyncSession,
    policy: FollowUpPolicy,
    at: datetime,
    *,
    customer_ids: Sequence[int] | None = None,
) -> Round:
    """Resume whom a deal has brought back, park whose misses have come to the limit.

    A statement each for all customers (or for ``customer_ids``). What happened before a deal, or
    before a person took the customer up again, no longer counts.
    """
    resumed = await _resume_after_deals(session, policy, at, customer_ids)
    parked = await _park(session, policy, at, customer_ids)
    entries = [
        ledger.Entry(
            kind="customer",
            act=act,
            actor=ACTOR,
            object=f"customer:{customer_id}",
            unit=unit_id,
            reason=reason,
            payload={"misses": misses},
        )
        for act, reason, found in (
            ("customer.unparked", "成交", resumed),
            ("customer.parked", "", parked),
        )
        for customer_id, unit_id, misses in found
    ]
    await ledger.append(session, entries, at=at)
    return Round(len(parked), len(resumed))


async def _resume_after_deals(
    session: AsyncSession, policy: FollowUpPolicy, at: datetime, ids: Sequence[int] | None
) -> list[tuple[int, str, int]]:
    told = reached.outcomes(ids)
    dealt = exists(
        select(literal(1)).where(
            told.c.customer_id == col(Parking.customer_id),
            told.c.outcome.in_(policy.deals),
            told.c.at > col(Parking.parked_at),
        )
    )
    statement = (
        update(Parking)
        .where(col(Parking.unparked_at).is_(None), dealt)
        .values(unparked_at=at, unparked_by=ACTOR, reason="成交")
        .returning(col(Parking.customer_id), col(Parking.unit_id), col(Parking.misses))
        .execution_options(synchronize_session=False)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)]


async def _park(
    session: AsyncSession, policy: FollowUpPolicy, at: datetime, ids: Sequence[int] | None
) -> list[tuple[int, str, int]]:
    misses = _misses(policy, ids)
    book = books.owned(ids)
    live = select(col(Parking.customer_id)).where(col(Parking.unparked_at).is_(None))
    query = (
        select(
            misses.c.customer_id,
            func.min(book.c.staff_id).label("staff_id"),
            func.min(book.c.unit_id).label("unit_id"),
            func.max(misses.c.misses).label("misses"),
            literal(at, type_=TABLE.c.parked_at.type).label("parked_at"),
            literal("").label("unparked_by"),
            literal("").label("reason"),
        )
        .join(book, book.c.customer_id == misses.c.customer_id)
        .where(misses.c.customer_id.not_in(live))
        .group_by(misses.c.customer_id)
    )
    names = [
        "customer_id", "staff_id", "unit_id", "misses", "parked_at", "unparked_by", "reason",
    ]  # fmt: skip
    statement = insert_into(session, Parking).from_select(names, query)
    written = await session.execute(
        statement.on_conflict_do_nothing().returning(
            TABLE.c.customer_id, TABLE.c.unit_id, TABLE.c.misses
        )
    )
    return [(row[0], row[1], row[2]) for row in written]


def _misses(policy: FollowUpPolicy, ids: Sequence[int] | None) -> Any:
    """Customers with as many misses as park one, since their last deal or resumption."""
    told, deals = reached.outcomes(ids), reached.outcomes(ids)
    last_deal = (
        select(deals.c.customer_id, func.max(deals.c.at).label("at"))
        .where(deals.c.outcome.in_(policy.deals))
        .group_by(deals.c.customer_id)
        .subquery("last_deal")
    )
    resumed = (
        select(
            col(Parking.customer_id).label("customer_id"),
            func.max(col(Parking.unparked_at)).label("at"),
        )
        .where(col(Parking.unparked_at).is_not(None))
        .group_by(col(Parking.customer_id))
        .subquery("resumed")
    )
    return (
        select(told.c.customer_id, func.count().label("misses"))
        .select_from(
            told.outerjoin(last_deal, last_deal.c.customer_id == told.c.customer_id).outerjoin(
                resumed, resumed.c.customer_id == told.c.customer_id
            )
        )
        .where(
            told.c.outcome.in_(policy.misses),
            or_(last_deal.c.at.is_(None), told.c.at > last_deal.c.at),
            or_(resumed.c.at.is_(None), told.c.at > resumed.c.at),
        )
        .group_by(told.c.customer_id)
        .having(func.count() >= policy.park_after)
        .subquery("misses")
    )


async def unpark(
    session: AsyncSession,
    customer_id: int,
    *,
    units: frozenset[str] | None,
    by: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> None:
    """Take a customer up again; the count begins anew. Raises NotParked, also out of sight."""
    conditions = [
        col(Parking.customer_id) == customer_id,
        col(Parking.unparked_at).is_(None),
    ]
    if units is not None:
        conditions.append(col(Parking.unit_id).in_(sorted(units)))
    statement = (
        update(Parking)
        .where(and_(*conditions))
        .values(unparked_at=at, unparked_by=by, reason=reason[:200])
        .returning(col(Parking.unit_id), col(Parking.misses))
        .execution_options(synchronize_session=False)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotParked("这位客户没有暂停，或不在你的查看范围内", do="刷新暂停名单")
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="customer",
                act="customer.unparked",
                actor=by,
                object=f"customer:{customer_id}",
                unit=row[0],
                reason=reason[:400],
                request_id=request_id,
                payload={"misses": row[1]},
            )
        ],
        at=at,
    )


async def page(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    staff_id: str | None = None,
    live: bool = True,
    limit: int = 50,
    before: int | None = None,
) -> list[Parked]:
    """Parked customers (or, not ``live``, those taken up again), the newest first."""
    query = select(Parking).where(*_conditions(units, staff_id, live))
    if before is not None:
        query = query.where(col(Parking.id) < before)
    query = query.order_by(col(Parking.id).desc()).limit(limit)
    return [
        Parked(
            id=row.id or 0,
            customer_id=row.customer_id,
            staff_id=row.staff_id,
            unit_id=row.unit_id,
            misses=row.misses,
            parked_at=row.parked_at,
            unparked_at=row.unparked_at,
            unparked_by=row.unparked_by,
            reason=row.reason,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def count(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    staff_id: str | None = None,
    live: bool = True,
) -> int:
    """How many there are; the same conditions as ``page``."""
    query = select(func.count()).select_from(Parking).where(*_conditions(units, staff_id, live))
    return int((await session.execute(query)).scalar_one())


def _conditions(units: frozenset[str] | None, staff_id: str | None, live: bool) -> list[Any]:
    ended = col(Parking.unparked_at)
    found: list[Any] = [ended.is_(None) if live else ended.is_not(None)]
    if units is not None:
        found.append(col(Parking.unit_id).in_(sorted(units)))
    if staff_id is not None:
        found.append(col(Parking.staff_id) == staff_id)
    return found
