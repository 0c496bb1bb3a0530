"""When and how often customers may hear from us (policies/outreach.toml). Times are bank time."""

from datetime import date, time
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

PurposeName = Literal["service", "care", "marketing"]
ChannelName = Literal[
    "todo", "broadcast", "welcome", "moment", "group", "sidebar", "sms", "phone", "staff_note"
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(_Part):
    """From ``earliest`` up to, but not at, ``latest``."""

    earliest: time
    latest: time

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.earliest >= self.latest:
            raise ValueError(f"时段的开始应早于结束，现在是 {self.earliest}–{self.latest}")
        return self

    def holds(self, clock: time) -> bool:
        """Whether the wall clock lies in the window."""
        return self.earliest <= clock < self.latest

    def within(self, other: "Window") -> "Window | None":
        """What both windows allow; None where they do not meet."""
        earliest, latest = max(self.earliest, other.earliest), min(self.latest, other.latest)
        return Window(earliest=earliest, latest=latest) if earliest < latest else None


class DayWindows(_Part):
    """The window of a working day and that of a weekend or holiday."""

    workday: Window
    holiday: Window


class ElderWindow(_Part):
    """What elder customers get of each window, for these purposes."""

    window: Window
    purposes: frozenset[PurposeName]


class Windows(_Part):
    """Hours by purpose, for the channels that reach a customer."""

    channels: frozenset[ChannelName]
    marketing: DayWindows
    care: DayWindows
    service: DayWindows
    elder: ElderWindow


class QuietRule(_Part):
    """Days on which nothing is marketed: a lunar date, a solar term or a date of the year."""

    name: str
    lunar: str | None = Field(default=None, pattern=r"^\d{1,2}-\d{1,2}$")
    term: str | None = None
    solar: str | None = Field(default=None, pattern=r"^\d{1,2}-\d{1,2}$")
    days: int = Field(default=1, ge=1, le=31)

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if sum(value is not None for value in (self.lunar, self.term, self.solar)) != 1:
            raise ValueError(f"静默日“{self.name}”应写且只写 lunar、term、solar 之一")
        month, day = (int(part) for part in (self.solar or self.lunar or "1-1").split("-"))
        if self.solar is not None:
            date(2025, month, day)
        if not (1 <= month <= 12 and 1 <= day <= 31) or (self.lunar is not None and day > 29):
            raise ValueError(f"静默日“{self.name}”的日期并非每年都有")
        return self


class Cap(_Part):
    """The most that one customer hears of one purpose; a group by ``group_day``."""

    day: int = Field(ge=0)
    week: int = Field(ge=0)
    month: int = Field(ge=0)
    campaign: int = Field(ge=0)
    group_day: int = Field(ge=0)


class ElderCap(_Part):
    """What elder customers hear at most of marketing in a week."""

    marketing_week: int = Field(ge=0)


class Caps(_Part):
    """Caps by purpose, counted apart."""

    marketing: Cap
    care: Cap
    service: Cap
    elder: ElderCap

    def of(self, purpose: PurposeName) -> Cap:
        """The caps of one purpose's family."""
        return {"marketing": self.marketing, "care": self.care, "service": self.service}[purpose]


class ConsentPolicy(_Part):
    """Which consent a purpose needs; a purpose that is not named needs none."""

    needed: dict[PurposeName, str]


class CareFirst(_Part):
    """A sale needs a care touch in the last ``days`` days on these channels; 0 switches it off."""

    days: int = Field(ge=0, le=366)
    channels: frozenset[ChannelName]


class Elder(_Part):
    """Who counts as elder for hours and caps."""

    age: int = Field(ge=50, le=100)
    personas: frozenset[str]


class TextLimits(_Part):
    """UTF-8 bytes of one text by channel, as WeCom documents them."""

    max_bytes: dict[ChannelName, int]


class Links(_Part):
    """Hosts that may stand in a text, with their subdomains.

    ``app_hosts``: those of the bank's App; words that sell a product link to these alone, or to
    our own pages for customers.
    """

    allowed_hosts: tuple[str, ...]
    app_hosts: tuple[str, ...] = ()


class OutreachPolicy(_Part):
    """Hours, quiet days, caps and preconditions of every word to a customer."""

    windows: Windows
    quiet: tuple[QuietRule, ...]
    caps: Caps
    consent: ConsentPolicy
    care_first: CareFirst
    elder: Elder
    text: TextLimits
    links: Links


def load(directory: Path | None = None) -> OutreachPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return OutreachPolicy.model_validate(policy_files.read("outreach", directory))
