"""WeCom's limits are used to the brim and never broken; a lost token is fetched once."""

import itertools
from datetime import date
from pathlib import Path

import pytest

from kit import clock
from kit.pacing.facts import Urgency
from tests.proofs import queueing
from tests.proofs.limiting import (
    CALLS,
    HOUR,
    MINUTE,
    WAVES,
    Drained,
    fetches,
    fetches_of_short_tokens,
    prove,
    told,
)
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(3_600)]


DISPATCHED = 5_000


def _today() -> date:
    return clock.bank_date(clock.now())


def _must_hold(found: Drained) -> None:
    assert found.seen.taken == CALLS
    assert found.seen.refused == []
    assert found.seen.worst[60] <= MINUTE
    assert found.seen.worst[3_600] <= HOUR
    assert found.ratio <= 1.1


async def test_half_a_million_calls_take_the_least_time_on_postgresql(postgresql_url: str) -> None:
    found = await prove(postgresql_url, Urgency.MARKETING)
    _must_hold(found)
    where = "PostgreSQL, four processes' permits over connections of their own"
    write("Draining half a million calls, PostgreSQL", told([found], where, _today()))


async def test_half_a_million_calls_take_the_least_time_on_sqlite(sqlite_url: str) -> None:
    found = await prove(sqlite_url, Urgency.MARKETING)
    _must_hold(found)
    lines = told([found], "SQLite, four tasks of one process", _today())
    write("Draining half a million calls, SQLite", lines)


def _in_order(drain: queueing.Dispatched, welcome: queueing.Welcomed) -> None:
    assert drain.states == {"sent": drain.number}
    assert drain.doubled == []
    assert drain.counter.refused == []
    assert drain.ratio <= 1.1
    assert welcome.counter.refused == []
    assert welcome.marketing > 2_500  # the window was full all the time
    assert max(welcome.all) <= 10


async def test_the_dispatcher_keeps_the_limits_and_welcomes_go_first_on_postgresql(
    postgresql_urls: list[str],
) -> None:
    drain = await queueing.drained(postgresql_urls[0], DISPATCHED, 500, 2_000)
    welcome = await queueing.welcomed(postgresql_urls[1])
    _in_order(drain, welcome)
    lines = queueing.told(drain, welcome, "PostgreSQL, four processes' work", _today())
    write("The dispatcher at the limit, PostgreSQL", lines)


async def test_the_dispatcher_keeps_the_limits_and_welcomes_go_first_on_sqlite(
    sqlite_url: str, tmp_path: Path
) -> None:
    drain = await queueing.drained(sqlite_url, DISPATCHED, 500, 2_000)
    welcome = await queueing.welcomed(f"sqlite:///{tmp_path / 'other.db'}")
    _in_order(drain, welcome)
    lines = queueing.told(drain, welcome, "SQLite, one process", _today())
    write("The dispatcher at the limit, SQLite", lines)


async def test_a_token_of_two_seconds_is_fetched_once_each_time_it_ends(
    postgresql_url: str,
) -> None:
    fetched = await fetches_of_short_tokens(postgresql_url)
    assert len(fetched) == len(set(fetched)) >= 3
    gaps = [later - earlier for earlier, later in itertools.pairwise(sorted(fetched))]
    assert min(gaps) >= 1.7  # two seconds less the margin of a tenth


async def test_four_processes_fetch_a_lost_token_once_a_wave(postgresql_url: str) -> None:
    assert await fetches(postgresql_url) == [1] * WAVES
