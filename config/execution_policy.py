"""When tasks that nobody did go to the head of the branch (policies/execution.toml)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files


class ExecutionPolicy(BaseModel):
    """How long a to-do may stay undone, and how many of one manager make it the head's matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    overdue_days: int = Field(ge=1, le=30)
    at_least: int = Field(ge=1, le=100)


def load(directory: Path | None = None) -> ExecutionPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ExecutionPolicy.model_validate(policy_files.read("execution", directory))
