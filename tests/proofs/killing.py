"""kill -9 in the middle of a stream of callbacks, again and again; then the books are compared."""

import asyncio
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from config.settings import load
from content_library import service as library
from content_library.facts import ScriptDraft
from kit import clock
from kit.ledger import reading
from tests.flows.crm_sync import bank
from tests.proofs.processes import Installation, SimulatedWecom, environment, free_port
from tests.proofs.simulated import MEMBER
from tests.proofs.stream import Moments, People, Sender
from wiring.databases import open_databases
from wiring.parts import build
from wiring.schema import migrate
from wiring.secrets import load_keys

MODES = ("random", "in flight", "just after the answer")
CALM = 90.0
"""How long the rest may take at the end: a lease of a process that vanished lasts 60 seconds."""


@dataclass
class Figures:
    """What the books say. ``lost``, ``doubled``, ``phantom`` name the offenders, so show them."""

    profile: str
    kills: Counter[str] = field(default_factory=Counter)
    ready: list[float] = field(default_factory=list)
    ready_cpu: list[float] = field(default_factory=list)
    load: float = 0.0
    stop_seconds: float = 0.0
    seconds: float = 0.0
    answered: int = 0
    envelopes: int = 0
    events: int = 0
    unanswered: int = 0
    delivered: int = 0
    kept: int = 0
    welcomes: int = 0
    welcome_ends: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    greeted_twice: list[str] = field(default_factory=list)
    greeted_unasked: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    unhandled: list[str] = field(default_factory=list)
    related_twice: list[str] = field(default_factory=list)
    ledger_entries: int = 0
    ledger_sound: bool = False

    @property
    def ready_median(self) -> float:
        """Seconds from kill to ready, the middle one."""
        return statistics.median(self.ready)

    @property
    def ready_cpu_median(self) -> float:
        """Processor seconds from start to ready, the middle one: a busy machine does not show."""
        return statistics.median(self.ready_cpu)


