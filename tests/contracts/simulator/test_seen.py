"""The oracle: everything asked and everything received, numbered, and never taken back."""

import pytest

from simulator.wecom.seen import Seen
from tests.contracts.simulator.bench import CHEN, GROUP, LI, ZHANG, Bench
from tests.contracts.simulator.scenes import welcome
from tests.contracts.simulator.things import broadcast, published

pytestmark = pytest.mark.anyio


async def test_requests_are_noted_without_secrets(bench: Bench) -> None:
    await bench.api("externalcontact/list", userid="nobody")
    rows = await bench.seen("request")
    assert "s-main" not in str(rows)
    assert bench.tokens[next(iter(bench.tokens))] not in str(rows)
    row = rows[-1]
    assert (row["path"], row["method"], row["errcode"]) == ("externalcontact/list", "GET", 60111)
    assert row["query"] == {"userid": "nobody"}
    token = rows[-2]
    assert (token["path"], token["query"]["corpsecret"]) == ("gettoken", "***")


async def test_rows_are_numbered_without_a_gap_and_read_by_cursor(bench: Bench) -> None:
    await welcome(bench)
    await bench.events()
    rows = await bench.seen()
    assert [row["n"] for row in rows] == list(range(1, len(rows) + 1))
    assert await bench.seen(after=2) == rows[2:]
    limited = await bench.sim("seen?after=1&limit=2", method="GET")
    assert limited["rows"] == rows[1:3]
    assert limited["last"] == len(rows)


async def test_seen_offers_no_way_to_take_anything_back(bench: Bench) -> None:
    await welcome(bench)
    before = await bench.seen()
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        assert (await bench.client.request(method, "/_sim/seen")).status_code == 405
    assert (await bench.seen())[: len(before)] == before
    public = {name for name in dir(Seen) if not name.startswith("_")}
    assert public == {"append", "after", "last", "counts"}


async def test_what_a_customer_receives_is_noted_by_kind(bench: Bench) -> None:
    await welcome(bench)
    msgid = await broadcast(bench)
    await bench.act("confirm_all_broadcast", msgid=msgid)
    await bench.act("send_chat_message", userid=LI, external_userid=CHEN, text="您好")
    await bench.act("send_chat_message", userid=LI, chat_id=GROUP, text="大家好")
    await published(bench)
    rows = await bench.seen("welcome", "broadcast", "chat", "group", "moment")
    kinds = [row["kind"] for row in rows]
    assert kinds[:5] == ["welcome", "broadcast", "broadcast", "chat", "group"]
    assert set(kinds[5:]) == {"moment"}
    assert all(row["from"] in (LI, "wang") and row["msgid"] and row["at"] for row in rows)
    assert rows[4]["chat_id"] == GROUP
    assert {row["external_userid"] for row in rows[1:3]} == {ZHANG, CHEN}
    assert {row["msgid"] for row in rows[1:3]} == {msgid}


async def test_counts_agree_with_the_rows(bench: Bench) -> None:
    await welcome(bench)
    await bench.api("externalcontact/list", userid="nobody")
    msgid = await broadcast(bench)
    await bench.act("confirm_all_broadcast", msgid=msgid)
    rows = await bench.seen()
    counts = await bench.sim("seen/counts", method="GET")
    assert counts["last"] == len(rows)
    assert counts["kinds"]["request"] == len([r for r in rows if r["kind"] == "request"])
    assert counts["errcodes"]["externalcontact/list 60111"] == 1
    assert counts["requests"]["gettoken"] == 1
    assert counts["received"][f"broadcast {ZHANG}"] == 1
    assert sum(counts["kinds"].values()) == len(rows)
