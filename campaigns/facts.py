"""What campaigns tells others: benefits, grants, places at events, referrals."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

KINDS = ("point", "event", "right")
STATES = ("proposed", "approved", "refused", "withdrawn")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A benefit as somebody proposes it. Money in 分; no tiers: every tier."""

    kind: str
    form: str
    title: str
    words: str
    condition: str
    valid_from: date
    valid_until: date
    points: int = 0
    value_fen: int = 0
    budget_fen: int = 0
    tiers: tuple[str, ...] = ()
    held_on: date | None = None
    place: str = ""
    seats: int = 0


@dataclass(frozen=True, slots=True)
class BenefitFact:
    """A benefit with its state."""

    benefit_id: int
    terms: Proposal
    state: str
    granted_fen: int
    seats_taken: int
    findings: tuple[dict[str, Any], ...]
    approved_hash: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    opinion: str


@dataclass(frozen=True, slots=True)
class GrantReport:
    """Who got it, and by customer why somebody did not."""

    granted: tuple[int, ...]
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One grant."""

    grant_id: int
    benefit_id: int
    customer_id: int
    unit_id: str
    points: int
    value_fen: int
    until: date
    state: str
    occasion: str
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class PlaceFact:
    """A customer's place at an event."""

    place_id: int
    benefit_id: int
    customer_id: int
    unit_id: str
    state: str
    registered_by: str
    registered_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReferralFact:
    """Who introduced whom, and what it was credited with."""

    referral_id: int
    referrer_id: int
    referred_id: int
    unit_id: str
    state: str
    benefit_id: int | None
    recorded_by: str
    recorded_at: datetime
    credited_by: str | None
    credited_at: datetime | None
