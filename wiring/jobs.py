"""Every job: its rhythm, what it does, what happens to ticks that nobody saw.

A job is safe to run twice; the slot row decides that it usually is not. ``docs/jobs.md`` has a
heading for each, and a test compares.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from apscheduler.triggers.cron import CronTrigger

from kit.clock import BANK_TIME
from wiring.parts import Parts

Run = Callable[[Parts, datetime], Awaitable[Mapping[str, Any]]]
Missed = Literal["newest", "drop"]


@dataclass(frozen=True)
class Job:
    """``cron`` fields are APScheduler's (weekday names, bank time); ``late`` bounds a late run."""

    id: str
    title: str
    cron: Mapping[str, str]
    run: Run
    late: timedelta

    def trigger(self) -> CronTrigger:
        """The clock of this job in the bank's time zone."""
        return CronTrigger(timezone=BANK_TIME, **self.cron)
