"""The only place that asks what time it is, and which day it is at the bank."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BANK_TIME = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def bank_date(at: datetime) -> date:
    """Which day it is at the bank at the moment ``at``."""
    return at.astimezone(BANK_TIME).date()


def bank_clock(at: datetime) -> time:
    """What the clock on the bank's wall shows at the moment ``at``."""
    return at.astimezone(BANK_TIME).time()


def bank_moment(day: date, clock: time = time(0)) -> datetime:
    """The moment at which the bank's wall clock shows ``clock`` on ``day``, in UTC."""
    return datetime.combine(day, clock, BANK_TIME).astimezone(UTC)


def end_of_bank_day(at: datetime) -> datetime:
    """Midnight after the bank day that holds ``at``, in UTC."""
    return bank_moment(bank_date(at) + timedelta(days=1))
