"""Corp tags: whose they are, what they are called, how many there may be."""

import pytest

from tests.contracts.simulator.bench import (
    CHEN,
    GOLD,
    LI,
    OWN,
    SECOND,
    VIP,
    WANG,
    ZHANG,
    Bench,
)

pytestmark = pytest.mark.anyio
E = "externalcontact"


async def _add(bench: Bench, group: str, *names: str) -> int:
    body = {"group_name": group, "tag": [{"name": name} for name in names]}
    return await bench.code(f"{E}/add_corp_tag", body)


async def test_an_app_may_change_only_tags_that_it_made(bench: Bench) -> None:
    for tag_id, agent, code in ((VIP, None, 81011), (OWN, SECOND, 81011), (OWN, None, 0)):
        more = {} if agent is None else {"agent": agent}
        edit = {"id": tag_id, "name": "新名"}
        assert await bench.code(f"{E}/edit_corp_tag", edit, **more) == code
        gone = {"tag_id": [tag_id]}
        assert await bench.code(f"{E}/del_corp_tag", gone, **more) == code


async def test_everybody_may_put_every_tag_on_a_customer(bench: Bench) -> None:
    body = {"userid": LI, "external_userid": CHEN, "add_tag": [OWN], "remove_tag": [VIP]}
    await bench.ok(f"{E}/mark_tag", body, agent=SECOND)
    contact = await bench.ok(f"{E}/get", external_userid=CHEN)
    assert [tag["tag_id"] for tag in contact["follow_user"][0]["tags"]] == [GOLD, OWN]
    batch = await bench.ok(f"{E}/batch/get_by_user", {"userid_list": [LI]})
    infos = {
        row["external_contact"]["external_userid"]: row["follow_info"]["tag_id"]
        for row in batch["external_contact_list"]
    }
    assert infos == {ZHANG: [VIP], CHEN: [GOLD, OWN]}


async def test_tags_belong_to_a_pair_and_personal_ones_have_no_id(bench: Bench) -> None:
    contact = await bench.ok(f"{E}/get", external_userid=ZHANG)
    tags = {row["userid"]: row["tags"] for row in contact["follow_user"]}
    assert tags[LI] == [
        {"group_name": "客户等级", "tag_name": "VIP", "tag_id": VIP, "type": 1},
        {"group_name": "关系", "tag_name": "同学", "type": 2},
    ]
    assert [tag["tag_id"] for tag in tags[WANG]] == [GOLD]


async def test_names_may_not_meet(bench: Bench) -> None:
    assert await _add(bench, "客户等级", "VIP") == 40071
    assert await _add(bench, "客户等级", "钻石") == 0
    assert await _add(bench, "新组", "同名", "同名") == 0
    everything = await bench.ok(f"{E}/get_corp_tag_list", {})
    groups = {g["group_name"]: [t["name"] for t in g["tag"]] for g in everything["tag_group"]}
    assert groups["新组"] == ["同名"]
    assert groups["客户等级"] == ["VIP", "金卡", "钻石"]
    group = everything["tag_group"][-1]["group_id"]
    assert await bench.code(f"{E}/edit_corp_tag", {"id": group, "name": "本应用"}) == 40071


async def test_the_cap_counts_living_tags(bench: Bench) -> None:
    await bench.modes(tag_cap=4)
    assert await _add(bench, "新组", "一") == 0
    assert await _add(bench, "新组", "二") == 40126
    await bench.ok(f"{E}/del_corp_tag", {"tag_id": [OWN]})
    assert await _add(bench, "新组", "二") == 0


async def test_a_customer_has_a_cap_of_tags_too(bench: Bench) -> None:
    await bench.modes(customer_tag_cap=2)
    body = {"userid": LI, "external_userid": CHEN, "add_tag": [OWN]}
    assert await bench.code(f"{E}/mark_tag", body) == 40144
    assert await bench.code(f"{E}/mark_tag", {**body, "remove_tag": [VIP]}) == 0


async def test_a_group_that_lost_its_last_tag_goes_too(bench: Bench) -> None:
    await bench.ok(f"{E}/del_corp_tag", {"tag_id": [OWN]})
    everything = await bench.ok(f"{E}/get_corp_tag_list", {})
    assert [group["group_id"] for group in everything["tag_group"]] == ["etTier"]


async def test_what_was_deleted_shows_only_when_asked_for_by_id(bench: Bench) -> None:
    await bench.ok(f"{E}/del_corp_tag", {"tag_id": [OWN]})
    by_tag = await bench.ok(f"{E}/get_corp_tag_list", {"tag_id": [OWN]})
    (group,) = by_tag["tag_group"]
    assert group["deleted"] is True
    assert group["tag"][0]["deleted"] is True
    by_both = await bench.ok(f"{E}/get_corp_tag_list", {"tag_id": [OWN], "group_id": ["etTier"]})
    assert [g["group_id"] for g in by_both["tag_group"]] == ["etTier"]
    whole = await bench.ok(f"{E}/get_corp_tag_list", {})
    assert "deleted" not in whole["tag_group"][0]
    assert "deleted" not in whole["tag_group"][0]["tag"][0]


async def test_larger_order_stands_first(bench: Bench) -> None:
    whole = await bench.ok(f"{E}/get_corp_tag_list", {"tag_id": [], "group_id": []})
    assert [tag["name"] for tag in whole["tag_group"][0]["tag"]] == ["VIP", "金卡"]


async def test_a_deleted_tag_is_on_nobody_any_more(bench: Bench) -> None:
    await bench.act("delete_tag", id="etTier")
    contact = await bench.ok(f"{E}/get", external_userid=CHEN)
    assert contact["follow_user"][0]["tags"] == []
    assert len(await bench.events()) == 1


async def test_remarks_are_overwritten_and_phones_cleared_by_an_empty_one(bench: Bench) -> None:
    body = {"userid": LI, "external_userid": ZHANG, "remark_mobiles": [""]}
    await bench.ok(f"{E}/remark", {**body, "description": "新", "remark_company": "新公司"})
    contact = await bench.ok(f"{E}/get", external_userid=ZHANG)
    follower = next(row for row in contact["follow_user"] if row["userid"] == LI)
    assert (follower["remark"], follower["remark_mobiles"]) == ("张总", [])
    assert (follower["description"], follower["remark_corp_name"]) == ("新", "新公司")
    bare = {"userid": LI, "external_userid": ZHANG}
    assert await bench.code(f"{E}/remark", bare) == 40063
