"""Who is a lead, by which numbers, and who leads on it (policies/leads.toml)."""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

FEN = 100
Fact = Literal[
    "aum", "peak", "payroll_year", "retention", "away_year", "custody_month", "pos_month",
    "loans", "wealth",
]  # fmt: skip
MONEY: Final = frozenset({"aum", "peak", "payroll_year", "away_year", "custody_month", "pos_month"})
"""Facts in 元 here and in 分 wherever they are measured; the others are counts or per cent."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Part):
    """One condition: a fact and one or two bounds."""

    fact: Fact
    at_least: int | None = None
    above: int | None = None
    below: int | None = None
    at_most: int | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        bounds = (self.at_least, self.above, self.below, self.at_most)
        if all(one is None for one in bounds):
            raise ValueError(
                f"条件“{self.fact}”没有写界限：at_least、above、below、at_most 至少一个"
            )
        if any(one is not None and one < 0 for one in bounds):
            raise ValueError(f"条件“{self.fact}”的界限不能是负数")
        return self

    @property
    def scale(self) -> int:
        """What a bound is multiplied with to be compared: money is measured in 分."""
        return FEN if self.fact in MONEY else 1


class Finder(_Part):
    """One way to find leads. ``amount`` is the fact by which its leads are ordered."""

    name: str = Field(pattern=r"^[a-z_]{1,24}$")
    title: str = Field(min_length=1, max_length=20)
    says: str = Field(min_length=1, max_length=60)
    amount: Literal["aum", "peak", "payroll_year", "away_year", "custody_month", "pos_month"]
    when: tuple[When, ...] = Field(min_length=1)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that a lead of this finder keeps, each once."""
        return tuple(dict.fromkeys((*(one.fact for one in self.when), self.amount)))


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

    year_months: int = Field(ge=1, le=36)
    average_months: int = Field(ge=1, le=12)
    quiet_days: int = Field(ge=0, le=3650)
    loan_words: tuple[str, ...] = ()
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
