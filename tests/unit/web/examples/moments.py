"""The moments of the examples: Friday, 20 November 2026, 10:42 in Beijing."""

from datetime import date, datetime

from kit.clock import BANK_TIME

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 10, 42, 5, tzinfo=BANK_TIME)


def at(day: int, hour: int, minute: int = 0, second: int = 0, *, month: int = 11) -> datetime:
    """A moment of 2026, by the bank's wall clock."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=BANK_TIME)
