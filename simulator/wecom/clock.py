"""The time that the simulated WeCom lives in: real, shifted, or frozen."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 86_400


class SimClock:
    """Real time plus an offset, or one frozen instant. Seconds since 1970, as WeCom counts."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        """The simulated instant in seconds."""
        return self._frozen if self._frozen is not None else time.time() + self._offset

    @property
    def frozen(self) -> bool:
        """Whether time stands still until it is advanced."""
        return self._frozen is not None

    def freeze(self, at: float | None = None) -> None:
        """Stop at ``at``, or where time is now."""
        self._frozen = self.now() if at is None else at

    def thaw(self) -> None:
        """Let time run again from the frozen instant."""
        if self._frozen is not None:
            self._offset = self._frozen - time.time()
            self._frozen = None

    def advance(self, seconds: float) -> None:
        """Jump forward (or back, when negative)."""
        if self._frozen is not None:
            self._frozen += seconds
        else:
            self._offset += seconds

    def set_offset(self, seconds: float) -> None:
        """Run ``seconds`` ahead of real time."""
        self._frozen = None
        self._offset = seconds


def shanghai(at: float) -> datetime:
    """``at`` as a wall clock in Asia/Shanghai, the zone of WeCom's days."""
    return datetime.fromtimestamp(at, SHANGHAI)


def day_start(at: float) -> int:
    """Midnight (Asia/Shanghai) of the day that ``at`` lies in, in seconds."""
    return int(shanghai(at).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def week_start(at: float) -> int:
    """Midnight of the Monday before ``at``, in seconds."""
    day = shanghai(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day - timedelta(days=day.weekday())).timestamp())


def month_start(at: float) -> int:
    """Midnight of the first of the month of ``at``, in seconds."""
    day = shanghai(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int(day.timestamp())
