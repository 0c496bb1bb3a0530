"""The review of a campaign (复盘): its owner is reminded before the day, and it is written down."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import Campaign
from campaigns.waves.facts import CampaignStatus
from config.campaign_policy import Budget
from delivery.worklist import Work, close_open, open_work

KIND: Final = "campaign_review"
ENDING: Final = (CampaignStatus.RUNNING, CampaignStatus.OVER, CampaignStatus.STOPPED)


def _key(campaign_id: int) -> str:
    return f"{KIND}:{campaign_id}"


async def remind(session: AsyncSession, today: date, *, policy: Budget, at: datetime) -> int:
    """Put a work item on the owner's desk ``remind_days`` before the review day; how many are new.

    Once a campaign: the item stays until the review is written.
    """
    query = select(Campaign).where(
        col(Campaign.state).in_(ENDING),
        col(Campaign.drawn_at).is_not(None),
        col(Campaign.reviewed_by) == "",
        col(Campaign.review_on) <= today + timedelta(days=policy.remind_days),
    )
    works = [
        Work(
            key=_key(row.id),
            kind=KIND,
            title=f"{row.review_on:%m-%d} 复盘：{row.title}",
            why="营销活动的复盘日到了：对照目标、预算和对照组，把结论写在活动页",
            unit_id=row.unit_id,
            staff_id=row.owner_staff_id,
            facts={"campaign": str(row.id), "review_on": row.review_on.isoformat()},
        )
        for row in (await session.execute(query)).scalars()
    ]
    return len(await open_work(session, works, at=at))


async def done(session: AsyncSession, campaign_id: int, *, by: str, at: datetime) -> None:
    """The review is written: nobody is reminded any more."""
    await close_open(session, [_key(campaign_id)], by=by, resolution="复盘已写在活动页", at=at)
