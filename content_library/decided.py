"""What somebody decided: versions by who approved, returned or rejected them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library.facts import VersionFact
from content_library.models import ScriptVersion
from content_library.repository import version_of


async def by_person(session: AsyncSession, by: str, *, limit: int = 50) -> list[VersionFact]:
    """The newest versions that ``by`` decided, newest decision first."""
    query = (
        select(ScriptVersion)
        .where(col(ScriptVersion.decided_by) == by)
        .order_by(col(ScriptVersion.decided_at).desc(), col(ScriptVersion.id).desc())
        .limit(limit)
    )
    return [version_of(row, ()) for row in (await session.execute(query)).scalars()]
