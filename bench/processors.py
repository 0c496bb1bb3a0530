"""Processor time of this process and of the database processes that serve it on this machine."""

import os
import time
from pathlib import Path

from sqlalchemy import text

from kit.db import Database


async def spent(database: Database) -> float:
    """Seconds so far; a server on another machine is not counted."""
    if database.is_sqlite:
        return time.process_time()
    async with database.reading() as session:
        asked = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = list((await session.execute(asked)).scalars())
    return time.process_time() + sum(_of(pid) for pid in pids)


def _of(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat")
    if not told.is_file():
        return 0.0
    # Behind the name in brackets user and system time are the 12th and the 13th word.
    words = told.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
