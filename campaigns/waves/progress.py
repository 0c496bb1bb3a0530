"""How far a campaign is: the measure (KPI) it was set, in SQL, and the customers behind it.

A measure counts customers, or sums money in 分 that pages show in 万元: of the contacted
customers, since the draw, up to the campaign's last day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import CampaignMember
from campaigns.waves.facts import Arm, CampaignFact
from crm_sync.repository import since_then
from crm_sync.repository.keys import among
from delivery import halting
from kit.clock import bank_date

WAN: Final = 1_000_000
"""分 in 万元."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``value`` in the measure's unit (户 or 万元), rounded down; ``customers`` stand behind it."""

    value: int
    customers: int


def behind(one: CampaignFact, today: date) -> Sequence[Select[Any]]:
    """Selects of ids: the customers behind the measure are in one of them; none: nobody counts it."""
    if one.drawn_at is None:
        return ()
    if one.measure == "reached":
        return halting.told_of(one.name)
    member = select(col(CampaignMember.customer_id)).where(
        col(CampaignMember.campaign_id) == one.campaign_id
    )
    if one.measure == "answered":
        return (member.where(col(CampaignMember.answered_at).is_not(None)),)
    if one.measure == "added":
        return (since_then.befriended(one.drawn_at),)
    if one.measure == "kept":
        kept = _kept(one, today).subquery("kept")
        return (select(kept.c.customer_id),)
    if one.measure == "aum":
        now = since_then.balances().subquery("now")
        grown = member.join(now, now.c.customer_id == col(CampaignMember.customer_id))
        return (grown.where(now.c.aum_fen > col(CampaignMember.aum_fen)),)
    return ()


async def progress(
    session: AsyncSession, one: CampaignFact, units: frozenset[str] | None, today: date
) -> Progress | None:
    """How far it is within the units in sight; None before the draw, or where nobody counts it."""
    selects = behind(one, today)
    if not selects:
        return None
    treated = [
        col(CampaignMember.campaign_id) == one.campaign_id,
        col(CampaignMember.arm) == Arm.TREATED,
    ]
    if units is not None:
        treated.append(among(session, col(CampaignMember.unit_id), sorted(units)))
    counted = select(func.count()).where(
        *treated, or_(*(col(CampaignMember.customer_id).in_(each) for each in selects))
    )
    customers = int((await session.execute(counted)).scalar_one())
    if one.measure == "kept":
        kept = _kept(one, today).subquery("kept")
        query: Select[Any] = (
            select(func.sum(kept.c.amount_fen))
            .select_from(kept)
            .join(CampaignMember, col(CampaignMember.customer_id) == kept.c.customer_id)
            .where(*treated)
        )
    elif one.measure == "aum":
        now = since_then.balances().subquery("now")
        query = (
            select(func.sum(now.c.aum_fen - col(CampaignMember.aum_fen)))
            .select_from(now)
            .join(CampaignMember, col(CampaignMember.customer_id) == now.c.customer_id)
            .where(*treated)
        )
    else:
        return Progress(customers, customers)
    fen = int((await session.execute(query)).scalar_one() or 0)
    return Progress(int(fen / WAN), customers)


def _kept(one: CampaignFact, today: date) -> Select[Any]:
    first = bank_date(one.drawn_at) if one.drawn_at else one.starts_on
    return since_then.kept(first, min(today, one.ends_on))
