"""What goes out to customers and staff, against the simulated WeCom in strict mode."""

from datetime import timedelta

import pytest

from tests.contracts.wecom.worlds import AGENT, CHEN, CORP, GROUP, ZHOU, World, now, rows
from wecom import (
    broadcasts,
    media,
    members,
    messages,
    moments,
    tags,
    welcome,
)
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
    TokenExpired,
    WecomError,
)
from wecom.http import Upload
from wecom.messages import Markdown, Media, Note, Recipients, TemplateCard, Text, TextCard

pytestmark = pytest.mark.anyio


PNG = Upload("图.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100, "image/png")


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


FAULTS: list[tuple[dict[str, object], type[WecomError]]] = [
    ({"kind": "code", "code": -1, "when": "before"}, OutcomeUnknown),
    ({"kind": "code", "code": 45009, "when": "before"}, Busy),
    ({"kind": "drop", "when": "before"}, OutcomeUnknown),
    ({"kind": "drop", "when": "after"}, OutcomeUnknown),
    ({"kind": "http", "status": 502, "when": "after"}, OutcomeUnknown),
    ({"kind": "html", "when": "after"}, OutcomeUnknown),
    ({"kind": "truncated", "when": "after"}, OutcomeUnknown),
    ({"kind": "empty", "when": "after"}, OutcomeUnknown),
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
