"""How far the readings from WeCom have come, for the pages of those who keep the system."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Staff, SyncCursor


@dataclass(frozen=True, slots=True)
class SyncFact:
    """One reading from WeCom: when it began and ended; ``finished_at`` None: it has not ended."""

    name: str
    started_at: datetime | None
    finished_at: datetime | None


async def readings(session: AsyncSession) -> dict[str, SyncFact]:
    """Every reading by name (members, contacts, tags, groups …)."""
    rows = (await session.execute(select(SyncCursor).order_by(col(SyncCursor.name)))).scalars()
    return {row.name: SyncFact(row.name, row.started_at, row.finished_at) for row in rows}


async def members_seen(session: AsyncSession) -> tuple[int, int]:
    """(active members of staff whom WeCom's list showed, all active members of staff)."""
    query = select(func.count(col(Staff.seen_in_wecom_at)), func.count()).where(
        col(Staff.active).is_(True), col(Staff.removed_at).is_(None)
    )
    seen, active = (await session.execute(query)).one()
    return int(seen), int(active)
