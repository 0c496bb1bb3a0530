"""Gathers what is known of one customer and asks the rule."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.next_step_policy import NextStepPolicy
from crm_sync.repository.cards import wrote_at
from crm_sync.repository.profiles import holdings
from delivery.repository import touches
from kit.clock import bank_date
from portfolio.models import DailyContact
from portfolio.next_step.rules import FlowFacts, NextStep, next_step, step_of

DEAL: Final = "deal"
LOOKED_AT: Final = 200


async def of_customer(
    session: AsyncSession,
    customer_id: int,
    *,
    userid: str,
    contact: str,
    policy: NextStepPolicy,
    at: datetime,
) -> NextStep:
    """The next step with a customer; ``userid`` and ``contact``: whose word counts as a reply.

    Four reads: plans of the day, touches, holdings, the first word of the pair. A deal is what a
    contact recorded as one, or a product that was opened after one was presented.
    """
    today = bank_date(at)
    begin = today - timedelta(days=policy.cycle_days)
    planned = select(func.max(col(DailyContact.on))).where(
        col(DailyContact.customer_id) == customer_id,
        col(DailyContact.on) >= begin,
        col(DailyContact.on) <= today,
    )
    done = {}
    on = (await session.execute(planned)).scalar_one_or_none()
    if on is not None:
        done["plan"] = on
    deals = []
    for one in await touches.of_customer(session, customer_id, limit=LOOKED_AT):
        day = bank_date(one.at)
        key = step_of(one.trigger, policy)
        if key is not None and one.state != "attempted":
            done[key] = max(day, done.get(key, day))
        if one.outcome == DEAL:
            deals.append(day)
    presented = done.get("present")
    if presented is not None:
        held = await holdings(session, customer_id)
        deals += [h.opened_on for h in held if h.opened_on and h.opened_on >= presented]
    wrote = await wrote_at(session, userid, contact)
    facts = FlowFacts(
        done,
        bank_date(wrote) if wrote else None,
        max((d for d in deals if d <= today), default=None),
    )
    return next_step(facts, policy, today)
