"""What makes an added friend a valid add (有效添加), and where friends come from (policies/adds.toml)."""

from collections import Counter
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

OTHER = "其他"
Method = Literal["unionid", "phone", "state", "hand", "real_name"]
Layer = Literal["public", "semi", "core"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mismatch(_Part):
    """How many owner mismatches become work a night, and when a closed one is raised again."""

    at_once: int = Field(ge=1, le=100_000)
    again_days: int = Field(ge=1, le=365)


class Source(_Part):
    """A source of friends: the ways of adding (WeCom's ``add_way``) that count as it."""

    name: str = Field(min_length=1, max_length=20)
    layer: Layer
    ways: tuple[int, ...] = Field(min_length=1)


class AddsPolicy(_Part):
    """A valid add is real-name, owned, first, kept, two-way; every part is a condition here."""

    kept_days: int = Field(ge=1, le=365)
    real_name_methods: tuple[Method, ...] = Field(min_length=1)
    two_way_days: int = Field(ge=1, le=365)
    mismatch: Mismatch
    source: tuple[Source, ...] = ()

    @model_validator(mode="after")
    def _each_way_once(self) -> Self:
        counted = Counter(way for one in self.source for way in one.ways)
        if twice := sorted(way for way, number in counted.items() if number > 1):
            raise ValueError(f"添加方式 {twice} 归到了两个来源")
        names = Counter(one.name for one in self.source)
        if OTHER in names or any(number > 1 for number in names.values()):
            raise ValueError(f"来源的名称不能重复，也不能叫“{OTHER}”")
        return self


def load(directory: Path | None = None) -> AddsPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return AddsPolicy.model_validate(policy_files.read("adds", directory))
