"""How often WeCom may be asked: counters with block times, and gates on what runs at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from simulator.wecom.clock import DAY, day_start, month_start
from simulator.wecom.errors import Refused

MINUTE, HOUR = 60, 3_600
MONTH_BLOCK = 30 * DAY


@dataclass(slots=True)
class _Window:
    start: float
    count: int = 0
    blocked_until: float = 0.0


class RateLimits:
    """Counts calls in windows. A broken limit blocks for its own block time (api.md 2.2)."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}

    def check(self, key: str, span: str, cap: int, at: float) -> None:
        """Count one call against ``cap`` per ``span`` (minute, hour, day, month).

        Raises Refused 45009 beyond the cap and until the block is over: a minute's limit blocks
        60 s, an hour's 60 min, a day's till midnight, a month's 30 days.
        """
        start, block = _edges(span, at)
        window = self._windows.get((key, span))
        if window is not None and at < window.blocked_until:
            raise Refused(45009, "api freq out of limit")
        if window is None or window.start != start:
            window = self._windows[(key, span)] = _Window(start)
        window.count += 1
        if window.count > cap:
            window.blocked_until = block
            raise Refused(45009, "api freq out of limit")

    def count(self, key: str, span: str, at: float, number: int = 1) -> int:
        """Count ``number`` without ever blocking; returns the count of the running window."""
        start, _ = _edges(span, at)
        window = self._windows.get((key, span))
        if window is None or window.start != start:
            window = self._windows[(key, span)] = _Window(start)
        window.count += number
        return window.count


def _edges(span: str, at: float) -> tuple[float, float]:
    """When the window around ``at`` began, and until when a limit broken now blocks."""
    if span == "minute":
        return at // MINUTE * MINUTE, at + MINUTE
    if span == "hour":
        return at // HOUR * HOUR, at + HOUR
    if span == "day":
        start = day_start(at)
        return start, start + DAY
    return month_start(at), at + MONTH_BLOCK


class Gates:
    """What is being worked on right now."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._held: set[str] = set()

    @contextmanager
    def within(self, path: str, cap: int) -> Iterator[None]:
        """Hold one of ``cap`` places of an API. Raises Refused 45033 when all are taken."""
        if self._running[path] >= cap:
            raise Refused(45033, "api concurrent out of limit")
        self._running[path] += 1
        try:
            yield
        finally:
            self._running[path] -= 1

    @contextmanager
    def alone(self, name: str | None) -> Iterator[None]:
        """Hold one object for a write. Raises Refused 45035 when another write holds it."""
        if name is None:
            yield
            return
        if name in self._held:
            raise Refused(45035, "conflicting concurrent operation")
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)
