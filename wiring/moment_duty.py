"""Corp moments by the clock: lists drawn up, results asked for, tags deleted when they are over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from delivery.moments import jobs, results
from delivery.moments.facts import Known
from insights.known_elsewhere import known_elsewhere
from wiring.parts import Parts


def known(parts: Parts) -> Known:
    """What an audience is found by, as it holds now."""
    return Known(parts.personas, parts.tiers, known_elsewhere())


async def minutely(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Both duties of a minute: what is out comes first, because taking back cannot wait."""
    asked = await what_became(parts, at)
    return {**asked, **await lists(parts, at)}


async def what_became(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Ask WeCom what became of what is out, and take back what nobody published in time."""
    return await results.poll(parts.databases.bank, parts.wecom, parts.clock)


async def lists(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Draw up the lists that are due."""
    return await jobs.draw_up(
        parts.databases.bank,
        parts.wecom,
        known=known(parts),
        desk=parts.desk,
        at=at,
        cap=parts.settings.wecom.tag_cap,
    )


async def nightly(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Delete the tags of moments that have been over for long enough."""
    return {"tags": await jobs.tidy(parts.databases.bank, parts.wecom, at=at)}
