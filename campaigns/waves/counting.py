"""The numbers of a campaign and the customers behind each: in all, by unit, by manager."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import CampaignMember, CampaignTouch
from campaigns.waves.facts import Arm, Line, Numbers
from crm_sync.repository.keys import among
from delivery.intents import Outcome


@dataclass(frozen=True, slots=True)
class Part:
    """One unit's or one manager's part, ``name`` its id: customers, contacted arm, handed over, answered."""

    name: str
    unit_id: str
    customers: int
    treated: int
    handed: int
    answered: int


async def numbers(session: AsyncSession, campaign_id: int, units: frozenset[str] | None) -> Numbers:
    """The numbers of a campaign within the units in sight."""
    member = [col(CampaignMember.campaign_id) == campaign_id, *_in(session, CampaignMember, units)]
    query = (
        select(col(CampaignMember.arm), func.count(), func.count(col(CampaignMember.answered_at)))
        .where(*member)
        .group_by(col(CampaignMember.arm))
    )
    arms, answered = {}, {}
    for arm, many, told in await session.execute(query):
        arms[arm], answered[arm] = int(many), int(told)
    managers = select(func.count(func.distinct(col(CampaignMember.staff_id)))).where(
        *member, col(CampaignMember.staff_id) != ""
    )
    touched = (
        select(col(CampaignTouch.wave), col(CampaignTouch.outcome), func.count())
        .where(col(CampaignTouch.campaign_id) == campaign_id, *_in(session, CampaignTouch, units))
        .group_by(col(CampaignTouch.wave), col(CampaignTouch.outcome))
    )
    outcomes = {(wave, name): int(many) for wave, name, many in await session.execute(touched)}
    return Numbers(arms, answered, outcomes, int((await session.execute(managers)).scalar_one()))


async def parts(
    session: AsyncSession,
    campaign_id: int,
    units: frozenset[str] | None,
    *,
    by_staff: bool = False,
    limit: int = 2_000,
) -> list[Part]:
    """The part of each unit (of each manager), the largest first; one statement."""
    handed = col(CampaignMember.customer_id).in_(
        select(col(CampaignTouch.customer_id)).where(
            col(CampaignTouch.campaign_id) == campaign_id,
            col(CampaignTouch.outcome) == Outcome.QUEUED.value,
        )
    )
    key = col(CampaignMember.staff_id) if by_staff else col(CampaignMember.unit_id)
    treated = col(CampaignMember.arm) == Arm.TREATED
    query = (
        select(
            key,
            func.min(col(CampaignMember.unit_id)),
            func.count().label("customers"),
            func.count(case((treated, 1))),
            func.count(case((handed, 1))),
            func.count(case((treated, col(CampaignMember.answered_at)))),
        )
        .select_from(CampaignMember)
        .where(col(CampaignMember.campaign_id) == campaign_id, *_in(session, CampaignMember, units))
        .group_by(key)
        .order_by(func.count().desc(), key)
        .limit(limit)
    )
    rows = await session.execute(query)
    return [Part(row[0], row[1], *(int(one) for one in row[2:])) for row in rows]


async def lines(
    session: AsyncSession,
    campaign_id: int,
    units: frozenset[str] | None,
    *,
    arm: str = "",
    answered: bool = False,
    wave: int = 0,
    outcome: str = "",
    staff_id: str | None = None,
    behind: Sequence[Select[Any]] = (),
    limit: int = 50,
    after: int = 0,
) -> list[Line]:
    """The customers behind a number, by ascending id; with ``wave`` what it did for each.

    ``behind``: in one of these selects of ids.
    """
    touch = and_(
        col(CampaignTouch.campaign_id) == col(CampaignMember.campaign_id),
        col(CampaignTouch.customer_id) == col(CampaignMember.customer_id),
        col(CampaignTouch.wave) == wave,
    )
    query = (
        select(
            CampaignMember,
            col(CampaignTouch.outcome), col(CampaignTouch.reasons), col(CampaignTouch.planned_on),
        )
        .outerjoin(CampaignTouch, touch)
        .where(
            col(CampaignMember.campaign_id) == campaign_id,
            col(CampaignMember.customer_id) > after,
            *_in(session, CampaignMember, units),
        )
    )  # fmt: skip
    if arm:
        query = query.where(col(CampaignMember.arm) == arm)
    if answered:
        query = query.where(col(CampaignMember.answered_at).is_not(None))
    if wave:
        query = query.where(col(CampaignTouch.outcome).is_not(None))
    if outcome and wave:
        query = query.where(col(CampaignTouch.outcome) == outcome)
    elif outcome:
        any_wave = select(col(CampaignTouch.customer_id)).where(
            col(CampaignTouch.campaign_id) == campaign_id, col(CampaignTouch.outcome) == outcome
        )
        query = query.where(col(CampaignMember.customer_id).in_(any_wave))
    if staff_id is not None:
        query = query.where(col(CampaignMember.staff_id) == staff_id)
    if behind:
        query = query.where(or_(*(col(CampaignMember.customer_id).in_(one) for one in behind)))
    query = query.order_by(col(CampaignMember.customer_id)).limit(limit)
    return [
        Line(
            row.customer_id, row.unit_id, row.staff_id, row.arm, row.turn, row.answered_at,
            outcome or "", reasons or "", planned_on,
        )
        for row, outcome, reasons, planned_on in await session.execute(query)
    ]  # fmt: skip


def _in(session: AsyncSession, table: Any, units: frozenset[str] | None) -> list[Any]:
    return [] if units is None else [among(session, col(table.unit_id), sorted(units))]
