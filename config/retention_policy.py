"""What the law has kept when a person asks to be erased, how long and why (retention.toml)."""

from collections import Counter
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Part):
    """One reason to keep: for ``years``, by ``law``; ``level`` says how well that is verified."""

    key: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=80)
    years: int = Field(ge=1, le=50)
    law: str = Field(min_length=1, max_length=200)
    level: Literal["T", "2", "M"]


class RetentionPolicy(_Part):
    """Every reason to keep, each once."""

    rule: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        twice = [key for key, number in Counter(one.key for one in self.rule).items() if number > 1]
        if twice:
            raise ValueError(f"留存规则重复：{'、'.join(twice)}")
        return self

    def of(self, key: str) -> Rule | None:
        """The rule of that key, or None where the policy has none."""
        return next((one for one in self.rule if one.key == key), None)


def load() -> RetentionPolicy:
    """The policy that ships."""
    return RetentionPolicy.model_validate(policy_files.read("retention"))
