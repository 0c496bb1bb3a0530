"""One serving process a SQLite database: a lock file that dies with its holder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.errors import ConfigurationRefused


class AlreadyServed(ConfigurationRefused):
    """Another process serves this SQLite database already."""

    code = "E-1050"


@contextmanager
def serving_lock(path: Path) -> Iterator[None]:
    """Hold the lock for the block. Raises AlreadyServed."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyServed(
                "已有一个进程在使用这个数据库",
                saw=path.name,
                do="先停掉它；要多个进程请换 PostgreSQL",
            ) from None
        yield
