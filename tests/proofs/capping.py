"""Twelve thousand attempts by eight senders at once, and the count of what was over."""

import asyncio
import multiprocessing
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from kit import partitions
from kit.db import Database
from tests.conftest import CIPHER
from tests.flows.delivery import crowd
from tests.flows.wecom_world import wecom_world
from wiring.schema import migrate

SENDERS: Final = 8
ATTEMPTS: Final = 12_000
CUSTOMERS: Final = 60
_WORKERS: Final = multiprocessing.get_context("forkserver")
_WORKERS.set_forkserver_preload(["tests.flows.delivery.crowd"])


@dataclass(frozen=True)
class Capped:
    """What became of the attempts, and what was over by each count."""

    seconds: float
    became: Counter[str]
    over_in_rows: list[str]
    over_in_slots: list[str]
    over_at_wecom: list[str]
    told: int
    posted: int
    asked: int
    full: int


async def prove(url: str, *, processes: bool) -> Capped:
    """Let the crowd at the database at ``url``, hand what passed to a simulated WeCom, count."""
    database = Database(url, CIPHER, pool_size=8)
    try:
        await migrate(database)
        async with database.engine.begin() as connection:
            at = datetime(2026, 11, 2, tzinfo=UTC)
            await connection.run_sync(lambda one: partitions.prepare(one, at))
        where = await crowd.scene(database, CUSTOMERS)
        began = time.perf_counter()
        each = ATTEMPTS // SENDERS
        if processes:
            became = await asyncio.to_thread(_side_by_side, url, where, each)
        else:
            became = await asyncio.gather(
                *(crowd.rush(database, where, number, each) for number in range(SENDERS))
            )
        took = time.perf_counter() - began
        customers, groups = await crowd.heard(database)
        async with wecom_world(
            customers=crowd.people(CUSTOMERS), api_per_minute=1_000_000, api_per_hour=1_000_000
        ) as world:
            asked = await crowd.asked_of_wecom(database, world, where)
        return Capped(
            seconds=took,
            became=sum(became, Counter()),
            over_in_rows=crowd.over(customers, groups, where),
            over_in_slots=await crowd.slots_over(database, where),
            over_at_wecom=crowd.over(asked, crowd.Heard(), where),
            told=customers.by_day.total(),
            posted=groups.by_day.total(),
            asked=asked.by_day.total(),
            full=crowd.full(customers),
        )
    finally:
        await database.close()


def _side_by_side(url: str, where: crowd.Scene, each: int) -> list[Counter[str]]:
    with ProcessPoolExecutor(SENDERS, mp_context=_WORKERS) as pool:
        work = [pool.submit(_one, url, where, number, each) for number in range(SENDERS)]
        return [one.result() for one in work]


def _one(url: str, where: crowd.Scene, number: int, attempts: int) -> Counter[str]:
    """One process with connections of its own."""

    async def rush() -> Counter[str]:
        database = Database(url, CIPHER, pool_size=2)
        try:
            return await crowd.rush(database, where, number, attempts)
        finally:
            await database.close()

    return asyncio.run(rush())


def told(found: Capped, senders: str, on: date) -> list[str]:
    """The section of the page."""
    ways = "; ".join(f"{number} {what}" for what, number in sorted(found.became.items()))
    return [
        f"{on.isoformat()}, {senders}. {found.became.total()} attempts on {CUSTOMERS} customers and "
        f"{len(crowd.GROUPS)} groups in {found.seconds:.0f} s, each a transaction through a door of "
        f"its own, over {len(crowd.DAYS)} working days of one month: {ways}.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| rows | messages to customers / posts into groups | {found.told} / {found.posted} |",
        f"| rows | **over a cap of day, week, month, campaign or group** | **{len(found.over_in_rows)}** |",
        f"| quota slots | **over the same caps, and those of a day's total and of WeCom** | **{len(found.over_in_slots)}** |",
        f"| simulated WeCom | messages it was asked to deliver | {found.asked} |",
        f"| simulated WeCom | **over a cap of day, week or month** | **{len(found.over_at_wecom)}** |",
        f"| rows | customer and purpose whose month is exactly full, of {CUSTOMERS * 3} | {found.full} |",
        "",
        "One tap of five in the sidebar is cancelled and gives its slots back, which the others take.",
    ]
