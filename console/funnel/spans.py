"""The months that a funnel is asked for, in the bank's time."""

from datetime import date, datetime
from typing import Final

from kit.clock import bank_date, bank_moment

SHOWN: Final = 12


def first_of(month: str, today: date) -> date:
    """The first day of ``month`` (``2026-11``); this month for anything else."""
    try:
        found = date.fromisoformat(f"{month}-01")
    except ValueError:
        return today.replace(day=1)
    return found if date(2000, 1, 1) <= found <= today else today.replace(day=1)


def next_month(first: date) -> date:
    """The first day of the month behind."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def span_of(month: str, at: datetime) -> tuple[datetime, datetime, str]:
    """Beginning and end of ``month`` in UTC, and the month as it stands in an address."""
    first = first_of(month, bank_date(at))
    return bank_moment(first), bank_moment(next_month(first)), f"{first:%Y-%m}"


def months(at: datetime) -> list[tuple[str, str]]:
    """This month and those before it, to choose from."""
    first = bank_date(at).replace(day=1)
    found: list[tuple[str, str]] = []
    for _ in range(SHOWN):
        found.append((f"{first:%Y-%m}", f"{first.year} 年 {first.month} 月"))
        first = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    return found
