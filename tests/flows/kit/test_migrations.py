"""The schema comes from the migrations, on both databases, and they leave nothing out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from kit import partitions
from kit.db import Database
from tests.conftest import CIPHER, SCHEMA_AT, empty_database
from wiring import schema

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(
    request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Database]:
    """A database without a single table."""
    async with empty_database(request, tmp_path) as url:
        database = Database(url, CIPHER)
        yield database
        await database.close()


def _drift(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": False, "include_object": _ours}
    )
    return list(compare_metadata(context, SQLModel.metadata))


def _ours(_thing: Any, name: str | None, kind: str, reflected: bool, _to: Any) -> bool:
    return not (
        kind == "table" and reflected and name is not None and name not in SQLModel.metadata.tables
    )


async def test_migrating_an_empty_database_gives_every_table_and_no_drift(
    empty: Database,
) -> None:
    assert await schema.revision(empty) is None
    assert await schema.migrate(empty) == schema.head()
    async with empty.engine.connect() as connection:
        tables = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
        drift = await connection.run_sync(_drift)
    assert set(SQLModel.metadata.tables) <= tables
    assert drift == []


async def test_migrating_twice_changes_nothing_and_the_way_back_exists(empty: Database) -> None:
    await schema.migrate(empty)
    await schema.migrate(empty)

    def down_and_up(connection: Connection) -> None:
        command.downgrade(schema.alembic_config(connection), "base")
        assert not set(inspect(connection).get_table_names()) & set(SQLModel.metadata.tables)
        command.upgrade(schema.alembic_config(connection), "head")

    async with empty.engine.connect() as connection:
        await connection.run_sync(down_and_up)
        await connection.commit()
    assert await schema.revision(empty) == schema.head()


async def test_partitions_are_made_ahead_once(empty: Database) -> None:
    await schema.migrate(empty)

    def prepare(connection: Connection) -> list[str]:
        return partitions.prepare(connection, SCHEMA_AT)

    async with empty.engine.connect() as connection:
        await connection.run_sync(prepare)
        again = await connection.run_sync(prepare)
        await connection.commit()
    assert again == []
