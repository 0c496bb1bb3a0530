"""Which days deserve a word, as values a business owner may change (policies/reminders.toml)."""

from datetime import date, time
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


OF_PRODUCTS: Final = frozenset({"nav_fall", "yield_gap"})
OF_HOLDINGS: Final = frozenset({"holdings", "instalments", "premiums", "open_days"}) | OF_PRODUCTS
"""What is selected by a holding; the keys of every other selection name the customer."""

OF_THE_DAY: Final = frozenset(
    {"holdings", "instalments", "premiums", "open_days", "birthdays", "events", "anniversaries"}
)
"""What is about one day of the customer's: its words are wrong on the day after."""


Select = Literal[
    "holdings",
    "instalments",
    "premiums",
    "open_days",
    "birthdays",
    "personas",
    "newcomers",
    "events",
    "anniversaries",
    "near_tier",
    "quiet",
    "outflow",
    "offers",
    "season",
    "nav_fall",
    "yield_gap",
    "allocation",
    "review",
    "market_event",
]


class Step(_Part):
    """What is done when ``days_left`` days are left, or ``days_after`` days have passed.

    ``days_open``: how long after its day a task of a turn (see ``Select``) stays open. ``rest``:
    a step that falls on a weekend or holiday is taken on the last working day ``before``, on the
    first ``after``, or stays (``same``); a moved working Saturday is a working day.
    """

    days_left: int = Field(default=0, ge=0, le=365)
    days_after: int = Field(default=0, ge=0, le=400)
    action: Literal["care", "message", "broadcast"]
    scene: str
    days_open: int = Field(default=0, ge=0, le=60)
    rest: Literal["same", "before", "after"] = "same"

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if self.days_left and self.days_after:
            raise ValueError("一步只写 days_left（之前）或 days_after（之后）之一")
        if self.rest == "before" and not self.days_left:
            raise ValueError("rest = before 只用于提前提醒的步骤（days_left），当天的话不提前说")
        if self.rest == "after" and self.days_left:
            raise ValueError("rest = after 不能用于提前提醒的步骤，过了日子再说就晚了")
        return self


class Limits(_Part):
    """The thresholds of a trigger; which of them count follows from its ``select``.

    ``near_tier``: ``within_percent`` of the edge. ``near_tier``, ``quiet``: each customer comes
    up once in ``every_days``; ``activities`` as in customer_standing. ``outflow``: ``times``
    transfers within ``window_days``, the last at most ``fresh_days`` old, of ``from_yuan`` or
    more, the distances alike within ``gap_days``, the sizes within ``amount_percent``.
    ``nav_fall``, ``yield_gap``: over ``window_days`` the net value fell ``basis_points`` below its
    highest, or the yearly yield lies so far below the lowest benchmark; the newest value is at
    most ``fresh_days`` old. ``offers``: as ``outflow``, for who stands on a product's white list.
    ``season``: once a quarter. ``allocation``: the share of what is rated ``risky_from`` or above
    exceeds ``most_percent`` of C1 … C5. ``allocation``, ``review``, ``season``, ``market_event``:
    from ``from_yuan`` of assets.
    """

    within_percent: int = Field(default=5, ge=1, le=50)
    every_days: int = Field(default=90, ge=1, le=730)
    activities: tuple[Literal["active", "wavering", "dormant"], ...] = ("dormant",)
    times: int = Field(default=3, ge=2, le=24)
    window_days: int = Field(default=120, ge=2, le=730)
    fresh_days: int = Field(default=3, ge=1, le=60)
    from_yuan: int = Field(default=1_000, ge=0)
    gap_days: int = Field(default=5, ge=0, le=60)
    amount_percent: int = Field(default=30, ge=0, le=100)
    basis_points: int = Field(default=200, ge=1, le=5_000)
    risky_from: int = Field(default=4, ge=1, le=5)
    most_percent: tuple[int, int, int, int, int] = (0, 10, 30, 60, 100)


class Trigger(_Part):
    """One reason to speak: what selects the customers, for which purpose, in which steps.

    ``kinds``: of holdings or of events. ``by_note``: words in an event's note (or a recorded
    motive) with the scene each takes; ``other_notes`` says what becomes of a note without any of
    them: a task without words, the step's own scene, or nothing.
    """

    name: str
    title: str
    select: Select
    kinds: tuple[str, ...] = ()
    by_note: dict[str, str] = Field(default_factory=dict)
    other_notes: Literal["task", "scene", "nothing"] = "task"
    limits: Limits = Limits()
    purpose: Literal["service", "care", "marketing"]
    priority: int = Field(ge=0, le=100)
    source: str
    step: tuple[Step, ...]

    @model_validator(mode="after")
    def _on_its_day(self) -> Self:
        if self.select in OF_THE_DAY and any(
            one.rest == "after" and not one.days_after for one in self.step
        ):
            raise ValueError(f"“{self.title}”说的是当天的事，不能挪到假日之后")
        return self


class MarketEvent(_Part):
    """A key market event that somebody put in: holders of ``kinds`` hear of it on its day."""

    on: date
    title: str = Field(min_length=1, max_length=60)
    kinds: tuple[Literal["wealth", "fund", "insurance", "metal", "deposit"], ...] = Field(
        min_length=1
    )


class MergePolicy(_Part):
    """How the day's candidates of all features become what one customer hears.

    ``one_voice``: a customer hears one purpose and one campaign a day, the first of ``order``.
    """

    one_voice: bool = True
    order: tuple[Literal["service", "care", "marketing"], ...]
    most_per_day: dict[Literal["service", "care", "marketing", "total"], int]


class AnnouncePolicy(_Part):
    """When the day is planned, when managers hear of it, when tasks go, when all ends (bank time)."""

    at: time
    broadcast_at: time
    planning_at: time
    expires_at: time


class ReminderPolicy(_Part):
    """Every trigger with its steps, the merge and the hours."""

    trigger: tuple[Trigger, ...]
    market_event: tuple[MarketEvent, ...] = ()
    merge: MergePolicy
    announce: AnnouncePolicy


def load(directory: Path | None = None) -> ReminderPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ReminderPolicy.model_validate(policy_files.read("reminders", directory))
