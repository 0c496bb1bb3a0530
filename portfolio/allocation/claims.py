"""Claims of familiarity (熟悉度认领): who says that they know which customers."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.repository import staff
from crm_sync.repository.ownership import Ids
from kit.db import insert_into
from kit.ledger import Entry, append
from portfolio.errors.ownership import AllocationRefused
from portfolio.models import AllocationClaim


async def claim(
    session: AsyncSession,
    staff_id: str,
    ids: Ids,
    *,
    note: str,
    by: str,
    at: datetime,
) -> int:
    """``staff_id`` says that they know these customers; returns how many claims are new."""
    if staff_id not in await staff.staff_by_id(session, [staff_id]):
        raise AllocationRefused(
            "没有这位员工", saw=staff_id[:64], where="员工导入文件", do="核对工号"
        )
    table = AllocationClaim.__table__  # type: ignore[attr-defined]
    before = select(func.count()).select_from(table).where(table.c.staff_id == staff_id)
    had = int((await session.execute(before)).scalar_one())
    found = list((await session.execute(ids)).scalars())
    rows = [
        {"customer_id": one, "staff_id": staff_id, "note": note[:120], "claimed_at": at, "by": by}
        for one in found
    ]
    if rows:
        await session.execute(
            insert_into(session, table).on_conflict_do_nothing(
                index_elements=["customer_id", "staff_id"]
            ),
            rows,
        )
    new = int((await session.execute(before)).scalar_one()) - had
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="allocation.claimed",
                actor=by,
                object=f"staff:{staff_id}",
                reason=note[:120],
                payload={"customers": len(found), "new": new},
            )
        ],
        at=at,
    )
    return new
