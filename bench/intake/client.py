"""The load: ``python -m bench.intake.client PORT FILE CONNECTIONS``, one JSON line when done.

Bare protocols over uvloop, requests read from a file: some 20 µs a request, so that the server
is what is measured.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

from bench.intake.events import read


class Load:
    """The requests still to send, and how long each answer took."""

    def __init__(self, requests: list[bytes]) -> None:
        self._requests = requests
        self._next = 0
        self._waiting = len(requests)
        self.seconds: list[float] = []
        self.statuses: dict[str, int] = {}
        self.over = asyncio.Event()

    def take(self) -> bytes | None:
        """The next request; None when all are on their way."""
        if self._next == len(self._requests):
            return None
        self._next += 1
        return self._requests[self._next - 1]

    def answered(self, status: str, seconds: float) -> None:
        """Note one answer."""
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self._waiting -= 1
        if not self._waiting:
            self.over.set()


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._answer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._send()

    def _send(self) -> None:
        request = self._load.take()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take the answer apart as far as needed: its status and its end."""
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._answer[:end].lower()
        length = 0
        at = head.find(b"content-length:")
        if at >= 0:
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            done = len(self._answer) >= end + 4 + length
        else:
            done = self._answer.endswith(b"0\r\n\r\n")
        if done:
            status = head.split(b" ", 2)[1].decode()
            self._answer = b""
            self._load.answered(status, time.perf_counter() - self._sent_at)
            self._send()


async def main(port: int, path: Path, connections: int) -> None:
    """Send everything, then say how it went."""
    load = Load(read(path))
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    await asyncio.wait_for(load.over.wait(), 300)
    seconds = time.perf_counter() - began
    ranked = sorted(load.seconds)
    sys.stdout.write(
        json.dumps(
            {
                "seconds": seconds,
                "statuses": load.statuses,
                "p50_ms": ranked[len(ranked) // 2] * 1_000,
                "p99_ms": ranked[len(ranked) * 99 // 100] * 1_000,
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
