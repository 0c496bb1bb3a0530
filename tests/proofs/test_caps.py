"""Caps hold whoever sends at the same time: none over in twelve thousand attempts."""

import pytest

from kit import clock
from tests.proofs.capping import ATTEMPTS, CUSTOMERS, Capped, prove, told
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(3_600)]


def _must_hold(found: Capped) -> None:
    assert found.became.total() == ATTEMPTS
    assert found.over_in_rows == []
    assert found.over_in_slots == []
    assert found.over_at_wecom == []
    assert found.full > CUSTOMERS  # the caps had somebody to stop
    assert 0 < found.asked <= found.told


async def test_eight_processes_exceed_no_cap_on_postgresql(postgresql_url: str) -> None:
    found = await prove(postgresql_url, processes=True)
    _must_hold(found)
    today = clock.bank_date(clock.now())
    write("Caps, PostgreSQL", told(found, "PostgreSQL, eight processes", today))


async def test_eight_tasks_exceed_no_cap_on_sqlite(sqlite_url: str) -> None:
    found = await prove(sqlite_url, processes=False)
    _must_hold(found)
    today = clock.bank_date(clock.now())
    write("Caps, SQLite", told(found, "SQLite, eight tasks in one process", today))
