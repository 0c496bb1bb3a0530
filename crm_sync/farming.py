"""Farming records, and the season trigger: whose money is needed soon (春播资金).

The selection walks an index of month and day, as birthdays do: a million records cost what the
page costs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.farming_policy import FarmingPolicy
from crm_sync.models import Coverage, Customer, FarmRecord
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER
from crm_sync.rules.farming import coming, next_day


@dataclass(frozen=True, slots=True)
class FarmFact:
    """A record as pages see it; ``begins_on`` is the next day of its season, None if unknown."""

    record_id: int
    farm_no: str
    customer_id: int
    unit_id: str
    owner_staff_id: str | None
    kind: str
    item: str
    area_centimu: int | None
    heads: int | None
    sow_month: int | None
    market_month: int | None
    cycle_days: int | None
    output: str
    channel: str
    noted_on: date | None
    begins_on: date | None
    season: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: of these units (None: all), of a kind, told by a channel; ``due``: soon."""

    units: frozenset[str] | None = None
    kind: str = ""
    channel: str = ""
    due: bool = False


async def records(
    session: AsyncSession,
    wanted: Wanted,
    policy: FarmingPolicy,
    today: date,
    *,
    limit: int = 50,
    after: tuple[int, int] | None = None,
) -> list[FarmFact]:
    """Records by season and number; ``after`` is (season, record) of the last one seen."""
    season = func.coalesce(col(FarmRecord.season), 9_999)
    query = (
        select(FarmRecord, col(Customer.unit_id), col(Coverage.staff_id))
        .join(Customer, col(Customer.id) == col(FarmRecord.customer_id))
        .outerjoin(
            Coverage,
            and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == OWNER),
        )
        .where(*_where(session, wanted, policy, today))
        .order_by(season, col(FarmRecord.id))
        .limit(limit)
    )
    if after is not None:
        place, number = after
        query = query.where(or_(season > place, and_(season == place, col(FarmRecord.id) > number)))
    return [
        _fact(record, unit_id, staff_id, policy, today)
        for record, unit_id, staff_id in await session.execute(query)
    ]


async def count(session: AsyncSession, wanted: Wanted, policy: FarmingPolicy, today: date) -> int:
    """How many records match."""
    query = (
        select(func.count())
        .select_from(FarmRecord)
        .join(Customer, col(Customer.id) == col(FarmRecord.customer_id))
        .where(*_where(session, wanted, policy, today))
    )
    return int((await session.execute(query)).scalar_one())


def due_seasons(policy: FarmingPolicy, today: date) -> Subquery:
    """Customers whose season begins within the lead, each once: ``customer_id``, ``season``.

    ``season`` is the nearest of theirs, as month * 100 + day, also where the year turns.
    """
    ranges, season = coming(today, policy.lead_days), col(FarmRecord.season)
    first = ranges[0][0]
    nearest = func.min(case((season >= first, season), else_=season + 10_000)) % 10_000
    return (
        select(col(FarmRecord.customer_id).label("customer_id"), nearest.label("season"))
        .where(
            col(FarmRecord.removed_at).is_(None),
            or_(*(season.between(low, high) for low, high in ranges)),
        )
        .group_by(col(FarmRecord.customer_id))
        .subquery("seasons")
    )


async def of_customers(
    session: AsyncSession, ids: Collection[int], policy: FarmingPolicy, today: date
) -> dict[int, list[FarmFact]]:
    """The records of these customers."""
    query = (
        select(FarmRecord, col(Customer.unit_id))
        .join(Customer, col(Customer.id) == col(FarmRecord.customer_id))
        .where(among(session, col(FarmRecord.customer_id), ids), *_standing())
        .order_by(col(FarmRecord.customer_id), col(FarmRecord.id))
    )
    found: dict[int, list[FarmFact]] = {}
    for record, unit_id in await session.execute(query):
        fact = _fact(record, unit_id, None, policy, today)
        found.setdefault(fact.customer_id, []).append(fact)
    return found


def _standing() -> list[ColumnElement[bool]]:
    return [col(FarmRecord.removed_at).is_(None), col(Customer.removed_at).is_(None)]


def _where(
    session: AsyncSession, wanted: Wanted, policy: FarmingPolicy, today: date
) -> list[ColumnElement[bool]]:
    found = _standing()
    if wanted.units is not None:
        found.append(among(session, col(Customer.unit_id), wanted.units))
    if wanted.kind:
        found.append(col(FarmRecord.kind) == wanted.kind)
    if wanted.channel:
        found.append(col(FarmRecord.channel) == wanted.channel)
    if wanted.due:
        ranges = coming(today, policy.lead_days)
        found.append(or_(*(col(FarmRecord.season).between(low, high) for low, high in ranges)))
    return found


def _fact(
    record: Any, unit_id: str, staff_id: str | None, policy: FarmingPolicy, today: date
) -> FarmFact:
    season = record.season
    return FarmFact(
        record_id=record.id,
        farm_no=record.farm_no,
        customer_id=record.customer_id,
        unit_id=unit_id,
        owner_staff_id=staff_id,
        kind=record.kind,
        item=record.item,
        area_centimu=record.area_centimu,
        heads=record.heads,
        sow_month=record.sow_month,
        market_month=record.market_month,
        cycle_days=record.cycle_days,
        output=record.output,
        channel=record.channel,
        noted_on=record.noted_on,
        begins_on=next_day(season, today) if season else None,
        season=policy.season_name(season) if season else "",
    )
