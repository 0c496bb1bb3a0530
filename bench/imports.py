"""Imports against the least that could be done: parse the same CSV, seal the same fields, bulk-load.

``python -m bench.imports [--customers 100000] [--database both] [--rounds 1] [--json]``
``python -m bench.imports --growth 1000000,3000000,10000000 --database postgresql``

Both sides write the same rows into the same tables with the same indexes, each into an empty
database of its own, in the same run; only their ratio is worth quoting. The bare side does not
validate, compare, report or reject anything, and it looks up customers in a dictionary. A
second import of the same files shows what an unchanged night costs; a third, after every
digest was made another, what a night costs in which every row changed, and of it the keeping of
the rows as they were. On SQLite both sides make a table's indexes after its rows, and the CPU
time holds everything; on PostgreSQL it leaves out what the server does.

``--growth`` imports banks of several sizes, each in a process of its own, and says how time and
memory grow; a folder with room for the files and the database is taken from ``TMPDIR``.
"""

import argparse
import asyncio
import csv
import itertools
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Connection, Table, delete, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.schema import CreateIndex, DropIndex
from sqlmodel import SQLModel

from bench.growth import grown, say_growth
from bench.memory import most_memory_mb
from crm_sync.imports import import_file
from crm_sync.imports.images import keep_images
from crm_sync.models import IMAGES, Customer, Holding
from kit import partitions
from kit.crypto import FieldCipher
from kit.db import Database
from simulator.bank import generate
from simulator.bank.rows import ATTRIBUTES
from tests.postgres import running_postgres
from tests.schema import import_every_model

AT = datetime(2026, 11, 22, tzinfo=UTC)
CIPHER = FieldCipher(keys={1: b"k" * 32}, current=1, index_key=b"i" * 32)
KINDS = ("customers", "holdings")
TABLES: dict[str, Table] = {
    "customers": Customer.__table__,  # type: ignore[attr-defined]
    "holdings": Holding.__table__,  # type: ignore[attr-defined]
}
CUSTOMER_COLUMNS = (
    "customer_no", "name", "phone", "phone_hash", "unionid_hash", "gender", "born_on", "birthday",
    "unit_id", "account_unit_id", "risk_level", "risk_assessed_on", "tier", "aum_fen",
    "aum_average_fen", "occupation", "opened_on", "attributes", "supplements", "source",
    "source_date", "digest", "synthetic", "changed_at",
)  # fmt: skip
HOLDING_COLUMNS = (
    "holding_no", "customer_id", "kind", "product_code", "product_name", "amount_fen", "opened_on",
    "matures_on", "due_day", "instalment_fen", "risk_level", "source", "source_date", "digest",
    "synthetic", "changed_at",
)  # fmt: skip


