"""WeCom's limits are used to the brim and never broken; a lost token is fetched once."""

import pytest

from kit import clock
from kit.pacing.facts import Urgency
from tests.proofs.limiting import CALLS, HOUR, MINUTE, WAVES, Drained, fetches, prove, told
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(3_600)]


def _must_hold(found: Drained) -> None:
    assert found.seen.taken == CALLS
    assert found.seen.refused == []
    assert found.seen.worst[60] <= MINUTE
    assert found.seen.worst[3_600] <= HOUR
    assert found.ratio <= 1.1


async def test_half_a_million_calls_take_the_least_time_on_postgresql(postgresql_url: str) -> None:
    found = await prove(postgresql_url, Urgency.MARKETING)
    _must_hold(found)
    today = clock.bank_date(clock.now())
    where = "PostgreSQL, four processes' permits over connections of their own"
    write("Draining half a million calls, PostgreSQL", told([found], where, today))


async def test_half_a_million_calls_take_the_least_time_on_sqlite(sqlite_url: str) -> None:
    found = await prove(sqlite_url, Urgency.MARKETING)
    _must_hold(found)
    today = clock.bank_date(clock.now())
    write(
        "Draining half a million calls, SQLite",
        told([found], "SQLite, four tasks of one process", today),
    )


async def test_four_processes_fetch_a_lost_token_once_a_wave(postgresql_url: str) -> None:
    assert await fetches(postgresql_url) == [1] * WAVES
