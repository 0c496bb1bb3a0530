"""Why a to-do was not done, read from what is kept of it; every undone one has exactly one reason."""

from datetime import date
from typing import Any, Final

from sqlalchemy import and_, case, or_
from sqlmodel import col

from delivery.facts import TodoState
from delivery.models import Todo

TEXTS: Final = {
    "unsent": "短信没有发出",
    "unreached": "联系不上",
    "untold": "没有送到客户经理",
    "unopened": "收到了没有打开",
    "opened": "打开了没有做",
}
"""The reasons in the order in which they are looked for; what they are called."""

ANY: Final = "any"
"""Whatever the reason."""


def undone(today: date) -> Any:
    """Its time passed, or its day did and nothing was done, or the customer could not be reached."""
    return or_(
        col(Todo.state) == TodoState.EXPIRED,
        and_(col(Todo.state).in_((TodoState.OPEN, TodoState.HANDED)), col(Todo.due_on) < today),
        and_(col(Todo.state) == TodoState.NOTED, col(Todo.outcome) == "unreached"),
    )


REASON: Final[Any] = case(
    (col(Todo.channel) == "sms", "unsent"),
    (or_(col(Todo.outcome) == "unreached", col(Todo.unreached) > 0), "unreached"),
    (col(Todo.seen_at).is_not(None), "opened"),
    (col(Todo.received_at).is_not(None), "unopened"),
    else_="untold",
)
"""The reason of a to-do that was not done."""
