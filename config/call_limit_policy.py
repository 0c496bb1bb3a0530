"""How often WeCom may be called (policies/call_limits.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PaceFigures(_Part):
    """How processes share permits."""

    batch: int = Field(ge=1, le=1_000)
    lease_seconds: int = Field(ge=35, le=600)
    patience_seconds: int = Field(ge=0, le=60)
    at_once: int = Field(ge=1, le=1_000)


class Shares(_Part):
    """Percent of every window that each kind of call may use."""

    urgent: int = Field(ge=1, le=100)
    service: int = Field(ge=1, le=100)
    marketing: int = Field(ge=1, le=100)

    @model_validator(mode="after")
    def _the_urgent_come_first(self) -> Self:
        if not self.marketing <= self.service <= self.urgent:
            raise ValueError("[share] 应当是 marketing ≤ service ≤ urgent：急的能用到更多")
        return self


class Blocks(_Part):
    """How long to stay away after a refusal."""

    minute_seconds: int = Field(ge=60, le=3_600)
    hour_seconds: int = Field(ge=3_600, le=86_400)
    crowded_seconds: int = Field(ge=1, le=60)
    narrow_minutes: int = Field(ge=1, le=1_440)


class MinuteAndHour(_Part):
    """Calls in a minute and in an hour."""

    minute: int = Field(ge=1, le=10_000_000)
    hour: int = Field(ge=1, le=100_000_000)


class Special(_Part):
    """An API with limits of its own. ``base``: it counts in the limits of every API, too."""

    path: str = Field(pattern=r"^[a-z][a-z0-9_/]{1,80}$")
    base: bool = True
    member: bool = False
    minute: int | None = Field(default=None, ge=1)
    hour: int | None = Field(default=None, ge=1)
    day: int | None = Field(default=None, ge=1)
    month: int | None = Field(default=None, ge=1)


class CallLimitPolicy(_Part):
    """Every figure about how often WeCom may be called."""

    pace: PaceFigures
    share: Shares
    block: Blocks
    api: MinuteAndHour
    address: MinuteAndHour
    member: MinuteAndHour
    special: tuple[Special, ...] = ()

    @model_validator(mode="after")
    def _each_path_once(self) -> Self:
        paths = [one.path for one in self.special]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise ValueError(f"[[special]] 里 {'、'.join(twice)} 写了两次，合成一段")
        return self

    def special_of(self, path: str) -> Special | None:
        """What is said of one API."""
        return next((one for one in self.special if one.path == path), None)


def load(directory: Path | None = None) -> CallLimitPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return CallLimitPolicy.model_validate(policy_files.read("call_limits", directory))
