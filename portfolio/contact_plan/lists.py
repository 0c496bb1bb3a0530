"""The plan of a day as people see it: each line with what came of it, counted by manager or unit."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.contact_duty_policy import ContactDutyPolicy
from delivery.repository import reached
from kit.clock import bank_moment
from portfolio.models import DailyContact

Done = Literal["", "done", "open"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; ``units`` None means every unit."""

    on: date
    units: frozenset[str] | None = None
    staff_id: str | None = None
    done: Done = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``done_at`` and ``channel`` are the 有效联络 that proves it done."""

    staff_id: str
    customer_id: int
    unit_id: str
    place: int
    score: int
    reasons: tuple[dict[str, Any], ...]
    done_at: datetime | None
    channel: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a manager, or a unit, is with the day."""

    key: str
    planned: int
    done: int


def _done(wanted: Wanted, duty: ContactDutyPolicy) -> tuple[Any, Any]:
    """The moment and the channel of the touch that proves a line done."""
    return reached.first_within(
        col(DailyContact.customer_id),
        duty.effective.channels,
        duty.effective.states,
        since=bank_moment(wanted.on),
        until=bank_moment(wanted.on + timedelta(days=1)),
    )


def _conditions(wanted: Wanted, done_at: Any) -> list[Any]:
    found: list[Any] = [col(DailyContact.on) == wanted.on]
    if wanted.units is not None:
        found.append(col(DailyContact.unit_id).in_(sorted(wanted.units)))
    if wanted.staff_id is not None:
        found.append(col(DailyContact.staff_id) == wanted.staff_id)
    if wanted.done == "done":
        found.append(done_at.is_not(None))
    elif wanted.done == "open":
        found.append(done_at.is_(None))
    return found


async def page(
    session: AsyncSession,
    wanted: Wanted,
    duty: ContactDutyPolicy,
    *,
    limit: int = 50,
    after: tuple[str, int] | None = None,
) -> list[Line]:
    """The lines by manager and place, behind ``after`` (staff id, place)."""
    done_at, channel = _done(wanted, duty)
    query: Any = select(
        col(DailyContact.staff_id),
        col(DailyContact.customer_id),
        col(DailyContact.unit_id),
        col(DailyContact.place),
        col(DailyContact.score),
        col(DailyContact.reasons),
        done_at.label("done_at"),
        channel.label("channel"),
    )
    query = query.where(*_conditions(wanted, done_at))
    if after is not None:
        staff, place = col(DailyContact.staff_id), col(DailyContact.place)
        query = query.where((staff > after[0]) | ((staff == after[0]) & (place > after[1])))
    query = query.order_by(col(DailyContact.staff_id), col(DailyContact.place)).limit(limit)
    return [
        Line(
            staff_id=row.staff_id,
            customer_id=row.customer_id,
            unit_id=row.unit_id,
            place=row.place,
            score=row.score,
            reasons=tuple(row.reasons),
            done_at=row.done_at,
            channel=row.channel or "",
        )
        for row in await session.execute(query)
    ]


async def count(session: AsyncSession, wanted: Wanted, duty: ContactDutyPolicy) -> int:
    """How many lines match."""
    done_at, _ = _done(wanted, duty)
    query: Any = select(func.count()).select_from(DailyContact).where(*_conditions(wanted, done_at))
    return int((await session.execute(query)).scalar_one())


async def progress(
    session: AsyncSession,
    wanted: Wanted,
    duty: ContactDutyPolicy,
    *,
    by: Literal["staff", "unit"],
) -> list[Progress]:
    """The day counted by manager or unit."""
    done_at, _ = _done(wanted, duty)
    key = col(DailyContact.staff_id if by == "staff" else DailyContact.unit_id)
    query: Any = (
        select(key, func.count(), func.count(done_at))
        .where(*_conditions(wanted, done_at))
        .group_by(key)
        .order_by(key)
    )
    return [
        Progress(str(name), int(planned), int(finished))
        for name, planned, finished in await session.execute(query)
    ]
