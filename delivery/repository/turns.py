"""Whose turn it is: among calls of one urgency every branch gets as many as the others.

A branch with a hundred thousand queued calls has one place in the round like one with ten. The
units that have something queued are found by jumping along their index, not by reading it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import ceil
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from delivery.models import Outbox
from kit.pacing.facts import Urgency

_OUTBOX: Final[Table] = Outbox.__table__  # type: ignore[attr-defined]
PAGE: Final = 32
"""Units looked at in one statement."""
RANGES: Final[Mapping[Urgency, tuple[int, int]]] = {
    Urgency.URGENT: (0, 1),
    Urgency.SERVICE: (2, 6),
    Urgency.MARKETING: (7, 32_767),
}
"""The priorities of outbox rows, first and last, that are each urgency."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One call that may be made next: the most urgent one of this unit and kind."""

    unit_id: str
    kind: str


def urgency_of(priority: int) -> Urgency:
    """How urgent an outbox row of this priority is."""
    return next(level for level, (_, last) in RANGES.items() if priority <= last)


async def most_urgent(
    session: AsyncSession, open_kinds: Mapping[Urgency, Sequence[str]], at: datetime
) -> Urgency | None:
    """The urgency of what is to be done first among what is due and may be called."""
    ways = [_is(Outbox, level, kinds) for level, kinds in open_kinds.items() if kinds]
    last = max((RANGES[level][1] for level, kinds in open_kinds.items() if kinds), default=-1)
    query = select(func.min(col(Outbox.priority))).where(
        _queued(Outbox),
        col(Outbox.priority) <= last,  # so that what is closed is not even looked at
        col(Outbox.due_at) <= at,
        or_(false(), *ways),
    )
    least: int | None = (await session.execute(query)).scalar_one()
    return None if least is None else urgency_of(least)


async def waiting(session: AsyncSession, at: datetime) -> dict[Urgency, int]:
    """How many calls of each urgency are due."""
    query = (
        select(col(Outbox.priority), func.count())
        .where(_queued(Outbox), col(Outbox.due_at) <= at)
        .group_by(col(Outbox.priority))
    )
    found = dict.fromkeys(RANGES, 0)
    for priority, number in await session.execute(query):
        found[urgency_of(priority)] += number
    return found


async def turns(
    session: AsyncSession,
    level: Urgency,
    kinds: Sequence[str],
    at: datetime,
    *,
    after: str,
    want: int,
) -> list[Turn]:
    """Up to ``want`` turns, beginning with the unit behind ``after``.

    First one of each unit, then a second one of each, and so on.
    """
    seen: set[str] = set()
    while True:
        page = await _units(session, after)
        if len(page) < PAGE:
            page += [unit for unit in await _units(session, None) if unit not in page]
        page = [unit for unit in page[:PAGE] if unit not in seen]
        if not page:
            return []
        seen.update(page)
        after = page[-1]
        found = await _first_of(session, page, level, kinds, at, ceil(want / len(page)))
        if found:
            return found[:want]


async def _units(session: AsyncSession, after: str | None) -> list[str]:
    """The next units behind ``after`` that have something queued, in the order of their names.

    None: from the first one, which may have no name (the calls of nobody's branch).
    """
    first = select(_next_unit(after).label("unit_id")).cte("waiting", recursive=True)
    further = select(_next_unit(first.c.unit_id)).where(first.c.unit_id.is_not(None))
    units = first.union_all(further)
    query = select(units.c.unit_id).where(units.c.unit_id.is_not(None)).limit(PAGE)
    return list((await session.execute(query)).scalars())


def _next_unit(after: Any) -> Any:
    row = aliased(Outbox)
    query = select(func.min(col(row.unit_id))).where(_queued(row))
    if after is not None:
        query = query.where(col(row.unit_id) > after)
    return query.scalar_subquery()


async def _first_of(
    session: AsyncSession,
    units: Sequence[str],
    level: Urgency,
    kinds: Sequence[str],
    at: datetime,
    each: int,
) -> list[Turn]:
    """The first ``each`` calls of every unit, one of each unit after the other."""
    first, last = RANGES[level]
    values = {"at": at, "first": first, "last": last, "each": each, "kinds": list(kinds)}
    values |= {f"unit_{place}": unit for place, unit in enumerate(units)}
    of_unit: dict[int, list[Any]] = {}
    connection = await session.connection()
    for found in await connection.execute(_heads(len(units)), values):
        of_unit.setdefault(found.place, []).append(found)
    ranked = [
        (rank, place, Turn(row.unit_id, row.kind))
        for place, rows in of_unit.items()
        for rank, row in enumerate(sorted(rows, key=lambda one: (one.priority, one.due_at, one.id)))
    ]
    return [turn for _, _, turn in sorted(ranked, key=lambda one: one[:2])]


@cache
def _heads(units: int) -> Any:
    """The statement for so many units; made once, because making it costs more than running it."""
    heads = []
    for place in range(units):
        row = _OUTBOX.alias()
        head = (
            select(
                literal_column(str(place)).label("place"),
                row.c.unit_id,
                row.c.kind,
                row.c.priority,
                row.c.due_at,
                row.c.id,
            )
            .where(
                row.c.state == literal_column("'queued'"),
                row.c.unit_id == bindparam(f"unit_{place}"),
                row.c.due_at <= bindparam("at"),
                row.c.priority.between(bindparam("first"), bindparam("last")),
                row.c.kind.in_(bindparam("kinds", expanding=True)),
            )
            .order_by(row.c.priority, row.c.due_at, row.c.id)
            .limit(bindparam("each", type_=Integer))
            .subquery()
        )
        heads.append(select(head))
    return union_all(*heads)


def _queued(row: Any) -> ColumnElement[bool]:
    # As a literal, because a parameter does not match the condition of the partial indexes.
    return col(row.state) == literal_column("'queued'")


def _is(row: Any, level: Urgency, kinds: Sequence[str]) -> ColumnElement[bool]:
    first, last = RANGES[level]
    return and_(col(row.priority).between(first, last), col(row.kind).in_(list(kinds)))
