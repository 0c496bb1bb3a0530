"""How callbacks travel: three tries, five seconds, doubled, lost, out of order."""

import socket
from typing import Any

import httpx
import pytest

from simulator.wecom.app import create
from simulator.wecom.serving import serving
from tests.contracts.simulator.bench import AES_KEY, CORP, LI, TOKEN, WANG, Bench, Product

pytestmark = pytest.mark.anyio


async def _outcomes(bench: Bench) -> list[tuple[int, str]]:
    await bench.sim("callbacks/drain", {"timeout_s": 20})
    return [(row["attempt"], row["outcome"]) for row in await bench.seen("callback")]


async def test_a_delivered_callback_is_sent_once(bench: Bench) -> None:
    await bench.act("add", userid=WANG)
    assert await _outcomes(bench) == [(1, "delivered")]


async def test_an_answer_that_is_not_200_is_tried_three_times(bench: Bench) -> None:
    bench.product.statuses = [500, 503, 500, 500]
    await bench.act("add", userid=WANG)
    assert await _outcomes(bench) == [(1, "not_200"), (2, "not_200"), (3, "not_200")]
    assert bench.product.got == []


async def test_a_second_try_that_succeeds_ends_the_trying(bench: Bench) -> None:
    bench.product.statuses = [500]
    await bench.act("add", userid=WANG)
    assert await _outcomes(bench) == [(1, "not_200"), (2, "delivered")]


async def test_by_the_other_page_a_bad_status_is_not_tried_again(bench: Bench) -> None:
    await bench.modes(callback_retry_non_200=False)
    bench.product.statuses = [500]
    await bench.act("add", userid=WANG)
    assert await _outcomes(bench) == [(1, "not_200")]


async def test_each_try_of_one_event_has_the_same_body_and_its_own_signature(
    bench: Bench,
) -> None:
    bench.product.statuses = [500]
    await bench.act("add", userid=WANG)
    await bench.events()
    rows = await bench.seen("callback")
    assert rows[0]["xml"] == rows[1]["xml"]
    first, second = bench.product.raw
    assert first[0]["nonce"] != second[0]["nonce"]


async def test_a_callback_can_be_lost(bench: Bench) -> None:
    await bench.fault(kind="callback_lose", path="change_external_contact.*", count=1)
    await bench.act("add", userid=WANG)
    await bench.act("add", userid=WANG)
    assert len(await bench.events()) == 1


async def test_a_callback_can_come_twice(bench: Bench) -> None:
    await bench.fault(kind="callback_duplicate", copies=2, count=1)
    await bench.act("add", userid=WANG)
    events = await bench.events()
    assert len(events) == 3
    assert events[0] == events[1] == events[2]


async def test_callbacks_can_change_places(bench: Bench) -> None:
    await bench.fault(kind="callback_reorder", count=1)
    first = await bench.act("add", userid=WANG)
    second = await bench.act("add", userid=WANG)
    order = [event["ExternalUserID"] for event in await bench.events()]
    assert order == [second["external_userid"], first["external_userid"]]


async def test_without_an_address_the_event_is_noted_and_nothing_is_sent() -> None:
    simulator = create()
    transport = httpx.ASGITransport(simulator)
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as client:
        bench = Bench(simulator, client, Product())
        app = {"agent_id": 1, "secret": "s"}
        await bench.sim("corp", {"corp_id": CORP, "apps": [app]})
        await bench.sim("members", [{"userid": LI}])
        await bench.act("add", userid=LI)
        assert await _outcomes(bench) == [(0, "no_url")]


async def test_the_address_is_verified_as_wecom_does_it(bench: Bench) -> None:
    assert (await bench.sim("callbacks/verify"))["verified"]
    wrong = {"url": "http://product/x", "token": "other", "aes_key": AES_KEY}
    await bench.sim("corp", {"callback": wrong})
    refused = await bench.sim("callbacks/verify")
    assert (refused["verified"], refused["status"]) == (False, 403)


async def never(scope: Any, receive: Any, send: Any) -> None:
    """A product that lets WeCom wait until it hangs up."""
    if scope["type"] == "lifespan":
        raise NotImplementedError
    while (await receive())["type"] != "http.disconnect":
        pass


async def test_over_a_real_socket_a_slow_product_is_cut_and_a_dead_one_refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with (
        serving(never) as slow,
        serving(create()) as base_url,
        httpx.AsyncClient(base_url=base_url) as client,
    ):
        for address, outcome in ((slow, "timeout"), (dead, "refused")):
            corp = {
                "corp_id": CORP,
                "callback": {"url": address, "token": TOKEN, "aes_key": AES_KEY},
                "apps": [{"agent_id": 1, "secret": "s"}],
                "modes": {"callback_timeout_s": 0.1, "callback_retry_spacing_s": 0.0},
            }
            await client.post("/_sim/corp", json=corp)
            await client.post("/_sim/members", json=[{"userid": LI}])
            mark = (await client.get("/_sim/seen/counts")).json()["last"]
            await client.post("/_sim/act", json={"act": "add", "userid": LI})
            await client.post("/_sim/callbacks/drain", json={"timeout_s": 20})
            rows = (await client.get(f"/_sim/seen?kind=callback&after={mark}")).json()["rows"]
            assert [row["outcome"] for row in rows] == [outcome] * 3
