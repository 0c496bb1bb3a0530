"""How many customers one manager can hold, cover and know deeply (policies/coverage.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class CoveragePolicy(BaseModel):
    """What covered and deep mean, and above which numbers a page warns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_days: int = Field(ge=1, le=366)
    deep_touches: int = Field(ge=2, le=100)
    assigned_warn: int = Field(ge=1)
    effective_least: int = Field(ge=0)
    effective_most: int = Field(ge=1)
    deep_most: int = Field(ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.effective_least > self.effective_most:
            raise ValueError("effective_least 不能大于 effective_most")
        return self


def load(directory: Path | None = None) -> CoveragePolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return CoveragePolicy.model_validate(policy_files.read("coverage", directory))
