"""WeCom's windows hold whoever calls: several processes, restarts, slow connections, blocks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from kit.db import Database
from kit.pacing import repository
from kit.pacing.facts import Limit, Urgency, urgent_as
from kit.pacing.service import NoRoom, Pacer
from tests.conftest import CIPHER
from tests.flows.kit import draining
from tests.flows.kit.draining import PACE, PATH, START, drain, least, limits
from tests.flows.kit.simulated_time import SimulatedTime

pytestmark = pytest.mark.anyio


@pytest.fixture
async def four(database: Database, database_url: str) -> AsyncIterator[list[Database]]:
    """Four processes on PostgreSQL; four tasks of the one process on SQLite."""
    if database.is_sqlite:
        yield [database] * 4
        return
    async with AsyncExitStack() as stack:
        opened = [database]
        for _ in range(3):
            one = Database(database_url, CIPHER, pool_size=1)
            stack.push_async_callback(one.close)
            opened.append(one)
        yield opened


class Bench:
    """Processes in a time moved by hand, on one small API."""

    def __init__(self, database: Database, figures: tuple[Limit, ...] = limits(10, 40)) -> None:
        self.database = database
        self.time = SimulatedTime(START)
        self.figures = figures
        self.under_way = self.most = 0

    def process(self) -> Pacer:
        return Pacer(
            self.database,
            lambda _: self.figures,
            lambda: PACE,
            now=self.time.shared,
            steady=self.time.steady,
            sleep=self.time.sleep,
        )

    async def calls(self, pacer: Pacer, number: int, code: int = 0) -> int:
        """Make up to ``number`` calls that WeCom answers with ``code``; how many went."""
        with self.time.working():
            for made in range(number):
                try:
                    async with pacer.passing(PATH):
                        if code:
                            await pacer.refused(PATH, code)
                except NoRoom:
                    return made
        return number

    async def most_at_once(
        self, pacer: Pacer, number: int, *, begins: float = 0.0, stays: float = 1.0
    ) -> int:
        """Make ``number`` calls that are wanted all at once; how many of them ever ran together."""
        here = most = 0
        left = True

        async def one() -> None:
            nonlocal here, most
            with self.time.working(), urgent_as(Urgency.URGENT):
                await self.time.sleep(begins)
                async with pacer.passing(PATH):
                    here, self.under_way = here + 1, self.under_way + 1
                    most, self.most = max(most, here), max(self.most, self.under_way)
                    await self.time.sleep(stays)
                    here, self.under_way = here - 1, self.under_way - 1

        async def looks() -> None:
            with self.time.working():
                while left:
                    await asyncio.sleep(0)  # where nobody else sleeps, the others still come in
                    await self.time.sleep(1.0)
                    await pacer.flush()

        watching = asyncio.create_task(looks())
        await asyncio.gather(*(one() for _ in range(number)))
        left = False
        await watching
        return most


async def test_four_processes_drain_a_backlog_at_the_limit_and_are_never_refused(
    four: list[Database],
) -> None:
    took, seen = await drain(four, 1_300, minute=100, hour=500)
    assert (seen.taken, seen.refused) == (1_300, [])
    assert seen.worst[60] <= 100
    assert seen.worst[3_600] <= 500
    assert took <= 1.1 * least(1_300, 100, 500)


async def test_a_restart_forgets_nothing(database: Database) -> None:
    bench = Bench(database)
    before = bench.process()
    assert await bench.calls(before, 20) == 9  # 98 of a hundred for what is not urgent
    await before.flush(all_of_them=True)
    after = bench.process()
    assert await bench.calls(after, 20) == 0
    bench.time.at += 62
    assert await bench.calls(after, 20) == 9


async def test_permits_of_a_killed_process_count_as_used_until_its_lease_and_window_are_over(
    database: Database,
) -> None:
    bench = Bench(database, limits(10, 100))
    killed = bench.process()
    assert await killed.room(PATH, Urgency.SERVICE, 9) == 9
    other = bench.process()
    assert await bench.calls(other, 5) == 0
    bench.time.at += PACE.lease + 1
    assert await bench.calls(other, 5) == 0  # they may have been used at the very end
    bench.time.at += 30  # the longest call
    assert await bench.calls(other, 5) == 0
    bench.time.at += 62
    assert await bench.calls(other, 5) == 5


async def test_permits_that_nobody_uses_flow_back(database: Database) -> None:
    bench = Bench(database)
    idle = bench.process()
    assert await idle.room(PATH, Urgency.SERVICE, 9) == 9
    busy = bench.process()
    assert await bench.calls(busy, 1) == 0
    bench.time.at += 2
    await idle.flush()
    assert await bench.calls(busy, 20) == 9


async def test_a_share_of_each_window_is_kept_for_what_is_more_urgent(database: Database) -> None:
    bench = Bench(database, limits(100, 1_000))
    one = bench.process()
    made = {}
    for level in (Urgency.MARKETING, Urgency.SERVICE, Urgency.URGENT):
        with urgent_as(level):
            made[level] = await bench.calls(one, 200)
        await one.flush(all_of_them=True)
    assert made == {Urgency.MARKETING: 95, Urgency.SERVICE: 3, Urgency.URGENT: 2}


async def test_a_refusal_for_the_minute_closes_the_api_for_all_and_then_one_call_tries(
    database: Database,
) -> None:
    bench = Bench(database, limits(1_000, 100_000))
    one, other = bench.process(), bench.process()
    assert await bench.calls(one, 1, code=45009) == 1
    assert await bench.calls(other, 1) == 0
    async with database.reading() as session:
        assert await repository.closed(session, bench.time.at) == {f"api:{PATH}": 60}
    tried = 0
    for _ in range(10):  # WeCom's block of an hour is probed once a minute, by one of the two
        bench.time.at += 30
        tried += await bench.calls(other, 3, code=45009)
        tried += await bench.calls(one, 3, code=45009)
        await other.flush(all_of_them=True)
        await one.flush(all_of_them=True)
    assert tried == 5
    bench.time.at += 61
    assert await bench.calls(other, 1) == 1
    await other.flush(all_of_them=True)
    assert await bench.calls(one, 5) == 5


async def test_a_block_that_one_process_sees_voids_the_permits_another_has_in_hand(
    four: list[Database],
) -> None:
    if four[0].is_sqlite:
        pytest.skip("one process alone calls WeCom there")
    bench, elsewhere = (
        Bench(four[0], limits(1_000, 100_000)),
        Bench(four[1], limits(1_000, 100_000)),
    )
    elsewhere.time = bench.time
    one, other = bench.process(), elsewhere.process()
    assert await bench.calls(one, 1) == 1
    assert await other.room(PATH, Urgency.SERVICE, 30) == 30
    assert await other.room(PATH, Urgency.SERVICE, 30) == 30  # still in hand
    assert await bench.calls(one, 1, code=45009) == 1
    bench.time.at += 0.5
    await other.flush()  # which every process does once a second
    assert await other.room(PATH, Urgency.SERVICE, 1) == 0
    assert await elsewhere.calls(other, 1) == 0
    await one.flush(all_of_them=True)
    async with bench.database.reading() as session:
        connection = await session.connection()
        books, _ = await connection.run_sync(
            lambda found: repository.seen(found, [f"api:{PATH}"], bench.time.shared)
        )
    assert books[f"api:{PATH}"].outstanding == 0  # given back, not kept for later
    bench.time.at += 61
    assert await elsewhere.calls(other, 1) == 1


async def test_a_refusal_when_the_hour_is_nearly_full_closes_it_for_an_hour(
    database: Database,
) -> None:
    bench = Bench(database, limits(1_000, 100))
    one = bench.process()
    assert await bench.calls(one, 95) == 95
    assert await bench.calls(one, 1, code=45009) == 1
    async with database.reading() as session:
        assert await repository.closed(session, bench.time.at) == {f"api:{PATH}": 3_600}


async def test_too_many_at_once_pauses_the_api_and_halves_it_for_ten_minutes(
    database: Database,
) -> None:
    bench = Bench(database, limits(1_000, 10_000, at_once=20))
    one = bench.process()
    assert await bench.calls(one, 1, code=45033) == 1
    await one.flush(all_of_them=True)
    assert await bench.process().room(PATH, Urgency.URGENT, 20) == 0
    bench.time.at += 3
    assert await bench.most_at_once(bench.process(), 20) == 10
    bench.time.at += 601
    assert await bench.most_at_once(bench.process(), 20) == 20


async def test_what_runs_at_once_is_shared_and_a_newcomer_gets_its_part(database: Database) -> None:
    bench = Bench(database, limits(1_000, 10_000, at_once=20))
    early, late = bench.process(), bench.process()
    first, second = await asyncio.gather(
        bench.most_at_once(early, 60),
        bench.most_at_once(late, 60, begins=1.0),
    )
    assert first == 20
    assert second >= 10
    assert bench.most == 20


async def test_another_api_is_not_closed_by_a_refusal(database: Database) -> None:
    bench = Bench(database)
    one = bench.process()
    await bench.calls(one, 1, code=45009)
    bench.figures = (Limit("api:user/get", ((60, 10),), blocks=True), limits(10, 40)[1])
    assert await bench.calls(bench.process(), 5) == 5


async def test_a_member_gets_no_more_app_messages_than_wecom_delivers(database: Database) -> None:
    bench = Bench(database, limits(1_000, 10_000))
    pacer = bench.process()
    member = [Limit("member:limin", ((60, 30), (3_600, 1_000)))]
    with bench.time.working(), urgent_as(Urgency.URGENT):
        for _ in range(30):
            async with pacer.passing(PATH, member):
                pass
        with pytest.raises(NoRoom) as full:
            async with pacer.passing(PATH, member):
                pass
        assert 60 <= full.value.wait <= 67
        async with pacer.passing(PATH, [Limit("member:zhang", ((60, 30),))]):
            pass


async def test_rows_that_nobody_uses_any_more_are_dropped(database: Database) -> None:
    bench = Bench(database)
    await bench.calls(bench.process(), 1)
    later = datetime.fromtimestamp(START + 1, UTC)
    async with database.transaction() as session:
        assert await repository.forget(session, later) == 2


def test_the_least_time_of_half_a_million_calls() -> None:
    assert draining.least(500_000, 10_000, 150_000) == 3 * 3_600 + 4 * 60
