"""What a content page asks a reader, what it keeps after a yes, and for how long."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class ReadingPolicy(BaseModel):
    """``notice`` and ``lines``: what is asked; the rest: how long, how much, who is no reader."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    notice: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    lines: tuple[str, ...] = Field(min_length=1, max_length=8)
    ask_again_days: int = Field(ge=30, le=3_650)
    link_days: int = Field(ge=1, le=365)
    reader_days: int = Field(ge=1, le=365)
    keep_days: int = Field(ge=1, le=730)
    same_visit_minutes: int = Field(ge=1, le=240)
    most_seconds: int = Field(ge=60, le=7_200)
    min_seconds: int = Field(ge=0, le=3_600)
    min_depth: int = Field(ge=0, le=100)
    requests_per_minute: int = Field(ge=5, le=6_000)
    robots: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _told_as_kept(self) -> "ReadingPolicy":
        if not any(f"{self.keep_days} 天" in line for line in self.lines):
            raise ValueError(f"告知里没有写明“{self.keep_days} 天”，请让 lines 与 keep_days 一致")
        if self.min_seconds > self.most_seconds:
            raise ValueError("min_seconds 不能大于 most_seconds")
        return self


def load(directory: Path | None = None) -> ReadingPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ReadingPolicy.model_validate(policy_files.read("reading", directory))
