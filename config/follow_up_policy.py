"""When a customer is parked after follow-ups without a deal (policies/follow_ups.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class FollowUpPolicy(BaseModel):
    """``park_after`` misses in a row park a customer; a deal starts the count anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    park_after: int = Field(ge=1, le=50)
    deals: tuple[str, ...] = Field(min_length=1)
    misses: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = set(self.deals) & set(self.misses)
        if both:
            raise ValueError(f"一种结果不能既算成交又算没成交：{'、'.join(sorted(both))}")
        return self


def load(directory: Path | None = None) -> FollowUpPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return FollowUpPolicy.model_validate(policy_files.read("follow_ups", directory))
