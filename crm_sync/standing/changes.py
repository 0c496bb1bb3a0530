"""Of whom an import wrote something since the last evaluation.

An import stamps every row it writes with the moment it began, so the customers of the imports
that the last evaluation has not seen are those with a stamp from the earliest of these on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import (
    Customer,
    CustomerEvent,
    CustomerFlow,
    CustomerSnapshot,
    Holding,
    ImportRun,
    SyncCursor,
)
from kit.db import upsert

STANDING: Final = "standing"
LEADS: Final = "leads"
PERSONAS: Final = "personas_after_load"
LONGEST: Final = timedelta(days=2)
"""No import takes longer."""

WHOLE_FROM: Final = 0.3
"""Above this share of changed customers one pass over everybody is cheaper."""

_KINDS: Final = ("customers", "holdings", "snapshots", "flows", "events", "units", "signals")


@dataclass(frozen=True, slots=True)
class News:
    """Imports that an evaluation has not seen: the earliest moment one of them began, if any."""

    since: datetime | None
    runs: Mapping[str, int]


async def news(session: AsyncSession, what: str) -> News:
    """What was imported since the last evaluation of ``what``.

    Runs are told apart by their numbers, because a long import may begin before an evaluation
    and end after it.
    """
    last = (
        await session.execute(
            select(col(SyncCursor.started_at), col(SyncCursor.counts)).where(
                col(SyncCursor.name) == what
            )
        )
    ).one_or_none()
    query = select(col(ImportRun.id), col(ImportRun.started_at)).where(
        col(ImportRun.kind).in_(_KINDS), col(ImportRun.state) == "applied"
    )
    if last is not None and last.started_at is not None:
        query = query.where(col(ImportRun.started_at) >= last.started_at - LONGEST)
    seen = dict(last.counts) if last is not None else {}
    runs = {str(number): begun for number, begun in await session.execute(query)}
    fresh = [begun for number, begun in runs.items() if number not in seen]
    return News(min(fresh, default=None), dict.fromkeys(runs, 1))


async def customers_since(session: AsyncSession, since: datetime) -> list[int] | None:
    """The ids of customers with a row stamped at ``since`` or later; None: too many to list."""
    stamped: list[Any] = [
        select(col(Customer.id).label("id")).where(col(Customer.changed_at) >= since)
    ]
    stamped += [
        select(col(model.customer_id)).where(col(model.changed_at) >= since)
        for model in (Holding, CustomerSnapshot, CustomerFlow, CustomerEvent)
    ]
    every = union(*stamped).subquery()
    total = (await session.execute(select(func.count()).select_from(Customer))).scalar_one()
    most = int(total * WHOLE_FROM)
    query = select(every.c.id).order_by(every.c.id).limit(most + 1)
    ids = [int(one) for one in (await session.execute(query)).scalars()]
    return None if len(ids) > most else ids


async def mark(session: AsyncSession, what: str, at: datetime, seen: News) -> None:
    """Remember an evaluation of ``what`` that began at ``at``, and the imports it has seen."""
    row = {
        "name": what,
        "position": "",
        "started_at": at,
        "finished_at": at,
        "counts": dict(seen.runs),
    }
    await upsert(
        session, SyncCursor, [row], key=["name"], update=["started_at", "finished_at", "counts"]
    )
