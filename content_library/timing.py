"""When an item may be offered: names of parts of the bank's day and of kinds of days."""

from datetime import datetime, time
from typing import Final

from kit.clock import bank_clock

DAYS: Final = {"workday": "工作日", "holiday": "周末与节假日"}
PARTS: Final = {
    "morning": ("上午", time(0, 0), time(12, 0)),
    "afternoon": ("下午", time(12, 0), time(18, 0)),
    "evening": ("晚间", time(18, 0), time(23, 59, 59)),
}
WHEN: Final[dict[str, str]] = {**DAYS, **{name: text for name, (text, _, _) in PARTS.items()}}
"""Every name that ``timing`` of an item may hold, with its Chinese."""


def is_time_for(timing: frozenset[str], at: datetime, *, workday: bool) -> bool:
    """Whether an item is offered at ``at``: any of its days, and any of its parts of the day.

    Without a name of a kind that kind does not bind; without names an item is always offered.
    """
    days = timing & DAYS.keys()
    if days and ("workday" if workday else "holiday") not in days:
        return False
    parts = timing & PARTS.keys()
    clock = bank_clock(at)
    return not parts or any(PARTS[one][1] <= clock < PARTS[one][2] for one in parts)


def timing_text(timing: frozenset[str]) -> str:
    """The times of an item for people; ``不限`` without any."""
    return "、".join(text for name, text in WHEN.items() if name in timing) or "不限"
