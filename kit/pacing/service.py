"""Permits of one process: taken in batches from the shared books, unused ones flow back.

A call waits here for its permit as long as patience goes, and is told then when to come again.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import Database
from kit.pacing import repository, rules
from kit.pacing.facts import Limit, LimitsOf, Pace, Urgency, urgency
from kit.pacing.metrics import PERMITS, REFUSALS

MARGIN: Final = 5.0
"""Seconds before its lease ends in which a permit is not used any more."""
IDLE: Final = 1.0
"""Seconds after which permits that nobody has used flow back."""
QUICK: Final = 2.0
"""A batch that is used up in so many seconds is followed by one of twice its size."""

DatabaseClock = Callable[[AsyncSession], Awaitable[float]]


class NoRoom(Exception):
    """No permit in time: the call was not made. ``wait`` seconds is the least to wait."""

    def __init__(self, path: str, wait: float) -> None:
        super().__init__(f"{path}: no permit for {wait:.0f} s")
        self.path, self.wait = path, wait


@dataclass(slots=True)
class _Pool:
    """Permits in hand for one path and urgency, and calls that are not written down yet."""

    limits: tuple[Limit, ...]
    free: int = 0
    used: int = 0
    usable_until: float = 0.0
    touched: float = 0.0
    refilled: float = 0.0
    batch: int = 1
    closed_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pacer:
    """The permits of this process. Any number of processes share one database."""

    def __init__(
        self,
        database: Database,
        limits_of: LimitsOf,
        pace: Callable[[], Pace],
        *,
        now: DatabaseClock = repository.database_now,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``now``: the clock all share; ``steady``, ``sleep``: this process's own."""
        self._database = database
        self._limits_of = limits_of
        self._pace = pace
        self._now = now
        self._steady = steady
        self._sleep = sleep
        self._name = secrets.token_hex(4)
        self._pools: dict[tuple[str, Urgency], _Pool] = {}

    @asynccontextmanager
    async def passing(self, path: str, also: Sequence[Limit] = ()) -> AsyncIterator[None]:
        """One call of ``path`` inside the block, with a permit. Raises NoRoom.

        ``also``: limits of this one call (of a member), counted at once and not given back.
        """
        level = urgency()
        if also:
            await self._single(path, also, level)
        pool = self._pool(path, level)
        if not pool.limits:
            yield
            return
        await self._permit(path, pool, level)
        try:
            yield
        finally:
            pool.used += 1
            pool.touched = self._steady()

    async def room(self, path: str, level: Urgency, want: int) -> int:
        """Permits in hand for up to ``want`` calls, taken without waiting; 0: closed or full."""
        pool = self._pool(path, level)
        if not pool.limits:
            return want
        if pool.free < want and self._steady() >= pool.closed_until:
            async with pool.turn:
                if pool.free < want:
                    await self._refill(pool, level, want - pool.free)
        return min(want, pool.free) if self._steady() < pool.usable_until else 0

    async def refused(self, path: str, code: int) -> None:
        """WeCom refused a call of ``path`` for its frequency: every process hears of it."""
        REFUSALS.labels(str(code)).inc()
        limits = [one for one in self._limits_of(path) if one.blocks]
        if not limits:
            return
        async with self._database.transaction() as session:
            books = await repository.held(session, [one.scope for one in limits])
            at = await self._now(session)
            for one in limits:
                rules.forget(books[one.scope], one, at)
                rules.refused(books[one.scope], one, code, self._pace(), at)
            await repository.keep(session, books, at)
        for (known, _), pool in self._pools.items():
            if known == path:
                pool.usable_until = 0.0  # what is in hand is given back at the next look

    async def flush(self, *, all_of_them: bool = False) -> None:
        """Write down finished calls and give back what nobody has used for a second."""
        before = self._steady() - IDLE
        for (_, level), pool in list(self._pools.items()):
            if (pool.free or pool.used) and (all_of_them or pool.touched <= before):
                async with pool.turn:
                    await self._refill(pool, level, 0)

    def _pool(self, path: str, level: Urgency) -> _Pool:
        limits = tuple(self._limits_of(path))
        pool = self._pools.get((path, level))
        if pool is None:
            pool = self._pools[path, level] = _Pool(limits)
        pool.limits = limits
        return pool

    async def _permit(self, path: str, pool: _Pool, level: Urgency) -> None:
        give_up = self._steady() + self._pace().patience
        while True:
            if pool.free and self._steady() < pool.usable_until:
                pool.free -= 1
                pool.touched = self._steady()
                return
            wait = max(pool.closed_until - self._steady(), 0.0)
            if not wait:
                async with pool.turn:
                    if pool.free and self._steady() < pool.usable_until:
                        continue
                    wait = await self._refill(pool, level, self._wanted(pool))
            if wait and self._steady() + wait > give_up:
                PERMITS.labels("refused").inc()
                raise NoRoom(path, wait)
            if wait:
                await self._sleep(wait)

    def _wanted(self, pool: _Pool) -> int:
        quick = self._steady() - pool.refilled < QUICK
        pool.batch = min(pool.batch * 2, self._pace().batch) if quick else 1
        return pool.batch

    async def _refill(self, pool: _Pool, level: Urgency, want: int) -> float:
        """Settle what is finished and take up to ``want``; seconds to wait where none is free."""
        pace, began = self._pace(), self._steady()
        back = pool.free if not want or began >= pool.usable_until else 0
        used = pool.used
        pool.free -= back  # nobody may use what is on its way back
        holder = f"{self._name}.{level.value}"
        scopes = {one.scope: one for one in pool.limits}
        share = pace.shares[level]
        try:
            async with self._database.transaction() as session:
                books = await repository.held(session, sorted(scopes))
                at = await self._now(session)
                granted = want
                for scope, limit in scopes.items():
                    book = books[scope]
                    rules.forget(book, limit, at)
                    rules.settle(book, limit, holder, used, back, at)
                    if used:
                        rules.answered(book, holder)
                    granted = min(granted, rules.room(book, limit, share, at, holder=holder))
                wait = 0.0
                for scope, limit in scopes.items():
                    book = books[scope]
                    if granted:
                        rules.take(book, holder, granted, at + pace.lease)
                    elif want and not rules.room(book, limit, share, at, holder=holder):
                        wait = max(wait, rules.wait(book, limit, share, at))
                await repository.keep(session, books, at)
        except BaseException:
            pool.free += back
            raise
        pool.used -= used
        pool.free += granted
        pool.touched = pool.refilled = self._steady()
        if granted:
            pool.usable_until = began + pace.lease - MARGIN
            PERMITS.labels("taken").inc(granted)
        if back:
            PERMITS.labels("returned").inc(back)
        pool.closed_until = self._steady() + min(wait, IDLE) if wait else 0.0
        return wait

    async def _single(self, path: str, limits: Sequence[Limit], level: Urgency) -> None:
        """Count one call in ``limits`` now, or in none of them. Raises NoRoom."""
        scopes = {one.scope: one for one in limits}
        share = self._pace().shares[level]
        async with self._database.transaction() as session:
            books = await repository.held(session, sorted(scopes))
            at = await self._now(session)
            wait = 0.0
            for scope, limit in scopes.items():
                rules.forget(books[scope], limit, at)
                if not rules.room(books[scope], limit, share, at):
                    wait = max(wait, rules.wait(books[scope], limit, share, at))
            if not wait:
                for scope, limit in scopes.items():
                    rules.take(books[scope], self._name, 1, at)
                    rules.settle(books[scope], limit, self._name, 1, 0, at + MARGIN)
                await repository.keep(session, books, at)
        if wait:
            PERMITS.labels("refused").inc()
            raise NoRoom(path, wait)


async def give_back(pacer: Pacer) -> None:
    """Give everything back when the process ends; its lease does the same, only later."""
    with contextlib.suppress(Exception):
        await pacer.flush(all_of_them=True)
