"""What campaigns tell others: what is asked for, what is stored, and the numbers of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from config.persona_policy import PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.segments.asking import NOTHING, Outside


class CampaignStatus(StrEnum):
    """Where a campaign is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    RUNNING = "running"
    OVER = "over"
    STOPPED = "stopped"


class Arm(StrEnum):
    """What the draw made of a customer."""

    TREATED = "treated"
    HELD = "held"


class Who(StrEnum):
    """Whom a wave is for."""

    EVERYBODY = "everybody"
    SILENT = "silent"  # those who have not answered an earlier wave


@dataclass(frozen=True, slots=True)
class WaveAsked:
    """One wave as somebody asks for it. ``script``: the code of approved words."""

    script: str
    channel: str
    on: date
    who: str = Who.EVERYBODY


@dataclass(frozen=True, slots=True)
class Asked:
    """A campaign as somebody asks for it. Money in 分; ``target`` in the measure's unit."""

    title: str
    kind: str
    goal: str
    measure: str
    target: int
    owner: str
    departments: tuple[str, ...]
    budget_fen: int
    overrun_percent: int
    starts_on: date
    ends_on: date
    review_on: date
    segment: str
    hold_out_percent: int
    per_day: int
    preparation_id: int
    waves: tuple[WaveAsked, ...]
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaveFact:
    """A wave as it is stored."""

    number: int
    channel: str
    who: str
    on: date
    script_version_id: int
    script_code: str
    script_version: int
    script_hash: str
    revision: int
    ran_on: date | None
    asked: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CampaignFact:
    """A campaign as it is stored, with its waves in order."""

    campaign_id: int
    title: str
    kind: str
    level: str
    unit_id: str
    units: tuple[str, ...]
    goal: str
    measure: str
    target: int
    owner_staff_id: str
    departments: tuple[str, ...]
    budget_fen: int
    overrun_percent: int
    starts_on: date
    ends_on: date
    review_on: date
    segment: str
    segment_title: str
    hold_out_percent: int
    seed: str
    per_day: int
    preparation_id: int
    state: str
    approved_hash: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    opinion: str
    drawn_at: datetime | None
    stopped_by: str
    stopped_at: datetime | None
    cause: str
    result: str
    reviewed_by: str
    reviewed_at: datetime | None
    waves: tuple[WaveFact, ...] = ()

    @property
    def name(self) -> str:
        """The campaign as delivery knows it."""
        return str(self.campaign_id)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many customers: by arm, answered by arm, and by wave and outcome; managers taking part."""

    arms: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[tuple[int, str], int] = field(default_factory=dict)
    managers: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One customer of a campaign, in a list."""

    customer_id: int
    unit_id: str
    staff_id: str
    arm: str
    turn: int
    answered_at: datetime | None
    outcome: str = ""
    reasons: str = ""
    planned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a segment is found by, handed in by the composition."""

    personas: PersonaPolicy
    tiers: TierPolicy
    outside: Outside = NOTHING
