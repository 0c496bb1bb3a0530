"""kill -9 in the middle of a handover of several hundred contacts, again and again; then the count."""

import asyncio
import multiprocessing
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import select
from sqlmodel import col

from config.settings import load
from crm_sync.models import Coverage
from kit import clock
from portfolio.handover import planning, store
from tests.flows.crm_sync import bank
from tests.proofs.processes import (
    Installation,
    SimulatedWecom,
    environment,
    free_port,
)
from tests.proofs.simulated import MEMBER
from wiring import handovers
from wiring.databases import open_databases
from wiring.parts import build
from wiring.schema import migrate
from wiring.secrets import load_keys

CONTACTS: Final = 300
ONLY_IN_BOOKS: Final = 40
TAKERS: Final = tuple(f"taker{number:02d}" for number in range(30))
REFUSE: Final = 25
DAY: Final = 86_400
UNANSWERED: Final = ("planned", "asked", "unknown")
ASK: Final = "externalcontact/*transfer_customer"
READ: Final = "externalcontact/*transfer_result"
_WORKERS: Final = multiprocessing.get_context("forkserver")
_WORKERS.set_forkserver_preload(["tests.proofs.handing"])
MODES: Final = ("asked, no answer yet", "random")
LONGEST: Final = 600.0
"""What never reached WeCom is asked again after five minutes; nothing here takes longer."""


@dataclass
class Handed:
    """What became of everybody, and what WeCom counted."""

    resigned: bool
    kills: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    seconds: float = 0.0
    asked_calls: int = 0
    transfers: int = 0
    asked_twice: list[str] = field(default_factory=list)
    never_asked: list[str] = field(default_factory=list)
    waiting_before: int = 0
    lists: dict[str, int] = field(default_factory=dict)
    state: str = ""
    customers: int = 0
    not_one_owner: list[int] = field(default_factory=list)
    owners: Counter[str] = field(default_factory=Counter)
    ledger_sound: bool = False


