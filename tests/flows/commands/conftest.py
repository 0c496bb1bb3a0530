"""An installation spoken to by its command line alone, beside a simulated WeCom on a socket."""

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from simulator.bank.adopt import CORP, REAL_CLIENTS
from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from simulator.wecom.serving import serving

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "real_bank"
MAPS = ROOT / "samples" / "real-bank"


@dataclass(frozen=True)
class Said:
    """How a command ended: its exit code, its JSON lines, what it said to people."""

    code: int
    rows: list[dict[str, Any]]
    people: str

    @property
    def one(self) -> dict[str, Any]:
        """The only object."""
        assert len(self.rows) == 1, self.rows
        return self.rows[0]


@dataclass
class Operator:
    """Somebody at the command line of one installation."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str | Path, code: int = 0, **settings: str) -> Said:
        """Run one command with ``--json``; its exit code must be ``code``."""
        done = CliRunner().invoke(
            app, ["--json", *map(str, words)], env={**self.env, **settings}, prog_name="gengyun"
        )
        assert done.exit_code == code, f"{words}: {done.output} {done.exception!r}"
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        return Said(done.exit_code, rows, done.stderr)

    def bring(self, kind: str, path: Path, mapping: Path | None = None) -> dict[str, int]:
        """Import a file; the counts."""
        extra = ("--mapping", mapping) if mapping else ()
        counts: dict[str, int] = self.run("import", kind, path, *extra).one["counts"]
        return counts


@contextmanager
def simulated_wecom(state: Path) -> Iterator[str]:
    """A WeCom on a socket of its own, loaded with ``state``; the base URL."""
    simulator = create(Modes(), seed=1)
    for body in json.loads(state.read_text("utf-8")):
        simulator.load(body)
    ready, over, found = threading.Event(), threading.Event(), []

    async def serve() -> None:
        async with serving(simulator) as base:
            found.append(base)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield found[0]
    finally:
        over.set()
        thread.join()


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    """An empty, migrated installation; once per kind of database."""
    settings: Mapping[str, str] = {
        "GENGYUN_ENVIRONMENT": "test",
        "GENGYUN_DATABASE_URL": database_url,
        "GENGYUN_DATA_DIR": str(tmp_path),
        "GENGYUN_LOG_LEVEL": "ERROR",
        "GENGYUN_WECOM__CORP_ID": str(CORP["corp_id"]),
        "GENGYUN_WECOM__AGENT_ID": str(CORP["apps"][0]["agent_id"]),
        "GENGYUN_WECOM__SECRET": str(CORP["apps"][0]["secret"]),
        "GENGYUN_WECOM__API_BASE": "http://127.0.0.1:9",
        "COLUMNS": "200",
    }
    return Operator(tmp_path, dict(settings))


@pytest.fixture
def few_clients(tmp_path: Path) -> Path:
    """The real bank's files with its first 120 clients."""
    folder = tmp_path / "few"
    shutil.copytree(DATA, folder)
    lines = (DATA / REAL_CLIENTS).read_text("utf-8").splitlines(keepends=True)
    (folder / REAL_CLIENTS).write_text("".join(lines[:120]), "utf-8")
    return folder
