"""How customers may complain and until when they must be answered (policies/complaints.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Part):
    """What a complaint may be about."""

    key: str = Field(min_length=1, max_length=16, pattern=r"^[a-z_]+$")
    title: str = Field(min_length=1, max_length=20)


class ComplaintPolicy(_Part):
    """Limits, the time to answer in, and what complaints may be about."""

    answer_days: int = Field(ge=1, le=60)
    per_day: int = Field(ge=1, le=100)
    unknown_per_hour: int = Field(ge=1, le=100_000)
    most_words: int = Field(ge=50, le=2000)
    about: tuple[About, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [one.key for one in self.about]
        if len(keys) != len(set(keys)):
            raise ValueError("投诉事由的 key 不能重复")
        return self

    def title(self, key: str) -> str:
        """What a reason is called; the key itself where the policy has dropped it since."""
        return next((one.title for one in self.about if one.key == key), key)


def load(directory: Path | None = None) -> ComplaintPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ComplaintPolicy.model_validate(policy_files.read("complaints", directory))
