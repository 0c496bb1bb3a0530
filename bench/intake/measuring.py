"""One round of load against one server, and what it cost."""

import asyncio
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.intake import events, usual_way
from bench.servers import ROOT, Server, cores, free_port, python, running
from config.settings import Settings, load
from wiring.databases import open_databases
from wiring.schema import migrate
from wiring.secrets import load_keys

CONNECTIONS: Final = 64
WARM: Final = 500


@dataclass(frozen=True)
class Round:
    """What one server did with one load."""

    name: str
    requests: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Requests a second, by the wall."""
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor microseconds of the server a request."""
        return self.cpu_seconds / self.requests * 1e6


def usual(directory: Path, numbers: "Numbers", requests: int) -> Round:
    """The usual way: Flask, gunicorn with threads, wechatpy, sqlite3."""
    database = directory / f"usual-{numbers.first}.db"
    usual_way.prepare(str(database))
    port = free_port()
    command = python(
        "-m",
        "gunicorn",
        "--worker-class=gthread",
        "--workers=1",
        "--threads=16",
        "--keep-alive=60",
        f"--bind=127.0.0.1:{port}",
        "--log-level=warning",
        "bench.intake.usual_way:app",
    )
    with running(command, port, {"BENCH_DATABASE": str(database)}, directory) as server:
        return _load("Flask", server, directory, numbers, requests)


def ours(directory: Path, numbers: "Numbers", requests: int, database_url: str, name: str) -> Round:
    """Our web process on a migrated, empty database."""
    port = free_port()
    env = settings_of(database_url, directory)
    asyncio.run(_migrated(load(env)))
    with running(python("-m", "bench.intake.ours", str(port)), port, env, directory) as server:
        return _load(name, server, directory, numbers, requests)


def settings_of(database_url: str, directory: Path) -> dict[str, str]:
    """The environment of a process under test."""
    return {
        "GENGYUN_ENVIRONMENT": "test",
        "GENGYUN_DATABASE_URL": database_url,
        "GENGYUN_DATA_DIR": str(directory),
        "GENGYUN_WECOM__CORP_ID": events.CORP,
        "GENGYUN_WECOM__API_BASE": "http://127.0.0.1:9",
        "GENGYUN_WECOM__CALLBACK_TOKEN": events.TOKEN,
        "GENGYUN_WECOM__CALLBACK_AES_KEY": events.AES_KEY,
    }


class Numbers:
    """Event numbers, each given out once in a run."""

    def __init__(self) -> None:
        self.first = 1

    def take(self, number: int) -> int:
        """The first of ``number`` fresh ones."""
        first, self.first = self.first, self.first + number
        return first


def _load(name: str, server: Server, directory: Path, numbers: Numbers, requests: int) -> Round:
    _client(server.port, directory, numbers, WARM)
    before = server.cpu_seconds()
    found = _client(server.port, directory, numbers, requests)
    spent = server.cpu_seconds() - before
    if found["statuses"] != {"200": requests}:
        raise RuntimeError(f"{name} answered {found['statuses']}")
    return Round(name, requests, found["seconds"], spent, found["p50_ms"], found["p99_ms"])


def _client(port: int, directory: Path, numbers: Numbers, requests: int) -> dict[str, Any]:
    path = directory / "requests.bin"
    events.write(path, numbers.take(requests), requests)
    _, others = cores()
    done = subprocess.run(
        python("-m", "bench.intake.client", str(port), str(path), str(CONNECTIONS)),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, others),
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def _migrated(settings: Settings) -> None:
    databases = open_databases(settings, load_keys(settings).cipher)
    for database in databases.distinct:
        await migrate(database)
    await databases.close()
