"""A new database for each walk: cutting a trace down takes many of them."""

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import URL

from tests.machine.driver import Fresh


def sqlite_files(template: Path, below: Path) -> Fresh:
    """Copies of a migrated file."""

    @asynccontextmanager
    async def fresh() -> AsyncIterator[tuple[str, Path]]:
        directory = below / secrets.token_hex(4)
        directory.mkdir()
        path = directory / "bank.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}", directory
        shutil.rmtree(directory)

    return fresh


def postgresql_copies(server: URL, template: str, below: Path) -> Fresh:
    """Copies of a migrated database of this server, dropped afterwards."""

    @asynccontextmanager
    async def fresh() -> AsyncIterator[tuple[str, Path]]:
        name = f"gengyun_machine_{secrets.token_hex(6)}"
        directory = below / name
        directory.mkdir()
        await _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        url = server.set(drivername="postgresql", database=name)
        try:
            yield url.render_as_string(hide_password=False), directory
        finally:
            await _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')

    return fresh


async def _administer(server: URL, statement: str) -> None:
    connection: Any = await asyncpg.connect(
        server.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
