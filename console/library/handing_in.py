"""What the checks found of words that were handed in waits on the review desk, too."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from content_library import repository as items_of
from content_library.facts import VersionFact
from delivery import content_review


async def to_desk(request: Request, session: AsyncSession, version_id: int, at: datetime) -> None:
    """Open a case for each rule in the findings of a version that was submitted."""
    await _open(request, session, [await items_of.version(session, version_id)], at)


async def all_to_desk(
    request: Request, session: AsyncSession, codes: Sequence[str], at: datetime
) -> None:
    """The same for the newest versions of many items, as a file brought them."""
    await _open(request, session, await items_of.newest_versions(session, codes), at)


async def _open(
    request: Request, session: AsyncSession, versions: Sequence[VersionFact], at: datetime
) -> None:
    parts = request.app.state.parts
    rulebook = parts.screener.rulebook
    await content_review.submitted(
        session,
        versions,
        families={one.id: one.family for one in rulebook.rules},
        rulebook=rulebook.version,
        policy=parts.shelf.of(policy_catalogue.REVIEW_DESK),
        at=at,
    )
