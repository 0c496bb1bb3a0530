"""Draws a trace from a seed, walks it, and cuts a trace that breaks a promise down to a short one."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.machine import looking
from tests.machine.boundaries import Died
from tests.machine.house import House
from tests.machine.model import Broken
from tests.machine.run import Run, begun
from tests.machine.steps import STEPS

SPAN: Final = 2_520
"""Every small number divides it, so that a remainder is as likely as another."""
Drawn = tuple[str, int, int, int]
Fresh = Callable[[], AbstractAsyncContextManager[tuple[str, Path]]]
"""A new, empty, migrated database and a directory for its installation."""


@dataclass
class Walked:
    """What became of a trace. ``broken`` None: every promise held."""

    steps: int
    broken: str | None = None
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)


def drawn(seed: int, steps: int) -> list[Drawn]:
    """The trace of a seed."""
    dice = random.Random(seed)
    names = list(STEPS)
    weights = [STEPS[name][0] for name in names]
    return [
        (name, dice.randrange(SPAN), dice.randrange(SPAN), dice.randrange(SPAN))
        for name in dice.choices(names, weights, k=steps)
    ]


async def walk(
    fresh: Fresh, trace: Sequence[Drawn], *, seed: int, house: type[House] = House
) -> Walked:
    """Walk a trace on a new database; stops at the first broken promise."""
    began = time.perf_counter()
    async with fresh() as (url, directory), begun(url, directory, seed, house) as run:
        done = 0
        broken: str | None = None
        try:
            for step in trace:
                done += 1
                await _one(run, step)
            await run.calm()
            async with run.house.looking() as session:
                await looking.proven(session)
        except Broken as error:
            broken = str(error)
        run.model.counts["deaths"] = run.house.deaths
        return Walked(done, broken, time.perf_counter() - began, run.model.counts)


async def _one(run: Run, step: Drawn) -> None:
    name, a, b, c = step
    run.tick()
    try:
        with run.fuse.burning():
            await STEPS[name][1](run, a, b, c)
    except Died:
        await run.restart()
    await run.arrive()
    run.observe()


async def shortest(
    fresh: Fresh,
    trace: Sequence[Drawn],
    broken: str,
    *,
    seed: int,
    house: type[House] = House,
    budget_s: float = 120.0,
) -> list[Drawn]:
    """Leave out what is not needed for the same promise to break, for as long as there is time."""
    promise = broken.split(":")[0]
    until = time.perf_counter() + budget_s
    kept = list(trace)
    size = max(1, len(kept) // 2)
    while time.perf_counter() < until:
        start, smaller = 0, False
        while start < len(kept) and time.perf_counter() < until:
            tried = kept[:start] + kept[start + size :]
            found = await walk(fresh, tried, seed=seed, house=house)
            if found.broken is not None and found.broken.split(":")[0] == promise:
                kept, smaller = tried[: found.steps], True
            else:
                start += size
        if size == 1 and not smaller:
            break
        size = max(1, size // 2)
    return kept


def told(seed: int, broken: str, trace: Sequence[Drawn]) -> str:
    """A failure as a person reads it, with the trace to run it again."""
    lines = [f"seed {seed}: {broken}", f"{len(trace)} steps that break it:"]
    return "\n".join([*lines, *(f"  {step!r}," for step in trace)])


async def prove(
    fresh: Fresh, *, seed: int, steps: int, house: type[House] = House, budget_s: float = 120.0
) -> Walked:
    """Walk the trace of a seed. Raises AssertionError with the shortest trace where one breaks."""
    trace = drawn(seed, steps)
    found = await walk(fresh, trace, seed=seed, house=house)
    if found.broken is not None:
        short = await shortest(
            fresh, trace[: found.steps], found.broken, seed=seed, house=house, budget_s=budget_s
        )
        again = await walk(fresh, short, seed=seed, house=house)
        raise AssertionError(told(seed, again.broken or found.broken, short))
    return found
