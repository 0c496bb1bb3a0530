"""Group sends: tasks for people, rows per customer, caps that all senders share."""

import pytest

from tests.contracts.simulator.bench import (
    CHEN,
    DAY,
    GOLD,
    GROUP,
    LI,
    VIP,
    WANG,
    ZHANG,
    ZHAO,
    Bench,
    Json,
)
from tests.contracts.simulator.things import SPAN, broadcast

pytestmark = pytest.mark.anyio
E = "externalcontact"
ADD = f"{E}/add_msg_template"
TEXT = {"content": "您好"}


async def _rows(bench: Bench, msgid: str, userid: str = LI) -> dict[str, int]:
    body = {"msgid": msgid, "userid": userid}
    answer = await bench.ok(f"{E}/get_groupmsg_send_result", body)
    return {
        row.get("external_userid") or row["chat_id"]: row["status"] for row in answer["send_list"]
    }


async def _tasks(bench: Bench, msgid: str) -> dict[str, int]:
    answer = await bench.ok(f"{E}/get_groupmsg_task", {"msgid": msgid})
    return {row["userid"]: row["status"] for row in answer["task_list"]}


async def _confirmed(bench: Bench, **fields: object) -> str:
    msgid = await broadcast(bench, **fields)
    await bench.act("confirm_all_broadcast", msgid=msgid)
    return msgid


async def test_nothing_reaches_a_customer_before_a_member_confirms(bench: Bench) -> None:
    msgid = await broadcast(bench)
    assert await bench.seen("broadcast") == []
    assert await _tasks(bench, msgid) == {LI: 0}
    assert await _rows(bench, msgid) == {ZHANG: 0, CHEN: 0}
    await bench.act("confirm_broadcast", userid=LI, msgid=msgid)
    assert await _tasks(bench, msgid) == {LI: 2}
    assert await _rows(bench, msgid) == {ZHANG: 1, CHEN: 1}
    assert len(await bench.seen("broadcast")) == 2


async def test_right_after_creation_the_task_is_being_dispatched(bench: Bench) -> None:
    made = await bench.ok(ADD, {"external_userid": [ZHANG], "text": TEXT})
    results = {"msgid": made["msgid"], "userid": LI}
    assert await bench.code(f"{E}/get_groupmsg_task", {"msgid": made["msgid"]}) == 41063
    assert await bench.code(f"{E}/get_groupmsg_send_result", results) == 41063
    await bench.pass_time(2)
    assert await _tasks(bench, made["msgid"]) == {LI: 0}


async def test_only_the_member_who_talked_last_gets_the_task(bench: Bench) -> None:
    assert await _tasks(bench, await broadcast(bench, external_userid=[ZHANG])) == {LI: 0}
    await bench.act("say", speaker=ZHANG, to=WANG, text="在吗")
    assert await _tasks(bench, await broadcast(bench, external_userid=[ZHANG])) == {WANG: 0}


async def test_unknown_customers_are_listed_and_all_unknown_is_refused(bench: Bench) -> None:
    body = {"external_userid": [ZHANG, "wmNobody"], "text": TEXT}
    assert (await bench.ok(ADD, body))["fail_list"] == ["wmNobody"]
    assert await bench.code(ADD, {"external_userid": ["wmNobody"], "text": TEXT}) == 41048


async def test_what_must_not_be_empty(bench: Bench) -> None:
    assert await bench.code(ADD, {"text": TEXT}) == 40058
    assert await bench.code(ADD, {"sender": "", "text": TEXT}) == 40058
    assert await bench.code(ADD, {"sender": LI}) == 40063
    assert await bench.code(ADD, {"chat_type": "group", "text": TEXT}) == 40058
    assert await bench.code(ADD, {"chat_type": "both", "text": TEXT}) == 86214


