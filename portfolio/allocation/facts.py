"""Plans and their lines as others see them: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Method(StrEnum):
    """How a list is given to people."""

    FAMILIARITY = "familiarity"
    BALANCE = "balance"
    LEVEL = "level"
    PERSONA = "persona"
    DIRECT = "direct"


class PlanState(StrEnum):
    """Where a plan stands."""

    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class LineState(StrEnum):
    """What became of one customer of a plan."""

    PROPOSED = "proposed"
    UNPLACED = "unplaced"
    APPLIED = "applied"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Familiar:
    """How well somebody knows a customer, in points, and why in words."""

    points: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What an allocator says of one customer.

    ``staff_id`` None with ``kept`` False: nobody fits, ``reason`` says why. ``kept``: they stay
    with whoever answers for them.
    """

    customer_id: int
    staff_id: str | None
    reason: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class PlanFact:
    """A plan. ``counts``: listed, placed, kept, unplaced; applied: moved, unchanged, stale."""

    id: int
    key: str
    method: str
    kind: str
    listed: str
    unit_id: str
    state: str
    author: str
    made_at: datetime
    decided_by: str
    decided_at: datetime | None
    opinion: str
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineFact:
    """One customer of a plan; ``aum_fen`` in 分 as it was when the plan was made."""

    customer_id: int
    unit_id: str
    aum_fen: int | None
    from_staff: str | None
    to_staff: str | None
    reason: str
    state: str


@dataclass(frozen=True, slots=True)
class LoadShift:
    """One person's customers before a plan, what it gives and takes, and after."""

    staff_id: str
    before: int
    gains: int
    losses: int

    @property
    def after(self) -> int:
        """How many they own once the plan is applied."""
        return self.before + self.gains - self.losses
