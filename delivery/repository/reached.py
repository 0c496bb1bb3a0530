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


def first_within(
    customer: Any,
    channels: Sequence[str],
    states: Sequence[str],
    *,
    since: datetime,
    until: datetime,
) -> tuple[Any, Any]:
    """Of ``customer`` (any column): the moment and the channel of the first touch that counts in
    [since, until); NULL where there is none. A look-up a row, so that a page costs its own rows.
    """
    found = (
        select(col(Touch.at))
        .where(
            col(Touch.customer_id) == customer,
            col(Touch.channel).in_(list(channels)),
            col(Touch.state).in_(list(states)),
            col(Touch.at) >= since,
            col(Touch.at) < until,
        )
        .order_by(col(Touch.at), col(Touch.source))
        .limit(1)
    )
    channel = found.with_only_columns(col(Touch.channel))
    return found.scalar_subquery(), channel.scalar_subquery()


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
