"""The rounds in which dormant customers are woken (盘活轮次, policies/activation.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Round(_Part):
    """One round: what is done over which channel, within how many days."""

    name: str = Field(min_length=1, max_length=20)
    what: str = Field(min_length=1, max_length=120)
    channel: str = Field(min_length=1, max_length=16)
    days: int = Field(ge=1, le=366)


class ActivationPolicy(_Part):
    """The rounds in their order, how many may be skipped, and for whom they are."""

    skip_limit: int = Field(ge=0, le=20)
    skip_in_a_row: int = Field(ge=0, le=20)
    grades: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    rounds: tuple[Round, ...] = Field(min_length=1, alias="round")

    @model_validator(mode="after")
    def _some_are_done(self) -> Self:
        if self.skip_limit >= len(self.rounds):
            raise ValueError(f"最多跳过的轮数应少于总轮数 {len(self.rounds)}")
        names = [one.name for one in self.rounds]
        if len(set(names)) != len(names):
            raise ValueError(f"轮次名称不能重复：{'、'.join(names)}")
        return self


def load(directory: Path | None = None) -> ActivationPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ActivationPolicy.model_validate(policy_files.read("activation", directory))
