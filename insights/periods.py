"""The bank's weeks, months and quarters around a day. Pure; weeks begin on Monday."""

from datetime import date, datetime, timedelta

from kit.clock import bank_date, bank_moment

DAY = timedelta(days=1)


def quarter_start(day: date) -> date:
    """The first day of the quarter that holds ``day``."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def week_start(day: date) -> date:
    """The Monday of the week that holds ``day``."""
    return day - timedelta(days=day.weekday())


def last_week(day: date) -> tuple[date, date]:
    """Monday and Sunday of the week before the one that holds ``day``."""
    monday = week_start(day) - timedelta(days=7)
    return monday, monday + timedelta(days=6)


def last_month(day: date) -> tuple[date, date]:
    """First and last day of the month before the one that holds ``day``."""
    last = day.replace(day=1) - DAY
    return last.replace(day=1), last


def this_span(name: str, day: date) -> tuple[date, date]:
    """From the beginning of this week, or this month (``month``), to ``day``."""
    return (day.replace(day=1) if name == "month" else week_start(day)), day


def week_ends(at: datetime, number: int) -> list[datetime]:
    """The last ``number`` ends of weeks, the last being ``at`` itself, oldest first."""
    monday = week_start(bank_date(at))
    ends = [bank_moment(monday - timedelta(days=7 * back)) for back in range(number - 1)]
    return [*reversed(ends), at]


def quarter_spans(ends: list[datetime]) -> list[tuple[datetime, datetime]]:
    """For each end of a week: from the beginning of the quarter it lies in up to it."""
    moment = timedelta(microseconds=1)
    return [(bank_moment(quarter_start(bank_date(end - moment))), end) for end in ends]
