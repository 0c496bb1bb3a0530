"""Side by side, and none left behind: what `asyncio.gather` forgets when one of them fails."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all of ``work``, in order, once the last has ended.

    Raises the first failure in the order given, and not before all have ended: what still ran
    when its caller had given up would write with nobody to answer for it.
    """
    ends = await asyncio.gather(*work, return_exceptions=True)
    found: list[T] = []
    for end in ends:
        if isinstance(end, BaseException):
            raise end
        found.append(end)
    return found
