"""The long-running processes: web, worker, scheduler, or all three in one (embedded).

Stopping is in order: tick no more, take no new work, finish what is under way, close.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvicorn

from bot.handlers import handle_with
from bot.inbox.worker import InboxWorker
from crm_sync import tags
from crm_sync.tag_writer import CLAIM, write_tags
from delivery.facts import MOMENT
from kit.errors import ConfigurationRefused
from wiring import archive_duty
from wiring.jobs import JOBS
from wiring.lock import serving_lock
from wiring.monitor import monitored
from wiring.parts import Parts
from wiring.rounds import every, safely
from wiring.scheduler import Scheduler
from wiring.upkeep import upkeep
from wiring.web import create_app

GRACE: Final = 15
TAG_ROUNDS: Final = 5
"""Claims of tags one after the other in five seconds: below WeCom's 10,000 calls a minute."""


class Crew:
    """The workers of one process: inbox, dispatch, moments, tags, archive."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._archive = asyncio.Event()
        office = parts.office(archive_arrived=self._archive.set)
        self.inbox = InboxWorker(parts.databases.inbox, handle_with(office), parts.clock)
        self._dispatcher = parts.dispatcher()
        self._moments = parts.dispatcher("moments")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start working in the running loop."""
        for name, work in (
            ("inbox", self.inbox.run()),
            ("dispatch", every(1.0, "dispatch", self._dispatch)),
            ("moments", every(1.0, "moments", self._dispatch_moments)),
            ("tags", every(5.0, "tags", self._write_tags)),
            ("archive", self._on_notice()),
        ):
            self._tasks.append(asyncio.create_task(work, name=name))

    def duties(self) -> dict[str, bool]:
        """Each kind of work by name, and whether it still goes on."""
        return {task.get_name(): not task.done() for task in self._tasks}

    async def stop(self) -> None:
        """Take nothing new; what is under way ends or is handed back by its lease."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _dispatch(self) -> None:
        others = [kind for kind in self._dispatcher.kinds if kind != MOMENT]
        await self._dispatcher.drain(kinds=others)

    async def _dispatch_moments(self) -> None:
        """By themselves, because one of them reads every contact of its members first."""
        await self._moments.drain(kinds=[MOMENT])

    async def _write_tags(self) -> None:
        parts = self._parts
        report = await write_tags(parts.databases.bank, parts.wecom, parts.clock())
        for _ in range(TAG_ROUNDS - 1):
            if report.claimed < CLAIM or report.stale_tags:
                break
            report = await write_tags(parts.databases.bank, parts.wecom, parts.clock())
        if report.stale_tags:  # a tag was deleted by hand in WeCom: make it anew, then mark again
            await tags.ensure_tags(
                parts.databases.bank,
                parts.wecom,
                parts.personas,
                parts.clock(),
                cap=parts.settings.wecom.tag_cap,
            )
            await tags.plan_tags(parts.databases.bank, parts.clock())

    async def _on_notice(self) -> None:
        while True:
            await self._archive.wait()
            self._archive.clear()
            await safely("archive", self._archive_round)

    async def _archive_round(self) -> None:
        await archive_duty.round_of(self._parts, self._parts.clock())


@asynccontextmanager
async def embedded(parts: Parts) -> AsyncIterator[object]:
    """Workers and scheduler beside the application, all in this process; yields the app."""
    crew = Crew(parts)
    face = create_app(parts, knock=crew.inbox.knock)
    scheduler = Scheduler(parts, JOBS)
    crew.start()
    await scheduler.start()
    try:
        async with upkeep(parts):
            yield face.app
    finally:
        scheduler.stop()
        await crew.stop()


async def serve_http(
    parts: Parts, app: object, host: str, port: int, *, until: asyncio.Event | None = None
) -> None:
    """Answer HTTP until told to stop, or ``until`` is set; requests under way get fifteen seconds."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE,
            forwarded_allow_ips=parts.settings.trusted_proxies,
            proxy_headers=True,
            server_header=False,
        )
    )
    async with _ending(server, until):
        await server.serve()
    if not server.started:
        raise ConfigurationRefused(
            "网页服务没有启动", saw=f"{host}:{port}", do="多半是端口被占用，换一个：--port 8001"
        )


@asynccontextmanager
async def _ending(server: uvicorn.Server, until: asyncio.Event | None) -> AsyncIterator[None]:
    """Ask the server to end once ``until`` is set, as a signal would; never cancel it."""

    async def end() -> None:
        if until is not None:
            await until.wait()
            server.should_exit = True

    ending = asyncio.create_task(end())
    try:
        yield
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def serve(parts: Parts, host: str, port: int) -> None:
    """Web, workers and scheduler in one process. One such process a SQLite database."""
    async with _alone(parts), embedded(parts) as app:
        await serve_http(parts, app, host, port)


async def web(parts: Parts, host: str, port: int) -> None:
    """A web process of the production profile."""
    _demand_postgresql(parts, "web")
    async with upkeep(parts):
        await serve_http(parts, create_app(parts).app, host, port)


async def worker(parts: Parts) -> None:
    """A worker process of the production profile."""
    _demand_postgresql(parts, "worker")
    crew = Crew(parts)

    def duties() -> dict[str, bool]:
        return {**crew.duties(), "upkeep": not keeping.done()}

    async with upkeep(parts) as keeping, monitored(parts, duties):
        crew.start()
        try:
            await _until_told()
        finally:
            await crew.stop()


async def scheduler(parts: Parts) -> None:
    """A scheduler process of the production profile; any number, one acts."""
    _demand_postgresql(parts, "scheduler")
    ticking = Scheduler(parts, JOBS)

    def duties() -> dict[str, bool]:
        return {"clock": ticking.running, "upkeep": not keeping.done()}

    async with upkeep(parts) as keeping, monitored(parts, duties):
        try:
            await ticking.start()
            await _until_told()
        finally:
            ticking.stop()


def _demand_postgresql(parts: Parts, what: str) -> None:
    if parts.databases.bank.is_sqlite:
        raise ConfigurationRefused(
            f"gengyun {what} 需要 PostgreSQL；SQLite 只允许一个服务进程",
            where="GENGYUN_DATABASE_URL",
            do="用 gengyun serve，或换成 PostgreSQL",
        )


@asynccontextmanager
async def _alone(parts: Parts) -> AsyncIterator[None]:
    """On SQLite one serving process alone; a second one is refused at start."""
    if not parts.databases.bank.is_sqlite:
        yield
        return
    path = Path(str(parts.databases.bank.url.database))
    with serving_lock(path.with_suffix(".lock")):
        yield


async def _until_told() -> None:
    """Wait for SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(one, told.set)
    await told.wait()
