"""H3: a stop holds within five seconds for four workers; what WeCom had is cancelled and listed."""

from pathlib import Path

import pytest

from kit import clock
from tests.proofs.stopping import MANAGERS, Stopped, prove, told
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(900)]


def _must_hold(found: Stopped) -> None:
    assert found.handed < MANAGERS  # it was stopped mid-way
    assert found.last_left <= 5
    assert 0 < found.cancelled <= 60
    assert found.listed == found.listed_cancelled == found.handed
    assert found.waiting == 0


@pytest.mark.mission("H3")
async def test_four_processes_stop_within_five_seconds(postgresql_url: str, tmp_path: Path) -> None:
    found = await prove(postgresql_url, tmp_path, processes=True)
    _must_hold(found)
    today = clock.bank_date(clock.now())
    write(
        "Stopping a campaign, PostgreSQL", told(found, "PostgreSQL, four worker processes", today)
    )


@pytest.mark.mission("H3")
async def test_four_tasks_stop_within_five_seconds(sqlite_url: str, tmp_path: Path) -> None:
    found = await prove(sqlite_url, tmp_path, processes=False)
    _must_hold(found)
    today = clock.bank_date(clock.now())
    write("Stopping a campaign, SQLite", told(found, "SQLite, four tasks of one process", today))
