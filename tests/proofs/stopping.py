"""A campaign is stopped while four workers hand its broadcasts to a simulated WeCom."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import text

from campaigns.waves import service
from delivery import emptying
from delivery.dispatcher import Dispatcher
from delivery.phrasing import routes
from kit import partitions
from kit.db import Database
from tests.conftest import CIPHER
from tests.flows.campaigns.test_waves import BROADCAST
from tests.flows.campaigns.winter import (
    TWO,
    approved,
    asked,
    morning,
    run,
    words_and_segment,
)
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import desk
from tests.flows.wecom_world import AGENT, CORP, SECRET
from tests.proofs.processes import SimulatedWecom, free_port
from wecom.client import WecomClient
from wecom.http import Http
from wiring.schema import migrate

WORKERS: Final = 4
MANAGERS: Final = 400
EACH: Final = 2
BEFORE_STOP: Final = 80
"""So many tasks are with WeCom when somebody stops the campaign."""
BEAT: Final = 20.0
"""Seconds between two runs of the job that sweeps; the stop comes right after one."""
WATCHED: Final = 15.0
"""Seconds for which the workers go on after the stop."""
_PROCESSES: Final = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Stopped:
    """What left, and when; seconds count from the commit of the stop."""

    handed: int
    after: int
    last_left: float
    cancelled: float
    listed: int
    listed_cancelled: int
    waiting: int


def clock_from(began: float) -> Callable[[], datetime]:
    """A clock of the bank that stood at ten in the morning at ``began`` (a time of the machine)."""
    return lambda: morning(hour=10) + timedelta(seconds=time.time() - began)


async def prove(url: str, directory: Path, *, processes: bool) -> Stopped:
    """Plan a broadcast to everybody, let four workers go, stop, and look at what WeCom saw."""
    database = Database(url, CIPHER, pool_size=8)
    wecom = SimulatedWecom(directory, free_port(), free_port())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        stack.callback(wecom.kill)
        wecom.start()
        await migrate(database)
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda one: partitions.prepare(one, morning()))
        await _bank(database)
        _people(wecom.url)
        number = await approved(database, asked(waves=BROADCAST, hold_out_percent=0))
        await run(database)
        began = time.time()
        until = began + 600
        workers = [
            asyncio.create_task(
                _worker(url, wecom.url, began, until, database, processes=processes)
            )
        ]
        if not processes:
            workers += [
                asyncio.create_task(_hand_over(database, wecom.url, began, until))
                for _ in range(WORKERS - 1)
            ]
        return await _stop(database, wecom, number, began, workers)


async def _stop(
    database: Database,
    wecom: SimulatedWecom,
    number: int,
    began: float,
    workers: list["asyncio.Task[None]"],
) -> Stopped:
    while True:
        if await _handed(wecom) >= BEFORE_STOP:
            break
        await asyncio.sleep(0.02)
    async with database.transaction() as session:
        await service.stop(
            session, number, reason="口径有误", by=TWO, at=clock_from(began)(), units=None
        )
    stopped, before = time.perf_counter(), await _handed(wecom)
    last, seen = 0.0, before
    clock, http = clock_from(began), Http(wecom.url)
    client, swept, cancelled = WecomClient(http, CORP, SECRET), BEAT, 0.0
    while (since := time.perf_counter() - stopped) < WATCHED or not cancelled:
        assert since < 120, "not cancelled in two minutes"
        now = await _handed(wecom)
        last, seen = (since, now) if now > seen else (last, seen)
        if since >= swept:
            await emptying.sweep(database, client, clock)
            swept += BEAT
            if await _cancelled(wecom) >= await _handed(wecom):
                cancelled = time.perf_counter() - stopped
        await asyncio.sleep(0.05)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    await http.aclose()
    async with database.reading() as session:
        tasks = await emptying.handed_tasks(session, str(number), None)
    waiting = await _waiting(database)
    return Stopped(
        await _handed(wecom), await _handed(wecom) - before, last, cancelled, len(tasks),
        sum("已在企业微信取消" in task.cause for task in tasks), waiting,
    )  # fmt: skip


async def _worker(
    url: str, api: str, began: float, until: float, database: Database, *, processes: bool
) -> None:
    """Four operating-system processes, or one of four tasks."""
    if not processes:
        await _hand_over(database, api, began, until)
        return
    pool = ProcessPoolExecutor(WORKERS, mp_context=_PROCESSES)
    work = [pool.submit(_process, url, api, began, until) for _ in range(WORKERS)]
    try:
        await asyncio.gather(*(asyncio.wrap_future(one) for one in work))
    finally:
        for process in list(pool._processes.values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)


def _process(url: str, api: str, began: float, until: float) -> None:
    async def work() -> None:
        database = Database(url, CIPHER, pool_size=2)
        try:
            await _hand_over(database, api, began, until)
        finally:
            await database.close()

    asyncio.run(work())


async def _hand_over(database: Database, api: str, began: float, until: float) -> None:
    """A worker: makes what is due, again and again."""
    clock, http = clock_from(began), Http(api)
    try:
        made = routes(
            WecomClient(http, CORP, SECRET), database, agent_id=AGENT, clock=clock, desk=desk()
        )
        dispatcher = Dispatcher(database, made, clock)
        while time.time() < until:
            await dispatcher.drain(kinds=["broadcast"])
            await asyncio.sleep(0.05)
    finally:
        await http.aclose()


async def _bank(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        for staff_id in ("wangshan", "hejing"):
            await bank.staff(session, staff_id, unit_id="hq")
        for manager in range(MANAGERS):
            await bank.staff(session, f"m{manager:03}", unit_id="0101")
            for one in range(EACH):
                await bank.reached_customer(
                    session, f"C{manager * EACH + one}", owner=f"m{manager:03}",
                    born_on=date(1985, 3, 2), unit_id="0101",
                )  # fmt: skip
        await words_and_segment(session)


def _people(api: str) -> None:
    """The same people at WeCom, whose clock stands at ten."""
    members = [
        {"userid": f"m{number:03}", "name": f"经理{number}", "departments": [1]}
        for number in range(MANAGERS)
    ]
    customers = [
        {
            "external_userid": f"wm-C{number}",
            "name": f"C{number}",
            "followers": [{"userid": f"m{number // EACH:03}"}],
        }
        for number in range(MANAGERS * EACH)
    ]
    with httpx.Client(trust_env=False, timeout=60, base_url=api) as client:
        for path, body in (
            ("load", {"members": members, "customers": customers}),
            ("clock", {"freeze": morning(hour=10).isoformat()}),
        ):
            client.post(f"/_sim/{path}", json=body).raise_for_status()


async def _calls(wecom: SimulatedWecom, name: str) -> int:
    rows: list[dict[str, Any]] = await asyncio.to_thread(wecom.seen, "request")
    return sum(row["path"].endswith(name) and not row["errcode"] for row in rows)


async def _handed(wecom: SimulatedWecom) -> int:
    return await _calls(wecom, "add_msg_template")


async def _cancelled(wecom: SimulatedWecom) -> int:
    return await _calls(wecom, "cancel_groupmsg_send")


async def _waiting(database: Database) -> int:
    """Customers who still stand in a queue."""
    async with database.reading() as session:
        query = (
            "SELECT COUNT(*) FROM broadcast_recipient r JOIN broadcast b ON b.id = r.broadcast_id"
            " WHERE b.stopped_at IS NULL AND r.state = 'planned'"
        )
        return int((await session.execute(text(query))).scalar_one())


def told(found: Stopped, where: str, on: date) -> list[str]:
    """The section of the page."""
    return [
        f"{on.isoformat()}, {where}. A broadcast of {MANAGERS} managers to {MANAGERS * EACH} customers is being "
        f"handed over; with {BEFORE_STOP} tasks at the simulated WeCom somebody stops the campaign. Seconds count "
        f"from the commit of the stop; the workers go on for {WATCHED:.0f} s, and the sweep has its first turn "
        f"{BEAT:.0f} s after it, as late as its job may be.",
        "",
        "| counted by the simulated WeCom | figure |",
        "|---|---|",
        f"| tasks handed over in all, of {MANAGERS} | {found.handed} |",
        f"| of them after the commit (calls under way) | {found.after} |",
        f"| **the last one left after** | **{found.last_left:.1f} s** (at most 5) |",
        f"| **every task it had was cancelled after** | **{found.cancelled:.0f} s** (at most 60) |",
        f"| listed on the campaign's page / as cancelled | {found.listed} / {found.listed_cancelled} |",
        f"| customers left in a queue | {found.waiting} |",
    ]
