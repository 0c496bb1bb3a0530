"""Which content suits which day and persona: a calendar of rules, kept as data.

A line names one day of the year by the solar calendar, the lunar calendar or a solar term, or
recurring days by weekday. The trap of solar-term tables, where 冬至 means that of the year
before, is avoided by asking for the days of the calendar year itself.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

import chinese_calendar
from lunardate import LunarDate
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from content_library.errors import CalendarRefused

WEEKDAYS = "一二三四五六日"
TERMS = frozenset(
    [
        "立春",
        "雨水",
        "惊蛰",
        "春分",
        "清明",
        "谷雨",
        "立夏",
        "小满",
        "芒种",
        "夏至",
        "小暑",
        "大暑",
        "立秋",
        "处暑",
        "白露",
        "秋分",
        "寒露",
        "霜降",
        "立冬",
        "小雪",
        "大雪",
        "冬至",
        "小寒",
        "大寒",
    ]
)


@dataclass(frozen=True, slots=True)
class CalendarSlot:
    """What a day asks for: a script for a persona (None: everybody) and why; ``at`` if timed."""

    persona: str | None
    script_code: str
    why: str
    at: time | None = None


class _Line(BaseModel):
    """One line of the calendar file. Exactly one of the rules is set; ``nth`` may join weekday.

    ``on_rest``: what comes every week may be left out on a weekend or holiday; a festival is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    script: str
    why: str = Field(min_length=1)
    persona: str | None = None
    solar: str | None = Field(default=None, pattern=r"^\d{2}-\d{2}$")
    lunar: str | None = Field(default=None, pattern=r"^\d{1,2}-\d{1,2}$")
    term: str | None = None
    weekday: str | None = Field(default=None, pattern=r"^周[一二三四五六日]$")
    nth: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    offset: int = Field(default=0, ge=-7, le=7)
    at: time | None = None
    on_rest: Literal["post", "skip"] = "post"

    @model_validator(mode="after")
    def _one_rule(self) -> "_Line":
        rules = (self.solar, self.lunar, self.term, self.weekday)
        if sum(rule is not None for rule in rules) != 1:
            raise ValueError("应写且只写 solar、lunar、term、weekday 之一")
        if self.term is not None and self.term not in TERMS:
            raise ValueError(f"没有“{self.term}”这个节气")
        if not self.nth <= frozenset(range(1, 6)) or not self.months <= frozenset(range(1, 13)):
            raise ValueError("nth 应为 1 到 5，months 应为 1 到 12")
        if (self.nth or self.months) and self.weekday is None:
            raise ValueError("nth 与 months 只能与 weekday 同写")
        if self.on_rest == "skip" and self.weekday is None:
            raise ValueError("on_rest = skip 只能与 weekday 同写，节日当天总是要说的")
        if self.offset and self.weekday is not None:
            raise ValueError("offset 不能与 weekday 同写")
        for written, days in ((self.solar, 31), (self.lunar, 30)):
            if written is not None:
                month, day = (int(part) for part in written.split("-"))
                if not (1 <= month <= 12 and 1 <= day <= days):
                    raise ValueError(f"没有 {written} 这一天")
        return self

    @property
    def recurring(self) -> bool:
        """Whether this comes every week or month rather than once a year."""
        return self.weekday is not None

    def falls_on(self, day: date) -> bool:
        """Whether the rule names ``day``."""
        if self.weekday is not None:
            return (
                self.weekday == f"周{WEEKDAYS[day.weekday()]}"
                and (not self.nth or (day.day - 1) // 7 + 1 in self.nth)
                and (not self.months or day.month in self.months)
            )
        named = day - timedelta(days=self.offset)
        if self.solar is not None:
            return f"{named:%m-%d}" == self.solar
        if self.term is not None:
            return solar_terms(named.year).get(self.term) == named
        lunar = LunarDate.from_solar_date(named.year, named.month, named.day)
        leap = bool(getattr(lunar, "is_leap_month", False))
        return not leap and f"{lunar.month}-{lunar.day}" == self.lunar


@dataclass(frozen=True)
class ContentCalendar:
    """The lines of a calendar file. Immutable."""

    lines: tuple[_Line, ...] = field(default=())

    @classmethod
    def load(cls, path: Path) -> "ContentCalendar":
        """Read a calendar file. Raises CalendarRefused naming the line that cannot be used."""
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CalendarRefused(
                "内容日历文件读不了", saw=str(error)[:120], where=path.name
            ) from None
        return cls.of(content.get("slot", []))

    @classmethod
    def of(cls, rows: Iterable[object]) -> "ContentCalendar":
        """A calendar of rows as they stand in a file. Raises CalendarRefused."""
        lines = []
        for number, row in enumerate(rows, 1):
            try:
                lines.append(_Line.model_validate(row))
            except ValidationError as error:
                problem = error.errors()[0]
                raise CalendarRefused(
                    f"内容日历第 {number} 条不能用：{problem['msg'].removeprefix('Value error, ')}",
                    saw=".".join(str(part) for part in problem["loc"]),
                    do="照 samples/calendar.toml 的样子改好",
                ) from None
        return cls(tuple(lines))

    def for_day(
        self, day: date, works: Callable[[date], bool] = lambda _: True
    ) -> list[CalendarSlot]:
        """What this day asks for; one content per persona. ``works``: whether a day is worked.

        A festival goes before what comes every week: for its persona, and for everybody where
        it is for everybody. What is left out on days off (``on_rest``) gives way to the next line.
        """
        named = [
            line
            for line in self.lines
            if line.falls_on(day) and (line.on_rest == "post" or works(day))
        ]
        once = [line for line in named if not line.recurring]
        taken = {line.persona for line in once}
        chosen: dict[str | None, _Line] = {}
        for line in once + [one for one in named if one.recurring and None not in taken]:
            chosen.setdefault(line.persona, line)
        return [
            CalendarSlot(line.persona, line.script, line.why, line.at) for line in chosen.values()
        ]

    def between(self, first: date, last: date) -> Iterator[tuple[date, CalendarSlot]]:
        """Every slot from ``first`` to ``last``, both included, for the calendar page."""
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for slot in self.for_day(day):
                yield day, slot

    @property
    def scripts(self) -> frozenset[str]:
        """Every script code the calendar names."""
        return frozenset(line.script for line in self.lines)


@lru_cache(maxsize=64)
def solar_terms(year: int) -> dict[str, date]:
    """The twenty-four solar terms of a calendar year, by name."""
    found = chinese_calendar.get_solar_terms(date(year, 1, 1), date(year, 12, 31))
    return {name: day for day, name in found}
