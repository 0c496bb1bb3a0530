"""The two streams of callbacks: a sender of our own with its own list, and people in WeCom.

Each keeps its own books. The sender writes down every event that was answered 200, by number;
nothing here asks the product what it thinks it has.
"""

import asyncio
import contextlib
import random
from collections import Counter, deque
from dataclasses import dataclass, field

import httpx

from tests.flows.intake.sealing import contact_event, sealed
from tests.proofs.simulated import MEMBER

SENDERS = 6
PACE = 0.08
TRIES = 4
ANSWER_WITHIN = 5.0
BEGAN = 1_700_000_000


@dataclass
class Moments:
    """Set when a request has just been written, and when one has just been answered 200."""

    written: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Sender:
    """Numbered signed events; a third are repeated in a fresh envelope, and they come shuffled."""

    def __init__(self, port: int, moments: Moments, *, seed: int) -> None:
        self.answered: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.not_taken: Counter[str] = Counter()
        self._port = port
        self._moments = moments
        self._random = random.Random(seed)
        self._number = 0
        self._again: deque[int] = deque()

    @staticmethod
    def contact(number: int) -> str:
        """Whom event ``number`` is about: nobody else's event is about them."""
        return f"wmProof{number:07d}"

    async def run(self, over: asyncio.Event) -> None:
        """Send until ``over``, then give what was not taken its last tries."""
        await asyncio.gather(*(self._send_on(over) for _ in range(SENDERS)))

    async def _send_on(self, over: asyncio.Event) -> None:
        while not over.is_set():
            number = self._next()
            await self._one(number)
            await asyncio.sleep(PACE * self._random.random() * 2)

    def _next(self) -> int:
        if self._again and self._random.random() < 0.5:
            place = self._random.randrange(len(self._again))
            self._again.rotate(-place)
            return self._again.popleft()
        self._number += 1
        return self._number

    async def finish(self) -> None:
        """Repeat what still waits for its repetition; the server is up."""
        while self._again:
            await self._one(self._again.popleft(), last=True)

    async def _one(self, number: int, *, last: bool = False) -> None:
        contact = self.contact(number)
        query, body = sealed(
            contact_event("edit_external_contact", contact=contact, at=BEGAN + number)
        )
        self.sent[contact] += 1
        status = await self._post(query, body)
        if status == 200:
            self.answered[contact] += 1
            self._moments.answered.set()
            if not last and self._random.random() < 0.3:
                self._again.append(number)
        else:
            self.not_taken[str(status)] += 1
            if self.sent[contact] < TRIES and not last:
                self._again.append(number)

    async def _post(self, query: str, body: bytes) -> int | None:
        """The status of the answer; None when there was none."""
        with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
            async with asyncio.timeout(ANSWER_WITHIN):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    writer.write(
                        f"POST /wecom/callback?{query} HTTP/1.1\r\nHost: bank\r\n"
                        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n"
                        "Connection: close\r\n\r\n".encode()
                        + body
                    )
                    await writer.drain()
                    self._moments.written.set()
                    line = await reader.readline()
                    return int(line.split()[1])
                finally:
                    writer.close()
        return None


class People:
    """People who add the member in the simulated WeCom, which then knocks by itself."""

    def __init__(self, simulator: str, *, seed: int) -> None:
        self.added: dict[str, str] = {}
        self._simulator = simulator
        self._random = random.Random(seed)

    async def prepare(self) -> None:
        """Every fourth event comes twice, every fifth late."""
        async with self._client() as client:
            for rule in (
                {"kind": "callback_duplicate", "probability": 0.25, "copies": 1},
                {"kind": "callback_reorder", "probability": 0.2},
            ):
                answer = await client.post(
                    "/_sim/faults", json={"path": "change_external_contact.*", **rule}
                )
                answer.raise_for_status()

    async def run(self, over: asyncio.Event) -> None:
        """Add the member again and again; note whom, with which welcome code."""
        async with self._client() as client:
            while not over.is_set():
                answer = await client.post(
                    "/_sim/act",
                    json={"act": "add", "userid": MEMBER, "name": f"客户{len(self.added)}"},
                )
                answer.raise_for_status()
                done = answer.json()
                self.added[done["external_userid"]] = done["welcome_code"]
                await asyncio.sleep(0.1 + 0.2 * self._random.random())

    async def drain(self) -> None:
        """Until no callback is on its way."""
        async with self._client() as client:
            await client.delete("/_sim/faults")
            answer = await client.post("/_sim/callbacks/drain", json={"timeout_s": 60})
            answer.raise_for_status()
            assert answer.json()["drained"], answer.text

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._simulator, trust_env=False, timeout=90)
