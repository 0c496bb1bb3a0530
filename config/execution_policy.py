"""What comes back of tasks, and when undone ones go to the head (policies/execution.toml)."""

from datetime import time
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class Remind(BaseModel):
    """When WeCom is asked to remind a member of a broadcast task; WeCom allows 3 in 24 hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    after_hours: int = Field(ge=1, le=12)
    every_hours: int = Field(ge=1, le=12)
    most: int = Field(ge=0, le=3)
    starts: time
    ends: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError("提醒客户经理的时段：开始要早于结束")
        return self


class ExecutionPolicy(BaseModel):
    """When what was not done is the head's matter, and what counts as coming back of what was."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    overdue_days: int = Field(ge=1, le=30)
    at_least: int = Field(ge=1, le=100)
    reply_days: int = Field(ge=1, le=30)
    proof_days: int = Field(ge=1, le=90)
    deal_days: int = Field(ge=1, le=180)
    remind: Remind
    deal_kinds: tuple[
        Literal["deposit", "wealth", "fund", "insurance", "metal", "loan", "card"], ...
    ] = Field(min_length=1)


def load(directory: Path | None = None) -> ExecutionPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ExecutionPolicy.model_validate(policy_files.read("execution", directory))
