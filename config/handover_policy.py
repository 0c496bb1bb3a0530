"""How long a handover waits, how often it is asked about, what comes back (policies/handover.toml)."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files

Returned = Literal["refused", "limit", "kept"]


class HandoverPolicy(BaseModel):
    """The figures of handovers, and which refusals give the customer back to an on-job giver."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_hours: int = Field(ge=1, le=240)
    grace_hours: int = Field(ge=0, le=240)
    poll_minutes: int = Field(ge=1, le=1_440)
    settle_minutes: int = Field(ge=1, le=240)
    attempts: int = Field(ge=1, le=5)
    returns_on_job: tuple[Returned, ...]

    @property
    def window(self) -> timedelta:
        """How long WeCom waits for the customer's word."""
        return timedelta(hours=self.window_hours)

    @property
    def grace(self) -> timedelta:
        """How long after the window a missing result is still waited for."""
        return timedelta(hours=self.grace_hours)

    @property
    def poll(self) -> timedelta:
        """Between two looks at what waits."""
        return timedelta(minutes=self.poll_minutes)

    @property
    def settle(self) -> timedelta:
        """After this, what WeCom's list does not show never arrived."""
        return timedelta(minutes=self.settle_minutes)


def load(directory: Path | None = None) -> HandoverPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return HandoverPolicy.model_validate(policy_files.read("handover", directory))
