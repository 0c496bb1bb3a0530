"""``python -m bench [intake|planning|imports|personas|standing|duty|screening|gate|why …] [--quick]``: measures, and writes the page."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import asyncpg
from sqlalchemy.engine import URL

from bench import campaigns, gate, telling, why
from bench.duty import run as run_duty
from bench.imports import run as run_imports
from bench.intake import measuring as intake
from bench.page import put_section
from bench.personas import run as run_personas
from bench.planning import measuring as planning
from bench.screening import run as run_screening
from bench.servers import cores
from bench.standing import run as run_standing
from kit.clock import bank_date, now
from tests.postgres import running_postgres

ALL = (
    "intake",
    "planning",
    "imports",
    "personas",
    "standing",
    "duty",
    "screening",
    "gate",
    "why",
    "campaigns",
)
TITLES = {
    "intake": "Callback intake",
    "planning": "Planning a day",
    "imports": "Imports",
    "personas": "Personas",
    "standing": "Tiers, standing and leads",
    "duty": "Contact duty and the day",
    "screening": "Screening words",
    "gate": "The gate",
    "why": "Why of a message",
    "campaigns": "A campaign of the whole bank",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for, all of it by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help="default: everything")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a first look")
    parser.add_argument(
        "--customers", type=int, action="append", help="sizes of personas, standing and duty"
    )
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.what) - set(ALL)
    if unknown:
        parser.error(f"nothing is called {', '.join(sorted(unknown))}: {', '.join(ALL)}")
    made = {
        "intake": _intake,
        "planning": _planning,
        "imports": _imports,
        "screening": _screening,
        "gate": _gate,
        "why": _why,
    }
    by_size = {
        "personas": _personas,
        "standing": _standing,
        "duty": _duty,
        "campaigns": _campaigns,
    }
    sizes = chosen.customers or ([10_000] if chosen.quick else [100_000, 1_000_000])
    for name in chosen.what or ALL:
        lines = by_size[name](sizes) if name in by_size else made[name](chosen.quick)
        put_section(telling.PAGE, telling.HEAD, TITLES[name], lines)
        sys.stdout.write(f"{TITLES[name]}\n" + "\n".join(lines) + "\n\n")


def _said() -> str:
    return telling.taken(bank_date(now()), os.getloadavg()[1])


def _intake(quick: bool) -> list[str]:
    rounds: dict[str, list[intake.Round]] = {"Flask": [], "SQLite": [], "PostgreSQL": []}
    requests = 6_000 if quick else 30_000
    numbers = intake.Numbers()
    with ExitStack() as stack:
        directory = _directory(stack)
        server = _postgresql(stack)
        for turn in range(1 if quick else 3):
            rounds["Flask"].append(intake.usual(directory, numbers, requests // 6))
            url = f"sqlite:///{directory / f'bank{turn}.db'}"
            rounds["SQLite"].append(intake.ours(directory, numbers, requests, url, "SQLite"))
            url = _fresh(server, f"intake{turn}")
            rounds["PostgreSQL"].append(
                intake.ours(directory, numbers, requests, url, "PostgreSQL")
            )
    return telling.intake(rounds, _said())


def _planning(quick: bool) -> list[str]:
    found: list[planning.Planned] = []
    for size in (20_000,) if quick else (100_000, 1_000_000):
        with ExitStack() as stack:
            directory = _directory(stack)
            url = f"sqlite:///{directory / 'bank.db'}"
            found.append(planning.planned("SQLite", url, directory, size))
        with ExitStack() as stack:
            directory = _directory(stack)
            url = _fresh(_postgresql(stack), f"plan{size}")
            found.append(planning.planned("PostgreSQL", url, directory, size))
    return telling.planning(found, _said())


def _imports(quick: bool) -> list[str]:
    return telling.imports(run_imports(10_000 if quick else 100_000, "both", 1, None), _said())


def _screening(quick: bool) -> list[str]:
    return run_screening(quick, _said())


def _personas(sizes: Sequence[int]) -> list[str]:
    return telling.personas([run_personas(size, "both", None) for size in sizes], _said())


def _campaigns(sizes: Sequence[int]) -> list[str]:
    return campaigns.told([one for size in sizes for one in campaigns.run(size)], _said())


def _standing(sizes: Sequence[int]) -> list[str]:
    return telling.standing([run_standing(size, "both", None) for size in sizes], _said())


def _duty(sizes: Sequence[int]) -> list[str]:
    return telling.duty([run_duty(size, "both", None) for size in sizes], _said())


def _gate(quick: bool) -> list[str]:
    return gate.told(gate.run(10_000 if quick else 100_000), _said())


def _why(quick: bool) -> list[str]:
    return why.told(why.run(20_000 if quick else 1_000_000), _said())


def _directory(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gengyun-bench-")))


def _postgresql(stack: ExitStack) -> URL:
    """A server of this run's own, beside the load and not beside what is measured."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores()[1])
    try:
        return stack.enter_context(running_postgres())
    finally:
        os.sched_setaffinity(0, mine)


def _fresh(server: URL, name: str) -> str:
    """The URL of a new, empty database on ``server``."""

    async def create() -> None:
        connection = await asyncpg.connect(
            server.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()

    asyncio.run(create())
    return server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
