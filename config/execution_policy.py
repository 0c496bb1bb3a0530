"""What comes back of tasks, and when undone ones go to the head (policies/execution.toml)."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files


class ExecutionPolicy(BaseModel):
    """When what was not done is the head's matter, and what counts as coming back of what was."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    overdue_days: int = Field(ge=1, le=30)
    at_least: int = Field(ge=1, le=100)
    reply_days: int = Field(ge=1, le=30)
    proof_days: int = Field(ge=1, le=90)
    deal_days: int = Field(ge=1, le=180)
    deal_kinds: tuple[
        Literal["deposit", "wealth", "fund", "insurance", "metal", "loan", "card"], ...
    ] = Field(min_length=1)


def load(directory: Path | None = None) -> ExecutionPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ExecutionPolicy.model_validate(policy_files.read("execution", directory))
