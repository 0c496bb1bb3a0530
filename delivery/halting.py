"""A campaign is stopped by one row: from its commit on nothing of the campaign leaves.

Everything about to leave looks at it in its own transaction: the door, a broadcast's departure,
the ticket of a to-do, a text message. ``delivery.emptying`` then takes away what waits.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.facts import TodoState
from delivery.models import Broadcast, BroadcastRecipient, CampaignHalt, Todo
from delivery.repository.todo_lists import DONE
from kit.db import insert_new


async def halt(session: AsyncSession, campaign: str, *, by: str, reason: str, at: datetime) -> None:
    """From the commit on nothing of ``campaign`` leaves; a second time changes nothing."""
    row = {"campaign": campaign, "at": at, "by": by, "reason": reason[:400], "swept_at": None}
    await insert_new(session, CampaignHalt, [row], key=["campaign"])


async def halted(session: AsyncSession, campaigns: Collection[str]) -> set[str]:
    """Which of ``campaigns`` are stopped."""
    named = sorted(one for one in campaigns if one)
    if not named:
        return set()
    query = select(col(CampaignHalt.campaign)).where(col(CampaignHalt.campaign).in_(named))
    return set((await session.execute(query)).scalars())


async def todo_halted(session: AsyncSession, todo_id: int) -> bool:
    """Whether the campaign that a to-do is of was stopped."""
    query = (
        select(col(Todo.id))
        .join(CampaignHalt, col(CampaignHalt.campaign) == col(Todo.campaign))
        .where(col(Todo.id) == todo_id)
    )
    return (await session.execute(query)).first() is not None


def done_with(campaign: str, outcomes: Sequence[str]) -> Select[Any]:
    """The ids of customers whose to-do of ``campaign`` ended in one of ``outcomes``."""
    return select(col(Todo.customer_id)).where(
        col(Todo.campaign) == campaign, col(Todo.outcome).in_(list(outcomes))
    )


def undone_of(campaign: str, customer_id: Any, planned_on: Any) -> Select[Any]:
    """To-dos of ``campaign`` for a customer and a day (columns) that ended with nothing done."""
    return select(col(Todo.id)).where(
        col(Todo.campaign) == campaign,
        col(Todo.customer_id) == customer_id,
        col(Todo.planned_on) == planned_on,
        col(Todo.state) == TodoState.EXPIRED,
    )


def told_of(campaign: str) -> Sequence[Select[Any]]:
    """The ids of customers who were told of ``campaign``: a to-do done, a broadcast delivered."""
    sent = (
        select(col(BroadcastRecipient.customer_id))
        .join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(col(Broadcast.campaign) == campaign, col(BroadcastRecipient.state) == "sent")
    )
    done = select(col(Todo.customer_id)).where(
        col(Todo.campaign) == campaign, col(Todo.state).in_(DONE)
    )
    return done, sent
