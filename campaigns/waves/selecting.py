"""A campaign's audience as one select, and what it would mean for each manager before it begins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves.facts import Known
from config.conditions import Condition
from crm_sync.repository import listing
from crm_sync.repository.products import units_under
from crm_sync.rules.conditions import Frame
from crm_sync.segments import repository as segments
from delivery.repository.reached import waiting
from kit.clock import bank_date

MOST: Final = 200
"""Managers in a forecast, the busiest first; the totals are of all."""


@dataclass(frozen=True, slots=True)
class ManagerLoad:
    """One manager's part. ``friends``: WeCom reaches them; ``waiting``: to-dos they have now."""

    staff_id: str
    unit_id: str
    customers: int
    friends: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a campaign would mean: all of it, and the busiest managers.

    ``uncovered``: customers nobody answers for. ``busiest``: customers of the busiest manager.
    """

    customers: int
    friends: int
    uncovered: int
    managers: int
    busiest: int
    loads: tuple[ManagerLoad, ...]

    def treated(self, hold_out_percent: int, customers: int | None = None) -> int:
        """How many of ``customers`` (all without) the draw would leave to be contacted, about."""
        many = self.customers if customers is None else customers
        return many - many * hold_out_percent // 100

    def days(self, hold_out_percent: int, per_day: int) -> int:
        """Days until the busiest manager has had a to-do for each of theirs."""
        return -(-self.treated(hold_out_percent, self.busiest) // per_day)


async def roster(
    session: AsyncSession, condition: Condition, units: tuple[str, ...], known: Known, at: datetime
) -> Select[Any]:
    """Customer id, unit, owner and AUM of a segment's customers managed in ``units`` and below."""
    frame = Frame(at, known.personas, known.tiers)
    members = segments.members(session, condition, frame, known.outside)
    below = await units_under(session, units)
    return listing.roster(session, listing.Wanted(units=below, within=(members,)), below)


async def forecast(
    session: AsyncSession, segment: str, units: tuple[str, ...], known: Known, at: datetime
) -> Forecast:
    """Count a segment's customers in ``units`` by manager. Raises SegmentUnknown."""
    found = await segments.segment(session, segment)
    drawn = (await roster(session, found.version.condition, units, known, at)).subquery("roster")
    friend = case((drawn.c.customer_id.in_(listing.reached_ids()), 1), else_=0)
    by_staff = (
        select(
            drawn.c.staff_id,
            func.min(drawn.c.unit_id).label("unit_id"),
            func.count().label("customers"),
            func.sum(friend).label("friends"),
        )
        .group_by(drawn.c.staff_id)
        .cte("by_staff")
    )
    totals = select(
        func.coalesce(func.sum(by_staff.c.customers), 0),
        func.coalesce(func.sum(by_staff.c.friends), 0),
        func.coalesce(func.sum(case((by_staff.c.staff_id == "", by_staff.c.customers), else_=0)), 0),
        func.count(case((by_staff.c.staff_id != "", 1))),
        func.coalesce(func.max(case((by_staff.c.staff_id != "", by_staff.c.customers))), 0),
    )  # fmt: skip
    numbers = (await session.execute(totals)).one()
    busy = waiting(bank_date(at))
    own = (
        select(busy.c.staff_id, func.sum(busy.c.todos).label("todos"))
        .group_by(busy.c.staff_id)
        .subquery("own")
    )
    listed = (
        select(by_staff, func.coalesce(own.c.todos, 0))
        .outerjoin(own, own.c.staff_id == by_staff.c.staff_id)
        .where(by_staff.c.staff_id != "")
        .order_by(by_staff.c.customers.desc(), by_staff.c.staff_id)
        .limit(MOST)
    )
    rows = await session.execute(listed)
    loads = tuple(
        ManagerLoad(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows
    )
    customers, friends, uncovered, managers, busiest = (int(one) for one in numbers)
    return Forecast(customers, friends, uncovered, managers, busiest, loads)
