"""What other packages join to: who was reached when, what a follow-up led to, which to-dos wait.

Selections, not rows: a plan over a million customers asks one question.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Subquery, case, func, literal, select, union_all
from sqlmodel import col

from delivery.models import Todo, Touch
from delivery.repository.todos import LIVE


def counting(
    channels: Sequence[str],
    states: Sequence[str],
    *,
    since: datetime,
    upto: datetime,
    customer_ids: Sequence[int] | None = None,
) -> Subquery:
    """By customer: ``last_at`` of the touches that count up to and with ``upto``, ``touches`` from
    ``since`` on."""
    query: Any = (
        select(
            col(Touch.customer_id).label("customer_id"),
            func.max(col(Touch.at)).label("last_at"),
            func.count(case((col(Touch.at) >= since, 1))).label("touches"),
        )
        .where(
            col(Touch.channel).in_(list(channels)),
            col(Touch.state).in_(list(states)),
            col(Touch.at) <= upto,
        )
        .group_by(col(Touch.customer_id))
    )
    if customer_ids is not None:
        query = query.where(col(Touch.customer_id).in_(list(customer_ids)))
    found: Subquery = query.subquery("reached")
    return found


def within(
    channels: Sequence[str], states: Sequence[str], *, since: datetime, until: datetime
) -> Subquery:
    """By customer: ``done_at``, the first touch that counts in [since, until), and its channel."""
    placed = select(
        col(Touch.customer_id).label("customer_id"),
        col(Touch.at).label("done_at"),
        col(Touch.channel).label("channel"),
        func.row_number()
        .over(partition_by=col(Touch.customer_id), order_by=(col(Touch.at), col(Touch.source)))
        .label("nth"),
    ).where(
        col(Touch.channel).in_(list(channels)),
        col(Touch.state).in_(list(states)),
        col(Touch.at) >= since,
        col(Touch.at) < until,
    )
    found = placed.subquery("placed")
    return (
        select(found.c.customer_id, found.c.done_at, found.c.channel)
        .where(found.c.nth == 1)
        .subquery("done")
    )


def outcomes(customer_ids: Sequence[int] | None = None) -> Subquery:
    """What follow-ups led to, from to-dos and from touches: ``customer_id at outcome``."""
    told: Any = select(
        col(Todo.customer_id).label("customer_id"),
        func.coalesce(col(Todo.closed_at), col(Todo.created_at)).label("at"),
        col(Todo.outcome).label("outcome"),
    ).where(col(Todo.outcome) != "")
    recorded: Any = select(
        col(Touch.customer_id).label("customer_id"),
        col(Touch.at).label("at"),
        col(Touch.outcome).label("outcome"),
    ).where(col(Touch.outcome) != "")
    if customer_ids is not None:
        told = told.where(col(Todo.customer_id).in_(list(customer_ids)))
        recorded = recorded.where(col(Touch.customer_id).in_(list(customer_ids)))
    return union_all(told, recorded).subquery("outcome")


def waiting(on: date) -> Subquery:
    """To-dos that wait and are due by ``on``: ``staff_id customer_id todos maturities``."""
    matures = case((col(Todo.trigger).startswith("maturity"), literal(1)), else_=literal(0))
    return (
        select(
            col(Todo.staff_id).label("staff_id"),
            col(Todo.customer_id).label("customer_id"),
            func.count().label("todos"),
            func.sum(matures).label("maturities"),
        )
        .where(col(Todo.state).in_(LIVE), col(Todo.due_on) <= on)
        .group_by(col(Todo.staff_id), col(Todo.customer_id))
        .subquery("waiting")
    )
