"""The product as its operator starts it: real processes, killed by the pid they were started with."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import httpx
import psutil

from tests.flows.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN

ROOT: Final = Path(__file__).resolve().parent.parent.parent
GENGYUN: Final = Path(sys.executable).with_name("gengyun")
LONGEST_START: Final = 90.0


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(database_url: str, directory: Path, simulator: str, port: int) -> dict[str, str]:
    """The settings of an installation under proof, for the processes and the commands alike."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GENGYUN_")}
    return own | {
        "PYTHONPATH": str(ROOT),
        "GENGYUN_ENVIRONMENT": "test",
        "GENGYUN_DATABASE_URL": database_url,
        "GENGYUN_DATA_DIR": str(directory),
        "GENGYUN_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GENGYUN_LOG_LEVEL": "WARNING",
        "GENGYUN_WECOM__CORP_ID": CORP,
        "GENGYUN_WECOM__AGENT_ID": str(AGENT),
        "GENGYUN_WECOM__SECRET": SECRET,
        "GENGYUN_WECOM__API_BASE": simulator,
        "GENGYUN_WECOM__CALLBACK_TOKEN": TOKEN,
        "GENGYUN_WECOM__CALLBACK_AES_KEY": AES_KEY,
    }


class Program:
    """One process that this proof started; its output goes to a file beside the database."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], directory: Path
    ) -> None:
        self.name = name
        self._command = list(command)
        self._env = dict(env)
        self._directory = directory
        self._log: IO[bytes] | None = None
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it must not be running."""
        self._log = (self._directory / f"{self.name}.log").open("ab")
        self._running = subprocess.Popen(
            self._command,
            env=self._env,
            cwd=self._directory,
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self) -> None:
        """``kill -9``: no handler, no last word."""
        self._end(signal.SIGKILL)

    def stop(self) -> float:
        """``kill -TERM``; the seconds until it had gone."""
        began = time.perf_counter()
        self._end(signal.SIGTERM)
        return time.perf_counter() - began

    def _end(self, how: signal.Signals) -> None:
        if self._running is None or self._log is None:
            return
        self._running.send_signal(how)
        self._running.wait(timeout=60)
        self._running = None
        self._log.close()

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds since it was started, user and system."""
        if self._running is None:
            return 0.0
        times = psutil.Process(self._running.pid).cpu_times()
        return float(times.user + times.system)


class Installation:
    """The processes of one profile, and the commands an operator would type beside them."""

    def __init__(self, profile: str, env: Mapping[str, str], directory: Path, port: int) -> None:
        """``profile`` is ``sqlite`` (one process) or ``postgresql`` (web, worker, scheduler)."""
        self.port = port
        self._env = dict(env)
        self._directory = directory
        at = ("--port", str(port))
        parts = (
            {"serve": ("serve", *at)}
            if profile == "sqlite"
            else {"web": ("web", *at), "worker": ("worker",), "scheduler": ("scheduler",)}
        )
        self.programs = {
            name: Program(name, [str(GENGYUN), *words], env, directory)
            for name, words in parts.items()
        }

    def start(self, names: Sequence[str] | None = None) -> float:
        """Start what is not running (of ``names``); the seconds until the product is ready."""
        began = time.perf_counter()
        for name in names or self.programs:
            if not self.programs[name].alive:
                self.programs[name].start()
        self.wait_until_ready()
        return time.perf_counter() - began

    def wait_until_ready(self) -> None:
        """Until ``/readyz`` is green. AssertionError when a process ended or it takes too long."""
        until = time.perf_counter() + LONGEST_START
        said = "nothing"
        while time.perf_counter() < until:
            for program in self.programs.values():
                assert program.alive, f"{program.name} ended: {self.said(program.name)}"
            try:
                with httpx.Client(trust_env=False, timeout=5) as client:
                    answer = client.get(f"http://127.0.0.1:{self.port}/readyz")
                if answer.status_code == 200:
                    return
                said = answer.text
            except httpx.HTTPError as error:
                said = type(error).__name__
            time.sleep(0.05)
        raise AssertionError(f"the product did not become ready: {said}")

    def cpu_seconds(self, names: Sequence[str]) -> float:
        """Processor seconds that these processes have used since they were started."""
        return sum(self.programs[name].cpu_seconds for name in names)

    def stop(self) -> float:
        """Stop everything as a service manager does; the seconds the slowest process took."""
        return max(program.stop() for program in self.programs.values())

    def kill_all(self) -> None:
        """End whatever still runs."""
        for program in self.programs.values():
            program.kill()

    def said(self, name: str) -> str:
        """The last lines a process wrote."""
        return (self._directory / f"{name}.log").read_text(errors="replace")[-2_000:]

    def command(self, *words: str) -> list[dict[str, Any]]:
        """The JSON lines that ``gengyun WORDS --json`` prints. AssertionError when it fails."""
        done = subprocess.run(
            [str(GENGYUN), "--json", *words],
            env=self._env,
            cwd=self._directory,
            capture_output=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-2_000:]
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


class SimulatedWecom:
    """The simulator's process and the people behind it."""

    def __init__(self, directory: Path, port: int, product_port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._program = Program(
            "simulator",
            [sys.executable, "-m", "tests.proofs.simulated", str(port), str(product_port)],
            {**os.environ, "PYTHONPATH": str(ROOT)},
            directory,
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._program.start()
        until = time.perf_counter() + LONGEST_START
        while time.perf_counter() < until:
            try:
                with httpx.Client(trust_env=False, timeout=5) as client:
                    client.get(f"{self.url}/_sim/clock")
                return
            except httpx.HTTPError:
                assert self._program.alive, "the simulator ended"
                time.sleep(0.02)
        raise AssertionError("the simulator did not start")

    def kill(self) -> None:
        """End it."""
        self._program.kill()

    def seen(self, *kinds: str) -> list[dict[str, Any]]:
        """Everything of these kinds that the simulated WeCom saw."""
        rows: list[dict[str, Any]] = []
        with httpx.Client(trust_env=False, timeout=60) as client:
            while True:
                page = client.get(
                    f"{self.url}/_sim/seen",
                    params={
                        "kind": ",".join(kinds),
                        "after": rows[-1]["n"] if rows else 0,
                        "limit": 1_000,
                    },
                ).json()["rows"]
                rows += page
                if len(page) < 1_000:
                    return rows
