"""Prior knowledge for whoever prepares contents (policies/content_hints.toml)."""

from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Typical(_Part):
    """What the survey says of customers altogether."""

    median_age_from: int = Field(ge=0, le=120)
    median_age_to: int = Field(ge=0, le=120)
    female_percent_least: Decimal = Field(ge=0, le=100)
    beat_inflation_percent: Decimal = Field(ge=0, le=100)


class AgeGroup(_Part):
    """Customers below ``below`` years (the last group has no end); ``told``: the source says so."""

    name: str = Field(min_length=1, max_length=20)
    below: int | None = Field(default=None, ge=1, le=120)
    likes: tuple[str, ...] = ()
    told: bool


class Motive(_Part):
    """Why people save, and how many per cent say so."""

    name: str = Field(min_length=1, max_length=20)
    percent: Decimal = Field(ge=0, le=100)


class ContentHintPolicy(_Part):
    """The survey's figures, the groups by age, the motives."""

    source: str
    typical: Typical
    ages: tuple[AgeGroup, ...] = Field(min_length=1, alias="age")
    motives: tuple[Motive, ...] = Field(alias="motive")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        edges = [one.below for one in self.ages]
        inner = [edge for edge in edges[:-1] if edge is not None]
        if edges[-1] is not None or len(inner) != len(edges) - 1 or inner != sorted(set(inner)):
            raise ValueError("年龄段应从小到大，只有最后一段不写 below")
        return self


def load(directory: Path | None = None) -> ContentHintPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ContentHintPolicy.model_validate(policy_files.read("content_hints", directory))
