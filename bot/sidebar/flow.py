"""下一步: where the customer stands in the activation flow, why, and the scripts for it."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from config.next_step_policy import NextStepPolicy
from crm_sync.facts import CustomerFact, Reach
from portfolio.next_step import service


async def section(
    request: Request,
    session: AsyncSession,
    customer: CustomerFact,
    reach: Reach,
    contact: str,
    at: datetime,
) -> dict[str, Any]:
    """The six steps with their states, the one to take now, and the way to its scripts."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.NEXT_STEP)
    found = await service.of_customer(
        session,
        customer.customer_id,
        userid=reach.userid,
        contact=contact,
        policy=policy,
        at=at,
    )
    there = f"contact={quote(contact)}"
    return {
        "place": found.place + 1,
        "total": len(policy.step),
        "steps": [
            {
                "title": one.title,
                "state": "done" if place < found.place else "now" if place == found.place else "",
            }
            for place, one in enumerate(policy.step)
        ],
        "title": found.step.title,
        "do": found.step.do,
        "why": list(found.why),
        "wait": f"再等 {found.wait_days} 天更合适" if found.wait_days else "",
        "scripts_url": f"/h5/scripts?{there}&step={found.step.key}" if found.step.scenes else "",
    }


def scenes_of(policy: NextStepPolicy, key: str) -> tuple[str, ...]:
    """Which scenes a step's scripts begin with; empty for a step that is none."""
    step = policy.named(key)
    return step.scenes if step else ()
