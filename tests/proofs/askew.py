"""Machines whose clocks are ten minutes wrong, and a worker that is stopped in the middle of a call."""

import asyncio
import json
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import func, select
from sqlmodel import col

from config.settings import load
from kit.scheduling.models import JobSlot
from tests.proofs import bank_day
from tests.proofs.delivering import SPEAKING, Delivered, DeliveryProof, post
from tests.proofs.living import DEADLINE_S, parts_of
from tests.proofs.processes import GENGYUN, LONGEST_START, Program
from wiring.parts import Parts

LIBRARY: Final = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
"""libfaketime, as Debian installs it: it shifts the clock a process asks its system for."""
MACHINES: Final = {
    "web": "+0m",
    "worker1": "+10m",
    "worker2": "-10m",
    "worker3": "+0m",
    "worker4": "+10m",
    "scheduler1": "+10m",
    "scheduler2": "-10m",
}
SPOILT: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "drop", "when": "before", "probability": 0.1},
    {"kind": "drop", "when": "after", "probability": 0.1},
    {"kind": "truncated", "when": "after", "probability": 0.1},
)
LEASE_AND_MORE: Final = 90.0


@dataclass
class Askew:
    """How often each job ran, and how many slots of it there were."""

    delivered: Delivered
    ran: Counter[str] = field(default_factory=Counter)
    slots: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    fenced: int = 0


class SkewedClocks(DeliveryProof):
    """Four workers and two schedulers, each on a machine with a clock of its own."""

    def __init__(self, database_url: str, directory: Path, *, seed: int) -> None:
        super().__init__("postgresql", database_url, directory, seed=seed)
        self.offset = 0.0
        self._directory = directory
        port = self.env["GENGYUN_PUBLIC_URL"].rpartition(":")[2]
        words = {"web": ["web", "--port", port]}
        self.programs = {
            name: Program(
                f"real-{name}",
                [str(GENGYUN), *words.get(name, [name.rstrip("1234")])],
                self.env
                | {
                    "GENGYUN_LOG_LEVEL": "INFO",
                    "LD_PRELOAD": str(LIBRARY),
                    "FAKETIME": wrong,
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "DONT_FAKE_MONOTONIC": "1",
                },
                directory,
            )
            for name, wrong in MACHINES.items()
        }

    async def prove(self, waves: int, every: float) -> Askew:
        """Send ``waves``, settle, count what arrived and what ran."""
        await bank_day.prepare(load(self.env))
        self.wecom.start()
        try:
            async with self.people() as people:
                parts = await parts_of(self.env, self.offset)
                try:
                    care = await self.found(people, parts, waves)
                    for number, rule in enumerate(SPOILT):
                        where = {"path": SPEAKING[0], "seed": number}
                        await post(people, "faults", {**rule, **where})
                    for program in self.programs.values():
                        program.start()
                    await self._until_ready()
                    for wave in range(waves):
                        told = await bank_day.broadcast(
                            parts, care, wave, judged_at=bank_day.BEGINS
                        )
                        self._sent |= set(told)
                        self._cards |= set(await bank_day.cards(parts, wave, bank_day.MEMBERS[:2]))
                        await asyncio.sleep(every)
                    for program in self.programs.values():
                        program.stop()
                    found = Askew(self.figures)
                    await self._slots(parts, found)
                finally:
                    await parts.close()
                await self.settle(people)
                await self.count(people)
        finally:
            for program in self.programs.values():
                program.kill()
            self.living.kill_all()
            self.wecom.kill()
        return found

    async def _until_ready(self) -> None:
        until = time.perf_counter() + 4 * LONGEST_START  # seven at a time
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            while time.perf_counter() < until:
                with suppress(httpx.HTTPError):
                    answer = await client.get(f"{self.env['GENGYUN_PUBLIC_URL']}/readyz")
                    if answer.status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.2)
        raise AssertionError("the product did not become ready")

    async def _slots(self, parts: Parts, found: Askew) -> None:
        """Runs by the schedulers' own logs; slots by the rows."""
        for name in ("scheduler1", "scheduler2"):
            log = (self._directory / f"real-{name}.log").read_text(errors="replace")
            for line in log.splitlines():
                with suppress(ValueError):
                    said = json.loads(line)
                    if said.get("event") == "scheduler.ran":
                        found.ran[said["job"]] += 1
                        found.by[name] += 1
        query = (
            select(col(JobSlot.job), func.count())
            .where(col(JobSlot.worker) != "morning", col(JobSlot.outcome) != "running")
            .group_by(col(JobSlot.job))
        )
        async with parts.databases.bank.reading() as session:
            found.slots.update({job: number for job, number in await session.execute(query)})  # noqa: C416


class Stopped(DeliveryProof):
    """A worker is stopped in the middle of its calls, longer than its lease; another goes on."""

    async def prove(self, rounds: int) -> Askew:
        """Stop the first worker ``rounds`` times for ninety seconds, settle, count."""
        await bank_day.prepare(load(self.env))
        self.wecom.start()
        found = Askew(self.figures)
        try:
            async with self.people() as people:
                parts = await parts_of(self.env, self.offset)
                try:
                    care = await self.found(people, parts, 3 * rounds)
                    slow = {"kind": "delay", "delay_s": DEADLINE_S / 2, "path": SPEAKING[0]}
                    for number in range(rounds):
                        await post(
                            people, "faults", {**slow, "when": ("after", "before")[number % 2]}
                        )
                        await self._one(people, parts, care, 3 * number)
                        await people.delete("/_sim/faults")
                finally:
                    await parts.close()
                await self.settle(people)
                await self.count(people)
        finally:
            self.living.kill_all()
            self.wecom.kill()
        found.fenced = self.living.said("worker1", whole=True).count("delivery.lease_lost")
        return found

    async def _one(self, people: httpx.AsyncClient, parts: Parts, care: int, wave: int) -> None:
        """The first worker alone takes a wave and is stopped; the second finds the rest."""
        self.living.start(["web", "worker1", "scheduler1"])
        await asyncio.to_thread(self.living.wait_until_ready)
        asked = len(await asyncio.to_thread(self.wecom.seen, "request"))
        for one in (wave, wave + 1):
            self._sent |= set(await bank_day.broadcast(parts, care, one))
        claimed = 0
        while not claimed:
            claimed = await bank_day.under_way(parts)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        self.living.signal("worker1", signal.SIGSTOP)
        self.figures.kills[f"stopped, {await bank_day.under_way(parts)} calls under way"] += 1
        self.living.start(["worker2"])
        began = time.perf_counter()
        self._sent |= set(await bank_day.broadcast(parts, care, wave + 2))
        while time.perf_counter() - began < LEASE_AND_MORE:
            await asyncio.sleep(3)
            await self._look(parts)
        assert len(await asyncio.to_thread(self.wecom.seen, "request")) > asked
        self.living.signal("worker1", signal.SIGCONT)
        await asyncio.sleep(8)
        self.living.stop()
