"""The product under test: built from its settings, killed, and built anew from its database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.handlers import handle_with
from bot.inbox.worker import InboxWorker
from delivery.facts import MOMENT
from kit.clock import bank_date
from kit.web import sessions
from tests.flows.site import ORIGIN, Visitor, test_settings
from tests.machine.bank import Tencent, Wall
from tests.machine.boundaries import Died, Door, Fuse, Wire
from wecom.http import Http
from wiring.jobs import JOBS, plan
from wiring.parts import Parts, build
from wiring.web import Face, create_app

_JOBS = {job.id: job for job in JOBS}


class House:
    """One installation. Each method is something a process of it does, and may die at."""

    def __init__(
        self, url: str, directory: Path, wall: Wall, fuse: Fuse, door: Door, wecom: Tencent
    ) -> None:
        self._settings = test_settings(url, directory)
        self._wall = wall
        self._fuse = fuse
        self._door = door
        self.wire = Wire(httpx.ASGITransport(wecom.app), fuse)
        self.deaths = 0
        self._parts: Parts | None = None
        self._face: Face | None = None
        self._inbox: InboxWorker | None = None
        self._writers: list[asyncio.Task[object]] = []

    @property
    def parts(self) -> Parts:
        """The parts of the process that runs now."""
        assert self._parts is not None
        return self._parts

    async def open(self) -> None:
        """Start: nothing is known but what the database holds."""
        self._fuse.renew()
        with self._fuse.quiet():
            parts = await build(
                self._settings, now=self._wall, http=Http("http://wecom", transport=self.wire)
            )
            async with parts.databases.inbox.transaction() as session:
                # Permits are leased by the database's own clock, which this run does not move.
                await session.execute(text("DELETE FROM call_book"))
            await parts.refresh()
        self._parts, self._face = parts, create_app(parts)
        self._inbox = InboxWorker(parts.databases.inbox, handle_with(parts.office()), parts.clock)
        before = asyncio.all_tasks()
        self._face.intake.start()
        self._writers = list(asyncio.all_tasks() - before)
        self._door.open(self._face.app)

    async def close(self) -> None:
        """End without a word: what was under way is gone."""
        self._fuse.burn()
        await self._door.shut()
        assert self._face is not None
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        await self._ended_welcomes(self._face)
        await self.parts.databases.close()

    @staticmethod
    async def _ended_welcomes(face: Face) -> None:
        while True:
            try:
                await face.lane.idle()
            except (Died, BaseExceptionGroup):
                continue
            return

    async def restart(self) -> None:
        """Killed, and started again."""
        self.deaths += 1
        await self.close()
        await self.open()

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[AsyncSession]:
        """The test reads the database."""
        with self._fuse.quiet():
            async with self.parts.databases.bank.reading() as session:
                yield session

    @asynccontextmanager
    async def meddling(self) -> AsyncIterator[AsyncSession]:
        """Something that happens to the database from outside of the product."""
        with self._fuse.quiet():
            async with self.parts.databases.bank.transaction() as session:
                yield session

    async def knocked(self, url: str, body: bytes) -> int:
        """Somebody posts to the callback address; the status of the answer."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._door)) as client:
            answer = await client.post(url, content=body, headers={"content-type": "text/xml"})
        return answer.status_code

    async def greet(self) -> None:
        """The welcomes under way end."""
        assert self._face is not None
        await self._face.lane.idle()

    async def handle(self) -> None:
        """The inbox is worked off."""
        assert self._inbox is not None
        await self._inbox.drain()

    async def dispatch(self, *, beside: timedelta | None = None) -> None:
        """Make the calls that are due; ``beside``: with a second worker whose clock is so wrong."""
        workers = [self.parts]
        if beside is not None:
            workers.append(replace(self.parts, clock=lambda: self._wall() + beside))
        dispatchers = [parts.dispatcher() for parts in workers]
        drains = [
            one.drain(kinds=[kind for kind in one.kinds if kind != MOMENT]) for one in dispatchers
        ]
        ends = await asyncio.gather(*drains, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def job(self, name: str) -> None:
        """One run of a job as the scheduler gives it."""
        await _JOBS[name].run(self.parts, self.parts.clock())

    async def plan(self) -> None:
        """The morning's plan."""
        at = self.parts.clock()
        await plan(self.parts, bank_date(at), at)

    async def doing(self, work: Callable[[AsyncSession], Awaitable[object]]) -> None:
        """One transaction, as a page or a command makes it."""
        async with self.parts.databases.bank.transaction() as session:
            await work(session)

    async def signed_in(self, staff_id: str) -> Visitor:
        """A manager's phone, signed in."""
        async with self.meddling() as session:
            token = await sessions.begin(
                session,
                staff_id=staff_id,
                surface="h5",
                means="wecom",
                at=self.parts.clock(),
                limits=self.parts.limits,
            )
        assert self._face is not None
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self._face.app), base_url=ORIGIN)
        client.cookies.set("gengyun-h5", token)
        return Visitor(client, token, self.parts.keys.cookie)

    async def settle_callbacks(self, wecom: Tencent, after_death: Callable[[], None]) -> None:
        """Until everything WeCom had to tell was taken, and all that follows at once is done."""
        while True:
            try:
                with self._fuse.burning():
                    arrived = await wecom.world.callbacks.drain(0.02)
                    if self._fuse.dead:
                        raise Died
                    if arrived:
                        await self.greet()
                        return
            except Died:
                after_death()
                await self.restart()
