"""The product's processes as they run, each born of a server that has imported everything already.

What ``gengyun serve``, ``web``, ``worker`` and ``scheduler`` do, with a clock that stands at a
bank's working hour and short patience with WeCom; killed by the pid they were born with.
"""

import asyncio
import gc
import importlib
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy.orm import configure_mappers

from compliance.screening import Screener
from config.settings import load
from kit import clock, log
from wecom.http import Http
from wiring import runtime
from wiring.parts import Parts, build

ROLES: Final = {
    "sqlite": ("serve",),
    "postgresql": ("web", "worker1", "worker2", "scheduler1", "scheduler2"),
}
LONGEST_START: Final = 90.0
READ_S: Final = 1.5
DEADLINE_S: Final = 3.0
for _late in (
    "aiosqlite",
    "asyncpg",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
):
    importlib.import_module(_late)  # what a process would import on its way up
Screener.from_rulebook()  # it remembers what it has read, and so does every process born here
configure_mappers()
gc.freeze()
_BORN: Final = multiprocessing.get_context("forkserver")
_BORN.set_forkserver_preload(["tests.proofs.living"])


async def parts_of(env: Mapping[str, str], offset: float) -> Parts:
    """The parts of one process whose clock is ``offset`` seconds ahead of this machine's."""
    settings = load(env)
    ahead = timedelta(seconds=offset)
    http = Http(settings.wecom.api_base, read_s=READ_S, deadline_s=DEADLINE_S)
    return await build(settings, now=lambda: clock.now() + ahead, http=http)


def live(role: str, env: dict[str, str], offset: float, port: int, log_file: str) -> None:
    """One process, until it is told to end or killed."""
    out = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    log.setup(level="WARNING", to_terminal=False)

    async def run() -> None:
        parts = await parts_of(env, offset)
        try:
            if role == "serve":
                await runtime.serve(parts, "127.0.0.1", port)
            elif role == "web":
                await runtime.web(parts, "127.0.0.1", port)
            elif role.startswith("worker"):
                await runtime.worker(parts)
            else:
                await runtime.scheduler(parts)
        finally:
            await parts.close()

    asyncio.run(run())


class Living:
    """The processes of one profile."""

    def __init__(self, profile: str, env: Mapping[str, str], directory: Path, port: int) -> None:
        self.roles = ROLES[profile]
        self.offset = 0.0
        self._env = dict(env)
        self._directory = directory
        self._port = port
        self._born: dict[str, BaseProcess] = {}

    def start(self, roles: Sequence[str] | None = None) -> None:
        """Give birth to whoever of ``roles`` does not live."""
        for role in roles or self.roles:
            if role in self._born and self._born[role].is_alive():
                continue
            log_file = str(self._directory / f"{role}.log")
            args = (role, self._env, self.offset, self._port, log_file)
            self._born[role] = _BORN.Process(target=live, args=args)
            self._born[role].start()

    def wait_until_ready(self) -> None:
        """Until who answers HTTP is ready. AssertionError when it ended or takes too long."""
        [role] = [one for one in self.roles if one in ("serve", "web")]
        until = time.perf_counter() + LONGEST_START
        with httpx.Client(trust_env=False, timeout=5) as client:
            while time.perf_counter() < until:
                assert self._born[role].is_alive(), f"{role} ended: {self.said(role)}"
                with suppress(httpx.HTTPError):
                    answer = client.get(f"http://127.0.0.1:{self._port}/readyz")
                    if answer.status_code == httpx.codes.OK:
                        return
                time.sleep(0.05)
        raise AssertionError(f"{role} did not become ready: {self.said(role)}")

    def kill(self, roles: Sequence[str]) -> None:
        """``kill -9``, by pid."""
        for role in roles:
            assert self._born[role].is_alive(), f"{role} ended: {self.said(role)}"
            self._born[role].kill()
        for role in roles:
            self._born[role].join()
            assert self._born[role].exitcode == -signal.SIGKILL

    def signal(self, role: str, number: signal.Signals) -> None:
        """Send one process a signal."""
        pid = self._born[role].pid
        assert pid is not None
        os.kill(pid, number)

    def stop(self) -> None:
        """End everybody as a service manager does."""
        for one in self._born.values():
            one.terminate()
        for one in self._born.values():
            one.join(20)

    def kill_all(self) -> None:
        """End whoever still lives."""
        for one in self._born.values():
            one.kill()

    def said(self, role: str, *, whole: bool = False) -> str:
        """The last lines a process wrote, or all."""
        log_file = self._directory / f"{role}.log"
        said = log_file.read_text(errors="replace") if log_file.exists() else ""
        return said if whole else said[-2_000:]
