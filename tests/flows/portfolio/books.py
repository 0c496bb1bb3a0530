"""Sentences about managers, their customers and what reached them."""

from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from config import (
    activation_policy,
    contact_duty_policy,
    coverage_policy,
    daily_plan_policy,
    farming_policy,
    follow_up_policy,
    tier_policy,
)
from crm_sync.models import CustomerStanding
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit.clock import bank_date, bank_moment
from kit.ids import new_id
from portfolio.contact_plan.planning import PlanTerms
from portfolio.duty.evaluation import Evaluated, evaluate
from portfolio.duty.standings import Terms
from tests.flows.console.office import AT

DUTY = contact_duty_policy.load()
COVERAGE = coverage_policy.load()
FOLLOW_UPS = follow_up_policy.load()
ACTIVATION = activation_policy.load()
TODAY = bank_date(AT)
TERMS = Terms(DUTY, COVERAGE, TODAY)
PLAN = PlanTerms(
    daily_plan_policy.load(),
    DUTY,
    COVERAGE,
    ACTIVATION,
    tier_policy.load(),
    farming_policy.load(),
)


def days_ago(days: int) -> datetime:
    """Late in the evening of the bank day so many days ago."""
    return bank_moment(TODAY - timedelta(days=days)) + timedelta(hours=23)


async def touch(
    session: AsyncSession,
    customer_id: int,
    at: datetime,
    *,
    staff: str = "limin",
    unit: str = "0101",
    channel: str = "phone",
    state: str = "recorded",
    act: str = "",
    outcome: str = "",
    reason: str = "",
) -> None:
    """The customer was reached."""
    one = Touched(
        source=f"test:{new_id()}",
        customer_id=customer_id,
        staff_id=staff,
        unit_id=unit,
        channel=channel,
        purpose="service",
        trigger="",
        state=state,
        at=at,
        act=act,
        outcome=outcome,
        reason=reason,
    )
    await touches.record(session, [one])


async def stood(session: AsyncSession, at: datetime = AT) -> Evaluated:
    """Every standing as of ``at``."""
    return await evaluate(session, DUTY, COVERAGE, at)


async def graded(session: AsyncSession, grade: str, *customer_ids: int, activity: str = "") -> None:
    """The bank knows the customers' class."""
    await session.execute(
        insert(CustomerStanding),
        [
            {"customer_id": one, "grade": grade, "activity": activity, "changed_at": AT}
            for one in customer_ids
        ],
    )
