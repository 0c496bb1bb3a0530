"""Sending callbacks in the background: 5 s, three tries, and the faults that real life adds."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import httpx

from simulator.wecom.callbacks.envelope import Sealed, seal, seal_echo
from simulator.wecom.callbacks.events import Event
from simulator.wecom.clock import SimClock
from simulator.wecom.faults import CALLBACK_FAULTS, FaultBook
from simulator.wecom.modes import Modes
from simulator.wecom.seen import Seen
from simulator.wecom.state.corp import CallbackTarget

VERIFY_TIMEOUT_S = 1.0


@dataclass(slots=True)
class Parcel:
    """One event on its way to one address."""

    number: int
    event: Event
    target: CallbackTarget
    corp_id: str
    agent_id: int | None
    tries: int = 0


class CallbackPost:
    """A queue with a few workers. Nothing is sent from the call that caused an event."""

    def __init__(
        self,
        modes: Modes,
        clock: SimClock,
        seen: Seen,
        faults: FaultBook,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._modes = modes
        self._clock = clock
        self._seen = seen
        self._faults = faults
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._ready: deque[Parcel] = deque()
        self._held_back: list[Parcel] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._open = 0
        self._idle: asyncio.Event | None = None
        self._number = 0

    def send(
        self, event: Event, target: CallbackTarget | None, corp_id: str, agent_id: int | None
    ) -> None:
        """Queue an event. Without a target it is only noted as seen, with outcome ``no_url``."""
        self._number += 1
        if target is None or not target.url:
            self._note(self._number, event, 0, "no_url", None)
            return
        copies, later = 1, 0.0
        for rule in self._faults.strike(event.name, CALLBACK_FAULTS):
            if rule.kind == "callback_lose":
                self._note(self._number, event, 0, "lost", None)
                return
            if rule.kind == "callback_duplicate":
                copies += rule.copies
            if rule.kind == "callback_delay":
                later = max(later, rule.delay_s)
            if rule.kind == "callback_reorder":
                later = -1.0
        for _ in range(copies):
            self._put(Parcel(self._number, event, target, corp_id, agent_id), later)

    def waiting(self) -> int:
        """Parcels not delivered and not given up."""
        return self._open

    async def drain(self, seconds: float) -> bool:
        """Wait until nothing is on its way; whether that came within ``seconds`` (real)."""
        self._release()
        if not self._open:
            return True
        try:
            await asyncio.wait_for(self._quiet().wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def verify(self, target: CallbackTarget, corp_id: str) -> dict[str, Any]:
        """The GET by which WeCom verifies a receive URL; ``verified`` when the echo came back."""
        echo = f"echo{self._number}{int(self._clock.now())}"
        url = seal_echo(target, corp_id, echo, self._clock.now())
        try:
            async with asyncio.timeout(VERIFY_TIMEOUT_S):
                answer = await self._connection().get(url)
        except (TimeoutError, httpx.HTTPError) as error:
            return {"verified": False, "status": None, "text": type(error).__name__}
        verified = answer.status_code == 200 and answer.text == echo
        return {"verified": verified, "status": answer.status_code, "text": answer.text[:200]}

    async def aclose(self) -> None:
        """Stop the workers and close the connections; what waits is not sent."""
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _put(self, parcel: Parcel, later: float) -> None:
        self._open += 1
        self._quiet().clear()
        if later < 0:
            # Held until the next event passed it by, so that the two change places.
            self._held_back.append(parcel)
            return
        if later > 0:
            self._spawn(self._put_after(parcel, later))
            return
        self._ready.append(parcel)
        self._release()
        self._start()

    def _release(self) -> None:
        if self._held_back:
            self._ready.extend(self._held_back)
            self._held_back.clear()
            self._start()

    def _start(self) -> None:
        busy = sum(1 for w in self._workers if w.get_name() == "postman" and not w.done())
        for _ in range(min(self._modes.callback_parallel, len(self._ready)) - busy):
            self._spawn(self._work(), "postman")

    def _spawn(self, work: Coroutine[Any, Any, None], name: str = "") -> None:
        task = asyncio.get_running_loop().create_task(work, name=name or None)
        self._workers.add(task)
        task.add_done_callback(self._workers.discard)

    async def _put_after(self, parcel: Parcel, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._ready.append(parcel)
        self._start()

    async def _work(self) -> None:
        while self._ready:
            parcel = self._ready.popleft()
            outcome, status = await self._attempt(parcel)
            self._note(parcel.number, parcel.event, parcel.tries, outcome, status)
            if self._again(parcel, outcome):
                self._spawn(self._put_after(parcel, self._modes.callback_retry_spacing_s))
                continue
            self._open -= 1
            if not self._open:
                self._quiet().set()

    def _again(self, parcel: Parcel, outcome: str) -> bool:
        if outcome == "delivered" or parcel.tries >= self._modes.callback_tries:
            return False
        return outcome != "not_200" or self._modes.callback_retry_non_200

    async def _attempt(self, parcel: Parcel) -> tuple[str, int | None]:
        parcel.tries += 1
        sealed: Sealed = seal(
            parcel.target, parcel.corp_id, parcel.agent_id, parcel.event.xml, self._clock.now()
        )
        try:
            async with asyncio.timeout(self._modes.callback_timeout_s):
                answer = await self._connection().post(
                    sealed.url, content=sealed.body, headers={"content-type": "text/xml"}
                )
        except (TimeoutError, httpx.TimeoutException):
            return "timeout", None
        except httpx.HTTPError:
            return "refused", None
        return ("delivered" if answer.status_code == 200 else "not_200"), answer.status_code

    def _connection(self) -> httpx.AsyncClient:
        if self._client is None:
            # The environment's proxies must not carry a bank's callbacks.
            self._client = httpx.AsyncClient(
                transport=self._transport, follow_redirects=False, trust_env=False
            )
        return self._client

    def _note(
        self, number: int, event: Event, attempt: int, outcome: str, status: int | None
    ) -> None:
        self._seen.append(
            "callback",
            self._clock.now(),
            callback=number,
            event=event.name,
            xml=event.xml,
            attempt=attempt,
            outcome=outcome,
            http_status=status,
        )

    def _quiet(self) -> asyncio.Event:
        if self._idle is None:
            self._idle = asyncio.Event()
        return self._idle
