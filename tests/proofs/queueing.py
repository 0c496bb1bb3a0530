"""The whole dispatcher at WeCom's limits, in simulated time: a backlog, and welcomes before it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.dispatcher import Dispatcher, Route, Sent
from delivery.models import OutboxState
from delivery.repository import outbox
from delivery.repository.outbox import Call, Claim
from kit.db import Database
from kit.pacing.service import Pacer
from tests.conftest import CIPHER
from tests.flows.kit.draining import PACE, PATH, START, Counter, least, limits
from tests.flows.kit.simulated_time import SimulatedTime
from wiring.schema import migrate

PROCESSES: Final = 4
BRANCHES: Final = 20
AT: Final = datetime.fromtimestamp(START, UTC)
WAITING: Final = 100_000
EVERY: Final = 5.0
SECONDS: Final = 180


@dataclass
class Bank:
    """Processes that share one outbox and one WeCom, and what WeCom saw."""

    minute: int
    hour: int
    databases: list[Database]
    clock: SimulatedTime = field(default_factory=lambda: SimulatedTime(START))
    sent: dict[str, float] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counter = Counter(self.minute, self.hour, at_once=100)
        self.processes = [self._process(one) for one in self.databases]

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.at, UTC)

    def _process(self, database: Database) -> tuple[Pacer, Dispatcher]:
        figures = limits(self.minute, self.hour)
        pacer = Pacer(
            database,
            lambda _: figures,
            lambda: PACE,
            now=self.clock.shared,
            steady=self.clock.steady,
            sleep=self.clock.sleep,
        )

        async def send(claim: Claim) -> Sent:
            async with pacer.passing(PATH):
                await self.counter.call(self.clock, 0.1, 0.1)
                if claim.key in self.sent:
                    self.doubled.append(claim.key)
                self.sent[claim.key] = self.clock.at
            return Sent("msgid")

        routes = {kind: Route(send, _nothing, path=PATH) for kind in ("broadcast", "welcome")}
        return pacer, Dispatcher(database, routes, self.now, permits=pacer, side_by_side=8)

    async def queue(self, number: int) -> None:
        """Put marketing into the outbox, spread over the branches."""
        for start in range(0, number, 5_000):
            calls = [
                _call(f"m{n}", "broadcast", 7, f"branch-{n % BRANCHES:02}", AT)
                for n in range(start, min(start + 5_000, number))
            ]
            async with self.databases[0].transaction() as session:
                await outbox.put(session, calls, AT)

    async def work(self, process: tuple[Pacer, Dispatcher], until: float, most: int) -> None:
        """One process: it dispatches, rests, and gives back what it does not use."""
        pacer, dispatcher = process
        with self.clock.working():
            while self.clock.at < until and len(self.sent) < most:
                await dispatcher.drain()
                await self.clock.sleep(1.0 if until < START + 3_600 else 10.0)
                await pacer.flush()


async def _nothing(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    """Nothing follows."""


def _call(key: str, kind: str, priority: int, unit: str, at: datetime) -> Call:
    ends = at + timedelta(days=1)
    return Call(key, kind, {}, due_at=at, expires_at=ends, unit_id=unit, priority=priority)


@asynccontextmanager
async def bank(url: str, minute: int, hour: int) -> AsyncIterator[Bank]:
    """Four processes on PostgreSQL, one on SQLite."""
    async with AsyncExitStack() as stack:
        first = Database(url, CIPHER, pool_size=4)
        stack.push_async_callback(first.close)
        await migrate(first)
        others = [] if first.is_sqlite else [Database(url, CIPHER, pool_size=4) for _ in range(3)]
        for one in others:
            stack.push_async_callback(one.close)
        yield Bank(minute, hour, [first, *others])


@dataclass(frozen=True)
class Dispatched:
    """A backlog that went: simulated seconds, how often it was the least time, real seconds."""

    number: int
    took: float
    ratio: float
    seconds: float
    counter: Counter
    states: dict[str, int]
    doubled: list[str]


async def drained(url: str, number: int, minute: int, hour: int) -> Dispatched:
    """Send a backlog through outbox, claims, permits and ledger."""
    async with bank(url, minute, hour) as at:
        await at.queue(number)
        began = time.perf_counter()
        until = START + 2 * least(number, minute, hour)
        await asyncio.gather(*(at.work(one, until, number) for one in at.processes))
        took = at.counter.last - START
        async with at.databases[0].reading() as session:
            states = await outbox.counts(session)
        seconds = time.perf_counter() - began
        ratio = took / least(number, minute, hour)
        return Dispatched(number, took, ratio, seconds, at.counter, states, at.doubled)


@dataclass(frozen=True)
class Welcomed:
    """How long welcomes waited before a full window, by the fast lane and by the queue."""

    lane: list[float]
    queue: list[float]
    marketing: int
    counter: Counter

    @property
    def all(self) -> list[float]:
        return [*self.lane, *self.queue]


async def welcomed(url: str) -> Welcomed:
    """A hundred thousand marketing calls wait at the limit; a customer is added every five seconds."""
    async with bank(url, 1_000, 150_000) as at:
        await at.queue(WAITING)
        asked: dict[str, float] = {}
        _, fast = at.processes[0]

        async def customers() -> None:
            with at.clock.working():
                for n in range(int(SECONDS / EVERY)):
                    await at.clock.sleep(EVERY)
                    key = f"{'lane' if n % 2 else 'queue'}{n}"
                    asked[key] = at.clock.at
                    call = _call(key, "welcome", 0, f"branch-{n % BRANCHES:02}", at.now())
                    async with at.databases[0].transaction() as session:
                        (number,) = await outbox.put(session, [call], at.now())
                    if n % 2:
                        await fast.dispatch(number)

        until = START + SECONDS + 15
        work = [at.work(one, until, WAITING) for one in at.processes]
        await asyncio.gather(customers(), *work)
        waits = {key: at.sent.get(key, float("inf")) - moment for key, moment in asked.items()}
        return Welcomed(
            [wait for key, wait in waits.items() if key.startswith("lane")],
            [wait for key, wait in waits.items() if key.startswith("queue")],
            sum(key.startswith("m") for key in at.sent),
            at.counter,
        )


def told(drain: Dispatched, welcome: Welcomed, where: str, on: date) -> list[str]:
    """The section of the page."""
    return [
        f"{on.isoformat()}, {where}, eight calls side by side each; the product's own outbox, claims, "
        "permits and ledger, a WeCom that counts.",
        "",
        f"{drain.number:,} calls of {BRANCHES} branches at {drain.counter.minute:,} a minute and "
        f"{drain.counter.hour:,} an hour: {drain.took:,.0f} s of simulated time, **{drain.ratio:.3f}** of the "
        f"least; **{len(drain.counter.refused)}** refused, {len(drain.doubled)} made twice, "
        f"{drain.seconds:.0f} s of real time.",
        "",
        f"With {WAITING:,} marketing calls waiting and the minute's window used up "
        f"({welcome.marketing:,} of them went in {SECONDS + 15} s), {len(welcome.all)} welcomes waited "
        f"{max(welcome.lane):.1f} s at most by the fast lane and {max(welcome.queue):.1f} s by the queue alone; "
        f"**{len(welcome.counter.refused)}** refused.",
    ]
