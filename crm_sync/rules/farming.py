"""When a grower's or breeder's money is needed: the season (春播资金, 补栏, 收购) of a record."""

from calendar import monthrange
from datetime import date, timedelta

LEAP = 2024
"""A year with every day there is: month and day of a season are days of this year."""


def season_of(
    sow_month: int | None, market_month: int | None, cycle_days: int | None
) -> int | None:
    """Month * 100 + day on which money is needed; None where the record does not say.

    The month of sowing or stocking begins it; without one, the month of marketing less the cycle.
    """
    if sow_month is not None:
        return sow_month * 100 + 1
    if market_month is None or cycle_days is None:
        return None
    begins = date(LEAP, market_month, 1) - timedelta(days=cycle_days)
    return begins.month * 100 + begins.day


def next_day(season: int, today: date) -> date:
    """The next day of that season, today included; 29 February is the 28th in other years."""
    for year in (today.year, today.year + 1):
        month, day = divmod(season, 100)
        found = date(year, month, min(day, monthrange(year, month)[1]))
        if found >= today:
            return found
    raise AssertionError("one of two years in a row has the day before it")


def coming(today: date, lead_days: int) -> list[tuple[int, int]]:
    """The seasons that begin from today to ``lead_days`` ahead, as ranges of month * 100 + day.

    Two ranges where the year turns in between.
    """
    last = today + timedelta(days=lead_days)
    # What is the 29th in its own record is the 28th in a common year: the range takes both.
    upper = 229 if (last.month, last.day) == (2, 28) else last.month * 100 + last.day
    lower = today.month * 100 + today.day
    if last.year == today.year:
        return [(lower, upper)]
    return [(lower, 1231), (101, upper)]
