"""Plans one day in a process of its own: ``python -m bench.planning.one_plan``, one JSON line.

Time is divided by standing beside the functions a plan is made of; memory is the process's peak
less what it held before the plan began. What an earlier run wrote is taken away first.
"""

import asyncio
import contextlib
import functools
import inspect
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from typing import Any, Final

from sqlalchemy import text

from bench.memory import most_memory_mb
from bench.planning.sql_alone import plan as plan_by_sql
from compliance import repository as decisions
from compliance.gate import Court
from compliance.screening import words
from config.dimensions import KINDS
from config.settings import load
from content_library import repository as scripts_of
from delivery import batches, choosing, door, judging, merging, quota
from delivery.desk import Desk
from delivery.repository import keys, todos
from kit import log
from kit.clock import bank_date, now
from kit.db import Database
from reminders.jobs import _Plan, plan_day
from wiring.parts import build

WRITTEN: Final = (
    "intent_key", "outranked", "quota_slot", "todo", "decision", "ledger_entry", "ledger_key",
    "ledger_stream", "plan_run",
)  # fmt: skip
PARTS: Final = (
    (merging, "said_on", "facts of the batch"),
    (choosing, "said", "facts of the batch"),
    (judging, "background", "facts of the batch"),
    (keys, "known", "facts of the batch"),
    (choosing, "choose_all", "channel"),
    (judging, "rendered", "render"),
    (Court, "decide", "gate and screening"),
    (judging, "judge", "gate and screening"),
    (decisions, "record_decisions", "write: decisions"),
    (judging, "record", "write: decisions"),
    (quota, "reserve", "write: quota slots"),
    (keys, "take", "write: keys"),
    (keys, "refuse", "write: keys"),
    (merging, "record", "write: keys"),
    (todos, "put", "write: to-dos, sealed"),
    (batches, "record", "ledger"),
    (door, "submit", "rest of the door"),
)


class Clock:
    """Own time of each part: what a part that was called within takes is not counted twice."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._within: list[float] = []

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Count the block for ``part``, less the parts inside it."""
        began = time.perf_counter()
        self._within.append(0.0)
        try:
            yield
        finally:
            took = time.perf_counter() - began
            self.spent[part] += took - self._within.pop()
            if self._within:
                self._within[-1] += took

    def beside(self, where: Any, name: str, part: str) -> None:
        """Replace ``where.name`` by itself with a stop-watch; awaited or not."""
        done: Callable[..., Any] = getattr(where, name)

        if inspect.iscoroutinefunction(done):

            @functools.wraps(done)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with self.of(part):
                    return await done(*args, **kwargs)

            setattr(where, name, awaited)
            return

        @functools.wraps(done)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self.of(part):
                return done(*args, **kwargs)

        setattr(where, name, called)

    def beside_pages(self, where: Any, name: str) -> None:
        """The same for what gives pages: selection runs beside the door, so by its own watch."""
        pages: Callable[..., AsyncIterator[Any]] = getattr(where, name)

        @functools.wraps(pages)
        async def timed(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            found = pages(*args, **kwargs)
            while True:
                began = time.perf_counter()
                try:
                    page = await anext(found)
                except StopAsyncIteration:
                    self.spent["selection"] += time.perf_counter() - began
                    return
                self.spent["selection"] += time.perf_counter() - began
                yield page

        setattr(where, name, timed)


async def empty(database: Database) -> None:
    """Take away what an earlier plan wrote."""
    async with database.transaction() as session:
        for name in WRITTEN:
            statement = f"DELETE FROM {name}" if database.is_sqlite else f"TRUNCATE {name}"  # noqa: S608 — our names
            await session.execute(text(statement))


def load_words(desk: Desk, day: date) -> float:
    """Read the tables of words that a process reads once in its life; the seconds it took."""
    began = time.perf_counter()
    words.cut("到期提醒")
    for product in (None, *KINDS):
        desk.screener.screen("您好", speaker="content", product=product, on=day)
    return time.perf_counter() - began


async def main() -> None:
    """The yardstick, then the plan; the settings come from the environment."""
    log.setup(level="WARNING", to_terminal=False)
    parts = await build(load(os.environ))
    at = now()
    day, bank = bank_date(at), parts.databases.bank
    edges = [tier.lowest_fen for tier in parts.tiers.tiers[1:]]
    await empty(bank)
    alone = functools.partial(plan_by_sql, bank, day, at, parts.reminders, parts.desk.policy, edges)
    await alone()  # the first finds the pages of the file in no memory yet
    sql_seconds, sql_rows = await alone()
    async with bank.reading() as session:
        await scripts_of.counts(session)
    tables = load_words(parts.desk, day)
    clock = Clock()
    if "BARE" not in os.environ:
        for where, name, part in PARTS:
            clock.beside(where, name, part)
        clock.beside_pages(_Plan, "_intents")
    before = most_memory_mb()
    began, cpu = time.perf_counter(), time.process_time()
    done = await plan_day(
        bank,
        day=day,
        at=at,
        policy=parts.reminders,
        desk=parts.desk,
        content=lambda _: [],
        edges=edges,
    )
    report = done.as_json()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    rows = {}
    async with bank.reading() as session:
        for name in WRITTEN:
            counted = await session.execute(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
            rows[name] = int(counted.scalar_one())
    screenings = parts.desk.reader.screenings
    await parts.close()
    sys.stdout.write(
        json.dumps(
            {
                "sql_seconds": sql_seconds,
                "sql_rows": sql_rows,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "considered": report["considered"],
                "planned": report["planned"],
                "rows": rows,
                "screenings": screenings,
                "tables_seconds": tables,
                "peak_mb": most_memory_mb(),
                "grown_mb": most_memory_mb() - before,
                "split": dict(clock.spent),
                "outcomes": report["outcomes"],
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    asyncio.run(main())
