"""Who is a lead, in the one language of conditions, and who leads on it (policies/leads.toml)."""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files
from config.conditions import Rule, asks

FEN = 100
REFUSED: Final = ("interest", "lead")
"""Dimensions of no finder: traces of interest fade by the hour, and a lead is no reason for itself."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finder(_Part):
    """One way to find leads. ``amount`` is the dimension by which its leads are ordered."""

    name: str = Field(pattern=r"^[a-z_]{1,24}$")
    title: str = Field(min_length=1, max_length=20)
    says: str = Field(min_length=1, max_length=60)
    amount: Literal[
        "aum", "peak", "payroll_year", "away_year", "large_year", "custody_month", "pos_month"
    ]
    when: Rule

    @model_validator(mode="after")
    def _of_the_bank(self) -> Self:
        for one in asks(self.when):
            if one.dim in REFUSED:
                raise ValueError(f"找客规则“{self.title}”不能问“{one.of.title}”")
        return self


class Routing(_Part):
    """Who leads, by yearly payroll per head."""

    branch_above_yuan: int = Field(ge=1)
    subbranch_from_yuan: int = Field(ge=1)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.subbranch_from_yuan > self.branch_above_yuan:
            raise ValueError("routing.subbranch_from_yuan 不应高于 routing.branch_above_yuan")
        return self


class LeadPolicy(_Part):
    """The finders in the order of the queue, and the routing."""

    quiet_days: int = Field(ge=0, le=3650)
    routing: Routing
    finder: tuple[Finder, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({one.name for one in self.finder}) != len(self.finder):
            raise ValueError("找客规则的 name 不能重复")
        return self

    def titled(self, name: str) -> str:
        """What a finder is called; its name where the policy no longer has it."""
        return next((one.title for one in self.finder if one.name == name), name)


def load(directory: Path | None = None) -> LeadPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return LeadPolicy.model_validate(policy_files.read("leads", directory))
