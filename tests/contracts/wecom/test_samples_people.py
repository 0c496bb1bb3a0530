"""The values of the official answers about people, as our facts have them."""

import asyncio

import pytest

from tests.contracts.wecom.sample_answers import Refusing, run, second, told
from wecom import (
    contact_ways,
    contacts,
    groups,
    members,
    tags,
)
from wecom.errors import (
    LimitExceeded,
    Rejected,
    RelationGone,
)


def test_a_member_leads_where_the_lists_say_so() -> None:
    member = run(members.get(told("90196_user.get"), "zhangsan"))
    assert (member.staff_id, member.departments, member.leader_in) == ("zhangsan", (1, 2), (1,))
    assert (member.main_department, member.direct_leaders) == (1, ("lisi", "wangwu"))
    assert (member.status, member.position) == (1, "后台工程师")
    assert "张三" not in repr(member)


def test_departments_hang_below_their_parents() -> None:
    first, last = run(members.departments(told("90208_department.list")))
    assert (first.department_id, first.parent_id, first.order) == (2, 1, 10)
    assert (last.name, last.leaders) == ("邮箱产品部", ())


def test_a_contact_comes_with_its_followers_and_their_tags() -> None:
    client = told("92114_externalcontact.get")
    detail = run(contacts.get(client, "woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA"))
    assert detail.contact.external_userid == "woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA"
    assert (detail.contact.kind, detail.contact.gender) == (2, 1)
    # The second, last page repeats the sample's two followers.
    assert [one.staff_id for one in detail.follows] == ["rocky", "tommy"] * 2
    assert [one.params.get("cursor") for one in client.asked] == [None, "NEXT_CURSOR"]
    rocky, tommy = detail.follows[:2]
    assert rocky.created_at == second(1525779812)
    assert [(tag.kind, bool(tag.tag_id)) for tag in rocky.tags] == [
        (1, True),
        (2, False),
        (3, True),
    ]
    assert rocky.tag_ids == (
        "etAJ2GCAAAXtWyujaWJHDDGi0mACHAAA",
        "stAJ2GCAAAXtWyujaWJHDDGi0mACHAAA",
    )
    assert (rocky.add_way, rocky.channels_source) == (10, 1)
    assert contacts.ADD_WAYS[10] == "视频号添加"
    assert (tommy.state, tommy.remark_mobiles, tommy.tags) == ("外联二维码1", (), ())
    for private in ("李四", "李部长", "13800000001", "腾讯科技", "ozynq"):
        assert private not in repr(detail)


def test_many_members_contacts_come_as_pairs() -> None:
    client = told("92994_externalcontact.batch.get_by_user.response")

    async def pages() -> list[contacts.ContactPage]:
        return [page async for page in contacts.of_members(client, ["zhangsan", "lisi"], "kept")]

    first, _ = asyncio.run(pages())
    assert first.unlicensed == ("lisi",)
    assert [one.follow.staff_id for one in first.items] == ["rocky", "lisi"]
    assert first.items[1].follow.tag_ids[1] == "stJHDDGi0mAGi0mACHBBByujaW"
    assert client.asked[0].body["cursor"] == "kept", "a kept cursor goes on where it stood"
    assert client.asked[1].body["cursor"] == first.next_cursor


def test_too_many_members_at_once_are_not_asked_for() -> None:
    client = told("92994_externalcontact.batch.get_by_user.response")
    with pytest.raises(LimitExceeded):
        run(contacts.of_members(client, ["li"] * 101))
    with pytest.raises(Rejected):
        run(contacts.of_members(client, []))
    assert client.asked == []


def test_a_member_without_customers_has_an_empty_list() -> None:
    none = Refusing(RelationGone("externalcontact/list", "d", errcode=84061))
    assert run(contacts.list_of(none, "li")) == ()
    gone = Refusing(RelationGone("externalcontact/list", "d", errcode=60111))
    with pytest.raises(RelationGone):
        run(contacts.list_of(gone, "li"))


def test_a_contact_way_is_read_back() -> None:
    way = run(contact_ways.get(told("92228_externalcontact.get_contact_way.response"), "c"))
    assert (way.staff_ids, way.department_ids, way.state) == (
        ("zhangsan", "lisi", "wangwu"),
        (2, 3),
        "teststate",
    )
    made = run(
        contact_ways.add(
            told("92228_externalcontact.add_contact_way.response"),
            contact_ways.ContactWay(("li",)),
        )
    )
    assert made.config_id == "42b34949e138eb6e027c123cba77fAAA"
    assert made.qr_code.startswith("http://p.qpic.cn/")


@pytest.mark.parametrize(
    ("way", "kind", "scene"),
    [
        (contact_ways.ContactWay(("li",)), 1, 2),
        (contact_ways.ContactWay(("li", "wang")), 2, 2),
        (contact_ways.ContactWay((), (2,)), 2, 2),
        (contact_ways.ContactWay(("li",), in_mini_program=True), 1, 1),
    ],
)
def test_who_it_leads_to_decides_the_kind_of_a_contact_way(
    way: contact_ways.ContactWay, kind: int, scene: int
) -> None:
    body = way.as_json()
    assert (body["type"], body["scene"]) == (kind, scene)


def test_tags_come_in_their_groups() -> None:
    (group,) = run(tags.list_all(told("92117_externalcontact.get_corp_tag_list.response")))
    assert (group.group_id, group.order, group.created_at) == (
        "TAG_GROUPID1",
        1,
        second(1557838797),
    )
    assert [(tag.tag_id, tag.deleted) for tag in group.tags] == [
        ("TAG_ID1", False),
        ("TAG_ID2", True),
    ]


def test_all_tags_are_asked_for_with_an_empty_body() -> None:
    client = told("92117_externalcontact.get_corp_tag_list.response")
    run(tags.list_all(client))
    assert client.asked[0].body == {}


def test_a_group_tells_staff_from_customers() -> None:
    group = run(groups.get(told("92122_externalcontact.groupchat.get.response"), "wr"))
    abel, guest = group.members
    assert (abel.is_external, abel.invited_by, abel.joined_at) == (
        False,
        "jack",
        second(1572505491),
    )
    assert (guest.is_external, guest.join_scene) == (True, 1)
    assert group.admins == ("sam", "pony")
    assert group.member_version == "71217227bbd112ecfe3a49c482195cb4"
    for private in ("王语嫣", "顾客老王", "ozynq", "文明沟通"):
        assert private not in repr(group)
