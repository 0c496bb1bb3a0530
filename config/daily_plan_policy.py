"""Whom a manager contacts today, how many, and for which reasons (policies/daily_plan.toml)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

ReasonName = Literal[
    "maturity", "breach", "lead", "todo", "due", "season", "activation", "edge", "birthday"
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Reason(_Part):
    """A reason to contact a customer today, and what it weighs."""

    name: ReasonName
    title: str = Field(min_length=1, max_length=20)
    score: int = Field(ge=0, le=1000)


class DailyPlanPolicy(_Part):
    """``least`` to ``most`` customers a day; a customer's score is the sum of their reasons'."""

    least: int = Field(ge=0, le=200)
    most: int = Field(ge=1, le=200)
    birthday_days: int = Field(ge=0, le=31)
    edge_percent: int = Field(ge=0, le=50)
    rest_days_off: bool = True
    reasons: tuple[Reason, ...] = Field(min_length=1, alias="reason")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.least > self.most:
            raise ValueError("least 不能大于 most")
        names = [one.name for one in self.reasons]
        if len(set(names)) != len(names):
            raise ValueError(f"每条理由只写一次，现在是：{'、'.join(names)}")
        return self

    def score(self, name: ReasonName) -> int:
        """What a reason weighs; 0 where the policy does not name it."""
        return next((one.score for one in self.reasons if one.name == name), 0)

    def title(self, name: str) -> str:
        """What a reason is called."""
        return next((one.title for one in self.reasons if one.name == name), "例行联络")


def load(directory: Path | None = None) -> DailyPlanPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return DailyPlanPolicy.model_validate(policy_files.read("daily_plan", directory))
