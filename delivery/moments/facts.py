"""What others may know of moments, and what they say when they propose one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from config.persona_policy import PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.segments.asking import NOTHING, Outside


class TaskState(StrEnum):
    """Where a moment is."""

    PROPOSED = "proposed"  # -> approved | refused, by a second person
    APPROVED = "approved"  # -> listed, when its time comes near
    REFUSED = "refused"
    LISTED = "listed"  # the gate has judged, the tag is being written, calls go or have gone
    OVER = "over"
    STOPPED = "stopped"
    FAILED = "failed"  # it could not be done, ``cause`` says why


class ReaderState(StrEnum):
    """What became of one customer of the audience."""

    PLANNED = "planned"
    EXCLUDED = "excluded"
    WITHDRAWN = "withdrawn"
    LATE = "late"
    SHOWN = "shown"
    MISSED = "missed"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A moment as somebody proposes it. ``audience`` is a persona's name or a segment's code;
    without ``units`` and ``staff_ids`` everybody in the proposer's sight publishes."""

    title: str
    script_code: str
    audience_kind: str
    audience: str
    starts_at: datetime
    ends_at: datetime
    units: tuple[str, ...] = ()
    staff_ids: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What an audience is found by: the persona and tier rules that hold, what others know."""

    personas: PersonaPolicy
    tiers: TierPolicy
    outside: Outside = NOTHING


@dataclass(frozen=True, slots=True)
class MomentFact:
    """A moment as pages and commands see it."""

    task_id: int
    title: str
    unit_id: str
    purpose: str
    script_version_id: int
    script_code: str
    script_version: int
    text: str
    materials: tuple[str, ...]
    audience_kind: str
    audience: str
    audience_title: str
    channel_reason: str
    units: tuple[str, ...]
    staff_ids: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    state: str
    preview: Mapping[str, Any]
    tag_name: str
    tag_id: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    opinion: str
    approved_hash: str
    listed_at: datetime | None
    stopped_by: str | None
    over_at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many customers and members of a moment are in each state."""

    readers: Mapping[str, int] = field(default_factory=dict)
    senders: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def audience(self) -> int:
        """Everybody the audience held; who saw it without being on the list is not of it."""
        return sum(n for state, n in self.readers.items() if state != ReaderState.EXTRA)

    @property
    def on_list(self) -> int:
        """Those who passed the gate and were not taken off since."""
        kept = (ReaderState.PLANNED, ReaderState.SHOWN, ReaderState.MISSED)
        return sum(self.readers.get(state, 0) for state in kept)


@dataclass(frozen=True, slots=True)
class ReaderFact:
    """One customer of a moment."""

    customer_id: int
    staff_id: str
    unit_id: str
    state: str
    reasons: str
    shown_at: datetime | None


@dataclass(frozen=True, slots=True)
class SenderFact:
    """One member of a moment, and how many customers theirs is for and is shown to."""

    staff_id: str
    unit_id: str
    state: str
    seen_at: datetime | None
    readers: int
    shown: int


@dataclass(frozen=True, slots=True)
class PartFact:
    """One call to WeCom."""

    part_id: int
    number: int
    state: str
    jobid: str
    moment_id: str
    due_at: datetime
    departed_at: datetime | None
    stop_asked_at: datetime | None
    stopped_at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class ToPublish:
    """What a member is to publish in WeCom now."""

    task_id: int
    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    readers: int