def cells(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        next(reader)
        yield from reader


def fen(yuan: str) -> int | None:
    whole, _, cents = yuan.partition(".")
    return int(whole) * 100 + int(cents) if whole else None


def day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def bare_customers(path: Path) -> Iterator[tuple[Any, ...]]:
    for row in cells(path):
        no, name, phone, unionid, gender, born, unit, account, risk, assessed, tier, aum, average, work, opened = row[:15]  # fmt: skip
        attributes = {
            name: value for name, value in zip(ATTRIBUTES, row[15:], strict=True) if value
        }
        born_on = date.fromisoformat(born)
        yield (
            no, CIPHER.seal("customer.name", no, name), CIPHER.seal("customer.phone", no, phone),
            CIPHER.blind("phone", phone), CIPHER.blind("unionid", unionid) if unionid else None,
            gender, born_on, born_on.month * 100 + born_on.day, unit, account,
            int(risk[1]) if risk else None, day(assessed), tier, fen(aum), fen(average), work,
            day(opened), json.dumps(attributes), "{}", "bare", "", "", False, AT,
        )  # fmt: skip


def bare_holdings(path: Path, ids: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for no, customer, kind, code, name, amount, opened, matures, due, instalment, risk in cells(
        path
    ):
        yield (
            no, ids[customer], kind, code or None, name, fen(amount), day(opened), day(matures),
            int(due) if due else None, fen(instalment), int(risk[1]) if risk else None,
            "bare", "", "", False, AT,
        )  # fmt: skip


async def load(
    database: Database, table: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        raw: Any = (await connection.get_raw_connection()).driver_connection
        if not database.is_sqlite:
            await session.execute(text("SELECT 1"))
            await raw.copy_records_to_table(table, records=rows, columns=list(columns))
            return
        known = SQLModel.metadata.tables[table].indexes
        later = [index for index in known if not index.unique]
        for index in later:
            await session.execute(DropIndex(index))
        names, marks = ",".join(f'"{name}"' for name in columns), ",".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 — our names
        moment = AT.strftime("%Y-%m-%d %H:%M:%S.%f")
        while chunk := list(itertools.islice(rows, 10_000)):
            bound = [
                tuple(
                    moment if value is AT else value.isoformat() if type(value) is date else value
                    for value in row
                )
                for row in chunk
            ]
            await raw.executemany(statement, bound)
        for index in later:
            await session.execute(CreateIndex(index))


Taken = dict[str, tuple[float, float]]
"""Wall seconds and CPU seconds of this process, by kind."""


class Watch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Wall and CPU seconds since then."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


async def bare(database: Database, folder: Path) -> Taken:
    taken: Taken = {}
    watch = Watch()
    await load(database, "customer", CUSTOMER_COLUMNS, bare_customers(folder / "customers.csv"))
    taken["customers"] = watch.read()
    async with database.reading() as session:
        found = await session.execute(text("SELECT customer_no, id FROM customer"))
        ids = {row[0]: row[1] for row in found}
    watch = Watch()
    await load(database, "holding", HOLDING_COLUMNS, bare_holdings(folder / "holdings.csv", ids))
    taken["holdings"] = watch.read()
    return taken


async def ours(database: Database, folder: Path, counts: dict[str, int]) -> Taken:
    taken: Taken = {}
    for kind in KINDS:
        watch = Watch()
        report = await import_file(database, kind, folder / f"{kind}.csv", by="system:bench", at=AT)
        taken[kind] = watch.read()
        done = report.counts.added + report.counts.unchanged
        if done + report.counts.updated != counts[kind] or report.counts.rejected:
            raise SystemExit(f"{kind}: {report.counts}")
    return taken


async def changed(database: Database, folder: Path, counts: dict[str, int]) -> dict[str, Any]:
    """A night in which every row changed, and what keeping the rows as they were takes of it."""
    kept: dict[str, float] = {}
    async with database.transaction() as session:
        for kind in KINDS:
            await session.execute(update(TABLES[kind]).values(digest=""))
    whole = await ours(database, folder, counts)
    async with database.transaction() as session:
        for image in IMAGES.values():
            await session.execute(delete(image))
    for kind in KINDS:
        watch = Watch()
        async with database.transaction() as session:
            await keep_images(session, TABLES[kind], 0, TABLES[kind].c.id > 0)
        kept[kind] = watch.read()[0]
    return {
        kind: {
            "rows_per_second": round(counts[kind] / whole[kind][0]),
            "seconds": round(whole[kind][0], 2),
            "of_it_images": round(kept[kind], 2),
        }
        for kind in KINDS
    }


def _create(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection)
    partitions.prepare(connection, AT)


async def fresh(url: str, folder: Path) -> Database:
    """An empty bank with its units."""
    database = Database(url, CIPHER)
    async with database.engine.begin() as connection:
        await connection.run_sync(_create)
    await import_file(database, "units", folder / "units.csv", by="system:bench", at=AT)
    return database


Fresh = Callable[[int], Awaitable[str]]
"""Makes the nth empty database and tells its URL."""


async def measure(make: Fresh, folder: Path, counts: dict[str, int], rounds: int) -> dict[str, Any]:
    """Import, import again, and the bare way, in turns; medians of the rounds."""
    every: list[dict[str, Any]] = []
    sides: dict[str, list[Taken]] = {side: [] for side in ("bare", "import", "again")}
    for turn in range(rounds):
        database = await fresh(await make(2 * turn), folder)
        for side in ("import", "again"):
            sides[side].append(await ours(database, folder, counts))
        every.append(await changed(database, folder, counts))
        await database.close()
        database = await fresh(await make(2 * turn + 1), folder)
        sides["bare"].append(await bare(database, folder))
        await database.close()
    found: dict[str, Any] = {"rows_per_second": {}, "every_row_changed": every[-1], "seconds": {}}
    clocks = ("wall", "cpu")
    median = {
        (side, kind, clock): statistics.median(taken[kind][place] for taken in turns)
        for side, turns in sides.items()
        for kind in KINDS
        for place, clock in enumerate(clocks)
    }
    for clock in clocks:
        bare_total, import_total = (
            sum(median[side, kind, clock] for kind in KINDS) for side in ("bare", "import")
        )
        found[f"ratio_{clock}"] = {
            kind: round(median["bare", kind, clock] / median["import", kind, clock], 2)
            for kind in KINDS
        } | {"both": round(bare_total / import_total, 2)}
    for side in sides:
        found["seconds"][side] = round(sum(median[side, kind, "wall"] for kind in KINDS), 1)
        found["rows_per_second"][side] = {
            kind: round(counts[kind] / median[side, kind, "wall"]) for kind in KINDS
        }
    return found


async def measure_import(
    make: Fresh, folder: Path, counts: dict[str, int], rounds: int
) -> dict[str, Any]:
    """The import alone; the median of the rounds."""
    took: list[float] = []
    for turn in range(rounds):
        database = await fresh(await make(turn), folder)
        took.append(sum(wall for wall, _ in (await ours(database, folder, counts)).values()))
        await database.close()
    return {"seconds": {"import": round(statistics.median(took), 1)}}


Measured = Callable[[Fresh, Path, dict[str, int]], Awaitable[dict[str, Any]]]


async def on_sqlite(folder: Path, counts: dict[str, int], measured: Measured) -> dict[str, Any]:
    """Every database is a new file."""

    async def make(number: int) -> str:
        return f"sqlite:///{folder / f'bank{number}.db'}"

    return await measured(make, folder, counts)


async def on_postgresql(
    server: URL, folder: Path, counts: dict[str, int], measured: Measured
) -> dict[str, Any]:
    """Every database is made on ``server`` and dropped again."""
    plain = server.set(drivername="postgresql")
    made: list[str] = []

    async def administer(statement: str) -> None:
        connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
        await connection.execute(statement)
        await connection.close()

    async def make(_number: int) -> str:
        made.append(f"gengyun_bench_{secrets.token_hex(4)}")
        await administer(f'CREATE DATABASE "{made[-1]}"')
        return plain.set(database=made[-1]).render_as_string(hide_password=False)

    try:
        return await measured(make, folder, counts)
    finally:
        for name in made:
            await administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def run(
    customers: int, database: str, rounds: int, server: str | None, *, only_import: bool = False
) -> dict[str, Any]:
    """Measure on the asked databases; see the module's sentence for what is compared."""
    import_every_model()
    measured = partial(measure_import if only_import else measure, rounds=rounds)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="gengyun-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        generate(folder, seed=1, customers=customers, today=AT.date(), kinds=("units", *KINDS))
        files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
        counts = {kind: files[f"{kind}.csv"]["rows"] for kind in KINDS}
        found["rows"] = counts
        if database in ("both", "sqlite"):
            found["sqlite"] = asyncio.run(on_sqlite(folder, counts, measured))
        if database in ("both", "postgresql"):
            url = make_url(server) if server else stack.enter_context(running_postgres())
            found["postgresql"] = asyncio.run(on_postgresql(url, folder, counts, measured))
    found["most_memory_mb"] = most_memory_mb()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--database", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--server", help="a PostgreSQL server; without it one is started")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--growth", help="sizes, as 1000000,3000000,10000000: only the import")
    parser.add_argument("--only-import", action="store_true", help="nothing bare, nothing again")
    chosen = parser.parse_args(arguments)
    if chosen.growth:
        sizes = [int(size) for size in chosen.growth.split(",")]
        grew = grown(sizes, chosen.database, chosen.server)
        if chosen.json:
            sys.stdout.write(json.dumps(grew) + "\n")
        else:
            say_growth(grew)
        return
    found = run(
        chosen.customers,
        chosen.database,
        chosen.rounds,
        chosen.server,
        only_import=chosen.only_import,
    )
    if chosen.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    sys.stdout.write(f"{found['rows']}, at most {found['most_memory_mb']} MB\n")
    for name in ("sqlite", "postgresql"):
        if name in found:
            one = found[name]
            sys.stdout.write(f"{name}: rate of the import over the bare rate, by the wall clock")
            sys.stdout.write(f" {one['ratio_wall']}, by our CPU time {one['ratio_cpu']}\n")
            for side, rates in one["rows_per_second"].items():
                sys.stdout.write(f"  {side:>7}: {rates} rows/s, {one['seconds'][side]} s\n")
            for kind, was in one["every_row_changed"].items():
                sys.stdout.write(f"  every row changed, {kind}: {was}\n")


if __name__ == "__main__":
    main()
