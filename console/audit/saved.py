"""Searches that a person keeps, sealed, because what auditors look for names people."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from console.models import SavedSearch
from kit.db import cipher_of
from kit.ids import new_id

SEALED = "saved_search.query"
SHOWN = 12


async def save(
    session: AsyncSession, staff_id: str, *, name: str, query: str, at: datetime
) -> None:
    """Keep a search under a name."""
    number = new_id()
    row = {
        "id": number,
        "staff_id": staff_id,
        "name": name,
        "query": cipher_of(session).seal(SEALED, str(number), query),
        "saved_at": at,
    }
    await session.execute(insert(SavedSearch), [row])


async def of_person(session: AsyncSession, staff_id: str) -> list[tuple[str, str]]:
    """(name, query string) of what somebody kept, the newest first."""
    query = (
        select(SavedSearch)
        .where(col(SavedSearch.staff_id) == staff_id)
        .order_by(col(SavedSearch.id).desc())
        .limit(SHOWN)
    )
    cipher = cipher_of(session)
    return [
        (row.name, cipher.open(SEALED, str(row.id), row.query))
        for row in (await session.execute(query)).scalars()
    ]
