"""A clock that jumps to the next moment at which somebody wakes: hours pass in seconds."""

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession


class SimulatedTime:
    """Time for tasks that announce themselves by ``working``; it moves when all of them sleep."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._awake = 0
        self._asleep: list[tuple[float, int, asyncio.Event]] = []
        self._number = 0

    def steady(self) -> float:
        """Seconds, as a process's own clock counts them."""
        return self.at

    async def database_now(self, _: AsyncSession) -> float:
        """The same moment by the database's clock."""
        return self.at

    def shared(self, _: Connection) -> float:
        """The same, to a transaction of plain statements."""
        return self.at

    @contextmanager
    def working(self) -> Iterator[None]:
        """One task takes part."""
        self._awake += 1
        try:
            yield
        finally:
            self._awake -= 1
            self._move()

    async def sleep(self, seconds: float) -> None:
        """Sleep in this time."""
        woken = asyncio.Event()
        self._number += 1
        heapq.heappush(self._asleep, (self.at + max(seconds, 0.0), self._number, woken))
        self._awake -= 1
        self._move()
        await woken.wait()

    def _move(self) -> None:
        if self._awake or not self._asleep:
            return
        self.at = max(self.at, self._asleep[0][0])
        while self._asleep and self._asleep[0][0] <= self.at:
            heapq.heappop(self._asleep)[2].set()
            self._awake += 1
