"""Which days deserve a word, as values a business owner may change (policies/reminders.toml)."""

from datetime import time
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


OF_HOLDINGS: Final = frozenset({"holdings", "instalments", "open_days"})
"""What is selected by a holding; the keys of every other selection name the customer."""


class Step(_Part):
    """What is done when ``days_left`` days are left."""

    days_left: int = Field(ge=0, le=365)
    action: Literal["care", "message", "broadcast"]
    scene: str


class Trigger(_Part):
    """One reason to speak: what selects the customers, for which purpose, in which steps."""

    name: str
    title: str
    select: Literal["holdings", "instalments", "open_days", "birthdays", "personas"]
    kinds: tuple[str, ...] = ()
    purpose: Literal["service", "care", "marketing"]
    priority: int = Field(ge=0, le=100)
    source: str
    step: tuple[Step, ...]


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
    merge: MergePolicy
    announce: AnnouncePolicy


def load(directory: Path | None = None) -> ReminderPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ReminderPolicy.model_validate(policy_files.read("reminders", directory))
