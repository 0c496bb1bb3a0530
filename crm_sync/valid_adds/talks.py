"""Who has spoken with whom, as the archive tells it: the first word of each side is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import RelationTalk, SyncCursor
from kit.db import insert_into, is_postgresql, upsert

CURSOR = "relation_talk"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A pair with the first word of each side among newly read messages."""

    userid: str
    external_userid: str
    staff_wrote_at: datetime | None
    customer_wrote_at: datetime | None


async def read_up_to(session: AsyncSession) -> int:
    """The archive sequence number up to which talk was noted."""
    query = select(col(SyncCursor.position)).where(col(SyncCursor.name) == CURSOR)
    return int((await session.execute(query)).scalar_one_or_none() or 0)


async def note(session: AsyncSession, found: Sequence[Spoken], up_to: int, at: datetime) -> None:
    """Keep the earlier word of each side; again with the same messages changes nothing."""
    if found:
        lesser: Any = func.least if is_postgresql(session) else func.min
        statement = insert_into(session, RelationTalk)
        values = {
            name: lesser(
                func.coalesce(getattr(RelationTalk, name), statement.excluded[name]),
                func.coalesce(statement.excluded[name], getattr(RelationTalk, name)),
            )
            for name in ("staff_wrote_at", "customer_wrote_at")
        }
        statement = statement.on_conflict_do_update(
            index_elements=["userid", "external_userid"], set_=values
        )
        await session.execute(
            statement,
            [
                {
                    "userid": one.userid,
                    "external_userid": one.external_userid,
                    "staff_wrote_at": one.staff_wrote_at,
                    "customer_wrote_at": one.customer_wrote_at,
                }
                for one in found
            ],
        )
    row = {"name": CURSOR, "position": str(up_to), "started_at": at, "finished_at": at}
    await upsert(
        session,
        SyncCursor,
        [row | {"counts": {}}],
        key=["name"],
        update=["position", "finished_at"],
    )