class Proof:
    """One installation, its simulated WeCom, both streams, and the kills."""

    def __init__(self, profile: str, database_url: str, directory: Path, *, seed: int) -> None:
        self._profile = profile
        self._random = random.Random(seed)
        self._port, sim_port = free_port(), free_port()
        self._wecom = SimulatedWecom(directory, sim_port, self._port)
        env = environment(database_url, directory, self._wecom.url, self._port)
        self._settings = load(env)
        self._product = Installation(profile, env, directory, self._port)
        self._moments = Moments()
        self._sender = Sender(self._port, self._moments, seed=seed)
        self._people = People(self._wecom.url, seed=seed + 1)
        self.figures = Figures(profile)

    async def run(self, kills: int) -> Figures:
        """Kill ``kills`` times during the streams, let everything settle, compare the books."""
        began = time.perf_counter()
        await self._found_bank()
        self._wecom.start()
        try:
            await asyncio.to_thread(self._product.start)
            await self._people.prepare()
            await self._stream_and_kill(kills)
            await self._calm()
            self.figures.stop_seconds = await asyncio.to_thread(self._product.stop)
            await self._compare()
        finally:
            self._product.kill_all()
            self._wecom.kill()
        self.figures.seconds = time.perf_counter() - began
        self.figures.load = os.getloadavg()[2]
        return self.figures

    async def _found_bank(self) -> None:
        """A migrated database with a unit, the member and an approved welcome."""
        databases = open_databases(self._settings, load_keys(self._settings).cipher)
        for database in databases.distinct:
            await migrate(database)
        await databases.close()
        parts = await build(self._settings)
        at = clock.now()
        async with parts.databases.bank.transaction() as session:
            await bank.units(session)
            await bank.staff(session, MEMBER)
            version = await library.draft(
                session,
                ScriptDraft(
                    code="welcome.first",
                    title="欢迎语",
                    scene="welcome",
                    purpose="care",
                    template="您好，我是{{bank_name}}的客户经理{{staff_name}}，很高兴认识您。",
                    form="welcome",
                ),
                by="staff:wangshan",
                at=at,
            )
            await library.submit(
                session,
                version,
                by="staff:wangshan",
                reason="欢迎新好友",
                at=at,
                examiner=parts.examiner,
            )
            await library.approve(session, version, by="staff:hejing", opinion="同意使用", at=at)
        await parts.close()

    async def _stream_and_kill(self, kills: int) -> None:
        over = asyncio.Event()
        streams = [
            asyncio.create_task(self._sender.run(over)),
            asyncio.create_task(self._people.run(over)),
        ]
        for number in range(kills):
            mode = MODES[number % len(MODES)]
            await self._wait_for_the_moment(mode)
            victims = self._victims()
            for name in victims:
                self._product.programs[name].kill()
            self.figures.kills[f"{mode}, {'+'.join(victims)}"] += 1
            self.figures.ready.append(await asyncio.to_thread(self._product.start, victims))
            self.figures.ready_cpu.append(self._product.cpu_seconds(victims))
        await asyncio.sleep(1.0)
        over.set()
        await asyncio.gather(*streams)
        await self._sender.finish()

    async def _wait_for_the_moment(self, mode: str) -> None:
        await asyncio.sleep(0.3 + self._random.random() * 1.2)
        if mode == "random":
            return
        moment = self._moments.written if mode == "in flight" else self._moments.answered
        moment.clear()
        await asyncio.wait_for(moment.wait(), 30)

    def _victims(self) -> Sequence[str]:
        """All processes half of the time, else the web process or the worker alone."""
        names = list(self._product.programs)
        if len(names) == 1 or self._random.random() < 0.5:
            return names
        return [self._random.choice(["web", "worker"])]

    async def _calm(self) -> None:
        """Until every callback has come and every event kept is settled."""
        await self._people.drain()
        until = time.perf_counter() + CALM
        while time.perf_counter() < until:
            waiting = await asyncio.to_thread(
                self._product.command, "inbox", "list", "--state", "new"
            )
            under_way = await asyncio.to_thread(
                self._product.command, "outbox", "list", "--state", "queued", "--state", "sending"
            )
            if not waiting and not under_way:
                return
            await asyncio.sleep(2)

    async def _compare(self) -> None:
        figures, sender = self.figures, self._sender
        rows = await asyncio.to_thread(self._product.command, "inbox", "list")
        kept = Counter(row["ordering_key"].removeprefix("contact:") for row in rows)
        calls = await asyncio.to_thread(self._wecom.seen, "callback")
        delivered = {
            contact
            for contact, welcome_code in self._people.added.items()
            for row in calls
            if row["outcome"] == "delivered" and welcome_code in row["xml"]
        }
        figures.answered = len(sender.answered)
        figures.envelopes = sender.answered.total()
        figures.events = len(sender.sent)
        figures.unanswered = len(set(sender.sent) - set(sender.answered))
        figures.delivered = len(delivered)
        figures.kept = len(rows)
        promised = set(sender.answered) | delivered
        figures.lost = sorted(promised - set(kept))
        figures.doubled = sorted(contact for contact, number in kept.items() if number > 1)
        figures.phantom = sorted(set(kept) - set(sender.sent) - set(self._people.added))
        figures.unhandled = sorted(
            f"{row['ordering_key']} {row['state']} {row['cause']}"
            for row in rows
            if row["state"] != "handled"
        )
        await self._compare_welcomes(delivered)
        await self._compare_record(delivered)

    async def _compare_welcomes(self, delivered: set[str]) -> None:
        """By the simulator's count: nobody greeted twice or unasked, nobody forgotten."""
        figures = self.figures
        greeted = Counter(
            row["external_userid"] for row in await asyncio.to_thread(self._wecom.seen, "welcome")
        )
        calls = {
            row["key"]: row["state"]
            for row in await asyncio.to_thread(self._product.command, "outbox", "list")
            if row["kind"] == "welcome"
        }
        figures.welcomes = greeted.total()
        figures.greeted_twice = sorted(one for one, number in greeted.items() if number > 1)
        figures.greeted_unasked = sorted(set(greeted) - set(self._people.added))
        for contact in sorted(delivered):
            state = calls.get(_welcome_key(self._people.added[contact]), "")
            figures.welcome_ends[state or "forgotten"] += 1
            if not state or (state == "sent" and contact not in greeted):
                figures.forgotten.append(f"{contact} {state}")

    async def _compare_record(self, delivered: set[str]) -> None:
        """The ledger proves itself, and each relation began once in it."""
        [verified] = await asyncio.to_thread(self._product.command, "verify")
        self.figures.ledger_sound = bool(verified["sound"])
        self.figures.ledger_entries = int(verified["entries"])
        parts = await build(self._settings)
        async with parts.databases.bank.reading() as session:
            began = Counter(await _relations_begun(session))
        await parts.close()
        self.figures.related_twice = sorted(
            contact for contact in delivered if began[f"contact:{contact}"] > 1
        )


def _welcome_key(code: str) -> str:
    return f"welcome:{sha256(code.encode()).hexdigest()[:32]}"


async def _relations_begun(session: AsyncSession) -> list[str]:
    """What each ``relation.new`` of the ledger is about."""
    found: list[str] = []
    before = None
    while True:
        page = await reading.page(
            session,
            reading.Wanted(acts=frozenset({"relation.new"})),
            limit=1_000,
            before=before,
        )
        found += [one.object for one in page]
        if len(page) < 1_000:
            return found
        before = (page[-1].at, page[-1].stream, page[-1].seq)
