"""The to-do statements: put in by the door, read by managers, closed by evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import Todo, TodoState
from kit.bulk import insert_columns
from kit.db import cipher_of

LIVE = (TodoState.OPEN, TodoState.HANDED)


@dataclass(frozen=True, slots=True)
class TodoView:
    """A to-do as its manager sees it, words and reason opened."""

    id: int
    key: str
    trigger: str
    purpose: str
    kind: str
    customer_id: int
    staff_id: str
    userid: str
    external_userid: str
    unit_id: str
    script_version_id: int | None
    script_code: str
    script_version: int
    text: str | None
    text_hash: str
    title: str
    why: str
    detail: Mapping[str, Any]
    channel: str
    channel_reason: str
    channel_refused: str
    unreached: int
    unreached_at: datetime | None
    planned_on: date
    due_on: date
    expires_at: datetime
    priority: int
    state: str
    outcome: str
    note: str | None
    created_at: datetime
    announced_at: datetime | None
    seen_at: datetime | None
    closed_at: datetime | None
    received_at: datetime | None = None
    replied_at: datetime | None = None
    deal_on: date | None = None


async def put(session: AsyncSession, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert to-dos whose keys the door has taken, a value of every column for each of them.

    ``text``, and ``why`` with ``detail``, are sealed.
    """
    cipher = cipher_of(session)
    bound = [str(number) for number in columns["id"]]
    details = [
        orjson.dumps({"why": why, "detail": detail}, default=str).decode()
        for why, detail in zip(columns["why"], columns["detail"], strict=True)
    ]
    sealed = {
        "text": cipher.seal_all("todo.text", bound, columns["text"]),
        "detail": cipher.seal_all("todo.detail", bound, details),
    }
    plain = {name: columns[name] for name in columns if name not in ("why", "detail", "text")}
    alike = {"state": TodoState.OPEN, "outcome": "", "unreached": 0}
    fixed = {name: alike[name] for name in alike if name not in columns}
    await insert_columns(session, Todo, {**plain, **sealed}, fixed)


async def one(session: AsyncSession, todo_id: int, *, lock: bool = False) -> TodoView | None:
    """The to-do with this id, or None."""
    query = select(Todo).where(col(Todo.id) == todo_id)
    if lock:
        query = query.with_for_update()
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    return None if row is None else view_of(session, row)


async def of_staff(
    session: AsyncSession,
    staff_id: str,
    *,
    states: Sequence[TodoState] = LIVE,
    since: date | None = None,
    customer_id: int | None = None,
    limit: int = 200,
) -> list[TodoView]:
    """A manager's to-dos, most urgent first: by due day, then priority."""
    query = select(Todo).where(col(Todo.staff_id) == staff_id, col(Todo.state).in_(states))
    if since is not None:
        query = query.where(col(Todo.due_on) >= since)
    if customer_id is not None:
        query = query.where(col(Todo.customer_id) == customer_id)
    query = query.order_by(col(Todo.due_on), col(Todo.priority), col(Todo.id)).limit(limit)
    return [view_of(session, row) for row in (await session.execute(query)).scalars()]


async def page(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    planned_on: date | None = None,
    states: Sequence[TodoState] | None = None,
    trigger: str | None = None,
    staff_id: str | None = None,
    customer_id: int | None = None,
    limit: int = 50,
    after: int = 0,
) -> list[TodoView]:
    """To-dos of the given units (None: all), in the order they were made."""
    query = select(Todo).where(
        *_conditions(units, planned_on, states, trigger, staff_id, customer_id),
        col(Todo.id) > after,
    )
    query = query.order_by(col(Todo.id)).limit(limit)
    return [view_of(session, row) for row in (await session.execute(query)).scalars()]


async def count(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    planned_on: date | None = None,
    states: Sequence[TodoState] | None = None,
    trigger: str | None = None,
    staff_id: str | None = None,
    customer_id: int | None = None,
) -> int:
    """How many to-dos match; the same conditions as ``page``."""
    query = (
        select(func.count())
        .select_from(Todo)
        .where(*_conditions(units, planned_on, states, trigger, staff_id, customer_id))
    )
    return int((await session.execute(query)).scalar_one())


def _conditions(
    units: frozenset[str] | None,
    planned_on: date | None,
    states: Sequence[TodoState] | None,
    trigger: str | None,
    staff_id: str | None,
    customer_id: int | None,
) -> list[Any]:
    conditions: list[Any] = []
    if units is not None:
        conditions.append(col(Todo.unit_id).in_(sorted(units)))
    if planned_on is not None:
        conditions.append(col(Todo.planned_on) == planned_on)
    if states is not None:
        conditions.append(col(Todo.state).in_(states))
    if trigger is not None:
        conditions.append(col(Todo.trigger) == trigger)
    if staff_id is not None:
        conditions.append(col(Todo.staff_id) == staff_id)
    if customer_id is not None:
        conditions.append(col(Todo.customer_id) == customer_id)
    return conditions


@dataclass(frozen=True, slots=True)
class Execution:
    """How one unit did with the to-dos of some days."""

    unit_id: str
    state: str
    number: int


