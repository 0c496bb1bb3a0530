"""One access token for all processes: fetched by one of them, sealed at rest, renewed once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from sqlalchemy import text

from kit.db import Database
from kit.shared_tokens.service import LEASE, SharedTokens
from tests.conftest import CIPHER
from tests.flows.kit.simulated_time import SimulatedTime
from tests.flows.wecom_world import CORP, SECRET, World, wecom_world
from wecom.client import WecomClient
from wecom.errors import Misconfigured
from wecom.http import Http
from wecom.tokens import FreshToken
from wiring.pace import KeptTokens

pytestmark = pytest.mark.anyio

READ = "externalcontact/get_follow_user_list"
PROCESSES = 4


@pytest.fixture
async def databases(database: Database, database_url: str) -> AsyncIterator[list[Database]]:
    """One for each of four processes on PostgreSQL; SQLite has one process."""
    if database.is_sqlite:
        yield [database]
        return
    async with AsyncExitStack() as stack:
        opened = [database]
        for _ in range(PROCESSES - 1):
            one = Database(database_url, CIPHER, pool_size=2)
            stack.push_async_callback(one.close)
            opened.append(one)
        yield opened


def _clients(world: World, databases: list[Database], secret: str = SECRET) -> list[WecomClient]:
    transport = httpx.ASGITransport(world.app)
    return [
        WecomClient(
            Http("http://wecom", transport=transport),
            CORP,
            secret,
            tokens=KeptTokens(SharedTokens(one, f"{CORP}:1")),
        )
        for one in databases
    ]


async def _wave(clients: list[WecomClient]) -> None:
    await asyncio.gather(
        *(client.call(READ, idempotent=True) for client in clients for _ in range(8))
    )


async def test_four_processes_fetch_one_token_a_wave(databases: list[Database]) -> None:
    async with wecom_world() as world:
        clients = _clients(world, databases)
        await world.fault(kind="delay", path="gettoken", delay_s=0.05)
        for wave in range(1, 4):
            await _wave(clients)
            assert len(await world.called("gettoken")) == wave
            await world.post("faults", {"kind": "token_loss", "path": READ, "count": 1})
        later = _clients(world, databases)  # restarted: they find the token in the database
        await _wave(later)
        assert len(await world.called("gettoken")) == 4
        assert {row["errcode"] for row in await world.called(READ)} <= {0, 40014}


async def test_the_token_lies_sealed_in_the_database(databases: list[Database]) -> None:
    async def fetch() -> FreshToken:
        return FreshToken("a-token-that-nobody-may-read", 7_200)

    tokens = SharedTokens(databases[0], "ww1:1")
    assert await tokens.fetch(fetch, None) == "a-token-that-nobody-may-read"
    async with databases[0].reading() as session:
        (row,) = (await session.execute(text("SELECT * FROM shared_token"))).all()
    assert "a-token" not in str(tuple(row))
    assert await SharedTokens(databases[-1], "ww1:1").get() == "a-token-that-nobody-may-read"
    assert await SharedTokens(databases[-1], "ww1:archive").get() is None


async def test_whoever_fails_to_fetch_lets_the_next_one_try_at_once(
    databases: list[Database],
) -> None:
    async with wecom_world() as world:
        wrong, right = _clients(world, databases[:1], "wrong")[0], _clients(world, databases)[0]
        with pytest.raises(Misconfigured):
            await wrong.call(READ, idempotent=True)
        await right.call(READ, idempotent=True)


async def test_a_process_that_dies_while_it_fetches_holds_the_others_up_for_its_lease_only(
    databases: list[Database],
) -> None:
    time = SimulatedTime(1_763_776_800.0)
    begun = asyncio.Event()

    def tokens(database: Database) -> SharedTokens:
        return SharedTokens(
            database, "ww1:1", now=time.database_now, steady=time.steady, sleep=time.sleep
        )

    async def dies() -> FreshToken:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("it never wakes")

    async def works() -> FreshToken:
        return FreshToken("fresh", 7_200)

    dead = asyncio.create_task(tokens(databases[0]).fetch(dies, None))
    await begun.wait()
    with time.working():
        assert await tokens(databases[-1]).fetch(works, None) == "fresh"
    waited = time.at - 1_763_776_800.0
    assert LEASE.total_seconds() <= waited <= LEASE.total_seconds() + 1
    dead.cancel()
    await asyncio.gather(dead, return_exceptions=True)
    assert await tokens(databases[-1]).get() == "fresh"


async def test_a_token_about_to_expire_is_not_handed_out(databases: list[Database]) -> None:
    time = SimulatedTime(1_763_776_800.0)
    kept = SharedTokens(databases[0], "ww1:1", now=time.database_now, steady=time.steady)

    async def fetch() -> FreshToken:
        return FreshToken("short", 7_200)

    await kept.fetch(fetch, None)
    time.at += 7_100
    assert await kept.get() == "short"
    time.at += 60
    assert await kept.get() is None
