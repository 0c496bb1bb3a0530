"""kill -9 while a bank speaks to its customers through a WeCom that fails, and the count after."""

import asyncio
import math
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx

from config.settings import load
from delivery.models import OutboxState
from kit import clock
from tests.proofs import bank_day, ends
from tests.proofs.living import DEADLINE_S, Living, parts_of
from tests.proofs.processes import Installation, SimulatedWecom, environment, free_port
from wiring.parts import Parts

MODES: Final = ("random", "WeCom has it, no answer yet", "just after the answer")
SPEAKING: Final = (
    "externalcontact/add_msg_template",
    "message/send",
    "externalcontact/send_welcome_msg",
)
ANSWERS_AFTER: Final = 0.35
WAVE_EVERY: Final = 2.5
STEP: Final = timedelta(minutes=5, seconds=20)
"""What time jumps by after the kills: more than it takes until what is in no list never arrived."""
LONGEST_DOUBT: Final = timedelta(minutes=15)
CALM: Final = 75.0
OPEN: Final = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN)

FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "code", "code": -1, "when": "before", "probability": 0.035},
    {"kind": "code", "code": -1, "when": "after", "probability": 0.035},
    {"kind": "http", "status": 502, "when": "before", "probability": 0.025},
    {"kind": "http", "status": 503, "when": "after", "probability": 0.025},
    {"kind": "drop", "when": "before", "probability": 0.03},
    {"kind": "drop", "when": "after", "probability": 0.03},
    {"kind": "delay", "delay_s": DEADLINE_S + 1, "when": "after", "probability": 0.015},
    {"kind": "drip", "delay_s": DEADLINE_S + 2, "when": "after", "probability": 0.015},
    {"kind": "truncated", "when": "after", "probability": 0.025},
    {"kind": "html", "when": "before", "probability": 0.02},
    {"kind": "html", "when": "after", "probability": 0.02},
    {"kind": "empty", "when": "after", "probability": 0.03},
    {"kind": "code", "code": 42001, "when": "before", "probability": 0.02},
)
"""Three calls of ten in all; the 45009 come beside, because each closes its API for a minute."""
LIMITED: Final = 2


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, bool):
        return one and other
    if isinstance(one, timedelta):
        return max(one, other)
    if isinstance(one, dict) and not isinstance(one, Counter):
        return {name: one.get(name, 0) + other.get(name, 0) for name in one.keys() | other.keys()}
    return one + other


@dataclass
class Delivered:
    """What WeCom counted, and what the product says of what WeCom did not get."""

    profile: str
    kills: Counter[str] = field(default_factory=Counter)
    victims: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    requests: int = 0
    spoilt: Counter[str] = field(default_factory=Counter)
    queued: dict[str, int] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    expired: Counter[str] = field(default_factory=Counter)
    unasked: list[str] = field(default_factory=list)
    doubts: int = 0
    longest_doubt: timedelta = timedelta(0)
    left_in_doubt: list[str] = field(default_factory=list)
    opted_out: int = 0
    told_in_time: int = 0
    after_the_no: list[str] = field(default_factory=list)
    ledger_entries: int = 0
    ledger_sound: bool = True
    slices: int = 1

    def plus(self, other: "Delivered") -> "Delivered":
        """Both together."""
        names = [one.name for one in fields(self) if one.name != "profile"]
        sums = {name: _both(getattr(self, name), getattr(other, name)) for name in names}
        return Delivered(self.profile, **sums)


