"""Intercept rules, and the two statistics."""

import pytest

from tests.contracts.simulator.bench import (
    CHEN,
    DAY,
    GROUP,
    LI,
    MONDAY,
    SECOND,
    WANG,
    ZHANG,
    Bench,
    Json,
)
from tests.contracts.simulator.things import rule

pytestmark = pytest.mark.anyio
E = "externalcontact"
TODAY = {"start_time": int(MONDAY), "end_time": int(MONDAY)}


async def _rule(bench: Bench, rule_id: str) -> Json:
    answer = await bench.ok(f"{E}/get_intercept_rule", {"rule_id": rule_id})
    found: Json = answer["rule"]
    return found


async def test_an_update_keeps_words_when_empty_and_clears_semantics_when_empty(
    bench: Bench,
) -> None:
    rule_id = await rule(bench)
    change = {
        "rule_id": rule_id,
        "word_list": [],
        "extra_rule": {"semantics_list": []},
        "add_applicable_range": {"user_list": [WANG]},
        "remove_applicable_range": {"user_list": [LI], "department_list": [2]},
    }
    await bench.ok(f"{E}/update_intercept_rule", change)
    found = await _rule(bench, rule_id)
    assert (found["word_list"], found["semantics_list"]) == (["保本", "稳赚"], [])
    assert found["applicable_range"] == {"user_list": [WANG], "department_list": []}


async def test_the_number_that_get_prints_is_taken_back(bench: Bench) -> None:
    rule_id = await rule(bench)
    number = (await _rule(bench, rule_id))["rule_id"]
    assert isinstance(number, int)
    assert isinstance(rule_id, str)
    assert (await _rule(bench, str(number)))["rule_name"] == "承诺收益"


async def test_rules_belong_to_their_app_have_one_name_and_a_cap(bench: Bench) -> None:
    rule_id = await rule(bench)
    assert await bench.code(f"{E}/get_intercept_rule", {"rule_id": rule_id}, agent=SECOND) == 41070
    listed = await bench.ok(f"{E}/get_intercept_rule_list", agent=SECOND)
    assert listed["rule_list"] == []
    body: Json = {
        "rule_name": "承诺收益",
        "word_list": ["x"],
        "intercept_type": 2,
        "applicable_range": {"user_list": [LI]},
    }
    add = f"{E}/add_intercept_rule"
    assert await bench.code(add, body) == 41077
    assert await bench.code(add, {**body, "rule_name": "二", "applicable_range": {}}) == 40063
    assert await bench.code(add, {**body, "rule_name": "二", "word_list": []}) == 40063
    await bench.modes(intercept_rule_cap=1)
    assert await bench.code(add, {**body, "rule_name": "二"}) == 41069
    await bench.ok(f"{E}/del_intercept_rule", {"rule_id": rule_id})
    assert await bench.code(add, {**body, "rule_name": "二"}) == 0


async def test_several_members_are_one_summed_series(bench: Bench) -> None:
    await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
    await bench.act("say", speaker=CHEN, to=LI, text="在吗")
    await bench.pass_time(120)
    await bench.act("say", speaker=LI, to=ZHANG, text="在的")
    await bench.act("say", speaker=WANG, to=ZHANG, text="您好")
    await bench.act("add", userid=WANG, opened_by_member=True)
    await bench.act("delete_by_customer", userid=LI, external_userid=CHEN)
    path = f"{E}/get_user_behavior_data"
    (row,) = (await bench.ok(path, {"userid": [LI, WANG], **TODAY}))["behavior_data"]
    assert row == {
        "stat_time": int(MONDAY) - 10 * 3600,
        "chat_cnt": 3,
        "message_cnt": 2,
        "reply_percentage": 50.0,
        "avg_reply_time": 2,
        "negative_feedback_cnt": 1,
        "new_apply_cnt": 1,
        "new_contact_cnt": 1,
    }


async def test_without_chats_there_is_no_percentage(bench: Bench) -> None:
    path = f"{E}/get_user_behavior_data"
    (row,) = (await bench.ok(path, {"partyid": [3], **TODAY}))["behavior_data"]
    assert "reply_percentage" not in row
    assert row["chat_cnt"] == 0
    assert await bench.code(path, TODAY) == 40058
    future = {"start_time": int(MONDAY), "end_time": int(MONDAY) + DAY}
    assert await bench.code(path, {"userid": [LI], **future}) == 40058


async def test_groups_are_counted_by_owner_up_to_yesterday(bench: Bench) -> None:
    await bench.act("say", speaker=LI, chat_id=GROUP, text="早")
    await bench.act("say", speaker=ZHANG, chat_id=GROUP, text="早")
    await bench.act("create_group", owner=WANG, members=[CHEN])
    path = f"{E}/groupchat/statistic"
    body = {"day_begin_time": int(MONDAY), "owner_filter": {"userid_list": [LI, WANG]}}
    assert await bench.code(path, body) == 40058
    await bench.pass_time(DAY)
    bench.tokens.clear()
    answer = await bench.ok(path, {**body, "order_by": 4, "order_asc": 1})
    assert (answer["total"], answer["next_offset"]) == (2, 2)
    small, large = answer["items"]
    assert (small["owner"], small["data"]["new_member_cnt"]) == (WANG, 2)
    assert large["owner"] == LI
    assert large["data"]["msg_total"] == large["data"]["member_has_msg"] == 2
    assert large["data"]["member_total"] == 4
    part = await bench.ok(path, {**body, "limit": 1})
    assert part["next_offset"] == 1
    rest = await bench.ok(path, {**body, "limit": 1, "offset": 1})
    assert {part["items"][0]["owner"], rest["items"][0]["owner"]} == {LI, WANG}
    days = await bench.ok(f"{E}/groupchat/statistic_group_by_day", body)
    assert [row["data"]["msg_total"] for row in days["items"]] == [2]
