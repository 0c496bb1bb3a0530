"""One access token for everybody: fetched once, renewed once, given up."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.contracts.wecom.fake_wecom import OK, SECRET, FakeWecom, answering
from wecom.client import WecomClient
from wecom.errors import (
    AnswerUnreadable,
    Misconfigured,
    TokenExpired,
)
from wecom.http import Http
from wecom.tokens import Fetch, FreshToken, MemoryTokens, SharedRenewal

pytestmark = pytest.mark.anyio


@pytest.fixture
def wecom() -> FakeWecom:
    return FakeWecom()


@pytest.fixture
async def client(wecom: FakeWecom) -> AsyncIterator[WecomClient]:
    async with Http("http://wecom.test", transport=httpx.ASGITransport(wecom)) as http:
        yield WecomClient(http, "ww1", SECRET)


async def test_fifty_calls_at_once_fetch_one_token(wecom: FakeWecom, client: WecomClient) -> None:
    wecom.token_delay = 0.01
    answers = await asyncio.gather(
        *(client.call("a/b", {"n": n}, idempotent=True) for n in range(50))
    )
    assert answers == [OK] * 50
    assert wecom.tokens_given == 1


async def test_fifty_calls_with_a_dead_token_renew_it_once(
    wecom: FakeWecom, client: WecomClient
) -> None:
    await client.call("a/b", {}, idempotent=True)
    wecom.good.clear()
    wecom.token_delay = 0.01
    await asyncio.gather(*(client.call("a/b", {"n": n}, idempotent=False) for n in range(50)))
    assert wecom.tokens_given == 2


async def test_a_token_that_stays_refused_is_renewed_once_and_given_up(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.answer = answering(200, b'{"errcode":42001,"errmsg":"access_token expired"}')
    with pytest.raises(TokenExpired):
        await client.call("a/b", {}, idempotent=False)
    assert wecom.tokens_given == 2
    assert len(wecom.seen) == 2


async def test_a_wrong_secret_is_not_repeated_because_that_blocks_our_address(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.token_answer = {"errcode": 40001, "errmsg": f"invalid credential, corpsecret={SECRET}"}
    wecom.token_delay = 0.01
    results = await asyncio.gather(
        *(client.call("a/b", {}, idempotent=True) for _ in range(50)), return_exceptions=True
    )
    assert all(type(one) is Misconfigured for one in results)
    with pytest.raises(Misconfigured, match="40001"):
        await client.call("a/b", {}, idempotent=True)
    assert wecom.tokens_given == 1


async def test_the_one_who_fetches_may_be_cancelled_without_harm_to_the_others(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.token_delay = 0.05
    first = asyncio.create_task(client.call("a/b", {}, idempotent=True))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(client.call("a/b", {}, idempotent=True)) for _ in range(5)]
    await asyncio.sleep(0.01)
    first.cancel()
    assert await asyncio.gather(*others) == [OK] * 5
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_token_answer_without_a_token_is_unreadable(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.token_answer = OK
    with pytest.raises(AnswerUnreadable):
        await client.call("a/b", {}, idempotent=True)


async def test_a_kept_token_is_dropped_before_it_ends() -> None:
    given: list[int] = []

    async def fetch() -> FreshToken:
        given.append(1)
        return FreshToken(f"t{len(given)}", expires_in_s=0)

    renewal = SharedRenewal(MemoryTokens(), fetch)
    assert [await renewal.token(), await renewal.token()] == ["t1", "t2"]


async def test_a_token_renewed_by_another_process_is_taken_over() -> None:
    class Shared:
        """What a store over a database does: under its lock it looks again."""

        kept: str | None = "old"

        async def get(self) -> str | None:
            return "old"  # this process has not looked since

        async def fetch(self, fetch: Fetch, stale: str | None) -> str:
            if self.kept != stale and self.kept is not None:
                return self.kept
            self.kept = (await fetch()).value
            return self.kept

    async def never() -> FreshToken:
        raise AssertionError("the other process has fetched already")

    store = Shared()
    store.kept = "renewed elsewhere"
    assert await SharedRenewal(store, never).token(stale="old") == "renewed elsewhere"
