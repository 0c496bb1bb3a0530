"""Puts a made-up bank into a database, in bulk, past everything that is measured."""

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from bench.planning.people import Table, tables
from content_library.importing import seed
from content_library.item_rows import read_toml
from kit.db import Database
from wiring.parts import SAMPLES, Parts

CHUNK: Final = 50_000


async def fill(parts: Parts, customers: int, at: datetime) -> None:
    """Customers, holdings, contacts, consents, and the sample scripts approved."""
    database = parts.databases.bank
    for table in tables(customers, at, parts.keys.cipher):
        if database.is_sqlite:
            await asyncio.to_thread(_into_sqlite, str(database.url.database), table)
        else:
            await _into_postgresql(database, table)
    async with database.transaction() as session:
        await seed(
            session,
            read_toml(SAMPLES / "scripts"),
            author="staff:000101",
            approver="staff:000104",
            checker="staff:000105",
            at=at,
            examiner=parts.examiner,
        )
    await _analysed(database)


def _chunks(table: Table) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(itertools.islice(table.rows, CHUNK)):
        yield chunk


def _into_sqlite(path: str, table: Table) -> None:
    names, marks = (
        ", ".join(f'"{name}"' for name in table.columns),
        ", ".join("?" * len(table.columns)),
    )
    connection = sqlite3.connect(path)
    connection.execute("pragma synchronous=off")
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 — our names
    for chunk in _chunks(table):
        with connection:
            connection.executemany(statement, [tuple(map(_for_sqlite, row)) for row in chunk])
    connection.close()


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _into_postgresql(database: Database, table: Table) -> None:
    connection: Any = await asyncpg.connect(
        database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        for chunk in _chunks(table):
            await connection.copy_records_to_table(
                table.name, records=chunk, columns=list(table.columns)
            )
        if table.columns[0] == "id":
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'),"  # noqa: S608
                f" (SELECT max(id) FROM {table.name}))"
            )
    finally:
        await connection.close()


async def _analysed(database: Database) -> None:
    """Statistics, as a database that has been in use would have them."""
    if database.is_sqlite:
        with sqlite3.connect(str(database.url.database)) as file:
            file.execute("analyze")
        return
    connection: Any = await asyncpg.connect(
        database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    await connection.execute("vacuum analyze")
    await connection.close()
