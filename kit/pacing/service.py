"""Permits of one process: taken in batches from the shared books, unused ones flow back.

A call waits here for its permit as long as patience goes, and is told then when to come again.
A batch costs one transaction; a single call now and then mostly costs none, because the permits of
its last batch are still in hand.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from kit.db import Database
from kit.pacing import repository, rules
from kit.pacing.facts import Limit, LimitsOf, Pace, Urgency, urgency
from kit.pacing.metrics import PERMITS, REFUSALS

MARGIN: Final = 5.0
"""Seconds before its lease ends in which a permit is not used any more."""
IDLE: Final = 1.0
"""Seconds after which permits that nobody has used flow back."""
LONE: Final = 20.0
"""The same for the few permits of single calls, as long as half of every window is free."""
QUICK: Final = 2.0
"""A batch that is used up in so many seconds is followed by one of twice its size."""
FIRST: Final = 8
PART: Final = 20
"""No batch is more than this part of the smallest window, so that others find some left."""


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
    batch: int = 0
    closed_until: float = 0.0
    roomy: bool = False  # half of every window was free when it was last asked for
    running: int = 0
    waiting: int = 0
    crowd: int = 1  # most that ran or waited at once since the last batch
    wish: int = 0  # how many it asked to run at once
    abreast: int = 0  # how many may
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the books gave."""

    granted: int
    wait: float
    abreast: int
    roomy: bool


