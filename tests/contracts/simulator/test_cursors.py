"""Pages: nothing twice, nothing left out, and what happens beyond a limit (api.md 15.8)."""

import pytest

from tests.contracts.simulator.bench import LI, MONDAY, WANG, Bench, Json
from tests.contracts.simulator.things import SPAN, broadcast

pytestmark = pytest.mark.anyio
E = "externalcontact"


async def _customers(bench: Bench, userid: str, count: int) -> list[str]:
    orders = [{"followers": [{"userid": userid}]} for _ in range(count)]
    made: list[str] = (await bench.sim("customers", orders))["external_userids"]
    return made


async def _batch(bench: Bench, **body: object) -> Json:
    return await bench.ok(f"{E}/batch/get_by_user", {"userid_list": [LI, WANG], **body})


async def test_over_a_hundred_a_page_is_cut_to_a_hundred(bench: Bench) -> None:
    await _customers(bench, LI, 150)
    answer = await _batch(bench, limit=1000)
    assert len(answer["external_contact_list"]) == 100
    assert answer["next_cursor"]


async def test_pages_hold_every_relation_once(bench: Bench) -> None:
    await _customers(bench, LI, 130)
    await _customers(bench, WANG, 45)
    pairs: list[tuple[str, str]] = []
    cursor = ""
    while True:
        answer = await _batch(bench, limit=50, cursor=cursor)
        for row in answer["external_contact_list"]:
            pairs.append((row["follow_info"]["userid"], row["external_contact"]["external_userid"]))
        cursor = answer["next_cursor"]
        if not cursor:
            break
    assert len(pairs) == len(set(pairs)) == 132 + 47


async def test_a_relation_deleted_meanwhile_moves_no_other_out_of_the_pages(bench: Bench) -> None:
    made = await _customers(bench, LI, 60)
    first = await _batch(bench, limit=30)
    await bench.act("delete_by_member", userid=LI, external_userid=made[0])
    seen = first["external_contact_list"]
    cursor = first["next_cursor"]
    while cursor:
        answer = await _batch(bench, limit=30, cursor=cursor)
        seen += answer["external_contact_list"]
        cursor = answer["next_cursor"]
    assert set(made) <= {row["external_contact"]["external_userid"] for row in seen}


async def test_the_last_page_ends_empty_here_and_missing_there(bench: Bench) -> None:
    assert (await _batch(bench, limit=100))["next_cursor"] == ""
    groups = await bench.ok(f"{E}/groupchat/list", {"limit": 100})
    assert "next_cursor" not in groups


async def test_group_send_lists_fall_back_to_fifty_beyond_a_hundred(bench: Bench) -> None:
    for _ in range(60):
        await broadcast(bench)
    body = {"chat_type": "single", **SPAN, "limit": 101}
    answer = await bench.ok(f"{E}/get_groupmsg_list_v2", body)
    assert len(answer["group_msg_list"]) == 50
    body = {**body, "limit": 100}
    answer = await bench.ok(f"{E}/get_groupmsg_list_v2", body)
    assert len(answer["group_msg_list"]) == 60


async def test_send_results_fall_back_to_five_hundred_beyond_a_thousand(bench: Bench) -> None:
    made = await _customers(bench, WANG, 501)
    msgid = await broadcast(bench, external_userid=made)
    body = {"msgid": msgid, "userid": WANG, "limit": 1001}
    answer = await bench.ok(f"{E}/get_groupmsg_send_result", body)
    assert len(answer["send_list"]) == 500
    rest = await bench.ok(
        f"{E}/get_groupmsg_send_result", {**body, "cursor": answer["next_cursor"]}
    )
    assert len(rest["send_list"]) == 1
    tasks = await bench.ok(f"{E}/get_groupmsg_task", {"msgid": msgid, "limit": 1001})
    assert len(tasks["task_list"]) == 1


async def test_a_customer_with_over_five_hundred_followers_has_a_second_page(
    bench: Bench,
) -> None:
    await bench.sim("members", [{"userid": f"rm{n}"} for n in range(501)])
    followers = [{"userid": f"rm{n}", "createtime": int(MONDAY)} for n in range(501)]
    await bench.sim("customers", [{"external_userid": "wmStar", "followers": followers}])
    first = await bench.ok(f"{E}/get", external_userid="wmStar")
    assert len(first["follow_user"]) == 500
    second = await bench.ok(f"{E}/get", external_userid="wmStar", cursor=first["next_cursor"])
    assert [row["userid"] for row in second["follow_user"]] == ["rm500"]
    assert "next_cursor" not in second


async def test_over_a_thousand_members_in_range_need_an_owner_filter(bench: Bench) -> None:
    await bench.sim("members", [{"userid": f"rm{n}"} for n in range(1001)])
    assert await bench.code(f"{E}/groupchat/list", {"limit": 10}) == 81017
    body = {"limit": 10, "owner_filter": {"userid_list": [LI]}}
    assert await bench.code(f"{E}/groupchat/list", body) == 0
