"""Half a million calls through four processes' permits, and token waves of four real processes."""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from multiprocessing.managers import ListProxy
from threading import Barrier
from typing import Final

from kit.db import Database
from kit.pacing.facts import Urgency
from kit.shared_tokens.service import SharedTokens
from tests.conftest import CIPHER
from tests.flows.kit.draining import Counter, drain, least
from wecom.tokens import FreshToken, SharedRenewal
from wiring.schema import migrate

CALLS: Final = 500_000
MINUTE: Final = 10_000
HOUR: Final = 150_000
PROCESSES: Final = 4
WAVES: Final = 50
_WORKERS: Final = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Drained:
    """How long the calls took in simulated time, what WeCom counted, and seconds of real time."""

    level: Urgency
    took: float
    seen: Counter
    seconds: float

    @property
    def ratio(self) -> float:
        return self.took / least(CALLS, MINUTE, HOUR)


async def prove(url: str, level: Urgency) -> Drained:
    """Drain half a million calls of one urgency, each process with connections of its own."""
    async with AsyncExitStack() as stack:
        first = Database(url, CIPHER, pool_size=2)
        stack.push_async_callback(first.close)
        await migrate(first)
        databases = [first] * PROCESSES
        if not first.is_sqlite:
            databases = [first, *(Database(url, CIPHER, pool_size=1) for _ in range(3))]
            for one in databases[1:]:
                stack.push_async_callback(one.close)
        began = time.perf_counter()
        took, seen = await drain(databases, CALLS, minute=MINUTE, hour=HOUR, level=level, tasks=12)
        return Drained(level, took, seen, time.perf_counter() - began)


async def fetches(url: str) -> list[int]:
    """How many tokens four operating-system processes fetched in each wave of a lost token."""
    database = Database(url, CIPHER, pool_size=1)
    await migrate(database)
    await database.close()
    with _WORKERS.Manager() as manager, ProcessPoolExecutor(PROCESSES, mp_context=_WORKERS) as pool:
        log = manager.list()
        together = manager.Barrier(PROCESSES)
        work = [pool.submit(_one, url, log, together) for _ in range(PROCESSES)]
        await asyncio.to_thread(lambda: [one.result() for one in work])
        return [list(log).count(wave) for wave in range(WAVES)]


def _one(url: str, log: "ListProxy[int]", together: Barrier) -> None:
    """One process: eight callers learn in every wave that the token is dead."""

    async def waves() -> None:
        database = Database(url, CIPHER, pool_size=2)
        wave = 0

        async def fetch() -> FreshToken:
            log.append(wave)
            await asyncio.sleep(0.02)
            return FreshToken(f"token of wave {wave}", 7_200)

        renewal = SharedRenewal(SharedTokens(database, "ww1:1"), fetch)
        try:
            stale: str | None = None
            for wave in range(WAVES):
                await asyncio.to_thread(together.wait)
                got = await asyncio.gather(*(renewal.token(stale) for _ in range(8)))
                assert set(got) == {f"token of wave {wave}"}
                stale = got[0]
        finally:
            await database.close()

    asyncio.run(waves())


async def fetches_of_short_tokens(url: str, seconds: float = 8.0) -> list[float]:
    """When four processes fetched, whose callers ask all the time for a token of two seconds."""
    database = Database(url, CIPHER, pool_size=1)
    await migrate(database)
    await database.close()
    with _WORKERS.Manager() as manager, ProcessPoolExecutor(PROCESSES, mp_context=_WORKERS) as pool:
        log = manager.list()
        together = manager.Barrier(PROCESSES)
        work = [pool.submit(_asking, url, log, together, seconds) for _ in range(PROCESSES)]
        await asyncio.to_thread(lambda: [one.result() for one in work])
        return list(log)


def _asking(url: str, log: "ListProxy[float]", together: Barrier, seconds: float) -> None:
    async def ask() -> None:
        database = Database(url, CIPHER, pool_size=2)

        async def fetch() -> FreshToken:
            log.append(time.monotonic())
            await asyncio.sleep(0.02)
            return FreshToken(f"token of {time.monotonic()}", 2)

        renewal = SharedRenewal(SharedTokens(database, "ww1:1"), fetch)

        async def caller() -> None:
            while time.monotonic() < ends:
                await renewal.token()
                await asyncio.sleep(0.01)

        try:
            await asyncio.to_thread(together.wait)
            ends = time.monotonic() + seconds
            await asyncio.gather(*(caller() for _ in range(8)))
        finally:
            await database.close()

    asyncio.run(ask())


def told(found: Sequence[Drained], where: str, on: date) -> list[str]:
    """The section of the page."""
    minimum = least(CALLS, MINUTE, HOUR)
    lines = [
        f"{on.isoformat()}, {where}. {CALLS:,} calls of one API at {MINUTE:,} a minute and {HOUR:,} an "
        f"hour need at least {minimum:,.0f} s. A call takes 0.02 to 0.3 s in simulated time; WeCom "
        "counts it somewhere in between.",
        "",
        "| calls | simulated time | over the minimum | refused | most in any 60 s / 3,600 s | real time |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.level.value} | {one.took:,.0f} s | **{one.ratio:.3f}** | **{len(one.seen.refused)}** "
        f"| {one.seen.worst[60]:,} / {one.seen.worst[3_600]:,} | {one.seconds:.0f} s |"
        for one in found
    ]
    return [
        *lines,
        "",
        "The windows are counted by the simulated WeCom (fixed windows with blocks, and a sliding log "
        "beside them). Marketing leaves a twentieth of every window to what is more urgent.",
    ]
