"""Lists of to-dos for people at a desk: one set of conditions, a page, a count, the customers.

What a number counts and what its list shows are the same conditions, so they agree.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import SendTicket, TicketState, Todo, TodoState
from delivery.repository import undone_reasons
from delivery.repository.todos import TodoView, view_of

DONE: Final = (TodoState.CLAIMED, TodoState.CONFIRMED, TodoState.DONE)
"""Finished in time: an unfinished one expires, so nothing is done late."""

ENDED: Final = (*DONE, TodoState.NOTED, TodoState.EXPIRED)
WAITING: Final = (TodoState.OPEN, TodoState.HANDED)
STATES: Final = {
    "waiting": WAITING,
    "done": DONE,
    "ended": ENDED,
    "sent": (TodoState.CLAIMED, TodoState.CONFIRMED),
    "confirmed": (TodoState.CONFIRMED,),
    "noted": (TodoState.NOTED,),
    "expired": (TodoState.EXPIRED,),
    "cancelled": (TodoState.CANCELLED,),
    "undone": (*WAITING, TodoState.EXPIRED),
}
"""What a list may be asked for by name."""
BACK: Final[Mapping[str, Any]] = {
    "received": col(Todo.received_at),
    "replied": col(Todo.replied_at),
    "deal": col(Todo.deal_on),
}
"""What may have come back of a to-do, in the order of ``Progress``; the column that says so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which to-dos; every field narrows. ``trigger`` is a prefix; days include both ends."""

    units: frozenset[str] | None = None
    states: tuple[TodoState, ...] | None = None
    trigger: str | None = None
    staff_id: str | None = None
    customer_id: int | None = None
    created_at: datetime | None = None
    due_from: date | None = None
    due_to: date | None = None
    late_on: date | None = None  # waiting, and due before this day
    seen: bool | None = None
    back: str | None = None  # what has come back, a name of BACK
    outcome: str | None = None
    campaign: str | None = None
    why: str | None = None  # not done, and why: a name of undone_reasons.TEXTS, or "any"
    today: date | None = None  # the day by which ``why`` looks


@dataclass(frozen=True, slots=True)
class Progress:
    """How a unit (or a manager) did: to-dos given out and what became of them."""

    key: str
    given: int
    seen: int
    sent: int
    confirmed: int
    won: int
    late: int
    done: int
    ended: int
    received: int = 0
    replied: int = 0
    deals: int = 0
    noted: int = 0
    unsent: int = 0  # of those not done, by reason (undone_reasons)
    unreached: int = 0
    untold: int = 0
    unopened: int = 0
    opened: int = 0


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many to-dos match."""
    query = select(func.count()).select_from(Todo).where(*_conditions(wanted))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession,
    wanted: Wanted,
    *,
    limit: int = 50,
    before: int | None = None,
    offset: int = 0,
) -> list[TodoView]:
    """The newest ``limit`` to-dos that match, below the id ``before`` or after ``offset``."""
    query = select(Todo).where(*_conditions(wanted))
    if before is not None:
        query = query.where(col(Todo.id) < before)
    query = query.order_by(col(Todo.id).desc()).limit(limit).offset(offset)
    return [view_of(session, row) for row in (await session.execute(query)).scalars()]


def customer_ids(wanted: Wanted) -> Select[Any]:
    """A select of the customers whom the matching to-dos are about."""
    return select(col(Todo.customer_id)).where(*_conditions(wanted))


async def progress(
    session: AsyncSession, wanted: Wanted, *, today: date, by_staff: bool = False
) -> list[Progress]:
    """The matching to-dos counted by unit, or by manager; one query."""
    key = col(Todo.staff_id) if by_staff else col(Todo.unit_id)
    state = col(Todo.state)

    def number(*conditions: Any) -> Any:
        met = conditions[0]
        for one in conditions[1:]:
            met = met & one
        return func.sum(case((met, 1), else_=0))

    query: Any = (
        select(
            key,
            func.count(),
            number(col(Todo.seen_at).is_not(None)),
            number(state.in_(STATES["sent"])),
            number(state.in_(STATES["confirmed"])),
            number(col(Todo.outcome) == "renewed"),
            number(state.in_(WAITING), col(Todo.due_on) < today),
            number(state.in_(DONE)),
            number(state.in_(ENDED)),
            *(number(column.is_not(None)) for column in BACK.values()),
            number(state == TodoState.NOTED),
            *(
                number(undone_reasons.undone(today), name == undone_reasons.REASON)
                for name in undone_reasons.TEXTS
            ),
        )
        .where(*_conditions(wanted))
        .group_by(key)
        .order_by(key)
    )
    return [
        Progress(str(name), *(int(one) for one in numbers))
        for name, *numbers in await session.execute(query)
    ]


async def tickets_of(session: AsyncSession, todo_ids: Collection[int]) -> dict[int, str]:
    """The state of the newest ticket of each to-do that had one."""
    query = (
        select(col(SendTicket.todo_id), col(SendTicket.state))
        .where(col(SendTicket.todo_id).in_(list(todo_ids)))
        .order_by(col(SendTicket.issued_at))
    )
    return {
        todo_id: TicketState(state).value
        for todo_id, state in await session.execute(query)
        if todo_id is not None
    }


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.units is not None:
        found.append(col(Todo.unit_id).in_(sorted(wanted.units)))
    if wanted.states is not None:
        found.append(col(Todo.state).in_(wanted.states))
    if wanted.trigger is not None:
        found.append(col(Todo.trigger).startswith(wanted.trigger, autoescape=True))
    if wanted.staff_id is not None:
        found.append(col(Todo.staff_id) == wanted.staff_id)
    if wanted.customer_id is not None:
        found.append(col(Todo.customer_id) == wanted.customer_id)
    if wanted.created_at is not None:
        found.append(col(Todo.created_at) == wanted.created_at)
    if wanted.due_from is not None:
        found.append(col(Todo.due_on) >= wanted.due_from)
    if wanted.due_to is not None:
        found.append(col(Todo.due_on) <= wanted.due_to)
    if wanted.late_on is not None:
        found += [col(Todo.state).in_(WAITING), col(Todo.due_on) < wanted.late_on]
    if wanted.seen is not None:
        seen = col(Todo.seen_at)
        found.append(seen.is_not(None) if wanted.seen else seen.is_(None))
    if wanted.back is not None:
        found.append(BACK[wanted.back].is_not(None))
    if wanted.outcome is not None:
        found.append(col(Todo.outcome) == wanted.outcome)
    if wanted.campaign is not None:
        found.append(col(Todo.campaign) == wanted.campaign)
    if wanted.why is not None and wanted.today is not None:
        found.append(undone_reasons.undone(wanted.today))
        if wanted.why in undone_reasons.TEXTS:
            found.append(wanted.why == undone_reasons.REASON)
    return found
