"""The touch log over every channel: one set of conditions, a page, counts by channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Touch
from delivery.repository.touches import Touched, touched_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which touches; ``units`` None means every unit. ``astray``: acts that only outlets do
    (``outlet_acts``), done elsewhere than over ``outlet``."""

    units: frozenset[str] | None = None
    channels: tuple[str, ...] = ()
    customer_id: int | None = None
    staff_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    outlet: str = ""
    outlet_acts: tuple[str, ...] = ()
    astray: bool = False


async def page(
    session: AsyncSession,
    wanted: Wanted,
    *,
    limit: int = 50,
    before: tuple[datetime, str] | None = None,
) -> list[Touched]:
    """The newest touches that match, behind ``before`` (moment and source)."""
    query = select(Touch).where(*_conditions(wanted))
    if before is not None:
        at, source = col(Touch.at), col(Touch.source)
        query = query.where(or_(at < before[0], and_(at == before[0], source > before[1])))
    query = query.order_by(col(Touch.at).desc(), col(Touch.source)).limit(limit)
    return [touched_of(row) for row in (await session.execute(query)).scalars()]


async def by_channel(session: AsyncSession, wanted: Wanted) -> dict[str, int]:
    """How many touches there are over each channel code."""
    query: Any = (
        select(col(Touch.channel), func.count())
        .where(*_conditions(wanted))
        .group_by(col(Touch.channel))
    )
    return {str(code): int(number) for code, number in await session.execute(query)}


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many touches match."""
    return sum((await by_channel(session, wanted)).values())


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.units is not None:
        found.append(col(Touch.unit_id).in_(sorted(wanted.units)))
    if wanted.channels:
        found.append(col(Touch.channel).in_(wanted.channels))
    if wanted.customer_id is not None:
        found.append(col(Touch.customer_id) == wanted.customer_id)
    if wanted.staff_id is not None:
        found.append(col(Touch.staff_id) == wanted.staff_id)
    if wanted.since is not None:
        found.append(col(Touch.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(Touch.at) < wanted.until)
    if wanted.astray:
        found.append(col(Touch.act).in_(wanted.outlet_acts))
        found.append(col(Touch.channel) != wanted.outlet)
    return found
