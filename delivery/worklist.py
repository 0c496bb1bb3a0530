"""Work items: what a person must decide, opened once per key, closed with a resolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.errors import WorkItemNotOpen
from delivery.models import WorkItem
from kit import ledger
from kit.db import cipher_of, insert_into


@dataclass(frozen=True, slots=True)
class Work:
    """Something a person must decide. ``key`` makes it one item however often it is found.

    ``title`` and ``why`` are for lists and hold no personal data; ``evidence`` may, and is
    sealed; ``facts`` are plain ids and numbers for the page. ``reopens``: found anew after it was
    closed, it must be decided anew; otherwise closed stays closed.
    """

    key: str
    kind: str  # binding_conflict | owner_mismatch | send_unknown | broadcast_failed | …
    title: str
    why: str
    unit_id: str = "hq"
    staff_id: str | None = None
    customer_id: int | None = None
    external_userid: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    reopens: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A work item as people see it, its evidence opened."""

    key: str
    kind: str
    title: str
    why: str
    unit_id: str
    staff_id: str | None
    customer_id: int | None
    external_userid: str | None
    evidence: Mapping[str, Any]
    facts: Mapping[str, Any]
    state: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    resolution: str


async def open_work(session: AsyncSession, works: Sequence[Work], *, at: datetime) -> list[str]:
    """Open what is not open yet; returns the keys that are new. Each has a ledger entry."""
    if not works:
        return []
    cipher = cipher_of(session)
    rows = [
        {
            "key": work.key,
            "kind": work.kind,
            "title": work.title,
            "why": work.why,
            "unit_id": work.unit_id,
            "staff_id": work.staff_id,
            "customer_id": work.customer_id,
            "external_userid": work.external_userid,
            "evidence": cipher.seal(
                "work_item.evidence", work.key, orjson.dumps(work.evidence, default=str)
            ),
            "facts": dict(work.facts),
            "state": "open",
            "opened_at": at,
            "closed_by": "",
            "resolution": "",
        }
        for work in {work.key: work for work in works}.values()
    ]
    again = {work.key for work in works if work.reopens}
    new = await _insert(session, [row for row in rows if row["key"] not in again], reopen=False)
    new += await _insert(session, [row for row in rows if row["key"] in again], reopen=True)
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="work",
                act="work.opened",
                actor="system:delivery",
                object=f"work:{work.key}"[:160],
                unit=work.unit_id,
                reason=work.kind,
            )
            for work in works
            if work.key in set(new)
        ],
        at=at,
    )
    return new


async def _insert(
    session: AsyncSession, rows: Sequence[Mapping[str, Any]], *, reopen: bool
) -> list[str]:
    if not rows:
        return []
    statement = insert_into(session, WorkItem)
    if reopen:
        fresh = ("title", "why", "unit_id", "staff_id", "customer_id", "evidence", "facts")
        values: dict[str, Any] = {name: statement.excluded[name] for name in fresh}
        values |= {"state": "open", "opened_at": statement.excluded.opened_at}
        values |= {"closed_at": None, "closed_by": "", "resolution": ""}
        statement = statement.on_conflict_do_update(
            index_elements=["key"], set_=values, where=col(WorkItem.state) == "closed"
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=["key"])
    return list((await session.execute(statement.returning(WorkItem.key), rows)).scalars())


async def close_open(
    session: AsyncSession, keys: Sequence[str], *, by: str, resolution: str, at: datetime
) -> list[str]:
    """Close those of ``keys`` that are open, because the matter is settled; returns which were."""
    if not keys:
        return []
    closed = await session.execute(
        update(WorkItem)
        .where(col(WorkItem.key).in_(sorted(keys)), col(WorkItem.state) == "open")
        .values(state="closed", closed_at=at, closed_by=by, resolution=resolution)
        .returning(col(WorkItem.key), col(WorkItem.unit_id))
        .execution_options(synchronize_session=False)
    )
    found = [(key, unit) for key, unit in closed]
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="work",
                act="work.closed",
                actor=by,
                object=f"work:{key}"[:160],
                unit=unit,
                payload={"resolution": resolution},
            )
            for key, unit in found
        ],
        at=at,
    )
    return [key for key, _ in found]


async def close_work(
    session: AsyncSession, key: str, *, by: str, resolution: str, at: datetime
) -> None:
    """Close an open item with what was decided. Raises WorkItemNotOpen."""
    query = (
        update(WorkItem)
        .where(col(WorkItem.key) == key, col(WorkItem.state) == "open")
        .values(state="closed", closed_at=at, closed_by=by, resolution=resolution)
        .returning(col(WorkItem.unit_id))
        .execution_options(synchronize_session=False)
    )
    unit = (await session.execute(query)).scalar_one_or_none()
    if unit is None:
        raise WorkItemNotOpen("这件待处理事项不存在，或已经处理过了", do="刷新列表", key=key)
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="work",
                act="work.closed",
                actor=by,
                object=f"work:{key}"[:160],
                unit=unit,
                payload={"resolution": resolution},
            )
        ],
        at=at,
    )


async def work_items(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    state: str | None = "open",
    kind: str | None = None,
    staff_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Item]:
    """Items of the given units (None: all), newest first; ``staff_id``: addressed to them."""
    query = select(WorkItem).where(*_conditions(units, state, kind, staff_id))
    query = query.order_by(col(WorkItem.opened_at).desc(), col(WorkItem.key))
    cipher = cipher_of(session)
    return [
        Item(
            key=row.key,
            kind=row.kind,
            title=row.title,
            why=row.why,
            unit_id=row.unit_id,
            staff_id=row.staff_id,
            customer_id=row.customer_id,
            external_userid=row.external_userid,
            evidence=orjson.loads(cipher.open("work_item.evidence", row.key, row.evidence)),
            facts=row.facts,
            state=row.state,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            resolution=row.resolution,
        )
        for row in (await session.execute(query.limit(limit).offset(offset))).scalars()
    ]


async def count_work(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    state: str | None = "open",
    kind: str | None = None,
    staff_id: str | None = None,
) -> int:
    """How many items match."""
    wanted = _conditions(units, state, kind, staff_id)
    query = select(func.count()).select_from(WorkItem).where(*wanted)
    return int((await session.execute(query)).scalar_one())


def _conditions(
    units: frozenset[str] | None, state: str | None, kind: str | None, staff_id: str | None
) -> list[Any]:
    conditions: list[Any] = []
    if staff_id is not None:
        conditions.append(col(WorkItem.staff_id) == staff_id)
    if units is not None:
        conditions.append(col(WorkItem.unit_id).in_(sorted(units)))
    if state is not None:
        conditions.append(col(WorkItem.state) == state)
    if kind is not None:
        conditions.append(col(WorkItem.kind) == kind)
    return conditions
