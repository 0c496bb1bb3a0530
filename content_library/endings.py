"""Approved scripts whose validity ends soon, so that nobody is surprised."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library.facts import State, VersionFact
from content_library.models import ScriptVersion
from content_library.repository import version_of


def _conditions(today: date, days: int) -> list[Any]:
    return [
        col(ScriptVersion.state) == State.APPROVED,
        col(ScriptVersion.valid_until) >= today,
        col(ScriptVersion.valid_until) <= today + timedelta(days=days),
    ]


async def count(session: AsyncSession, today: date, *, days: int) -> int:
    """How many approved versions end within ``days``."""
    query = select(func.count()).select_from(ScriptVersion).where(*_conditions(today, days))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession, today: date, *, days: int, after: str = "", limit: int = 50
) -> list[VersionFact]:
    """Approved versions that end within ``days``, by code; the same conditions as ``count``."""
    query = (
        select(ScriptVersion)
        .where(*_conditions(today, days), col(ScriptVersion.code) > after)
        .order_by(col(ScriptVersion.code))
        .limit(limit)
    )
    return [version_of(row, ()) for row in (await session.execute(query)).scalars()]
