"""The four stages of a bank's private domain and what each asks for (policies/maturity.toml)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

Measure = Literal[
    "units_mapped",
    "staff_in_wecom",
    "customers_owned",
    "friends_linked",
    "owner_is_friend",
    "friends_per_manager",
    "covered",
    "valid_adds",
    "with_persona",
    "on_time",
    "real_name",
]
NUMBERS = frozenset({"friends_per_manager"})
"""Measures that are a number of people; every other is a share from 0 to 1."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Criterion(_Part):
    """What a measure must reach: a share from 0 to 1, or a number of people."""

    measure: Measure
    at_least: float = Field(ge=0)

    @model_validator(mode="after")
    def _a_share_is_no_more_than_all(self) -> Self:
        if self.measure not in NUMBERS and self.at_least > 1:
            raise ValueError(f"{self.measure} 是比例，应写 0 到 1，例如 0.35")
        return self


class Stage(_Part):
    """One stage: done when every criterion is reached."""

    name: str = Field(min_length=1, max_length=20)
    goal: str = Field(min_length=1, max_length=60)
    criterion: tuple[Criterion, ...] = Field(min_length=1)


class Benchmark(_Part):
    """A figure that somebody printed, shown beside ours with its source; never a threshold."""

    text: str = Field(min_length=1, max_length=120)
    source: str = Field(min_length=1, max_length=40)
    measure: Measure | None = None


class MaturityPolicy(_Part):
    """The stages in order, and what others have printed."""

    stage: tuple[Stage, ...] = Field(min_length=2)
    benchmark: tuple[Benchmark, ...] = ()

    @model_validator(mode="after")
    def _each_measure_once(self) -> Self:
        asked = [one.measure for stage in self.stage for one in stage.criterion]
        if len(asked) != len(set(asked)):
            raise ValueError("同一个指标写在了两个阶段里")
        return self


def load(directory: Path | None = None) -> MaturityPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return MaturityPolicy.model_validate(policy_files.read("maturity", directory))
