"""Touches: one row for each time a customer was reached, whichever channel it was."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Touch
from kit.among import among
from kit.clock import bank_date
from kit.db import upsert


@dataclass(frozen=True, slots=True)
class Touched:
    """A customer was reached (or is said to have been), by whom and how."""

    source: str
    customer_id: int
    staff_id: str
    unit_id: str
    channel: str
    purpose: str
    trigger: str
    state: str
    at: datetime
    act: str = ""
    outcome: str = ""
    reason: str = ""


async def record(session: AsyncSession, touches: Sequence[Touched]) -> None:
    """Write touches; the same source again only moves its state and moment."""
    await upsert(
        session,
        Touch,
        [
            {
                "source": one.source,
                "customer_id": one.customer_id,
                "staff_id": one.staff_id,
                "unit_id": one.unit_id,
                "channel": one.channel,
                "purpose": one.purpose,
                "trigger": one.trigger,
                "state": one.state,
                "at": one.at,
                "act": one.act,
                "outcome": one.outcome,
                "reason": one.reason,
            }
            for one in touches
        ],
        key=["source"],
        update=["state", "at"],
    )


async def land(session: AsyncSession, touches: Sequence[Touched]) -> int:
    """Write touches of a bank's file, in any number; how many were new.

    The same source again replaces what was said before: a row may be corrected or made void.
    """
    sources = [one.source for one in touches]
    known = set(
        (
            await session.execute(
                select(col(Touch.source)).where(among(session, col(Touch.source), sources))
            )
        ).scalars()
    )
    rows = {one.source: asdict(one) for one in touches}
    await upsert(
        session,
        Touch,
        list(rows.values()),
        key=["source"],
        update=[name for name in Touch.model_fields if name != "source"],
    )
    return len(rows.keys() - known)


async def last_care(session: AsyncSession, customer_ids: Sequence[int]) -> dict[int, Any]:
    """The bank day of the newest care or service touch of each customer."""
    query = (
        select(col(Touch.customer_id), func.max(col(Touch.at)))
        .where(
            among(session, col(Touch.customer_id), customer_ids),
            col(Touch.purpose).in_(["care", "service"]),
        )
        .group_by(col(Touch.customer_id))
    )
    return {customer: bank_date(at) for customer, at in await session.execute(query)}


async def answered(
    session: AsyncSession,
    customer_ids: Sequence[int],
    *,
    since: datetime,
    states: Sequence[str],
    channels: Sequence[str],
) -> dict[int, dict[str, int]]:
    """How often each customer was reached over each of ``channels`` in one of ``states``."""
    if not customer_ids:
        return {}
    query = (
        select(col(Touch.customer_id), col(Touch.channel), func.count())
        .where(
            among(session, col(Touch.customer_id), customer_ids),
            col(Touch.at) >= since,
            col(Touch.state).in_(list(states)),
            col(Touch.channel).in_(list(channels)),
        )
        .group_by(col(Touch.customer_id), col(Touch.channel))
    )
    found: dict[int, dict[str, int]] = {}
    for customer_id, channel, number in await session.execute(query):
        found.setdefault(customer_id, {})[channel] = int(number)
    return found


async def of_customer(session: AsyncSession, customer_id: int, *, limit: int = 50) -> list[Touched]:
    """The newest touches of one customer."""
    query = (
        select(Touch)
        .where(col(Touch.customer_id) == customer_id)
        .order_by(col(Touch.at).desc())
        .limit(limit)
    )
    return [touched_of(row) for row in (await session.execute(query)).scalars()]


async def page(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    since: datetime,
    until: datetime,
    staff_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Touched]:
    """Touches of the given units in [since, until), newest first."""
    query = select(Touch).where(*_conditions(units, since, until, staff_id))
    query = query.order_by(col(Touch.at).desc(), col(Touch.source)).limit(limit).offset(offset)
    return [touched_of(row) for row in (await session.execute(query)).scalars()]


async def count(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    since: datetime,
    until: datetime,
    staff_id: str | None = None,
) -> int:
    """How many touches match; the same conditions as ``page``."""
    query = (
        select(func.count()).select_from(Touch).where(*_conditions(units, since, until, staff_id))
    )
    return int((await session.execute(query)).scalar_one())


async def touched_customers(
    session: AsyncSession, *, units: frozenset[str] | None, since: datetime, until: datetime
) -> int:
    """How many different customers were reached in [since, until)."""
    query = select(func.count(func.distinct(col(Touch.customer_id)))).where(
        *_conditions(units, since, until, None)
    )
    return int((await session.execute(query)).scalar_one())


def _conditions(
    units: frozenset[str] | None, since: datetime, until: datetime, staff_id: str | None
) -> list[Any]:
    conditions: list[Any] = [col(Touch.at) >= since, col(Touch.at) < until]
    if units is not None:
        conditions.append(col(Touch.unit_id).in_(sorted(units)))
    if staff_id is not None:
        conditions.append(col(Touch.staff_id) == staff_id)
    return conditions


def touched_of(row: Touch) -> Touched:
    """The row as others know it."""
    return Touched(
        row.source,
        row.customer_id,
        row.staff_id,
        row.unit_id,
        row.channel,
        row.purpose,
        row.trigger,
        row.state,
        row.at,
        row.act,
        row.outcome,
        row.reason,
    )
