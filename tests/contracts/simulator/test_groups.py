"""Customer groups: the version chain, the lag of the data, the ways in."""

import pytest

from tests.contracts.simulator.bench import (
    CHEN,
    GROUP,
    INTERNAL,
    LI,
    MAIN,
    SECOND,
    WANG,
    ZHANG,
    ZHAO,
    Bench,
    Json,
)
from tests.contracts.simulator.things import join_way

pytestmark = pytest.mark.anyio
E = "externalcontact"


async def _shown(bench: Bench, chat_id: str = GROUP) -> Json:
    answer = await bench.ok(f"{E}/groupchat/get", {"chat_id": chat_id, "need_name": 1})
    shown: Json = answer["group_chat"]
    return shown


def _members(shown: Json) -> set[str]:
    return {row["userid"] for row in shown["member_list"]}


async def test_each_change_names_the_version_before_and_after(bench: Bench) -> None:
    version = (await _shown(bench))["member_version"]
    await bench.act("join", chat_id=GROUP, userid=ZHAO, join_scene=3)
    await bench.act("leave", chat_id=GROUP, userid=CHEN)
    joined, left = await bench.events()
    assert joined["LastMemVer"] == version
    assert joined["CurMemVer"] == left["LastMemVer"] != version
    assert (joined["JoinScene"], joined["MemChangeList"]["Item"]) == ("3", ZHAO)
    assert (left["QuitScene"], left["MemChangeList"]["Item"]) == ("0", CHEN)
    await bench.pass_time(2)
    assert (await _shown(bench))["member_version"] == left["CurMemVer"]


async def test_the_data_lags_two_seconds_behind_the_event(bench: Bench) -> None:
    await bench.act("join", chat_id=GROUP, userid=ZHAO)
    await bench.act("rename_group", chat_id=GROUP, name="新名")
    assert len(await bench.events()) == 2
    await bench.pass_time(1.9)
    old = await _shown(bench)
    assert ZHAO not in _members(old)
    assert old["name"] == "理财交流群"
    await bench.pass_time(0.1)
    new = await _shown(bench)
    assert ZHAO in _members(new)
    assert new["name"] == "新名"
    truth = await bench.sim("groups", method="GET")
    assert truth["groups"][0]["member_version"] == new["member_version"]


async def test_names_come_only_when_asked_for(bench: Bench) -> None:
    bare = await bench.ok(f"{E}/groupchat/get", {"chat_id": GROUP})
    assert all("name" not in row for row in bare["group_chat"]["member_list"])
    named = {row["userid"]: row for row in (await _shown(bench))["member_list"]}
    assert (named[ZHANG]["name"], named[LI]["name"]) == ("张三", "李经理")
    assert (named[ZHANG]["type"], named[LI]["type"]) == (2, 1)
    assert named[ZHANG]["unionid"] == "ozZhang"
    assert named[WANG]["invitor"] == {"userid": LI}


async def test_a_dismissed_group_says_so_and_leaves_the_list(bench: Bench) -> None:
    await bench.act("dismiss_group", chat_id=GROUP)
    assert await bench.code(f"{E}/groupchat/get", {"chat_id": GROUP}) == 49008
    answer = await bench.ok(f"{E}/groupchat/list", {"limit": 10})
    assert answer["group_chat_list"] == []


async def test_an_internal_group_is_no_customer_group(bench: Bench) -> None:
    assert await bench.code(f"{E}/groupchat/get", {"chat_id": INTERNAL}) == 90501


async def test_who_joins_by_a_way_carries_its_state(bench: Bench) -> None:
    config_id = await join_way(bench)
    await bench.sim("customers", [{"external_userid": "wmNew", "name": "新"}])
    await bench.act("join", chat_id=GROUP, userid="wmNew", join_scene=3, config_id=config_id)
    await bench.pass_time(2)
    rows = {row["userid"]: row for row in (await _shown(bench))["member_list"]}
    assert (rows["wmNew"]["state"], rows["wmNew"]["join_scene"]) == ("s1", 3)