class Pacer:
    """The permits of this process. Any number of processes share one database."""

    def __init__(
        self,
        database: Database,
        limits_of: LimitsOf,
        pace: Callable[[], Pace],
        *,
        now: repository.Clock | None = None,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``now``: a clock all share, if not the database's; ``steady``, ``sleep``: our own."""
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
            pool.running -= 1
            pool.used += 1
            pool.touched = self._steady()

    async def room(self, path: str, level: Urgency, want: int) -> int:
        """Permits in hand for up to ``want`` calls, taken without waiting; 0: closed or full."""
        pool = self._pool(path, level)
        if not pool.limits:
            return want
        if not self._enough(pool, want) and self._steady() >= pool.closed_until:
            async with pool.turn:
                if not self._enough(pool, want):
                    kept = pool.free if self._steady() < pool.usable_until else 0
                    await self._refill(pool, level, max(self._wanted(pool), want - kept))
        return min(want, pool.free) if self._steady() < pool.usable_until else 0

    async def refused(self, path: str, code: int) -> None:
        """WeCom refused a call of ``path`` for its frequency: every process hears of it."""
        REFUSALS.labels(str(code)).inc()
        limits = {one.scope: one for one in self._limits_of(path) if one.blocks}
        if not limits:
            return

        def write(connection: Connection) -> None:
            books, at = repository.held(connection, sorted(limits), self._now)
            for scope, one in limits.items():
                rules.forget(books[scope], one, at)
                rules.refused(books[scope], one, code, self._pace(), at)
            repository.keep(connection, books, at)

        await self._database.at_once(write)
        for (known, _), pool in self._pools.items():
            if known == path:
                pool.usable_until = 0.0  # what is in hand is given back at the next look

    async def flush(self, *, all_of_them: bool = False) -> None:
        """Write down finished calls, give back what is idle, hear what others closed; once a second."""
        at = self._steady()
        await self._listen()
        for (_, level), pool in list(self._pools.items()):
            lone = pool.roomy and pool.abreast <= 1 and at < pool.usable_until
            idle = pool.touched <= at - (LONE if lone else IDLE) or at >= pool.usable_until
            leave = (pool.free or pool.used) and (all_of_them or idle)
            busy = pool.abreast > 1 and pool.refilled <= at - IDLE and pool.used
            if leave or busy:  # a busy one makes room for newcomers
                async with pool.turn:
                    await self._refill(pool, level, 0, leave=bool(leave))

    async def _listen(self) -> None:
        """What another process found closed closes what is in hand here, too."""
        if self._database.is_sqlite:
            return  # its one process hears of its own refusals
        hot = [pool for pool in self._pools.values() if pool.free]
        scopes = sorted({one.scope for pool in hot for one in pool.limits if one.blocks})
        if not scopes:
            return
        async with self._database.reading() as session:
            connection = await session.connection()
            books, at = await connection.run_sync(
                lambda found: repository.seen(found, scopes, self._now)
            )
        for pool in hot:
            if any(
                books[one.scope].blocked_until > at for one in pool.limits if one.scope in books
            ):
                pool.usable_until = 0.0

    def _pool(self, path: str, level: Urgency) -> _Pool:
        limits = tuple(self._limits_of(path))
        pool = self._pools.get((path, level))
        if pool is None:
            pool = self._pools[path, level] = _Pool(limits)
        pool.limits = limits
        return pool

    def _enough(self, pool: _Pool, want: int) -> bool:
        return pool.free >= want and self._steady() < pool.usable_until

    def _passes(self, pool: _Pool) -> bool:
        return pool.running < pool.abreast and self._enough(pool, 1)

    async def _permit(self, path: str, pool: _Pool, level: Urgency) -> None:
        give_up = self._steady() + self._pace().patience
        pool.waiting += 1
        pool.crowd = max(pool.crowd, pool.running + pool.waiting)
        try:
            while not self._passes(pool):
                wait = await self._next(pool, level)
                if wait and self._steady() + wait > give_up:
                    PERMITS.labels("refused").inc()
                    raise NoRoom(path, wait)
                if wait:
                    await self._sleep(wait)
        finally:
            pool.waiting -= 1
        pool.free -= 1
        pool.running += 1
        pool.touched = self._steady()

    async def _next(self, pool: _Pool, level: Urgency) -> float:
        """Get a permit or a place into the pool; seconds to wait where there is none now."""
        async with pool.turn:
            if self._passes(pool):
                return 0.0
            if wait := max(pool.closed_until - self._steady(), 0.0):
                return wait
            if not self._enough(pool, 1):
                wait = await self._refill(pool, level, self._wanted(pool))
            elif pool.crowd > pool.wish or self._steady() - pool.refilled >= IDLE:
                wait = await self._refill(pool, level, 0)
            if wait or self._passes(pool):
                return wait
            return rules.LOOK_AGAIN  # until a call of our own ends and leaves its place

    def _wanted(self, pool: _Pool) -> int:
        smallest = min((most for one in pool.limits for _, most in one.spans), default=0)
        most = max(1, min(self._pace().batch, smallest // PART or self._pace().batch))
        quick = self._steady() - pool.refilled < QUICK
        pool.batch = min(max(pool.batch * 2, FIRST) if quick else FIRST, most)
        return pool.batch

    async def _refill(
        self, pool: _Pool, level: Urgency, want: int, *, leave: bool = False
    ) -> float:
        """Settle what is finished and take up to ``want``; seconds to wait where none is free.

        ``leave``: give everything back. Where the transaction fails nobody knows whether it was
        written, so what was on its way back stays lost here until its lease ends.
        """
        pace, began = self._pace(), self._steady()
        back = pool.free if leave or began >= pool.usable_until else 0
        used, wish = pool.used, pool.running if leave else max(pool.crowd, pool.running, 1)
        pool.free -= back  # nobody may use what is on its way back
        pool.crowd = max(pool.running + pool.waiting, 1)
        holder = f"{self._name}.{level.value}"
        scopes = {one.scope: one for one in pool.limits}
        share = pace.shares[level]
        running, free = pool.running, pool.free

        def work(connection: Connection) -> _Found:
            books, at = repository.held(connection, sorted(scopes), self._now)
            granted, abreast, wait = want, wish, 0.0
            for scope, limit in scopes.items():
                book = books[scope]
                rules.forget(book, limit, at)
                rules.settle(book, limit, holder, used, back, at)
                if used:
                    rules.answered(book, holder)
                granted = min(granted, rules.room(book, limit, share, at))
                abreast = min(abreast, rules.abreast(book, limit, share, at, holder, wish))
            abreast = max(abreast, running)
            granted = granted if abreast else 0
            asked = wish
            if abreast and not (granted or free):
                abreast = asked = running  # who has no permit takes no place
            for scope, limit in scopes.items():
                book = books[scope]
                if granted:
                    rules.take(book, holder, granted, at + pace.lease)
                elif want and not (abreast and rules.room(book, limit, share, at)):
                    wait = max(wait, rules.wait(book, limit, share, at))
                rules.stand(book, holder, abreast, asked, at + (pace.lease if abreast else QUICK))
            repository.keep(connection, books, at)
            fullest = max(rules.fullest(books[scope], one) for scope, one in scopes.items())
            return _Found(granted, wait, abreast, fullest < 0.5)

        found = await self._database.at_once(work)
        pool.used -= used
        pool.free += found.granted
        pool.wish, pool.abreast, pool.roomy = wish, found.abreast, found.roomy
        pool.touched = pool.refilled = self._steady()
        if found.granted:
            pool.usable_until = began + pace.lease - MARGIN
            PERMITS.labels("taken").inc(found.granted)
        if back:
            PERMITS.labels("returned").inc(back)
        pool.closed_until = self._steady() + min(found.wait, IDLE) if found.wait else 0.0
        return found.wait

    async def _single(self, path: str, limits: Sequence[Limit], level: Urgency) -> None:
        """Count one call in ``limits`` now, or in none of them. Raises NoRoom."""
        scopes = {one.scope: one for one in limits}
        share = self._pace().shares[level]

        def work(connection: Connection) -> float:
            books, at = repository.held(connection, sorted(scopes), self._now)
            wait = 0.0
            for scope, limit in scopes.items():
                rules.forget(books[scope], limit, at)
                if not rules.room(books[scope], limit, share, at):
                    wait = max(wait, rules.wait(books[scope], limit, share, at))
            if wait:
                return wait
            for scope, limit in scopes.items():
                rules.take(books[scope], self._name, 1, at)
                rules.settle(books[scope], limit, self._name, 1, 0, at + MARGIN)
                rules.stand(books[scope], self._name, 0, 0, at)
            repository.keep(connection, books, at)
            return 0.0

        if wait := await self._database.at_once(work):
            PERMITS.labels("refused").inc()
            raise NoRoom(path, wait)


async def give_back(pacer: Pacer) -> None:
    """Give everything back when the process ends; its lease does the same, only later."""
    with contextlib.suppress(Exception):
        await pacer.flush(all_of_them=True)
