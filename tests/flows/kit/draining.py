"""Many calls of one API through several processes' permits, counted by the simulated WeCom."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from kit.db import Database
from kit.pacing.facts import Limit, Pace, Urgency, urgent_as
from kit.pacing.service import NoRoom, Pacer
from simulator.wecom.errors import Refused
from simulator.wecom.limits import Gates, RateLimits
from tests.flows.kit.simulated_time import SimulatedTime

PATH: Final = "externalcontact/add_msg_template"
START: Final = 1_763_776_800.0
"""A full hour, so that the least time is the same by every reading of WeCom's windows."""
PACE: Final = Pace(
    batch=200,
    lease=60,
    patience=10,
    shares={Urgency.URGENT: 100, Urgency.SERVICE: 98, Urgency.MARKETING: 95},
    minute_block=60,
    hour_block=3_600,
    crowded_block=2,
    narrow_for=600,
)


def limits(minute: int, hour: int, at_once: int = 60) -> tuple[Limit, ...]:
    """One API, and an address that allows twice as much."""
    return (
        Limit(f"api:{PATH}", ((60, minute), (3_600, hour)), at_once, blocks=True),
        Limit("address", ((60, minute * 2), (3_600, hour * 4))),
    )


def least(number: int, minute: int, hour: int) -> float:
    """Seconds that ``number`` calls need at the least, were each made at the first moment allowed."""
    hours = ceil(number / hour) - 1
    return hours * 3_600 + (ceil((number - hours * hour) / minute) - 1) * 60


@dataclass
class Counter:
    """The simulated WeCom's count of the calls: refused, most in any sliding window, at once."""

    minute: int
    hour: int
    at_once: int
    taken: int = 0
    last: float = 0.0
    refused: list[float] = field(default_factory=list)
    worst: dict[int, int] = field(default_factory=dict)
    _fixed: RateLimits = field(default_factory=RateLimits)
    _gates: Gates = field(default_factory=Gates)
    _log: dict[int, deque[float]] = field(default_factory=lambda: {60: deque(), 3_600: deque()})

    async def call(self, time: SimulatedTime, way: float, back: float) -> None:
        """One call: ``way`` seconds until WeCom counts it, ``back`` until its answer is here."""
        await time.sleep(way)
        at = time.at
        try:
            self._fixed.check(PATH, "minute", self.minute, at)
            self._fixed.check(PATH, "hour", self.hour, at)
            with self._gates.within(PATH, self.at_once):
                self.taken += 1
                self.last = at
                for span, log in self._log.items():
                    log.append(at)
                    while log[0] <= at - span:
                        log.popleft()
                    self.worst[span] = max(self.worst.get(span, 0), len(log))
                await time.sleep(back)
        except Refused:
            self.refused.append(at)


async def drain(
    databases: Sequence[Database],
    number: int,
    *,
    minute: int,
    hour: int,
    level: Urgency = Urgency.SERVICE,
    tasks: int = 4,
    seed: int = 7,
) -> tuple[float, Counter]:
    """Make ``number`` calls, one process's permits a database; seconds it took, and the count."""
    time = SimulatedTime(START)
    counter = Counter(minute, hour, at_once=100)
    dice = random.Random(seed)
    figures = limits(minute, hour)
    left = number

    async def work(pacer: Pacer) -> None:
        nonlocal left
        with time.working(), urgent_as(level):
            while left:
                left -= 1
                try:
                    async with pacer.passing(PATH):
                        await counter.call(time, dice.uniform(0.01, 0.2), dice.uniform(0.01, 0.1))
                except NoRoom as full:
                    left += 1
                    await time.sleep(full.wait)

    pacers = [
        Pacer(
            database,
            lambda _: figures,
            lambda: PACE,
            now=time.shared,
            steady=time.steady,
            sleep=time.sleep,
        )
        for database in databases
    ]
    await asyncio.gather(*(work(pacer) for pacer in pacers for _ in range(tasks)))
    return time.at - START, counter
