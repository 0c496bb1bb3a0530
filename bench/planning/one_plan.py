"""Plans one day in a process of its own: ``python -m bench.planning.one_plan``, one JSON line.

Time is divided by standing beside the functions a plan is made of; memory is the process's peak
less what it held before the plan began.
"""

import asyncio
import functools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from bench.memory import most_memory_mb
from bench.planning.sql_alone import plan as plan_by_sql
from compliance import repository as decisions
from config.settings import load
from content_library import repository as scripts_of
from delivery import door, judging, quota
from delivery.repository import keys, todos
from kit import ledger, log
from kit.clock import bank_date, now
from reminders.jobs import plan_day
from wiring.parts import build

spent: defaultdict[str, float] = defaultdict(float)


def _clocked(module: Any, name: str, part: str) -> None:
    """Replace ``module.name`` by itself with a stop-watch; awaited or not."""
    done: Callable[..., Any] = getattr(module, name)

    if asyncio.iscoroutinefunction(done):

        @functools.wraps(done)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                waiting: Awaitable[Any] = done(*args, **kwargs)
                return await waiting
            finally:
                spent[part] += time.perf_counter() - began

        setattr(module, name, awaited)
        return

    @functools.wraps(done)
    def called(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return done(*args, **kwargs)
        finally:
            spent[part] += time.perf_counter() - began

    setattr(module, name, called)


def _stand_beside() -> None:
    _clocked(judging, "background", "facts of the batch")
    _clocked(judging, "judge", "words and gate")
    _clocked(decisions, "record_decisions", "decision rows")
    _clocked(quota, "reserve", "quota slots")
    for name in ("known", "take", "refuse"):
        _clocked(keys, name, "intent keys")
    _clocked(todos, "put", "to-dos, sealed")
    _clocked(ledger, "append", "ledger")
    _clocked(door, "submit", "door")


async def main() -> None:
    """The yardstick, then the plan; the settings come from the environment."""
    log.setup(level="WARNING", to_terminal=False)
    parts = await build(load(os.environ))
    at = now()
    day = bank_date(at)
    sql_seconds, sql_rows = await plan_by_sql(parts.databases.bank, day)
    async with parts.databases.bank.reading() as session:
        await scripts_of.counts(session)
    _stand_beside()
    before = most_memory_mb()
    began, cpu = time.perf_counter(), time.process_time()
    report = (
        await plan_day(
            parts.databases.bank,
            day=day,
            at=at,
            policy=parts.reminders,
            desk=parts.desk,
            content=lambda _: [],
        )
    ).as_json()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await parts.close()
    inside = sum(value for part, value in spent.items() if part != "door")
    split = {part: value for part, value in spent.items() if part != "door"}
    split["rest of the door"] = spent["door"] - inside
    split["selection, intents, commits"] = seconds - spent["door"]
    sys.stdout.write(
        json.dumps(
            {
                "sql_seconds": sql_seconds,
                "sql_rows": sql_rows,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "considered": report["considered"],
                "planned": report["planned"],
                "peak_mb": most_memory_mb(),
                "grown_mb": most_memory_mb() - before,
                "split": split,
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    asyncio.run(main())
