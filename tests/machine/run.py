"""One run: the world, the product, the model, and what every step may do with them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.inbox import repository as inbox
from compliance.service import give_consents
from crm_sync.models import Staff
from kit.clock import bank_clock, bank_date, bank_moment
from kit.errors import AppError
from simulator.wecom.faults import FaultRule
from tests.flows.crm_sync.bank import BEFORE
from tests.flows.site import test_settings
from tests.machine import bank, looking
from tests.machine.bank import CONSENTING, Tencent, Wall
from tests.machine.boundaries import Died, Door, Fuse, commits_of, deaths_unmourned
from tests.machine.house import House
from tests.machine.model import Added, Model
from wiring.databases import open_databases
from wiring.secrets import load_keys

EVENING: Final = time(18, 30)
MORNING: Final = time(9, 40)
MOST_OFF: Final = timedelta(hours=2)


class Run:
    """Everything a step works on."""

    def __init__(self, house: House, wecom: Tencent, wall: Wall, fuse: Fuse) -> None:
        self.house = house
        self.wecom = wecom
        self.wall = wall
        self.fuse = fuse
        self.model = Model()
        self.ids: dict[str, int] = {}
        self.says: list[tuple[str, int, tuple[str, ...]]] = []
        self.number = 0
        self.outage: int | None = None
        self.resigned: set[str] = set()
        self._tasks_seen = 0
        self._rows_seen = 0

    # -- doing --

    async def surely(self, work: Callable[[], Awaitable[object]], *, settled: bool = True) -> bool:
        """What a person does: tried again after the process died under it.

        False where the product refused it. ``settled``: a refusal of the second try means that
        the first one had been kept.
        """
        try:
            with self.fuse.burning():
                await work()
        except AppError:
            return False
        except Died:
            await self.restart()
        else:
            return True
        try:
            await work()
        except AppError:
            return settled
        return True

    async def in_one(self, work: Callable[[AsyncSession], Awaitable[object]]) -> bool:
        """``surely`` in one transaction."""
        return await self.surely(lambda: self.house.doing(work))

    async def restart(self) -> None:
        """The process is killed and starts again; that takes a moment."""
        self.model.counts["deaths"] += 1
        self.wall.true += timedelta(seconds=3)
        self.wecom.keep_time()
        await self.house.restart()

    async def arrive(self) -> None:
        """WeCom tells us everything it has to tell."""
        await self.house.settle_callbacks(self.wecom, self._died_listening)

    def _died_listening(self) -> None:
        self.model.counts["deaths"] += 1

    async def work(self) -> None:
        """One round of everything that goes on by itself, as within a minute."""
        await self.house.handle()
        await self.house.job("lookup")
        await self.house.dispatch()
        await self.house.job("results")
        await self.house.job("expire")

    async def later(self, by: timedelta) -> None:
        """Time passes; after closing time it is the next morning."""
        self.wall.true += by
        if not MORNING <= bank_clock(self.wall.true) <= EVENING:
            day = bank_date(self.wall.true)
            if bank_clock(self.wall.true) > EVENING:
                day += timedelta(days=1)
            self.wall.true = bank_moment(day, MORNING)
            self.wall.off = timedelta()
        self.wecom.keep_time()

    def tick(self) -> None:
        """No two steps happen in the same second."""
        self.wall.true += timedelta(seconds=1)
        self.wecom.keep_time()

    # -- looking --

    def observe(self) -> None:
        """Everything new at WeCom goes before the model. Raises Broken."""
        world, model = self.wecom.world, self.model
        model.forget_old_tasks(self.wall() + MOST_OFF)
        made = list(world.broadcasts.broadcasts.values())
        for task in made[self._tasks_seen :]:
            self._tasks_seen += 1
            for member in task.tasks.values():
                contacts = [row.target for row in member.rows]
                model.task_made(task.msgid, task.text, member.userid, contacts, self.wall())
        for row in world.seen.after(self._rows_seen, frozenset({"welcome", "note"}), 10_000):
            self._rows_seen = row["n"]
            if row["kind"] == "welcome":
                at = datetime.fromtimestamp(row["at"], self.wall.true.tzinfo)
                model.welcome_seen(row["from"], row["external_userid"], at)
            else:
                model.card_seen(row["userid"], row["body"]["task_id"])
        self._rows_seen = world.seen.last()
        model.leaving.clear()

    async def look(self) -> None:
        """The product's own rows. Raises Broken."""
        async with self.house.looking() as session:
            await looking.unresolved(session, self.model, self.wall)
            await looking.reminders(session)
            await looking.listed(session, self.model)
            if await looking.all_handled(session):
                await looking.welcomes(session, self.model)
                await looking.relations(session, self.model, self.wecom)

    async def calm(self) -> None:
        """Nothing is broken any more, and everything that waits is worked off."""
        self.wecom.world.faults.lift()
        self.outage = None
        self.fuse.renew()
        await self.arrive()
        await self.house.job("partitions")
        for _ in range(2):
            async with self.house.meddling() as session:
                await inbox.replay(session, ids=None, at=self.wall())
            await self.work()
            await self.arrive()
            await self.later(timedelta(minutes=9))
        self.observe()
        await self.look()

    # -- things that several steps need --

    def customer(self, number: int) -> str:
        """A customer by any number."""
        names = sorted(self.ids)
        return names[number % len(names)]

    def manager(self, number: int) -> str | None:
        """A manager who is not disabled, by any number."""
        here = [one for one in sorted(bank.MANAGERS) if one not in self.model.gone]
        return here[number % len(here)] if here else None

    def fault(self, **rule: Any) -> None:
        """Something at WeCom will go wrong."""
        self.wecom.world.faults.arm(FaultRule(**rule))

    def added(self, code: str, userid: str, contact: str) -> None:
        """WeCom gave a welcome code."""
        behind = max(timedelta(), -self.wall.off)
        self.model.added.append(Added(code, userid, contact, self.wall.true, behind))

    async def roster(self, staff_id: str, *, active: bool) -> None:
        """The bank's own list of its people changes."""
        async with self.house.meddling() as session:
            await session.execute(
                update(Staff).where(col(Staff.staff_id) == staff_id).values(active=active)
            )


@asynccontextmanager
async def begun(url: str, directory: Path, seed: int, house: type[House]) -> AsyncIterator[Run]:
    """A run before its first step, on an empty, migrated database."""
    wall, fuse = Wall(), Fuse()
    door = Door(fuse)
    wecom = Tencent(wall, httpx.ASGITransport(door), seed=seed)
    made = house(url, directory, wall, fuse, door, wecom)
    ids = await _bank_at(url, directory)
    with commits_of(fuse), deaths_unmourned():
        await made.open()
        run = Run(made, wecom, wall, fuse)
        run.ids = ids
        try:
            await made.job("partitions")
            yield run
        finally:
            await made.close()
            await wecom.app.aclose()


async def _bank_at(url: str, directory: Path) -> dict[str, int]:
    settings = test_settings(url, directory)
    databases = open_databases(settings, load_keys(settings).cipher)
    async with databases.bank.transaction() as session:
        ids = await bank.found(session)
        facts = [(ids[one], "marketing", True, "手机银行", BEFORE) for one in sorted(CONSENTING)]
        await give_consents(session, facts, BEFORE, "system:test")
    await databases.close()
    return ids
