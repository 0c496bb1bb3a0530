"""Who is due in a wave today: in SQL, one statement for a day's to-dos, keyset pages otherwise.

Due is whom nothing kept from it before, and who was refused for a reason of that day alone, or
whose to-do ended undone, while the policy's tries last. A later wave is for those whom an earlier
one was handed over for, long enough ago, and who have not answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import CampaignMember, CampaignTouch
from campaigns.waves.facts import Arm, CampaignFact, WaveFact, Who
from config.campaign_policy import Waves
from delivery import halting
from delivery.intents import Outcome
from kit.db import upsert

AGAIN = (Outcome.OVER_QUOTA.value, Outcome.OUTRANKED.value)
"""Refusals of the day, not of the campaign: tried again on other days."""


@dataclass(frozen=True, slots=True)
class Due:
    """A customer who is due. ``tries``: days on which it was tried before."""

    customer_id: int
    unit_id: str
    staff_id: str
    tries: int


async def todos(
    session: AsyncSession,
    one: CampaignFact,
    wave: WaveFact,
    *,
    today: date,
    policy: Waves,
) -> list[Due]:
    """Whose to-dos a wave gives their managers today: ``per_day`` each over all waves, by turn.

    What was given today already counts, so that the same day again gives nothing more.
    """
    asked = _due(one, wave, today=today, policy=policy).subquery("due")
    place = func.row_number().over(
        partition_by=asked.c.staff_id,
        order_by=(asked.c.given.desc(), asked.c.turn, asked.c.customer_id),
    )
    ranked = select(asked, place.label("place")).subquery("ranked")
    other = (
        select(col(CampaignTouch.staff_id), func.count().label("given"))
        .where(
            col(CampaignTouch.campaign_id) == one.campaign_id,
            col(CampaignTouch.wave) != wave.number,
            col(CampaignTouch.wave).in_([each.number for each in one.waves if each.channel == "todo"]),
            col(CampaignTouch.planned_on) == today,
            col(CampaignTouch.outcome) == Outcome.QUEUED.value,
        )
        .group_by(col(CampaignTouch.staff_id))
        .subquery("other")
    )  # fmt: skip
    room = one.per_day - func.coalesce(other.c.given, 0)
    query = (
        select(ranked.c.customer_id, ranked.c.unit_id, ranked.c.staff_id, ranked.c.tries)
        .outerjoin(other, other.c.staff_id == ranked.c.staff_id)
        .where(ranked.c.given == 0, or_(ranked.c.place <= room, ranked.c.staff_id == ""))
        .order_by(ranked.c.customer_id)
    )
    return [Due(*row) for row in await session.execute(query)]


async def page(
    session: AsyncSession,
    one: CampaignFact,
    wave: WaveFact,
    *,
    today: date,
    policy: Waves,
    after: int,
    limit: int,
) -> list[Due]:
    """The next customers of a broadcast wave by ascending id: one tap however many they are."""
    due = _due(one, wave, today=today, policy=policy, after=after)
    due = due.order_by(col(CampaignMember.customer_id)).limit(limit)
    return [Due(*row[:4]) for row in await session.execute(due)]


def _due(
    one: CampaignFact, wave: WaveFact, *, today: date, policy: Waves, after: int | None = None
) -> Select[Any]:
    """Members with what became of them in this wave; ``given``: it was tried today already.

    With ``after`` only those not tried today, above this id.
    """
    touch = and_(
        col(CampaignTouch.campaign_id) == one.campaign_id,
        col(CampaignTouch.wave) == wave.number,
        col(CampaignTouch.customer_id) == col(CampaignMember.customer_id),
    )
    given = case((col(CampaignTouch.planned_on) == today, 1), else_=0)
    undone = exists(
        halting.undone_of(one.name, col(CampaignTouch.customer_id), col(CampaignTouch.planned_on))
    )
    of_the_day: Any = col(CampaignTouch.outcome).in_(AGAIN)
    if wave.channel == "todo":
        of_the_day = or_(
            of_the_day, and_(col(CampaignTouch.outcome) == Outcome.QUEUED.value, undone)
        )
    again = and_(
        col(CampaignTouch.planned_on) < today,
        col(CampaignTouch.tries) <= policy.retry_days,
        of_the_day,
    )
    fresh = col(CampaignTouch.customer_id).is_(None)
    today_too = () if after is not None else (col(CampaignTouch.planned_on) == today,)
    query = (
        select(
            col(CampaignMember.customer_id).label("customer_id"),
            col(CampaignMember.unit_id).label("unit_id"),
            col(CampaignMember.staff_id).label("staff_id"),
            func.coalesce(col(CampaignTouch.tries), literal(0)).label("tries"),
            given.label("given"),
            col(CampaignMember.turn).label("turn"),
        )
        .outerjoin(CampaignTouch, touch)
        .where(
            col(CampaignMember.campaign_id) == one.campaign_id,
            col(CampaignMember.arm) == Arm.TREATED,
            or_(fresh, again, *today_too),
        )
    )
    if after is not None:
        query = query.where(col(CampaignMember.customer_id) > after)
    if wave.who == Who.SILENT:
        query = query.where(*_silent(one, wave, today - timedelta(days=policy.gap_days)))
    return query


def _silent(one: CampaignFact, wave: WaveFact, until: date) -> Sequence[Any]:
    """Has not answered, and an earlier wave was handed over for them, at the latest ``until``."""
    earlier = CampaignTouch.__table__.alias("earlier")  # type: ignore[attr-defined]
    heard = exists().where(
        earlier.c.campaign_id == one.campaign_id,
        earlier.c.wave < wave.number,
        earlier.c.customer_id == col(CampaignMember.customer_id),
        earlier.c.outcome == Outcome.QUEUED.value,
        earlier.c.planned_on <= until,
    )
    return col(CampaignMember.answered_at).is_(None), heard


async def keep(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """What became of a batch of a wave."""
    if rows:
        await upsert(
            session,
            CampaignTouch,
            rows,
            key=["campaign_id", "wave", "customer_id"],
            update=["outcome", "reasons", "planned_on", "revision", "tries"],
        )


async def planned(
    session: AsyncSession, one: CampaignFact, wave: WaveFact, today: date
) -> dict[str, int]:
    """What became of the wave today, by outcome."""
    query = (
        select(col(CampaignTouch.outcome), func.count())
        .where(
            col(CampaignTouch.campaign_id) == one.campaign_id,
            col(CampaignTouch.wave) == wave.number,
            col(CampaignTouch.planned_on) == today,
        )
        .group_by(col(CampaignTouch.outcome))
    )
    return {outcome: int(many) for outcome, many in await session.execute(query)}
