"""Processes of a bench: started, pinned to a core, asked for their processor time, stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).resolve().parent.parent
LONGEST_START: Final = 90.0


def cores() -> tuple[set[int], set[int]]:
    """(core of the measured server, cores of everything else); the same where there is one."""
    found = sorted(os.sched_getaffinity(0))
    return ({found[0]}, set(found[1:]) or {found[0]})


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A running server; its processor time is that of all its processes."""

    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Processor seconds so far, user and system, children included."""
        everyone = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in everyone)


@contextmanager
def running(
    command: Sequence[str], port: int, env: Mapping[str, str], directory: Path
) -> Iterator[Server]:
    """Start ``command``, wait until it listens on ``port``, stop it afterwards."""
    ours, _ = cores()
    with (directory / f"server-{port}.log").open("wb") as log:
        started = subprocess.Popen(
            list(command),
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            cwd=directory,
            stdout=log,
            stderr=log,
        )
        try:
            os.sched_setaffinity(started.pid, ours)
            _wait_for(port, started, Path(log.name))
            yield Server(port, psutil.Process(started.pid))
        finally:
            started.terminate()
            started.wait(timeout=60)


def _wait_for(port: int, started: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.perf_counter() + LONGEST_START
    while time.perf_counter() < until:
        if started.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-2_000:])
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")


def python(*words: str) -> list[str]:
    """A command line of this interpreter."""
    return [sys.executable, *words]
