"""Until when a task may still make calls: as long as what it works on is its own.

A process that was stopped (a paused machine, SIGSTOP) wakes up in the middle of its work without
knowing that another has taken that work over. Time goes on by the steady clock meanwhile, so it
is asked right before a call.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(slots=True)
class _Deadline:
    moment: float
    steady: Callable[[], float]


_MINE: Final[ContextVar[_Deadline | None]] = ContextVar("deadline", default=None)


@contextmanager
def in_time(seconds: float, *, steady: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Calls inside the block are made within ``seconds`` from now, or not at all."""
    token = _MINE.set(_Deadline(steady() + seconds, steady))
    try:
        yield
    finally:
        _MINE.reset(token)


def prolong(seconds: float) -> None:
    """The lease of what this task works on has just begun anew; nothing where there is none."""
    if (mine := _MINE.get()) is not None:
        mine.moment = mine.steady() + seconds


def too_late() -> bool:
    """Whether this task's time is over: what it works on may be somebody else's by now."""
    mine = _MINE.get()
    return mine is not None and mine.steady() >= mine.moment
