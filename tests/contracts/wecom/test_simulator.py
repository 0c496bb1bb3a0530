"""Our client and the simulated WeCom in strict mode: an unknown path or field is refused.

The simulator was written from the official pages by other hands; where both agree, a
misreading of one of them shows.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contracts.wecom.worlds import AGENT, CORP, World, world
from wecom import (
    audit,
    broadcasts,
    contact_ways,
    contacts,
    groups,
    intercept,
    media,
    members,
    messages,
    moments,
    oauth,
    statistics,
    tags,
    transfers,
    welcome,
)
from wecom.answers import Page
from wecom.attachments import Content, File, Image, Link
from wecom.cards import (
    Button,
    ButtonCard,
    Card,
    Choice,
    ChoicesCard,
    Fact,
    NewsNotice,
    OpenPage,
    Option,
    TextNotice,
    VoteCard,
)
from wecom.errors import (
    AlreadyDone,
    Busy,
    OutcomeUnknown,
    Refused,
    RelationGone,
    TokenExpired,
    WecomError,
)
from wecom.http import Upload
from wecom.messages import Markdown, Media, Note, Recipients, TemplateCard, Text, TextCard

pytestmark = pytest.mark.anyio

CHEN = "wm0000000000000000000000000000a1"
ZHOU = "wm0000000000000000000000000000b2"
GROUP = "wr000000000000000000000000000001"
T = TypeVar("T")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PNG = Upload("图.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100, "image/png")


@pytest.fixture
async def there() -> AsyncIterator[World]:
    async with world(KEY.public_key()) as made:
        yield made


async def now(there: World) -> datetime:
    clock = await there.sim("clock")
    return datetime.fromtimestamp(int(clock["now"]), UTC)


async def rows(pages: AsyncIterator[Page[T]]) -> list[T]:
    return [row async for page in pages for row in page.items]


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


async def test_a_welcome_is_taken_once(there: World) -> None:
    added = await there.act("add", userid="li")
    content = Content("您好", (Link("了解", "https://bank.example/p"),))
    await welcome.send(there.client, added["welcome_code"], content)
    with pytest.raises(AlreadyDone):
        await welcome.send(there.client, added["welcome_code"], content)
    late = await there.act("add", userid="li")
    await there.sim("clock", {"advance_s": 30})
    with pytest.raises(Refused):
        await welcome.send(there.client, late["welcome_code"], content)


async def test_a_group_welcome_lives_from_making_to_deleting(there: World) -> None:
    file = await media.upload(there.client, "file", Upload("规则.pdf", b"%PDF-1.4 x"))
    made = await welcome.add_group_template(
        there.client, welcome.GroupWelcome("%NICKNAME%，您好", File(file.media_id)), agent_id=AGENT
    )
    await welcome.edit_group_template(there.client, made, welcome.GroupWelcome("您好"))
    await welcome.delete_group_template(there.client, made)
    with pytest.raises(WecomError):
        await welcome.delete_group_template(there.client, made)


async def test_a_broadcast_is_confirmed_by_the_member_and_its_results_are_read(
    there: World,
) -> None:
    client = there.client
    image = await media.upload(client, "image", PNG)
    content = Content("国庆快乐", (Image(image.media_id),))
    created = await broadcasts.create(
        client, broadcasts.CustomerBroadcast(content, "li", (CHEN, ZHOU, "wmNOBODY"))
    )
    assert created.failed == ("wmNOBODY",)
    (task,) = await rows(broadcasts.tasks(client, created.msgid))
    assert (task.staff_id, task.status, task.sent_at) == ("li", broadcasts.TASK_NOT_SENT, None)
    await broadcasts.remind(client, created.msgid)
    await there.act("confirm_broadcast", userid="li", msgid=created.msgid)
    (task,) = await rows(broadcasts.tasks(client, created.msgid))
    assert task.status == broadcasts.TASK_SENT
    results = await rows(broadcasts.results(client, created.msgid, "li", limit=1))
    assert {one.external_userid: one.status for one in results} == {
        CHEN: broadcasts.SENT,
        ZHOU: broadcasts.SENT,
    }
    at = await now(there)
    listed = await rows(
        broadcasts.listed(client, "single", at - timedelta(days=1), at + timedelta(hours=1))
    )
    assert [(one.msgid, one.text) for one in listed] == [(created.msgid, "国庆快乐")]


async def test_a_cancelled_broadcast_is_cancelled(there: World) -> None:
    created = await broadcasts.create(
        there.client, broadcasts.CustomerBroadcast(Content("x"), "li", (CHEN,))
    )
    await broadcasts.cancel(there.client, created.msgid)
    with pytest.raises(Refused, match="41093"):
        await rows(broadcasts.tasks(there.client, created.msgid))


async def test_broadcasts_to_groups_and_by_tags_are_taken(there: World) -> None:
    group = await tags.add_to_group_named(there.client, "等级", [tags.NewTag("金卡")])
    gold = group.tags[0].tag_id
    await tags.mark(there.client, "li", ZHOU, add=[gold])
    by_tag = await broadcasts.create(
        there.client, broadcasts.CustomerBroadcast(Content("x"), tags=((gold,),))
    )
    to_group = await broadcasts.create(
        there.client, broadcasts.GroupBroadcast(Content("y"), "li", (GROUP,))
    )
    assert by_tag.msgid != to_group.msgid
    await there.act("confirm_broadcast", userid="li", msgid=to_group.msgid)
    (row,) = await rows(broadcasts.results(there.client, to_group.msgid, "li"))
    assert (row.chat_id, row.status) == (GROUP, broadcasts.SENT)


CARDS: list[Card] = [
    TextNotice(
        title="今日待办",
        opens=OpenPage("https://bank.example/h5/todo"),
        figure="3",
        figure_note="笔到期",
        facts=(Fact("客户", "陈先生"), Fact("详情", "打开", url="https://bank.example/x")),
    ),
    NewsNotice(
        title="新活动",
        opens=OpenPage("https://bank.example/a"),
        image_url="https://bank.example/a.png",
    ),
    ButtonCard(
        title="请办理",
        task_id="card-1",
        buttons=(Button("已办", "done"), Button("打开", url="https://bank.example/x")),
        menu=(Option("later", "稍后"),),
        choice=Choice("why", "原因", (Option("a", "甲"), Option("b", "乙"))),
    ),
    VoteCard(
        title="投票", task_id="card-2", question_key="q", options=(Option("a", "甲"),), several=True
    ),
    ChoicesCard(
        title="登记", task_id="card-3", choices=(Choice("q", "时间", (Option("a", "上午"),)),)
    ),
]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: type(card).__name__)
async def test_every_kind_of_card_is_taken(there: World, card: Card) -> None:
    await _callback_to_nowhere(there)
    sent = await messages.send(there.client, Note(Recipients(("li",)), AGENT, TemplateCard(card)))
    assert sent.msgid
    assert sent.invalid_staff == ()


async def _callback_to_nowhere(there: World) -> None:
    await there.sim(
        "corp",
        {
            "corp_id": CORP,
            "callback": {
                "url": "http://127.0.0.1:1/none",
                "token": "QDG6eK",
                "aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
            },
        },
    )


async def test_a_pressed_card_is_updated_once(there: World) -> None:
    await _callback_to_nowhere(there)
    sent = await messages.send(
        there.client, Note(Recipients(("li", "wang")), AGENT, TemplateCard(CARDS[2]))
    )
    await there.act("click_card", userid="li", task_id="card-1", key="done")
    changed = await messages.update_card(
        there.client, AGENT, sent.response_code, staff_ids=["li", "wang"], replace_name="已办"
    )
    assert changed == ()
    with pytest.raises(Refused, match="60140"):
        await messages.update_card(
            there.client, AGENT, sent.response_code, everyone=True, replace_name="已办"
        )


async def test_notes_of_every_kind_reach_staff(there: World) -> None:
    image = await media.upload(there.client, "image", PNG)
    to = Recipients(("li",))
    bodies: list[messages.Body] = [
        Text("您好"),
        Markdown("**您好**"),
        TextCard("题", "述", "https://bank.example/x"),
        Media("image", image.media_id),
    ]
    for body in bodies:
        assert (await messages.send(there.client, Note(to, AGENT, body))).msgid
    sent = await messages.send(there.client, Note(to, AGENT, Text("再见")))
    await messages.recall(there.client, sent.msgid)
    late = await messages.send(there.client, Note(to, AGENT, Text("明天见")))
    await there.sim("clock", {"advance_s": 25 * 3600})
    with pytest.raises(Refused, match="42052"):
        await messages.recall(there.client, late.msgid)


async def test_a_repeated_note_reaches_its_member_once(there: World) -> None:
    note = Note(Recipients(("li",)), AGENT, Text("到期提醒"))
    await messages.send(there.client, note)
    await messages.send(there.client, note)
    seen = await there.sim("seen?kind=note")
    assert len(seen["rows"]) == 1


async def test_some_wrong_recipients_are_named_and_all_wrong_refused(there: World) -> None:
    sent = await messages.send(there.client, Note(Recipients(("li", "nobody")), AGENT, Text("a")))
    assert sent.invalid_staff == ("nobody",)
    with pytest.raises(Refused, match="81013"):
        await messages.send(there.client, Note(Recipients(("nobody",)), AGENT, Text("b")))


async def test_a_moment_is_made_published_and_read(there: World) -> None:
    client = there.client
    image = await media.upload_attachment(client, "image", PNG)
    jobid = await moments.create(client, moments.Moment("秋天", (image.media_id,), senders=("li",)))
    await there.sim("clock", {"advance_s": 60})
    result = await moments.job_result(client, jobid)
    assert (result.status, result.errcode) == (moments.DONE, 0)
    assert await rows(moments.tasks(client, result.moment_id)) == [
        moments.MomentTask("li", published=False)
    ]
    await there.act("publish_moment", userid="li", moment_id=result.moment_id)
    assert await rows(moments.tasks(client, result.moment_id)) == [
        moments.MomentTask("li", published=True)
    ]
    assert set(await rows(moments.may_see(client, result.moment_id, "li"))) == {CHEN, ZHOU}
    assert set(await rows(moments.reached(client, result.moment_id, "li"))) == {CHEN, ZHOU}
    await there.act("like_moment", userid="li", moment_id=result.moment_id, external_userid=CHEN)
    found = await moments.reactions(client, result.moment_id, "li")
    assert [one.external_userid for one in found.likes] == [CHEN]
    at = await now(there)
    listed = await rows(moments.listed(client, at - timedelta(days=1), at + timedelta(hours=1)))
    assert [one.moment_id for one in listed] == [result.moment_id]
    await moments.cancel(client, result.moment_id)


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


async def test_materials_come_back_as_they_went_up(there: World) -> None:
    made = await media.upload(there.client, "image", PNG)
    assert made.expires_at is not None
    piece = await media.download(there.client, made.media_id)
    assert piece.content == PNG.content
    part = await media.download(there.client, made.media_id, first=0, last=7)
    assert part.content == PNG.content[:8]
    assert (await media.upload_image(there.client, PNG)).startswith("http")
    with pytest.raises(WecomError):
        await media.download(there.client, "none")


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


FAULTS: list[tuple[dict[str, object], type[WecomError]]] = [
    ({"kind": "code", "code": -1, "when": "before"}, OutcomeUnknown),
    ({"kind": "code", "code": 45009, "when": "before"}, Busy),
    ({"kind": "drop", "when": "before"}, OutcomeUnknown),
    ({"kind": "drop", "when": "after"}, OutcomeUnknown),
    ({"kind": "http", "status": 502, "when": "after"}, OutcomeUnknown),
    ({"kind": "html", "when": "after"}, OutcomeUnknown),
    ({"kind": "truncated", "when": "after"}, OutcomeUnknown),
    ({"kind": "token_loss"}, TokenExpired),
]


@pytest.mark.parametrize(("fault", "kind"), FAULTS, ids=str)
async def test_a_fault_round_a_broadcast_has_its_name(
    there: World, fault: dict[str, object], kind: type[WecomError]
) -> None:
    await members.follow_users(there.client)
    await there.sim("faults", {"path": "externalcontact/add_msg_template", **fault})
    with pytest.raises(kind) as caught:
        await broadcasts.create(
            there.client, broadcasts.CustomerBroadcast(Content("x"), "li", (CHEN,))
        )
    assert type(caught.value) is kind