async def execution(
    session: AsyncSession, *, units: frozenset[str] | None, since: date, until: date
) -> list[Execution]:
    """To-dos planned in [since, until], counted by unit and state."""
    query = (
        select(col(Todo.unit_id), col(Todo.state), func.count())
        .where(
            *_conditions(units, None, None, None, None, None),
            col(Todo.planned_on) >= since,
            col(Todo.planned_on) <= until,
        )
        .group_by(col(Todo.unit_id), col(Todo.state))
    )
    return [
        Execution(unit, TodoState(state).value, number)
        for unit, state, number in await session.execute(query)
    ]


async def to_announce(session: AsyncSession, day: date) -> list[Row[Any]]:
    """(staff_id, unit_id, number) of managers with new to-dos due on ``day``; texts go by themselves."""
    query = (
        select(
            col(Todo.staff_id),
            func.max(col(Todo.unit_id)).label("unit_id"),
            func.count().label("number"),
        )
        .where(
            col(Todo.due_on) <= day,
            col(Todo.state) == TodoState.OPEN,
            col(Todo.announced_at).is_(None),
            col(Todo.channel) != "sms",
        )
        .group_by(col(Todo.staff_id))
        .order_by(col(Todo.staff_id))
    )
    return list(await session.execute(query))


async def mark_announced(
    session: AsyncSession, staff_ids: Sequence[str], day: date, at: datetime
) -> None:
    """Say that these managers were told of what is due on ``day``."""
    await session.execute(
        update(Todo)
        .where(
            col(Todo.staff_id).in_(list(staff_ids)),
            col(Todo.due_on) <= day,
            col(Todo.state) == TodoState.OPEN,
            col(Todo.announced_at).is_(None),
            col(Todo.channel) != "sms",
        )
        .values(announced_at=at)
        .execution_options(synchronize_session=False)
    )


async def expire(session: AsyncSession, at: datetime) -> list[tuple[int, str, str]]:
    """End open to-dos whose time passed; returns (id, key, unit_id) of each."""
    statement = (
        update(Todo)
        .where(col(Todo.state).in_(LIVE), col(Todo.expires_at) <= at)
        .values(state=TodoState.EXPIRED, closed_at=at)
        .returning(col(Todo.id), col(Todo.key), col(Todo.unit_id))
        .execution_options(synchronize_session=False)
    )
    return [(row.id, row.key, row.unit_id) for row in await session.execute(statement)]


async def move(
    session: AsyncSession,
    todo_id: int,
    *,
    state: TodoState,
    frm: Sequence[TodoState],
    at: datetime,
    outcome: str | None = None,
    note: str | None = None,
    closed: bool = False,
    noted: bool = False,
) -> bool:
    """Move a to-do to ``state`` from one of ``frm``; False when it is somewhere else."""
    values: dict[str, Any] = {"state": state}
    if outcome is not None:
        values["outcome"] = outcome
    if note is not None:
        values["note"] = cipher_of(session).seal("todo.note", str(todo_id), note)
    if closed:
        values["closed_at"] = at
    if noted:
        values["noted_at"] = at
    result: Any = await session.execute(
        update(Todo)
        .where(col(Todo.id) == todo_id, col(Todo.state).in_(list(frm)))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


async def mark_seen(session: AsyncSession, todo_ids: Sequence[int], at: datetime) -> list[int]:
    """The manager opened these; only the first time counts: the ids for which it was."""
    if not todo_ids:
        return []
    statement = (
        update(Todo)
        .where(col(Todo.id).in_(list(todo_ids)), col(Todo.seen_at).is_(None))
        .values(seen_at=at)
        .returning(col(Todo.id))
        .execution_options(synchronize_session=False)
    )
    return list((await session.execute(statement)).scalars())


def view_of(session: AsyncSession, row: Todo) -> TodoView:
    """The row as people see it, words and reason opened."""
    cipher = cipher_of(session)
    bound = str(row.id)
    detail = orjson.loads(cipher.open("todo.detail", bound, row.detail))
    return TodoView(
        id=row.id,
        key=row.key,
        trigger=row.trigger,
        purpose=row.purpose,
        kind=row.kind,
        customer_id=row.customer_id,
        staff_id=row.staff_id,
        userid=row.userid,
        external_userid=row.external_userid,
        unit_id=row.unit_id,
        script_version_id=row.script_version_id,
        script_code=row.script_code,
        script_version=row.script_version,
        text=cipher.open_or_none("todo.text", bound, row.text),
        text_hash=row.text_hash,
        title=row.title,
        why=detail["why"],
        detail=detail["detail"],
        channel=row.channel,
        channel_reason=row.channel_reason,
        channel_refused=row.channel_refused,
        unreached=row.unreached,
        unreached_at=row.unreached_at,
        planned_on=row.planned_on,
        due_on=row.due_on,
        expires_at=row.expires_at,
        priority=row.priority,
        state=TodoState(row.state).value,
        outcome=row.outcome,
        note=cipher.open_or_none("todo.note", bound, row.note),
        created_at=row.created_at,
        announced_at=row.announced_at,
        seen_at=row.seen_at,
        closed_at=row.closed_at,
        received_at=row.received_at,
        replied_at=row.replied_at,
        deal_on=row.deal_on,
    )
