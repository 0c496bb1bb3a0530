"""What a limit is, and how urgent a call is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Urgency(StrEnum):
    """Who may use the last of a limit: a share is kept for what cannot wait."""

    URGENT = "urgent"  # a welcome: twenty seconds
    SERVICE = "service"  # somebody waits for it, and everything that says nothing else
    MARKETING = "marketing"  # may wait for the next hour


_NOW: Final[ContextVar[Urgency]] = ContextVar("urgency", default=Urgency.SERVICE)


def urgency() -> Urgency:
    """How urgent the calls of this task are."""
    return _NOW.get()


@contextmanager
def urgent_as(level: Urgency) -> Iterator[None]:
    """Every call inside the block is as urgent as ``level``."""
    token = _NOW.set(level)
    try:
        yield
    finally:
        _NOW.reset(token)


@dataclass(frozen=True, slots=True)
class Limit:
    """What one scope (an API, our address) allows: calls in each span of seconds, and at once.

    ``spans`` are (seconds, calls). ``at_once`` None: as many as the spans allow. ``blocks`` says
    whether a refusal of the call closes this scope: that of the API, never that of the address.
    """

    scope: str
    spans: tuple[tuple[int, int], ...]
    at_once: int | None = None
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """The figures that hold for every call; times in seconds, shares in percent.

    ``batch``: most permits a process takes at a time. ``lease``: how long a process that vanished
    holds its permits. ``patience``: how long a call waits for one.
    """

    batch: int
    lease: float
    patience: float
    shares: dict[Urgency, int]
    minute_block: float
    hour_block: float
    crowded_block: float
    narrow_for: float


LimitsOf = Callable[[str], Sequence[Limit]]
"""The limits that a call of this name counts in; none: it may always be made."""
