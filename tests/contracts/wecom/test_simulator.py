"""Our client and the simulated WeCom in strict mode: an unknown path or field is refused.

The simulator was written from the official pages by other hands; where both agree, a
misreading of one of them shows.
"""

from datetime import timedelta

import pytest

from tests.contracts.wecom.worlds import CHEN, GROUP, ZHOU, World, now, rows
from wecom import (
    audit,
    contact_ways,
    contacts,
    groups,
    intercept,
    members,
    oauth,
    statistics,
    tags,
    transfers,
)
from wecom.errors import (
    Refused,
    RelationGone,
    WecomError,
)

pytestmark = pytest.mark.anyio


async def test_staff_and_departments_are_read(there: World) -> None:
    assert set(await members.follow_users(there.client)) == {"li", "wang", "zhao"}
    li = await members.get(there.client, "li")
    assert (li.staff_id, li.departments) == ("li", (2,))
    assert {one.department_id for one in await members.departments(there.client)} == {1, 2}
    assert {one.staff_id for one in await members.of_department(there.client, 2)} == {"li", "wang"}
    seats = await rows(members.ids(there.directory, limit=2))
    assert {(one.staff_id, one.department_id) for one in seats} >= {("li", 2), ("zhao", 1)}
    with pytest.raises(RelationGone):
        await members.get(there.client, "nobody")


async def test_contacts_are_read_one_by_one_and_in_bulk(there: World) -> None:
    assert set(await contacts.list_of(there.client, "li")) == {CHEN, ZHOU}
    assert await contacts.list_of(there.client, "zhao") == ()
    detail = await contacts.get(there.client, CHEN)
    assert {one.staff_id for one in detail.follows} == {"li", "wang"}
    await contacts.set_remark(
        there.client, "li", CHEN, contacts.Remark("老陈", "稳健", mobiles=("13800000000",))
    )
    pairs = await rows(contacts.of_members(there.client, ["li", "wang"], limit=1))
    found = {(one.follow.staff_id, one.contact.external_userid): one.follow for one in pairs}
    assert set(found) == {("li", CHEN), ("li", ZHOU), ("wang", CHEN)}
    assert found["li", CHEN].remark == "老陈"
    assert found["li", CHEN].remark_mobiles == ("13800000000",)
    with pytest.raises(WecomError):
        await contacts.get(there.client, "wmNOBODY")


async def test_a_kept_cursor_goes_on_where_it_stood(there: World) -> None:
    first = await anext(contacts.of_members(there.client, ["li", "wang"], limit=2))
    rest = await rows(contacts.of_members(there.client, ["li", "wang"], first.next_cursor, limit=2))
    assert len(first.items) + len(rest) == 3


async def test_a_contact_way_lives_from_making_to_deleting(there: World) -> None:
    way = contact_ways.ContactWay(("li",), state="spring", remark="网点")
    made = await contact_ways.add(there.client, way)
    assert made.qr_code
    found = await contact_ways.get(there.client, made.config_id)
    assert (found.staff_ids, found.state, found.skip_verify) == (("li",), "spring", True)
    assert await rows(contact_ways.ids(there.client)) == [made.config_id]
    added = await there.act("add", userid="li", config_id=made.config_id)
    follow = (await contacts.get(there.client, added["external_userid"])).follows[0]
    assert (follow.state, follow.add_way) == ("spring", 1)
    await contact_ways.update(there.client, made.config_id, contact_ways.ContactWay(("wang",)))
    assert (await contact_ways.get(there.client, made.config_id)).staff_ids == ("wang",)
    await contact_ways.delete(there.client, made.config_id)
    with pytest.raises(WecomError):
        await contact_ways.get(there.client, made.config_id)


async def test_tags_are_made_marked_renamed_and_deleted(there: World) -> None:
    client = there.client
    group = await tags.add_to_group_named(client, "客户等级", [tags.NewTag("金卡", 2)])
    group = await tags.add_to_group(client, group.group_id, [tags.NewTag("白金", 1)])
    listed = {one.group_id: one for one in await tags.list_all(client)}[group.group_id]
    assert {tag.name for tag in listed.tags} == {"金卡", "白金"}
    gold = next(tag.tag_id for tag in listed.tags if tag.name == "金卡")
    await tags.mark(client, "li", CHEN, add=[gold])
    follows = {one.staff_id: one for one in (await contacts.get(client, CHEN)).follows}
    assert follows["li"].tag_ids == (gold,)
    assert follows["wang"].tag_ids == ()
    await tags.edit(client, gold, name="黄金")
    await tags.mark(client, "li", CHEN, remove=[gold])
    with pytest.raises(RelationGone):
        await tags.mark(client, "zhao", CHEN, add=[gold])
    with pytest.raises(WecomError):
        await tags.add_to_group(client, group.group_id, [tags.NewTag("白金")])
    await tags.delete(client, group_ids=[group.group_id])
    assert group.group_id not in {one.group_id for one in await tags.list_all(client)}