class HandoverProof:
    """One installation whose handover worker is killed while it asks WeCom and reads its answers."""

    def __init__(
        self, profile: str, database_url: str, directory: Path, *, seed: int, resigned: bool
    ) -> None:
        self._random = random.Random(seed)
        port, sim_port = free_port(), free_port()
        self._wecom = SimulatedWecom(directory, sim_port, port)
        env = environment(database_url, directory, self._wecom.url, port)
        self._env = env
        self._settings = load(env)
        self._product = Installation(profile, env, directory, port)
        self._worker: BaseProcess | None = None
        self._run_id = 0
        self.figures = Handed(resigned)

    async def run(self, kills: int) -> Handed:
        """Kill ``kills`` times mid-way, let customers refuse and wait, finish, count."""
        began = time.perf_counter()
        self._wecom.start()
        try:
            async with httpx.AsyncClient(
                base_url=self._wecom.url, trust_env=False, timeout=90
            ) as people:
                await self._found(people)
                while self.figures.kills.total() < kills:
                    await self._one_life(people)
                await self._finish(people)
                await self._compare(people)
        finally:
            if self._worker is not None:
                self._worker.kill()
            self._wecom.kill()
        self.figures.seconds = time.perf_counter() - began
        return self.figures

    async def _found(self, people: httpx.AsyncClient) -> None:
        """The bank, its WeCom, and a handover that a second person has approved."""
        databases = open_databases(self._settings, load_keys(self._settings).cipher)
        for database in databases.distinct:
            await migrate(database)
        await databases.close()
        friends = [
            {
                "external_userid": _external(number),
                "name": f"客户{number}",
                "followers": [{"userid": MEMBER, "createtime": 1_760_000_000}],
            }
            for number in range(CONTACTS)
        ]
        members = [{"userid": one, "name": one, "departments": [1]} for one in TAKERS]
        await _post(people, "load", {"members": members, "customers": friends})
        # The answer comes late, so that a kill can fall between the effect and the answer.
        for rule in (
            {"kind": "delay", "path": ASK, "when": "after", "delay_s": 4},
            {"kind": "delay", "path": READ, "when": "after", "delay_s": 0.1},
        ):
            await _post(people, "faults", rule)
        if self.figures.resigned:
            await _post(people, "act", {"act": "resign", "userid": MEMBER})
        parts = await build(self._settings)
        async with parts.databases.bank.transaction() as session:
            await bank.units(session)
            for one in (MEMBER, *TAKERS):
                await bank.staff(session, one)
            for number in range(CONTACTS):
                known = await bank.customer(session, f"C{number:05d}", owner=MEMBER)
                await bank.contact(session, _external(number), customer_id=known)
                await bank.relation(session, MEMBER, _external(number))
            for number in range(ONLY_IN_BOOKS):
                await bank.customer(session, f"B{number:05d}", owner=MEMBER)
        self.figures.customers = CONTACTS + ONLY_IN_BOOKS
        started = await handovers.start(
            parts, MEMBER, TAKERS, by="staff:wangshan", reason="岗位调整",
            kind="resigned" if self.figures.resigned else "on_job",
        )  # fmt: skip
        self._run_id = started.run.run_id
        async with parts.databases.bank.transaction() as session:
            await planning.approve(session, self._run_id, by="staff:suntao", at=clock.now())
        await parts.close()

    async def _one_life(self, people: httpx.AsyncClient) -> None:
        """The worker starts, works, and is killed unless it was done before that."""
        calls, begun = await _calls(people), len(await _begun(people))
        mode = MODES[self.figures.kills.total() % len(MODES)] if begun < CONTACTS else "reading"
        worker = self._start()
        self.figures.lives += 1
        until = time.perf_counter() + LONGEST
        while worker.is_alive() and time.perf_counter() < until:
            if mode != MODES[0] and await _calls(people) > calls:
                await asyncio.sleep(self._random.random() * 2.5)
                break
            if mode == MODES[0] and len(await _begun(people)) > begun:
                break
            await asyncio.sleep(0.02)
        worker.kill()  # SIGKILL by its pid
        worker.join()
        if worker.exitcode == -signal.SIGKILL:
            self.figures.kills[mode] += 1
        assert self.figures.lives < 40, "the handover was over before the kills were"

    def _start(self) -> BaseProcess:
        """A worker process; it comes from a server that has imported the product already."""
        self._worker = _WORKERS.Process(target=work, args=(self._env,))
        self._worker.start()
        return self._worker

    async def _round(self) -> None:
        """One round to its end."""
        worker = self._start()
        await asyncio.to_thread(worker.join)
        assert worker.exitcode == 0

    async def _finish(self, people: httpx.AsyncClient) -> None:
        """Everybody is asked; some refuse, the others wait their day out."""
        await people.delete("/_sim/faults")
        until = time.perf_counter() + LONGEST
        while (await self._in_state(*UNANSWERED)) and time.perf_counter() < until:
            await self._round()
            if await self._in_state(*UNANSWERED):
                await asyncio.sleep(5)
        self.figures.waiting_before = await self._in_state("waiting")
        for number in range(REFUSE):
            await _post(
                people,
                "act",
                {
                    "act": "refuse_transfer",
                    "external_userid": _external(number),
                    "handover_userid": MEMBER,
                },
            )
        await _post(people, "clock", {"advance_s": DAY + 60})
        for _ in range(3):
            await self._round()

    async def _in_state(self, *states: str) -> int:
        parts = await build(self._settings)
        async with parts.databases.bank.reading() as session:
            run = await store.one(session, self._run_id)
        await parts.close()
        assert run is not None
        return run.in_state("contact", *states)

    async def _compare(self, people: httpx.AsyncClient) -> None:
        figures = self.figures
        begun = Counter(row["external_userid"] for row in await _begun(people))
        figures.transfers = begun.total()
        figures.asked_twice = sorted(one for one, number in begun.items() if number > 1)
        everybody = {_external(number) for number in range(CONTACTS)}
        figures.never_asked = sorted(everybody - set(begun))
        requests = await asyncio.to_thread(self._wecom.seen, "request")
        figures.asked_calls = sum(row["path"].endswith("transfer_customer") for row in requests)
        [told] = await asyncio.to_thread(
            self._product.command, "handover", "status", str(self._run_id)
        )
        figures.state = told["state"]
        figures.lists = {
            name: len(told[name]) for name in ("success", "refused", "waiting", "limit", "other")
        }
        [verified] = await asyncio.to_thread(self._product.command, "verify")
        figures.ledger_sound = bool(verified["sound"])
        parts = await build(self._settings)
        async with parts.databases.bank.reading() as session:
            query = select(col(Coverage.customer_id), col(Coverage.staff_id)).where(
                col(Coverage.kind) == "owner"
            )
            rows = list(await session.execute(query))
        await parts.close()
        per_customer = Counter(customer_id for customer_id, _ in rows)
        figures.not_one_owner = sorted(one for one, number in per_customer.items() if number != 1)
        figures.owners = Counter(
            "giver" if staff_id == MEMBER else "takers" for _, staff_id in rows
        )


def work(env: dict[str, str]) -> None:
    """What `gengyun handover run` does, in a process of its own that may die at any moment."""

    async def carry_on() -> None:
        parts = await build(load(env))
        await handovers.carry_on(parts, everything=True)
        await parts.close()

    asyncio.run(carry_on())


def _external(number: int) -> str:
    return f"wmHanded{number:05d}"


async def _post(people: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await people.post(f"/_sim/{path}", json=body)
    assert answer.status_code == 200, answer.text


async def _begun(people: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Every transfer that WeCom ever began."""
    found: list[dict[str, Any]] = (await people.get("/_sim/transfers")).json()["transfers"]
    return found


async def _calls(people: httpx.AsyncClient) -> int:
    counts = (await people.get("/_sim/seen/counts")).json()
    return int(counts["kinds"].get("request", 0))
