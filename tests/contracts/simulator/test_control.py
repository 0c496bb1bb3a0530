"""The control API: clear mistakes, the clock, bulk making, the truth to compare with."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from simulator.wecom.app import create
from simulator.wecom.catalogue import ACTS
from simulator.wecom.modes import Modes
from tests.contracts.simulator.bench import (
    CHEN,
    CORP,
    HALF,
    LI,
    MONDAY,
    WANG,
    ZHANG,
    Bench,
    Product,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("act", {"act": "fly"}, "no act 'fly'"),
        ("act", {"act": "add"}, "userid"),
        ("act", {"act": "add", "userid": "nobody"}, "no member 'nobody'"),
        ("act", {"act": "add", "userid": LI, "colour": "red"}, "colour"),
        ("act", {"act": "tag", "userid": LI, "external_userid": "wmNone"}, "not related"),
        ("act", {"act": "say", "speaker": ZHANG, "chat_id": "wrNone"}, "no open group"),
        ("members", [{"userid": "x", "departments": [9]}], "no department 9"),
        ("members", {"userid": "x"}, "a JSON list"),
        ("customers", [{"followers": [{"userid": "nobody"}]}], "no member nobody"),
        ("relations", [{"userid": LI, "external_userid": "wmNone"}], "no customer wmNone"),
        ("groups", [{"owner": "nobody"}], "no member nobody"),
        ("load", {"planets": []}, "no such part: planets"),
        ("modes", {"colour": "red"}, "no such mode: colour"),
        ("modes", ["strict"], "a JSON object"),
        ("load", ["corp"], "a JSON object"),
        ("tokens/lose", {"agent": 1}, "agent"),
        ("callbacks/drain", {"timeout_s": "long"}, "timeout_s"),
        ("modes", {"tag_cap": "many"}, "mode tag_cap"),
        ("faults", {"kind": "earthquake"}, "kind"),
        ("clock", {"freeze": "tomorrow"}, "not ISO 8601"),
        ("clock", {"freeze": "2026-03-09T10:00:00"}, "needs an offset"),
        ("corp", {"public_keys": {"1": "no key"}}, "not a PEM public key"),
        ("corp", {"callback": {"url": "http://x", "token": "t", "aes_key": "short"}}, "43"),
        ("say", [{"speaker": LI, "to": "wmNone", "text": "x", "at": 1}], "not related"),
    ],
)
async def test_a_mistake_is_answered_with_what_is_wrong(
    bench: Bench, path: str, body: object, words: str
) -> None:
    response = await bench.client.post(f"/_sim/{path}", json=body)
    assert response.status_code == 400
    assert words in response.json()["error"]


async def test_a_body_that_is_no_json_is_answered_too(bench: Bench) -> None:
    response = await bench.client.post("/_sim/act", content=b"{")
    assert response.status_code == 400
    assert "not JSON" in response.json()["error"]


async def test_every_act_is_listed_with_its_fields(bench: Bench) -> None:
    listed = await bench.sim("acts", method="GET")
    assert set(listed) == set(ACTS)
    assert listed["confirm_broadcast"]["fields"] == ["msgid", "only", "userid"]
    assert all(entry["does"] for entry in listed.values())


async def test_several_acts_come_in_one_call(bench: Bench) -> None:
    pair = {"userid": LI, "external_userid": CHEN}
    answer = await bench.sim("act", [{"act": "agree", **pair}, {"act": "disagree", **pair}])
    assert len(answer["results"]) == 2


async def test_time_stands_still_jumps_and_runs(bench: Bench) -> None:
    assert (await bench.sim("clock", method="GET"))["now"] == MONDAY
    shown = await bench.sim("clock", {"freeze": "2026-03-09T12:00:00+08:00", "advance_s": 60})
    assert shown["shanghai"] == "2026-03-09T12:01:00+08:00"
    assert shown["utc"] == "2026-03-09T04:01:00+00:00"
    running = await bench.sim("clock", {"freeze": False})
    assert running["frozen"] is False
    assert 0 <= running["now"] - shown["now"] < 5
    shifted = await bench.sim("clock", {"offset_s": 3600})
    assert abs(shifted["now"] - time.time() - 3600) < 5
    held = await bench.sim("clock", {"freeze": True})
    assert held["frozen"] is True
    assert datetime.fromisoformat(held["utc"]).tzinfo == UTC


async def test_the_truth_shows_half_and_one_sided_relations_too(bench: Bench) -> None:
    await bench.act("delete_by_customer", userid=LI, external_userid=CHEN)
    rows = (await bench.sim("relations?after=0&limit=100", method="GET"))["relations"]
    states = {(r["userid"], r["external_userid"]): (r["half"], r["contact_left"]) for r in rows}
    assert states[(LI, HALF)] == (True, False)
    assert states[(LI, CHEN)] == (False, True)
    assert states[(WANG, ZHANG)] == (False, False)
    numbers = [row["number"] for row in rows]
    assert numbers == sorted(numbers)
    later = await bench.sim(f"relations?after={numbers[1]}&limit=2", method="GET")
    assert [row["number"] for row in later["relations"]] == numbers[2:4]


async def test_totals_count_what_there_is(bench: Bench) -> None:
    totals = await bench.sim("state", method="GET")
    assert (totals["members"], totals["customers"], totals["relations"]) == (3, 4, 5)
    assert (totals["groups"], totals["tags"]) == (1, 3)


async def test_the_archive_can_be_read_in_clear_by_tests(bench: Bench) -> None:
    await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
    (row,) = (await bench.sim("archive", method="GET"))["records"]
    assert (row["seq"], row["message"]["text"]) == (1, {"content": "在吗"})


async def test_the_same_seed_makes_the_same_corp(bench: Bench) -> None:
    worlds = []
    for _ in range(2):
        simulator = create(seed=5)
        transport = httpx.ASGITransport(simulator)
        async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:
            other = Bench(simulator, client, Product())
            await other.sim("clock", {"freeze": MONDAY})
            order = {"seed": 3, "members": 12, "customers": 50, "groups": 2, "group_size": 5}
            assert await other.sim("generate", order) == {
                "members": 12,
                "customers": 50,
                "groups": 2,
            }
            worlds.append(
                [
                    await other.sim("relations", method="GET"),
                    await other.sim("groups", method="GET"),
                ]
            )
    assert worlds[0] == worlds[1]


async def test_a_hundred_thousand_relations_are_made_and_read_in_seconds(bench: Bench) -> None:
    await bench.modes(api_per_minute=100_000)
    begun = time.process_time()
    orders = [
        {"external_userid": f"wm{n:030d}", "followers": [{"userid": LI, "createtime": 1}]}
        for n in range(100_000)
    ]
    await bench.sim("customers", orders)
    made = time.process_time() - begun
    query = {"access_token": await bench.token()}
    pages, cursor = 0, ""
    begun = time.process_time()
    while True:
        body = {"userid_list": [LI], "limit": 100, "cursor": cursor}
        answer = await bench.client.post(
            "/cgi-bin/externalcontact/batch/get_by_user", params=query, json=body
        )
        pages, cursor = pages + 1, answer.json()["next_cursor"]
        if not cursor:
            break
    read = time.process_time() - begun
    assert pages == 1001
    assert made < 30
    assert read < 60


async def test_a_login_page_leads_back_with_a_code(bench: Bench) -> None:
    for path in ("/connect/oauth2/authorize", "/wwlogin/sso/login"):
        query = {
            "redirect_uri": "https://bank.example/back?a=1",
            "state": "s1",
            "agentid": "1000002",
        }
        page = await bench.client.get(path, params=query)
        assert "李经理" in page.text
        chosen = await bench.client.get(path, params={**query, "as": LI})
        assert chosen.status_code == 302
        target = httpx.URL(chosen.headers["location"])
        assert (target.params["state"], target.params["a"]) == ("s1", "1")
        answer = await bench.ok("auth/getuserinfo", code=target.params["code"])
        assert answer["userid"] == LI
    assert (await bench.client.get("/wwlogin/sso/login")).status_code == 400
    nobody = {"redirect_uri": "https://bank.example/", "as": "nobody"}
    assert (await bench.client.get("/wwlogin/sso/login", params=nobody)).status_code == 400


async def test_a_login_code_ends_after_five_minutes_and_belongs_to_one_app(bench: Bench) -> None:
    path = "auth/getuserinfo"
    code = (await bench.act("oauth", userid=LI))["code"]
    assert await bench.code(path, agent=1_000_003, code=code) == 40029
    assert await bench.code(path, code=code) == 0
    assert await bench.code(path, code=code) == 40029
    late = (await bench.act("oauth", userid=LI, scope="snsapi_privateinfo"))["code"]
    ticket = (await bench.ok(path, code=late))["user_ticket"]
    old = (await bench.act("oauth", userid=LI))["code"]
    await bench.pass_time(300)
    assert await bench.code(path, code=old) == 40029
    await bench.pass_time(1500)
    assert await bench.code("auth/getuserdetail", {"user_ticket": ticket}) == 84014


def test_a_state_file_is_what_load_takes(tmp_path: Path) -> None:
    whole = {"corp": {"corp_id": CORP}, "members": [{"userid": LI}]}
    file = tmp_path / "corp.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    simulator = create(Modes(strict=True))
    simulator.load(json.loads(file.read_text(encoding="utf-8")))
    simulator.load({"generate": {"members": 2, "customers": 3, "groups": 0}})
    with pytest.raises(ValueError, match="no such part"):
        simulator.load({"planets": []})