async def test_tags_mean_one_of_each_set(bench: Bench) -> None:
    def tags(*sets: list[str]) -> Json:
        return {"group_list": [{"tag_list": one} for one in sets]}

    both = await broadcast(bench, external_userid=[], tag_filter=tags([VIP], [GOLD]))
    assert await _rows(bench, both) == {CHEN: 0}
    either = await broadcast(bench, external_userid=[], sender=LI, tag_filter=tags([VIP, GOLD]))
    assert set(await _rows(bench, either)) == {ZHANG, CHEN}


async def test_a_sender_alone_means_all_his_customers(bench: Bench) -> None:
    msgid = await broadcast(bench, external_userid=[], sender=LI)
    assert set(await _rows(bench, msgid)) == {ZHANG, CHEN}


async def test_a_customer_who_left_is_not_a_friend_any_more(bench: Bench) -> None:
    msgid = await broadcast(bench)
    await bench.act("delete_by_customer", userid=LI, external_userid=CHEN)
    await bench.act("confirm_broadcast", userid=LI, msgid=msgid)
    assert await _rows(bench, msgid) == {ZHANG: 1, CHEN: 2}


@pytest.mark.parametrize(
    ("mode", "allowed", "again_after"),
    [
        ("day1", 1, DAY),
        ("week7", 7, 7 * DAY),
        ("legacy_month4", 4, 31 * DAY),
        ("month_days", 31, 31 * DAY),
    ],
)
async def test_the_cap_of_each_mode_counts_every_sender(
    bench: Bench, mode: str, allowed: int, again_after: int
) -> None:
    await bench.modes(broadcast_cap=mode, token_life_s=100 * DAY)
    for _ in range(allowed - 1):
        await bench.act("outside_broadcast", userid=LI, targets=[ZHANG], text="别处发的")
    assert (await _rows(bench, await _confirmed(bench)))[ZHANG] == 1
    msgid = await _confirmed(bench)
    assert (await _rows(bench, msgid))[ZHANG] == 3
    assert [
        r
        for r in await bench.seen("broadcast")
        if r["msgid"] == msgid and r["external_userid"] == ZHANG
    ] == []
    await bench.pass_time(again_after)
    assert (await _rows(bench, await _confirmed(bench)))[ZHANG] == 1


async def test_a_week_begins_on_monday_in_shanghai(bench: Bench) -> None:
    await bench.modes(broadcast_cap="week7", token_life_s=100 * DAY)
    await bench.sim("clock", {"freeze": "2026-03-15T23:00:00+08:00"})
    for _ in range(7):
        await bench.act("outside_broadcast", userid=LI, targets=[ZHANG], text="别处发的")
    assert (await _rows(bench, await _confirmed(bench)))[ZHANG] == 3
    await bench.sim("clock", {"freeze": "2026-03-16T00:00:01+08:00"})
    assert (await _rows(bench, await _confirmed(bench)))[ZHANG] == 1


async def test_a_cancelled_task_says_so_and_recalls_nothing(bench: Bench) -> None:
    sent = await _confirmed(bench)
    await bench.ok(f"{E}/cancel_groupmsg_send", {"msgid": sent})
    assert await bench.code(f"{E}/get_groupmsg_task", {"msgid": sent}) == 41093
    assert await bench.code(f"{E}/cancel_groupmsg_send", {"msgid": sent}) == 41093
    assert await bench.code(f"{E}/remind_groupmsg_send", {"msgid": sent}) == 41093
    assert await _rows(bench, sent) == {ZHANG: 1, CHEN: 1}
    refused = await bench.client.post(
        "/_sim/act", json={"act": "confirm_broadcast", "userid": LI, "msgid": sent}
    )
    assert "cancelled" in refused.json()["error"]


async def test_an_admin_may_have_to_approve_first(bench: Bench) -> None:
    await bench.modes(broadcast_approval=True)
    msgid = await broadcast(bench)
    assert await _tasks(bench, msgid) == {}
    waiting = {"act": "confirm_broadcast", "userid": LI, "msgid": msgid}
    assert (await bench.client.post("/_sim/act", json=waiting)).status_code == 400
    await bench.act("approve_broadcast", msgid=msgid)
    assert await _tasks(bench, msgid) == {LI: 0}
    rejected = await broadcast(bench)
    await bench.act("approve_broadcast", msgid=rejected, approved=False)
    assert await bench.code(f"{E}/get_groupmsg_task", {"msgid": rejected}) == 41093


