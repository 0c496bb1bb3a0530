"""Work over thousands of facts that hold no cycles is not interrupted to look for some."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SELDOM: Final = (200_000, 50, 1_000)
"""Objects made before the collector looks at the young, and how often then at the older ones."""

_within = 0
_usual = gc.get_threshold()


@contextmanager
def seldom() -> Iterator[None]:
    """Within the block (of any task of the process) the collector looks a hundred times less often.

    Because a batch makes millions of objects that live until it is written, and with the usual
    thresholds a third of a plan was spent on looking through them. What is no longer referred to
    is freed at once as ever; only cycles wait.
    """
    global _within, _usual
    if _within == 0:
        _usual = gc.get_threshold()
        gc.set_threshold(*SELDOM)
    _within += 1
    try:
        yield
    finally:
        _within -= 1
        if _within == 0:
            gc.set_threshold(*_usual)
