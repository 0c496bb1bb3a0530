"""A bank of some size on one database, its day planned by both, each in a fresh process."""

import asyncio
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.intake.measuring import settings_of
from bench.planning.seeding import fill
from bench.servers import ROOT, python
from config.settings import Settings, load
from kit.clock import now
from wiring.databases import open_databases
from wiring.parts import build
from wiring.schema import migrate
from wiring.secrets import load_keys


@dataclass(frozen=True)
class Planned:
    """What a plan took, beside the yardstick. Seconds and megabytes."""

    name: str
    customers: int
    found: dict[str, Any]

    @property
    def ratio(self) -> float:
        """How many times the SQL-only plan."""
        return float(self.found["seconds"] / self.found["sql_seconds"])


def planned(name: str, database_url: str, directory: Path, customers: int) -> Planned:
    """Fill an empty database with ``customers`` and plan today."""
    env = settings_of(database_url, directory)
    asyncio.run(_filled(load(env), customers))
    done = subprocess.run(
        python("-m", "bench.planning.one_plan"),
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2_000:])
    return Planned(name, customers, json.loads(done.stdout.splitlines()[-1]))


async def _filled(settings: Settings, customers: int) -> None:
    databases = open_databases(settings, load_keys(settings).cipher)
    for database in databases.distinct:
        await migrate(database)
    await databases.close()
    parts = await build(settings)
    await fill(parts, customers, now())
    await parts.close()
