"""What was spent of a campaign's budget: recorded by the team, within the tolerance it was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import CampaignExpense
from campaigns.waves import repository, service
from campaigns.waves.errors import CampaignRefused, CampaignState, OverBudget
from campaigns.waves.facts import CampaignFact, CampaignStatus
from kit.clock import bank_date
from kit.ids import new_id

SPENDING = (CampaignStatus.APPROVED, CampaignStatus.RUNNING, CampaignStatus.OVER, CampaignStatus.STOPPED)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expense:
    """One expense, in 分; a minus takes one back."""

    expense_id: int
    spent_on: date
    what: str
    amount_fen: int
    by: str
    at: datetime


def most(one: CampaignFact) -> int:
    """The budget with the overrun that was approved, in 分."""
    return one.budget_fen + one.budget_fen * one.overrun_percent // 100


async def spent(session: AsyncSession, campaign_id: int) -> int:
    """What was spent until now, in 分."""
    query = select(func.coalesce(func.sum(col(CampaignExpense.amount_fen)), 0)).where(
        col(CampaignExpense.campaign_id) == campaign_id
    )
    return int((await session.execute(query)).scalar_one())


async def expenses(
    session: AsyncSession, campaign_id: int, *, limit: int = 50
) -> Sequence[Expense]:
    """The newest expenses first."""
    query = (
        select(CampaignExpense)
        .where(col(CampaignExpense.campaign_id) == campaign_id)
        .order_by(col(CampaignExpense.id).desc())
        .limit(limit)
    )
    return [
        Expense(row.id, row.spent_on, row.what, row.amount_fen, row.by, row.at)
        for row in (await session.execute(query)).scalars()
    ]


async def spend(
    session: AsyncSession,
    campaign_id: int,
    *,
    what: str,
    amount_fen: int,
    spent_on: date,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> int:
    """Record an expense; what is spent now, in 分. The campaign's row is held, so two never pass together.

    Raises CampaignUnknown, CampaignState, CampaignRefused, and OverBudget beyond the tolerance.
    """
    row = await service.locked(session, campaign_id, units)
    if row.state not in SPENDING:
        raise CampaignState("批准之后才有预算可用", saw=row.state)
    one = await repository.one(session, campaign_id, None)
    before = await spent(session, campaign_id)
    said = " ".join(what.split())[:80]
    if len(said) < 2:
        raise CampaignRefused("请写清花在哪里", saw=said, do="例如：手写贺卡 300 张")
    if amount_fen == 0 or before + amount_fen < 0:
        raise CampaignRefused(
            "金额不对", saw=f"{amount_fen / 100:,.2f} 元", do="冲回不能多于已花的"
        )
    if not row.proposed_at.date() <= spent_on <= bank_date(at):
        raise CampaignRefused("支出日期不对", saw=spent_on.isoformat(), do="从提交那天到今天")
    if before + amount_fen > most(one):
        raise OverBudget(
            "超出预算和允许的超支",
            saw=f"已花 {before / 100:,.2f} 元，这一笔 {amount_fen / 100:,.2f} 元，"
            f"最多 {most(one) / 100:,.2f} 元",
            where=f"/c/campaigns/{campaign_id}",
            do="压缩这一笔，或重新提交一个预算更大的活动",
        )
    session.add(
        CampaignExpense(
            id=new_id(), campaign_id=campaign_id, spent_on=spent_on, what=said,
            amount_fen=amount_fen, by=by, at=at,
        )
    )  # fmt: skip
    await session.flush()
    payload = {"what": said, "amount_fen": amount_fen, "spent_fen": before + amount_fen}
    await service.note(session, "campaign.spent", one, by, at, **payload)
    return before + amount_fen