async def test_members_are_reminded_three_times_in_a_day(bench: Bench) -> None:
    msgid = await broadcast(bench)
    path = f"{E}/remind_groupmsg_send"
    assert [await bench.code(path, {"msgid": msgid}) for _ in range(4)] == [0, 0, 0, 41094]
    await bench.pass_time(DAY)
    bench.tokens.clear()
    assert await bench.code(path, {"msgid": msgid}) == 0


async def test_a_member_sends_only_what_he_left_selected_where_he_may_select(bench: Bench) -> None:
    fixed = await broadcast(bench)
    choice = {"act": "confirm_broadcast", "userid": LI, "msgid": fixed, "only": [ZHANG]}
    assert (await bench.client.post("/_sim/act", json=choice)).status_code == 400
    free = await broadcast(bench, allow_select=True)
    await bench.act("confirm_broadcast", userid=LI, msgid=free, only=[ZHANG])
    assert await _rows(bench, free) == {ZHANG: 1, CHEN: 0}


async def test_a_group_send_shows_sent_rows_only(bench: Bench) -> None:
    await bench.sim(
        "groups", [{"owner": LI, "chat_id": "wrTwo"}, {"owner": ZHAO, "chat_id": "wrZhao"}]
    )
    fields = {"chat_type": "group", "sender": LI, "chat_id_list": [GROUP, "wrTwo", "wrZhao"]}
    made = await bench.ok(ADD, {**fields, "text": TEXT})
    assert made["fail_list"] == ["wrZhao"]
    await bench.pass_time(3)
    assert await _rows(bench, made["msgid"]) == {}
    await bench.act("confirm_broadcast", userid=LI, msgid=made["msgid"], only=[GROUP])
    assert await _rows(bench, made["msgid"]) == {GROUP: 1}
    assert [row["chat_id"] for row in await bench.seen("broadcast")] == [GROUP]


async def test_the_list_shows_who_made_a_send_unless_it_came_by_api(bench: Bench) -> None:
    await broadcast(bench)
    await bench.act("outside_broadcast", userid=LI, targets=[ZHANG], text="我的")
    answer = await bench.ok(f"{E}/get_groupmsg_list_v2", {"chat_type": "single", **SPAN})
    ours, own = answer["group_msg_list"]
    assert "creator" not in ours
    assert (own["creator"], own["create_type"]) == (LI, 1)
    assert isinstance(ours["create_time"], str)
    only = {"chat_type": "single", **SPAN, "filter_type": 1}
    assert len((await bench.ok(f"{E}/get_groupmsg_list_v2", only))["group_msg_list"]) == 1


async def test_lists_of_receivers_have_a_length(bench: Bench) -> None:
    single = {"external_userid": [ZHANG] + ["wmNone"] * 9_999, "text": TEXT}
    assert await bench.code(ADD, single) == 0
    single["external_userid"] = [ZHANG] + ["wmNone"] * 10_000
    assert await bench.code(ADD, single) == 40058
    groups = {"chat_type": "group", "sender": LI, "text": TEXT}
    assert await bench.code(ADD, {**groups, "chat_id_list": [GROUP] * 2_000}) == 0
    assert await bench.code(ADD, {**groups, "chat_id_list": [GROUP] * 2_001}) == 40058


async def test_texts_are_measured_in_bytes(bench: Bench) -> None:
    right = {"content": "好" * 1_333}
    assert await bench.code(ADD, {"external_userid": [ZHANG], "text": right}) == 0
    over = {"content": "好" * 1_334}
    assert await bench.code(ADD, {"external_userid": [ZHANG], "text": over}) == 45002
    long = {"msgtype": "link", "link": {"title": "好" * 43, "url": "https://b.example"}}
    body = {"external_userid": [ZHANG], "attachments": [long]}
    assert await bench.code(ADD, body) == 45002
