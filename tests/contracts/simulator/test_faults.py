"""Faults on demand: each kind, before and after the effect, counted and seeded."""

import json
import time

import httpx
import pytest

from simulator.wecom.serving import serving
from tests.contracts.simulator.bench import CHEN, LI, OWN, Bench

pytestmark = pytest.mark.anyio
MARK = "externalcontact/mark_tag"
BODY = {"userid": LI, "external_userid": CHEN, "add_tag": [OWN]}


async def _marked(bench: Bench) -> bool:
    truth = await bench.sim(f"customers/{CHEN}", method="GET")
    return OWN in truth["relations"][0]["tags"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_errcode_comes_with_or_without_the_effect(bench: Bench, when: str) -> None:
    await bench.fault(kind="code", path="externalcontact/*", code=-1, when=when, count=1)
    assert await bench.code(MARK, BODY) == -1
    assert await _marked(bench) is (when == "after")
    assert await bench.code(MARK, BODY) == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_dropped_connection_may_have_taken_effect(bench: Bench, when: str) -> None:
    await bench.token()
    await bench.fault(kind="drop", path=MARK, when=when, count=1)
    with pytest.raises(httpx.ReadError):
        await bench.api(MARK, BODY)
    assert await _marked(bench) is (when == "after")
    row = (await bench.seen("request"))[-1]
    assert (row["http_status"], row["faults"]) == (0, ["drop"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["http", "html", "truncated"])
async def test_an_answer_can_be_spoiled(bench: Bench, kind: str, when: str) -> None:
    await bench.token()
    await bench.fault(kind=kind, path=MARK, when=when, status=503, count=1)
    response = await bench.respond(MARK, BODY)
    assert response.status_code == (503 if kind == "http" else 200)
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert await _marked(bench) is (when == "after")


async def test_a_delay_takes_real_time_and_then_answers(bench: Bench) -> None:
    await bench.token()
    await bench.fault(kind="delay", path=MARK, delay_s=0.05, count=1)
    begun = time.monotonic()
    assert await bench.code(MARK, BODY) == 0
    assert time.monotonic() - begun >= 0.05


async def test_tokens_can_be_lost_in_the_middle_of_a_call(bench: Bench) -> None:
    await bench.token()
    await bench.fault(kind="token_loss", path=MARK, count=1)
    assert await bench.code(MARK, BODY) == 40014
    bench.tokens.clear()
    assert await bench.code(MARK, BODY) == 0


async def test_a_rate_limit_can_be_played(bench: Bench) -> None:
    await bench.fault(kind="rate_limit", path=MARK, count=2)
    assert [await bench.code(MARK, BODY) for _ in range(3)] == [45009, 45009, 0]


async def test_a_rule_may_let_calls_pass_first_and_matches_by_path(bench: Bench) -> None:
    await bench.fault(kind="code", path=MARK, code=-1, skip=2, count=1)
    assert await bench.code("externalcontact/get_follow_user_list") == 0
    assert [await bench.code(MARK, BODY) for _ in range(4)] == [0, 0, -1, 0]


async def test_chance_is_seeded(bench: Bench) -> None:
    runs = []
    for _ in range(2):
        await bench.fault(kind="code", path=MARK, code=-1, probability=0.5, seed=7)
        runs.append([await bench.code(MARK, BODY) for _ in range(20)])
        await bench.sim("faults", method="DELETE")
    assert runs[0] == runs[1]
    assert set(runs[0]) == {-1, 0}


async def test_rules_are_shown_with_what_they_did_and_lifted_by_number(bench: Bench) -> None:
    rule = {"kind": "code", "path": MARK, "code": -1}
    numbers = (await bench.sim("faults", [rule, {**rule, "code": 45009}]))["numbers"]
    assert await bench.code(MARK, BODY) == -1
    assert (await bench.sim(f"faults?number={numbers[0]}", method="DELETE"))["lifted"] == 1
    assert await bench.code(MARK, BODY) == 45009
    first, second = (await bench.sim("faults", method="GET"))["faults"]
    assert (first["struck"], first["lifted"], second["struck"]) == (1, True, 2)


async def test_over_a_socket_a_dropped_connection_is_a_dropped_connection(bench: Bench) -> None:
    token = await bench.token()
    async with serving(bench.simulator) as url, httpx.AsyncClient(base_url=url) as client:
        await bench.fault(kind="drop", path=MARK, when="after", count=1)
        query = {"access_token": token}
        with pytest.raises(httpx.TransportError):
            await client.post(f"/cgi-bin/{MARK}", params=query, json=BODY)
        answer = await client.post(f"/cgi-bin/{MARK}", params=query, json=BODY)
    assert answer.json()["errcode"] == 0
    assert await _marked(bench)
