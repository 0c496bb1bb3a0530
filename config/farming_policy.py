"""How long before its season a farming customer is called, and what seasons are called."""

import re
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from config import policy_files

_DAY: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Season(BaseModel):
    """A named part of the year, from its first to its last day (``MM-DD``); it may turn the year."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=20)
    first: str = Field(alias="from")
    last: str = Field(alias="to")

    @field_validator("first", "last")
    @classmethod
    def _a_day(cls, value: str) -> str:
        if not _DAY.fullmatch(value):
            raise ValueError(f"“{value}”不是月-日，写成 02-01 这样")
        return value

    def holds(self, day: int) -> bool:
        """Whether month * 100 + day lies in the season."""
        first, last = (int(one.replace("-", "")) for one in (self.first, self.last))
        return first <= day <= last if first <= last else day >= first or day <= last


class FarmingPolicy(BaseModel):
    """``lead_days``: how long before a record's season its customer is called."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead_days: int = Field(ge=1, le=180)
    season: tuple[Season, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> "FarmingPolicy":
        names = [one.name for one in self.season]
        if len(set(names)) != len(names):
            raise ValueError("两个资金季同名，请改一个")
        return self

    def season_name(self, day: int) -> str:
        """What the season of this month * 100 + day is called; the first that holds it."""
        return next((one.name for one in self.season if one.holds(day)), "资金季")


def load(directory: Path | None = None) -> FarmingPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return FarmingPolicy.model_validate(policy_files.read("farming", directory))
