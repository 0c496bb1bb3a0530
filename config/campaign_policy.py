"""What a campaign may be: kinds, departments, measures, hold-out, waves, load (policies/campaigns.toml)."""

from datetime import time
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Part):
    """A measure (KPI): its name and what it is counted in."""

    title: str = Field(min_length=1, max_length=20)
    unit: str = Field(min_length=1, max_length=8)


class Seasons(_Part):
    """The theme of each quarter."""

    q1: str = Field(min_length=1, max_length=20)
    q2: str = Field(min_length=1, max_length=20)
    q3: str = Field(min_length=1, max_length=20)
    q4: str = Field(min_length=1, max_length=20)

    def of(self, quarter: int) -> str:
        """The theme of quarter 1 to 4."""
        return (self.q1, self.q2, self.q3, self.q4)[quarter - 1]


class HoldOut(_Part):
    """Percent of the audience that hears nothing, so that the effect can be measured."""

    least: int = Field(ge=0, le=90)
    most: int = Field(ge=0, le=90)
    usual: int = Field(ge=0, le=90)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.least <= self.usual <= self.most:
            raise ValueError("hold_out 应满足 least ≤ usual ≤ most")
        return self


class Waves(_Part):
    """How many waves, how far apart, on how many more days somebody is tried again."""

    most: int = Field(ge=1, le=12)
    gap_days: int = Field(ge=1, le=60)
    retry_days: int = Field(ge=0, le=30)


class Levels(_Part):
    """What the three levels are called, from the top (三级联动)."""

    head: str = Field(min_length=1, max_length=8)
    branch: str = Field(min_length=1, max_length=8)
    outlet: str = Field(min_length=1, max_length=8)

    def of(self, level: str) -> str:
        """The name of ``head``, ``branch`` or ``outlet``."""
        return {"head": self.head, "branch": self.branch, "outlet": self.outlet}[level]


class Load(_Part):
    """To-dos of one campaign for one manager a day."""

    usual: int = Field(ge=1, le=500)
    most: int = Field(ge=1, le=500)


class Times(_Part):
    """When a day's wave is planned, its broadcasts are made, its to-dos end. Bank time."""

    run_at: time
    broadcast_at: time
    until: time
    longest_days: int = Field(ge=1, le=366)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.run_at <= self.broadcast_at < self.until:
            raise ValueError("time 应满足 run_at ≤ broadcast_at < until")
        return self


class Budget(_Part):
    """Most money in 分, most overrun in percent, how soon after its end it is reviewed.

    ``remind_days``: so many days before the review its owner is reminded.
    """

    most_fen: int = Field(ge=0)
    overrun_percent: int = Field(ge=0, le=100)
    review_days: int = Field(ge=1, le=366)
    remind_days: int = Field(ge=0, le=60)


class Answered(_Part):
    """The outcomes of a to-do by which a customer has answered."""

    outcomes: tuple[str, ...] = Field(min_length=1)


class CampaignPolicy(_Part):
    """Everything about campaigns that a bank may set."""

    kinds: dict[str, str] = Field(min_length=1)
    departments: dict[str, str] = Field(min_length=1)
    measures: dict[str, Measure] = Field(min_length=1)
    seasons: Seasons
    levels: Levels
    hold_out: HoldOut
    waves: Waves
    load: Load
    time: Times
    budget: Budget
    answered: Answered


def load(directory: Path | None = None) -> CampaignPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return CampaignPolicy.model_validate(policy_files.read("campaigns", directory))
