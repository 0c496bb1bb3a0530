"""May words that were chosen earlier still be said? Asked right before anything leaves."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from content_library import repository as scripts_of
from content_library.facts import ApprovedScript, State
from content_library.rules import is_valid_on
from kit.clock import bank_date


def good(script: ApprovedScript | None, at: datetime) -> bool:
    """Whether a version may be said at ``at``: approved, as it was approved, and valid."""
    return (
        script is not None
        and script.state == State.APPROVED
        and script.approved_hash == script.template_hash
        and is_valid_on(script.valid_from, script.valid_until, bank_date(at))
    )


async def stale(session: AsyncSession, version_id: int, at: datetime) -> bool:
    """Whether words that were fixed earlier may not be said any more."""
    return not good((await scripts_of.by_version(session, [version_id])).get(version_id), at)
