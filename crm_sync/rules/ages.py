"""How old somebody is on a day, and what the law attaches to it."""

from datetime import date
from typing import Final

ELDER_FROM: Final = 65
"""From this age the duty of special care applies (适当性管理办法 2026; personas.md 2)."""


def age(born_on: date, on: date) -> int:
    """Completed years (周岁) on the day ``on``; in short years a leap-day child's year ends on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def is_elder(born_on: date | None, on: date) -> bool:
    """Whether the duty of special care applies. An unknown birth date is not an elder."""
    return born_on is not None and age(born_on, on) >= ELDER_FROM


def latest_birth(age_at_least: int, on: date) -> date:
    """The latest birth date of those who are ``age_at_least`` on the day ``on``."""
    return _shifted(on, age_at_least)


def earliest_birth(age_at_most: int, on: date) -> date:
    """The earliest birth date of those who are at most ``age_at_most`` on the day ``on``."""
    return date.fromordinal(_shifted(on, age_at_most + 1).toordinal() + 1)


def _shifted(on: date, years: int) -> date:
    """``on``, ``years`` earlier: born then or before is as old as that; 29 February gives itself."""
    year = on.year - years
    try:
        return on.replace(year=year)
    except ValueError:  # 29 February of a short year: the day before has come, 1 March has not
        return date(year, 2, 28)