async def test_a_way_belongs_to_the_app_that_made_it(bench: Bench) -> None:
    config_id = await join_way(bench)
    ask = {"config_id": config_id}
    assert await bench.code(f"{E}/groupchat/get_join_way", ask, agent=SECOND) == 41044
    update = {**ask, "scene": 1, "chat_id_list": [GROUP], "remark": "改"}
    await bench.ok(f"{E}/groupchat/update_join_way", update)
    way = (await bench.ok(f"{E}/groupchat/get_join_way", ask))["join_way"]
    assert (way["scene"], way["remark"], way["state"]) == (1, "改", "")
    await bench.ok(f"{E}/groupchat/del_join_way", ask)
    assert await bench.code(f"{E}/groupchat/get_join_way", ask) == 41044


async def test_contact_ways_are_overwritten_and_stay_with_their_app(bench: Bench) -> None:
    body = {"type": 2, "scene": 2, "user": [LI], "party": [3], "remark": "一", "state": "s1"}
    made = await bench.ok(f"{E}/add_contact_way", body)
    ask = {"config_id": made["config_id"]}
    await bench.ok(f"{E}/update_contact_way", {**ask, "user": [WANG], "party": []})
    way = (await bench.ok(f"{E}/get_contact_way", ask))["contact_way"]
    assert (way["user"], way["party"], way["state"]) == ([WANG], [], "s1")
    assert await bench.code(f"{E}/get_contact_way", ask, agent=SECOND) == 41044
    listed = await bench.ok(f"{E}/list_contact_way", {}, agent=SECOND)
    assert listed["contact_way"] == []


async def test_who_may_serve_a_contact_way(bench: Bench) -> None:
    path = f"{E}/add_contact_way"
    way = {"type": 1, "scene": 2}
    assert await bench.code(path, {**way, "user": [LI, WANG]}) == 41041
    assert await bench.code(path, {**way, "user": []}) == 41041
    assert await bench.code(path, {"type": 2, "scene": 2}) == 40058
    assert await bench.code(path, {"scene": 2, "user": [LI]}) == 41037
    assert await bench.code(path, {"type": 1, "user": [LI]}) == 41038
    assert await bench.code(path, {"type": 2, "scene": 3, "user": [LI]}) == 41040
    assert await bench.code(path, {"type": 2, "scene": 2, "style": 9, "user": [LI]}) == 41042
    await bench.sim("members", [{"userid": f"rm{n}", "departments": [2]} for n in range(101)])
    assert await bench.code(path, {"type": 2, "scene": 2, "party": [2]}) == 41041
    await bench.sim("members", [{"userid": "new", "verified": False}])
    assert await bench.code(path, {**way, "user": ["new"]}) == 41054
    await bench.sim("members", [{"userid": "inner", "external_right": False}])
    assert await bench.code(path, {**way, "user": ["inner"]}) == 84074


async def test_ways_share_one_cap(bench: Bench) -> None:
    await bench.modes(contact_way_cap=1)
    await join_way(bench)
    assert await bench.code(f"{E}/add_contact_way", {"type": 1, "scene": 2, "user": [LI]}) == 41045


async def test_an_owner_in_the_list_must_own_what_is_listed(bench: Bench) -> None:
    body = {"limit": 10, "owner_filter": {"userid_list": [ZHAO]}}
    assert (await bench.ok(f"{E}/groupchat/list", body))["group_chat_list"] == []
    body = {"limit": 10, "owner_filter": {"userid_list": [LI]}}
    assert len((await bench.ok(f"{E}/groupchat/list", body))["group_chat_list"]) == 1


async def test_templates_are_capped_and_belong_to_their_app(bench: Bench) -> None:
    await bench.modes(welcome_template_cap=1)
    add, text = f"{E}/group_welcome_template/add", {"content": "你好 %NICKNAME%"}
    made = await bench.ok(add, {"text": text, "agentid": MAIN})
    assert await bench.code(add, {"text": text}) == 41055
    edit = {"template_id": made["template_id"], "text": {"content": "新"}}
    assert await bench.code(f"{E}/group_welcome_template/edit", edit, agent=SECOND) == 41058
    assert await bench.code(f"{E}/group_welcome_template/edit", {**edit, "text": None}) == 40063
    gone = {"template_id": made["template_id"]}
    await bench.ok(f"{E}/group_welcome_template/del", gone)
    assert await bench.code(f"{E}/group_welcome_template/get", gone) == 40058
