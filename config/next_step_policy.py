"""The steps by which a customer is brought on, and how long each waits (config/policies/next_step.toml)."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

ORDER: Final = ("plan", "invite", "open", "present", "close", "keep")


class FlowStep(BaseModel):
    """One step; ``scenes`` begin the scenes that count as it and whose scripts are for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str = Field(min_length=1, max_length=12)
    do: str = Field(min_length=4, max_length=80)
    scenes: tuple[str, ...] = ()
    wait_days: int = Field(ge=0, le=60)


class NextStepPolicy(BaseModel):
    """The flow, its six steps in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle_days: int = Field(ge=14, le=730)
    stale_days: int = Field(ge=7, le=365)
    keep_every_days: int = Field(ge=7, le=365)
    step: tuple[FlowStep, ...]

    @model_validator(mode="after")
    def _all_in_order(self) -> "NextStepPolicy":
        if tuple(one.key for one in self.step) != ORDER:
            raise ValueError(f"六步的 key 依次为 {'、'.join(ORDER)}，名称和做法可以改，顺序不改")
        if self.stale_days >= self.cycle_days:
            raise ValueError("stale_days 要小于 cycle_days")
        return self

    def named(self, key: str) -> FlowStep | None:
        """The step of that key, or None."""
        return next((one for one in self.step if one.key == key), None)


def load(directory: Path | None = None) -> NextStepPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return NextStepPolicy.model_validate(policy_files.read("next_step", directory))
