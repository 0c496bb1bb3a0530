"""Empty databases for whole installations: each migrates its own, as an operator would."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import URL


async def _administer(server: URL, statement: str) -> None:
    connection: Any = await asyncpg.connect(
        server.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'bank.db'}"


@asynccontextmanager
async def _empty(server: URL) -> AsyncIterator[str]:
    name = f"gengyun_proof_{secrets.token_hex(6)}"
    await _administer(server, f'CREATE DATABASE "{name}"')
    try:
        yield server.set(drivername="postgresql", database=name).render_as_string(
            hide_password=False
        )
    finally:
        await _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def postgresql_url(postgres_server: URL, anyio_backend: str) -> AsyncIterator[str]:
    """An empty database of this proof's own on the test run's server."""
    async with _empty(postgres_server) as url:
        yield url


@pytest.fixture
async def postgresql_urls(postgres_server: URL, anyio_backend: str) -> AsyncIterator[list[str]]:
    """Four of them, for a proof in slices."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_empty(postgres_server)) for _ in range(4)]