class DeliveryProof:
    """One installation, its simulated WeCom, what is queued, and the kills."""

    def __init__(
        self, profile: str, database_url: str, directory: Path, *, seed: int, opting: float = 0.0
    ) -> None:
        """``opting``: the share of customers who say no while their wave is being sent."""
        self._random = random.Random(seed)
        self._opting = opting
        port, sim_port = free_port(), free_port()
        self.wecom = SimulatedWecom(directory, sim_port, port)
        env = environment(database_url, directory, self.wecom.url, port)
        self.env = env | {"GENGYUN_DATABASE_POOL": "4", "GENGYUN_LOG_LEVEL": "WARNING"}
        self._product = Installation(profile, self.env, directory, port)
        self.living = Living(profile, self.env, directory, port)
        self.figures = Delivered(profile)
        self.offset = (bank_day.BEGINS - clock.now()).total_seconds()
        self._sent: set[str] = set()
        self._cards: set[str] = set()
        self._added: dict[str, str] = {}
        self._said_no: dict[str, datetime] = {}
        self._doubted: dict[tuple[int, int], datetime] = {}
        self._wave = 0
        self._over_at = math.inf

    def now(self) -> datetime:
        """The moment by the product's and WeCom's clock."""
        return clock.now() + timedelta(seconds=self.offset)

    async def run(self, kills: int, *, waves: int, within: float = math.inf) -> Delivered:
        """Kill ``kills`` times, or for ``within`` seconds; let everything settle, count.

        No kills: every wave is spoken, and that is all.
        """
        began = time.perf_counter()
        self._over_at = began + within
        await bank_day.prepare(load(self.env))
        self.wecom.start()
        try:
            async with self.people() as people:
                parts = await parts_of(self.env, self.offset)
                try:
                    care = await self.found(people, parts, waves)
                    await self._arm(people)
                    self.living.start()
                    await self._speak_and_kill(people, parts, care, kills, waves)
                finally:
                    await parts.close()
                await self.settle(people)
                await self.count(people)
        finally:
            self.living.kill_all()
            self.wecom.kill()
        self.figures.seconds = time.perf_counter() - began
        return self.figures

    def people(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.wecom.url, trust_env=False, timeout=90)

    async def found(self, people: httpx.AsyncClient, parts: Parts, waves: int) -> int:
        """The bank and its WeCom, at the same working hour; the id of the words of care."""
        self.living.offset = self.offset
        await post(people, "clock", {"offset_s": self.offset})
        await post(people, "load", bank_day.at_wecom(waves))
        return await bank_day.found(parts, waves)

    async def _arm(self, people: httpx.AsyncClient) -> None:
        for number, path in enumerate(SPEAKING):
            slow = {"kind": "delay", "path": path, "when": "after", "delay_s": ANSWERS_AFTER}
            await post(people, "faults", slow)
            limited = {"kind": "rate_limit", "path": path, "probability": 0.03, "count": LIMITED}
            await post(people, "faults", {**limited, "seed": number})
        for number, rule in enumerate(FAULTS):
            await post(people, "faults", {**rule, "path": "*", "seed": 100 + number})

    async def _speak_and_kill(
        self, people: httpx.AsyncClient, parts: Parts, care: int, kills: int, waves: int
    ) -> None:
        over = asyncio.Event()
        streams = [
            asyncio.create_task(self._speak(parts, care, waves, over)),
            asyncio.create_task(self._add(people, over)),
            asyncio.create_task(self._watch(parts, over)),
        ]
        for number in range(kills):
            if time.perf_counter() > self._over_at:
                break
            mode = MODES[number % len(MODES)]
            await self._moment(people, mode)
            victims = self._victims()
            self.living.kill(victims)
            self.figures.kills[mode] += 1
            self.figures.victims["+".join(victims)] += 1
            self.living.start()
        if not kills:
            await streams[0]
        over.set()
        await asyncio.gather(*streams)

    async def _moment(self, people: httpx.AsyncClient, mode: str) -> None:
        """Once they live and ask WeCom again; then the moment of ``mode``, if it comes soon."""
        await asyncio.to_thread(self.living.wait_until_ready)
        asked = await _asked(people)
        for _ in range(25):
            if await _asked(people) > asked:
                break
            await asyncio.sleep(0.2)
        if mode == MODES[0]:
            await asyncio.sleep(1.5 * self._random.random())
            return
        effects = self._random.choice((_tasks, _tasks, _notes))
        before = await effects(people)
        for _ in range(120):
            if await effects(people) > before:
                if mode == MODES[2]:
                    await asyncio.sleep(ANSWERS_AFTER + 0.05 * self._random.random())
                return
            await asyncio.sleep(0.04)

    def _victims(self) -> list[str]:
        roles = list(self.living.roles)
        if len(roles) == 1:
            return roles
        lot = self._random.random()
        if lot < 0.5:
            return [self._random.choice(("worker1", "worker2"))]
        if lot < 0.8:
            return ["worker1", "worker2"]
        return roles

    async def _speak(self, parts: Parts, care: int, waves: int, over: asyncio.Event) -> None:
        """A wave of broadcasts and two cards, again and again."""
        leaving: list[asyncio.Task[None]] = []
        while not over.is_set() and self._wave < waves:
            wave, self._wave = self._wave, self._wave + 1
            contacts = await bank_day.broadcast(parts, care, wave)
            self._sent |= set(contacts)
            members = self._random.sample(bank_day.MEMBERS, 2)
            self._cards |= set(await bank_day.cards(parts, wave, members))
            going = [one for one in contacts if self._random.random() < self._opting]
            leaving += [asyncio.create_task(self._say_no(parts, one)) for one in going]
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), WAVE_EVERY)
        await asyncio.gather(*leaving)

    async def _say_no(self, parts: Parts, contact: str) -> None:
        await asyncio.sleep(self._random.random() * 2)
        await ends.say_no(parts, contact)
        self._said_no[contact] = self.now()

    async def _add(self, people: httpx.AsyncClient, over: asyncio.Event) -> None:
        """Somebody adds a member: a callback, and a welcome that lives twenty seconds."""
        while not over.is_set():
            member = self._random.choice(bank_day.MEMBERS)
            done = await post(people, "act", {"act": "add", "userid": member, "name": "桂兰花开"})
            self._added[done["external_userid"]] = done["welcome_code"]
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 1 + 2 * self._random.random())

    async def _watch(self, parts: Parts, over: asyncio.Event) -> None:
        while not over.is_set():
            await self._look(parts)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 2)

    async def _look(self, parts: Parts) -> None:
        """How long each attempt has been in doubt: until it is found out, or before a person."""
        doubted = await ends.doubtful(parts, self.now())
        for one, since in doubted.items():
            self._doubted.setdefault(one, since)
            self.figures.longest_doubt = max(self.figures.longest_doubt, self.now() - since)
        self.figures.doubts = len(self._doubted)

    async def settle(self, people: httpx.AsyncClient) -> None:
        """No faults, no kills; time goes on until nothing is under way or in doubt."""
        self.figures.requests = await _asked(people)
        await people.delete("/_sim/faults")
        for jump in range(4):
            self.living.start()
            await asyncio.to_thread(self.living.wait_until_ready)
            waited_for = OPEN if jump else OPEN[:2]
            parts = await parts_of(self.env, self.offset)
            try:
                until = time.perf_counter() + CALM
                while time.perf_counter() < until:
                    await asyncio.sleep(3)
                    await self._look(parts)
                    if not await ends.in_states(parts, *waited_for):
                        break
                open_still = await ends.in_states(parts, *OPEN)
            finally:
                await parts.close()
            self.living.stop()
            if not open_still:
                return
            self.offset += STEP.total_seconds()
            self.living.offset = self.offset
            await post(people, "clock", {"offset_s": self.offset})

    async def count(self, people: httpx.AsyncClient) -> None:
        """Every member confirms every task; who was told what, by WeCom's own count."""
        figures = self.figures
        boards = (await people.get("/_sim/broadcasts")).json()["broadcasts"]
        for one in boards:
            await post(people, "act", {"act": "confirm_all_broadcast", "msgid": one["msgid"]})
        seen = await asyncio.to_thread(self.wecom.seen, "broadcast", "note", "welcome", "request")
        told: dict[str, Counter[str]] = {
            "broadcast": Counter(), "card": Counter(), "welcome": Counter(),
        }  # fmt: skip
        for row in seen:
            if row["kind"] == "request":
                figures.spoilt.update(one for one in row["faults"] if one != "delay")
            elif row["kind"] == "note":
                told["card"][row["body"]["task_id"]] += 1
            else:
                told[row["kind"]][row["external_userid"]] += 1
        figures.opted_out = len(self._said_no)
        wanted = {
            "broadcast": self._sent - set(self._said_no), "card": self._cards,
            "welcome": set(self._added),
        }  # fmt: skip
        parts = await parts_of(self.env, self.offset)
        try:
            became = await ends.ends(parts)
            after = await ends.told_of_no(parts)
        finally:
            await parts.close()
        for kind, everybody in wanted.items():
            figures.queued[kind] = len(everybody)
            figures.arrived[kind] = len(everybody & set(told[kind]))
            figures.doubled += [f"{kind} {one}" for one, n in told[kind].items() if n > 1]
            for one in sorted(everybody - set(told[kind])):
                key = self._added[one] if kind == "welcome" else one
                if kind == "welcome":
                    key = f"welcome:{sha256(key.encode()).hexdigest()[:32]}"
                self._missed(kind, key, became)
        figures.unasked = sorted(set(told["broadcast"]) - self._sent)
        self._after_the_no(seen, after)
        figures.left_in_doubt = sorted(
            key for key, (state, _) in became.items() if state in ("unknown", "sending", "queued")
        )
        [verified] = await asyncio.to_thread(self._product.command, "verify")
        figures.ledger_sound = bool(verified["sound"])
        figures.ledger_entries = int(verified["entries"])

    def _missed(self, kind: str, key: str, became: dict[str, tuple[str, bool]]) -> None:
        """What did not arrive is before a person, expired in its time, or lost."""
        state, shown = became.get(key, ("nowhere", False))
        if shown:
            self.figures.shown[kind] += 1
        elif kind == "welcome" and state in ("expired", "nowhere"):
            self.figures.expired[kind] += 1
        else:
            self.figures.lost.append(f"{kind} {key} {state}")

    def _after_the_no(self, seen: list[dict[str, Any]], told_in_time: set[str]) -> None:
        """Who said no before WeCom was asked, and is neither left out nor told to a person."""
        for row in seen:
            if row["kind"] != "request" or not row["path"].endswith("add_msg_template"):
                continue
            for contact in row["body"].get("external_userid", ()):
                no = self._said_no.get(contact)
                if no is None or row["at"] < no.timestamp():
                    continue
                if contact in told_in_time:
                    self.figures.told_in_time += 1
                else:
                    self.figures.after_the_no.append(contact)


async def post(people: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    """One order to the simulator."""
    answer = await people.post(f"/_sim/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _asked(people: httpx.AsyncClient) -> int:
    counts = (await people.get("/_sim/seen/counts")).json()["kinds"]
    return int(counts.get("request", 0))


async def _tasks(people: httpx.AsyncClient) -> int:
    """Broadcasts that WeCom has, also where its answer is still on its way."""
    return int((await people.get("/_sim/state")).json()["broadcasts"])


async def _notes(people: httpx.AsyncClient) -> int:
    """Cards and welcomes that have arrived, likewise."""
    counts = (await people.get("/_sim/seen/counts")).json()["kinds"]
    return sum(int(counts.get(one, 0)) for one in ("note", "welcome"))
