"""The bank's calendar: which days are worked, which are holidays, on which nothing is sold.

Three sources, the later before the earlier: the law (the statutory days themselves, fixed by
the 全国年节及纪念日放假办法 as of 2025-01-01), the chinesecalendar library (also the moved
working days, up to the year of the last notice it ships), and rows of the ``holiday`` table.
A year beyond library and table has its statutory days by law and no moved working days: they
cannot be computed, so ``readiness`` warns and ``require`` refuses, but nothing stands still.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

import chinese_calendar
from chinese_calendar.constants import holidays as library_holidays
from lunardate import LunarDate

from compliance.errors import CalendarUnknown
from config.outreach_policy import QuietRule
from kit.clock import bank_date

Source = Literal["imported", "library", "law", "weekday"]
NOTICE_DAYS = 60
"""How long before a year begins an unknown calendar becomes a warning."""

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """One imported day. ``kind``: holiday | workday | quiet; ``source`` says who announced it."""

    day: date
    kind: str
    name: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class BankDay:
    """What one day is: worked or not, its name, and how we know."""

    day: date
    working: bool
    name: str
    source: Source


@dataclass(frozen=True, slots=True)
class Unready:
    """Something about the calendar that a person should see to before it matters."""

    code: str
    saying: str
    year: int


class BankCalendar:
    """Working days, holidays and quiet days at the bank. Immutable; build anew after an import."""

    def __init__(self, rows: Iterable[HolidayRow] = (), *, quiet: Iterable[QuietRule] = ()) -> None:
        self._rows: dict[date, HolidayRow] = {}
        self._silenced: dict[date, str] = {}
        for row in rows:
            if row.kind == "quiet":
                self._silenced[row.day] = row.name or "临时静默"
            else:
                self._rows[row.day] = row
        self._rules = tuple(quiet)
        self._quiet_years: dict[int, dict[date, str]] = {}
        self._imported_years = frozenset(
            year
            for year in {day.year for day in self._rows}
            if _statutory_days(year).keys() <= self._rows.keys()
        )

    def day(self, day: date) -> BankDay:
        """What this day is, from the best source there is."""
        row = self._rows.get(day)
        if row is not None:
            return BankDay(day, row.kind == "workday", row.name, "imported")
        weekend = day.weekday() >= 5
        if day.year in _library_years():
            holiday, name = chinese_calendar.get_holiday_detail(day)
            return BankDay(day, not holiday, NAMES.get(name or "", name or ""), "library")
        statutory = _statutory_days(day.year).get(day)
        if statutory is not None:
            return BankDay(day, False, statutory, "law")
        if day.year in self._imported_years:
            return BankDay(day, not weekend, "", "imported")
        return BankDay(day, not weekend, "", "weekday")

    def is_working(self, day: date) -> bool:
        """Whether the bank's weekday hours hold."""
        return self.day(day).working

    def next_working(self, day: date) -> date:
        """The first working day from ``day`` on, itself included."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def quiet(self, day: date) -> str | None:
        """Why nothing is marketed on this day, or None."""
        if day in self._silenced:
            return self._silenced[day]
        if day.year not in self._quiet_years:
            self._quiet_years[day.year] = dict(_quiet_days(self._rules, day.year))
        return self._quiet_years[day.year].get(day)

    def knows(self, year: int) -> bool:
        """Whether the State Council's notice for the year is in the library or imported whole.

        Half a notice is no notice: an import counts once it names every statutory day.
        """
        return year in _library_years() or year in self._imported_years

    def require(self, year: int) -> None:
        """Refuse where moved working days matter and are not known: CalendarUnknown."""
        if not self.knows(year):
            raise CalendarUnknown(
                f"{year} 年的法定节假日与调休还没有录入，不能推算",
                where="国务院办公厅关于部分节假日安排的通知",
                do="整理成节假日文件后运行 gengyun import holidays 文件名",
                year=year,
            )

    def readiness(self, at: datetime) -> tuple[Unready, ...]:
        """Warnings for the readiness page: this year unknown, or the next one and soon needed."""
        today = bank_date(at)
        years = {today.year, (today + timedelta(days=NOTICE_DAYS)).year}
        return tuple(
            Unready(
                CalendarUnknown.code,
                f"{year} 年的节假日还没有录入：法定节日当天按放假处理，调休按平日处理。"
                "请在通知发布后运行 gengyun import holidays",
                year,
            )
            for year in sorted(years)
            if not self.knows(year)
        )


@lru_cache(maxsize=1)
def _library_years() -> frozenset[int]:
    return frozenset(day.year for day in library_holidays)


@lru_cache(maxsize=64)
def _terms(year: int) -> dict[str, date]:
    found = chinese_calendar.get_solar_terms(date(year, 1, 1), date(year, 12, 31))
    return {name: day for day, name in found}


def solar_term(year: int, name: str) -> date:
    """The day of a solar term in a calendar year (冬至 of 2026 is in December 2026)."""
    return _terms(year)[name]


def lunar_day(year: int, month: int, day: int) -> date:
    """The day on which a lunar date of lunar year ``year`` falls."""
    found: date = LunarDate(year, month, day).to_solar_date()
    return found


@lru_cache(maxsize=64)
def _statutory_days(year: int) -> dict[date, str]:
    """The thirteen statutory days themselves, since 2025; how they are joined up is announced."""
    spring = lunar_day(year, 1, 1)
    days = {date(year, 1, 1): "元旦"}
    days |= {spring + timedelta(days=offset): "春节" for offset in range(-1, 3)}
    days |= {solar_term(year, "清明"): "清明节"}
    days |= {date(year, 5, number): "劳动节" for number in (1, 2)}
    days |= {lunar_day(year, 5, 5): "端午节", lunar_day(year, 8, 15): "中秋节"}
    days |= {date(year, 10, number): "国庆节" for number in (1, 2, 3)}
    return days


def _quiet_days(rules: tuple[QuietRule, ...], year: int) -> Iterator[tuple[date, str]]:
    for rule in rules:
        for start in _starts(rule, year):
            for offset in range(rule.days):
                day = start + timedelta(days=offset)
                if day.year == year:
                    yield day, rule.name


def _starts(rule: QuietRule, year: int) -> Iterator[date]:
    """Starts in this year and the one before: a rule may run across New Year."""
    for start_year in (year - 1, year):
        if rule.term is not None:
            yield solar_term(start_year, rule.term)
            continue
        month, day = (int(part) for part in (rule.lunar or rule.solar or "").split("-"))
        if rule.lunar is not None:
            yield lunar_day(start_year, month, day)
        else:
            yield date(start_year, month, day)
