"""Whom a broadcast wave would not reach, counted and listed before anybody approves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves.errors import WaveNotEstimated
from campaigns.waves.facts import CampaignFact, Known, WaveFact
from campaigns.waves.selecting import roster
from compliance.facts import Purpose
from content_library import repository as scripts_of
from crm_sync.segments import repository as segments
from delivery.desk import Desk
from delivery.outside import estimate
from delivery.outside.estimate import GOES, Line, Span
from kit.clock import bank_date

BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Estimated:
    """A wave's audience as it is now, with what would become of each; ``fates`` is a select."""

    wave: WaveFact
    over: Span
    fates: Select[Any]
    counts: Mapping[str, int]

    @property
    def dropped(self) -> int:
        """How many it would not reach."""
        return sum(number for fate, number in self.counts.items() if fate != GOES)


def estimated(one: CampaignFact) -> list[WaveFact]:
    """The waves of which there is an estimate: those that are broadcast."""
    return [wave for wave in one.waves if wave.channel == BROADCAST]


async def of_wave(
    session: AsyncSession,
    one: CampaignFact,
    number: int,
    *,
    known: Known,
    desk: Desk,
    at: datetime,
    units: frozenset[str] | None = None,
) -> Estimated:
    """The estimate of a broadcast wave, over the segment's customers as they are now.

    The hold-out is not drawn yet and is among them. Raises WaveNotEstimated, SegmentUnknown.
    """
    found = {wave.number: wave for wave in estimated(one)}
    if number not in found:
        raise WaveNotEstimated(
            "没有这一波群发可以预估",
            saw=str(number),
            do="可以预估：" + ("、".join(map(str, found)) or "这个活动没有群发"),
        )
    wave = found[number]
    script = (await scripts_of.by_version(session, [wave.script_version_id])).get(
        wave.script_version_id
    )
    purpose = Purpose(script.purpose) if script else Purpose.MARKETING
    segment = await segments.segment(session, one.segment)
    audience = await roster(session, segment.version.condition, one.units, known, at)
    over = estimate.span(desk.broadcast_cap, wave.on, bank_date(at))
    needed = desk.policy.outreach.consent.needed.get(purpose.value)
    fates = estimate.fates(audience, purpose, over, needed)
    return Estimated(wave, over, fates, await estimate.counts(session, fates, units))


async def lines(
    session: AsyncSession,
    found: Estimated,
    *,
    fate: str = "",
    units: frozenset[str] | None = None,
    limit: int = 50,
    after: int = 0,
) -> Sequence[Line]:
    """The list behind a number; ``fate`` empty: everybody it would not reach."""
    return await estimate.lines(
        session, found.fates, fate=fate, units=units, limit=limit, after=after
    )
