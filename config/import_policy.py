"""How long loads can be taken back, and which sources are read when (policies/imports.toml)."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

Hour = Annotated[int, Field(ge=0, le=23)]
Weekday = Annotated[int, Field(ge=1, le=7)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pull(_Part):
    """One kind of row that comes from a source at some hours of the bank's day."""

    source: str = Field(min_length=1, max_length=31)
    kind: str = Field(min_length=1, max_length=20)
    hours: tuple[Hour, ...] = Field(min_length=1)
    full_weekdays: tuple[Weekday, ...] = ()


class ImportPolicy(_Part):
    """The images' days and the pulls, in the order in which they run."""

    keep_images_days: int = Field(ge=1, le=3_660)
    pull: tuple[Pull, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        named = [(one.source, one.kind) for one in self.pull]
        for one in named:
            if named.count(one) > 1:
                raise ValueError(f"来源 {one[0]} 的 {one[1]} 写了不止一条 [[pull]]，合成一条")
        return self


def load(directory: Path | None = None) -> ImportPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ImportPolicy.model_validate(policy_files.read("imports", directory))
