"""How materials are kept alive in WeCom, and what a sender may change (policies/library.toml)."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Media(_Part):
    """When a material is uploaded anew, when its id is no longer used, how much at once."""

    renew_before_hours: int = Field(ge=1, le=48)
    margin_minutes: int = Field(ge=1, le=120)
    at_once: int = Field(ge=1, le=5_000)
    failures_to_tell: int = Field(ge=1, le=20)


class Greeting(_Part):
    """The words a sender may put before an approved text; the rest is locked."""

    longest: int = Field(ge=0, le=100)
    purposes: frozenset[Literal["service", "care", "marketing"]] = frozenset()


class LibraryPolicy(_Part):
    """What the bank decides about its content library."""

    media: Media
    greeting: Greeting


def load(directory: Path | None = None) -> LibraryPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return LibraryPolicy.model_validate(policy_files.read("library", directory))