async def test_groups_are_listed_read_and_joined(there: World) -> None:
    client = there.client
    assert [one.chat_id for one in await rows(groups.pages(client, owners=["li"]))] == [GROUP]
    group = await groups.get(client, GROUP)
    assert (group.owner, {one.member_id for one in group.members}) == ("li", {"li", CHEN})
    assert {one.member_id: one.is_external for one in group.members} == {"li": False, CHEN: True}
    config = await groups.add_join_way(client, groups.JoinWay((GROUP,), "s1", base_name="群"))
    assert (await groups.get_join_way(client, config)).chat_ids == (GROUP,)
    await groups.update_join_way(client, config, groups.JoinWay((GROUP,), "s2"))
    assert (await groups.get_join_way(client, config)).state == "s2"
    await groups.delete_join_way(client, config)
    await there.act("dismiss_group", chat_id=GROUP)
    with pytest.raises(RelationGone):
        await groups.get(client, GROUP)


async def test_a_handover_waits_and_then_is_done(there: World) -> None:
    client = there.client
    (item,) = await transfers.customers(client, "li", "zhao", [CHEN], greeting="您好")
    assert item.error is None
    (again,) = await transfers.customers(client, "li", "zhao", [CHEN])
    assert isinstance(again.error, Refused)
    (state,) = await rows(transfers.states(client, "li", "zhao"))
    assert (state.external_userid, state.status) == (CHEN, transfers.WAITING)
    await there.sim("clock", {"advance_s": 25 * 3600})
    (state,) = await rows(transfers.states(client, "li", "zhao"))
    assert state.status == transfers.DONE
    assert CHEN in await contacts.list_of(client, "zhao")


async def test_a_leavers_contacts_and_groups_are_taken_over(there: World) -> None:
    client = there.client
    with_owner = await transfers.groups_of_leaver(client, [GROUP], "wang")
    assert [one.error and one.error.errcode for one in with_owner] == [90500]
    await there.act("resign", userid="li")
    left = await rows(transfers.unassigned(client, page_size=1))
    assert {one.external_userid for one in left} == {CHEN, ZHOU}
    (item,) = await transfers.customers_of_leaver(client, "li", "wang", [ZHOU])
    assert item.error is None
    assert await rows(transfers.states(client, "li", "wang", left=True))
    assert await transfers.groups_of_leaver(client, [GROUP], "wang") == ()
    assert (await groups.get(client, GROUP)).owner == "wang"


async def test_a_group_changes_hands_on_the_job(there: World) -> None:
    assert await transfers.groups(there.client, [GROUP], "wang") == ()
    assert (await groups.get(there.client, GROUP)).owner == "wang"


async def test_a_member_signs_in_once_with_a_code(there: World) -> None:
    code = (await there.act("oauth", userid="li", scope="snsapi_privateinfo"))["code"]
    who = await oauth.who(there.client, code)
    assert isinstance(who, oauth.SignedInMember)
    assert who.staff_id == "li"
    private = await oauth.private_details(there.client, who.user_ticket)
    assert private.staff_id == "li"
    with pytest.raises(Refused):
        await oauth.who(there.client, code)
    assert (await oauth.corp_ticket(there.client)).value
    assert (await oauth.agent_ticket(there.client)).value


async def test_who_is_archived_and_who_agreed(there: World) -> None:
    assert "li" in await audit.permitted(there.archive)
    assert "li" in await audit.permitted(there.archive, 2)
    assert "li" not in await audit.permitted(there.archive, 1)
    found = await audit.single_agreements(there.archive, [("li", CHEN), ("li", ZHOU)])
    assert {(one.staff_id, one.external_userid): one.agreed for one in found} == {
        ("li", CHEN): True,
        ("li", ZHOU): True,
    }
    room = await audit.room_agreements(there.archive, GROUP)
    assert {one.external_userid for one in room} <= {CHEN}


async def test_a_sensitive_word_rule_lives_from_making_to_deleting(there: World) -> None:
    client = there.client
    scope = intercept.Scope(("li",), (2,))
    made = await intercept.add(
        client, intercept.Rule("禁语", ("保本", "稳赚"), intercept.BLOCK, scope, (1,))
    )
    assert [one.rule_id for one in await intercept.list_all(client)] == [made]
    changed = intercept.Rule("禁语二", ("刚兑",), intercept.WARN, intercept.Scope())
    await intercept.update(client, made, changed, add_scope=intercept.Scope(("wang",)))
    rule = await intercept.get(client, made)
    assert (rule.name, rule.words, rule.action) == ("禁语二", ("刚兑",), intercept.WARN)
    assert set(rule.scope.staff_ids) == {"li", "wang"}
    await intercept.delete(client, made)
    with pytest.raises(WecomError):
        await intercept.get(client, made)


async def test_figures_are_read(there: World) -> None:
    today = await now(there)
    since, until = today - timedelta(days=3), today - timedelta(days=1)
    days = await statistics.contacts(there.client, since, until, staff_ids=["li"])
    assert len(days) == 3
    pages = [one async for one in statistics.groups_by_owner(there.client, since, until, ["li"])]
    assert [one.owner for page in pages for one in page] == ["li"]
    assert len(await statistics.groups_by_day(there.client, since, until, ["li"])) == 3


async def test_a_lost_token_is_renewed_without_a_word(there: World) -> None:
    await members.follow_users(there.client)
    await there.sim("tokens/lose", {})
    assert await members.follow_users(there.client)
