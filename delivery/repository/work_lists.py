"""Work items for people at a desk: one by its key, and how many of each kind are open."""

from collections.abc import Collection

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import WorkItem
from delivery.worklist import Item
from kit.db import cipher_of


async def open_among(
    session: AsyncSession, keys: Collection[str], *, units: frozenset[str] | None
) -> set[str]:
    """Those of ``keys`` that are open items of the units (None: any)."""
    query = select(col(WorkItem.key)).where(
        col(WorkItem.key).in_(sorted(keys)), col(WorkItem.state) == "open"
    )
    if units is not None:
        query = query.where(col(WorkItem.unit_id).in_(sorted(units)))
    return set((await session.execute(query)).scalars())


async def one(session: AsyncSession, key: str, *, units: frozenset[str] | None) -> Item | None:
    """The item of that key in one of the units (None: any), or None."""
    query = select(WorkItem).where(col(WorkItem.key) == key)
    if units is not None:
        query = query.where(col(WorkItem.unit_id).in_(sorted(units)))
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return Item(
        key=row.key,
        kind=row.kind,
        title=row.title,
        why=row.why,
        unit_id=row.unit_id,
        staff_id=row.staff_id,
        customer_id=row.customer_id,
        external_userid=row.external_userid,
        evidence=orjson.loads(cipher_of(session).open("work_item.evidence", row.key, row.evidence)),
        facts=row.facts,
        state=row.state,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        resolution=row.resolution,
    )


async def open_by_kind(session: AsyncSession, *, units: frozenset[str] | None) -> dict[str, int]:
    """How many items of each kind are open in the units."""
    query = (
        select(col(WorkItem.kind), func.count())
        .where(col(WorkItem.state) == "open")
        .group_by(col(WorkItem.kind))
        .order_by(col(WorkItem.kind))
    )
    if units is not None:
        query = query.where(col(WorkItem.unit_id).in_(sorted(units)))
    return {kind: int(number) for kind, number in await session.execute(query)}
