"""What WeCom would cut or refuse cannot be made, and the person is told why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wecom import attachments, cards, limits, messages, moments, oauth
from wecom.attachments import Content, File, Image, Link, MiniProgram, Video
from wecom.broadcasts import CustomerBroadcast, GroupBroadcast
from wecom.cards import (
    Button,
    ButtonCard,
    Choice,
    ChoicesCard,
    Fact,
    NewsNotice,
    OpenMiniProgram,
    OpenPage,
    Option,
    TextNotice,
    VoteCard,
)
from wecom.contact_ways import ContactWay
from wecom.contacts import Remark
from wecom.errors import LimitExceeded, Rejected
from wecom.groups import JoinWay
from wecom.http import Upload
from wecom.intercept import BLOCK, Rule, Scope
from wecom.media import MAX_BYTES
from wecom.messages import Markdown, Media, Note, Recipients, Text, TextCard
from wecom.moments import Moment, MomentLink
from wecom.tags import NewTag
from wecom.welcome import GroupWelcome

DATA = Path(__file__).parents[2] / "data" / "wecom_events"
URL = "https://bank.example/p"
HI = Content("您好")
OPEN = OpenPage(URL)
BUTTON = Button("办", "k")
OPTION = Option("a", "甲")
CHOICE = Choice("q", "问", (OPTION,))
SCOPE = Scope(("li",))

TOO_MUCH: dict[str, Callable[[], object]] = {
    "text over 4000 bytes": lambda: Content("中" * 1334),
    "ten attachments": lambda: Content("", (Image("m"),) * 10),
    "link title": lambda: Link("中" * 43, URL),
    "link description": lambda: Link("t", URL, "中" * 171),
    "link address": lambda: Link("t", URL + "x" * 2048),
    "mini program title": lambda: MiniProgram("中" * 22, "wx", "p", "m"),
    "customers of a broadcast": lambda: CustomerBroadcast(HI, "li", ("wm",) * 10_001),
    "tags of a broadcast": lambda: CustomerBroadcast(HI, tags=(("a",) * 101,)),
    "groups of a broadcast": lambda: GroupBroadcast(HI, "li", ("wr",) * 2001),
    "note over 2048 bytes": lambda: Text("中" * 683),
    "markdown over 2048 bytes": lambda: Markdown("中" * 683),
    "card title": lambda: TextCard("中" * 43, "d", URL),
    "card description": lambda: TextCard("t", "中" * 171, URL),
    "card button": lambda: TextCard("t", "d", URL, "五个字按钮"),
    "recipients": lambda: Recipients(("li",) * 1001),
    "departments": lambda: Recipients(departments=(1,) * 101),
    "seven buttons": lambda: ButtonCard(title="t", task_id="t", buttons=(BUTTON,) * 7),
    "seven facts": lambda: TextNotice(title="t", opens=OPEN, facts=(Fact("k"),) * 7),
    "four menu entries": lambda: TextNotice(title="t", opens=OPEN, task_id="t", menu=(OPTION,) * 4),
    "21 answers": lambda: VoteCard(
        title="t", task_id="t", question_key="q", options=(OPTION,) * 21
    ),
    "11 options": lambda: Choice("q", "问", (OPTION,) * 11),
    "four choices": lambda: ChoicesCard(title="t", task_id="t", choices=(CHOICE,) * 4),
    "button key": lambda: Button("办", "k" * 1025),
    "moment of 2001 characters": lambda: Moment("a" * 2001),
    "moment over 4000 bytes": lambda: Moment("中" * 1334),
    "ten pictures": lambda: Moment("", ("m",) * 10),
    "moment link title": lambda: MomentLink("中" * 43, URL, "m"),
    "remark": lambda: Remark("中" * 21),
    "description": lambda: Remark(description="中" * 151),
    "contact way members": lambda: ContactWay(("li",) * 101),
    "contact way state": lambda: ContactWay(("li",), state="s" * 31),
    "six groups of a join way": lambda: JoinWay(("wr",) * 6),
    "join way state": lambda: JoinWay(("wr",), state="s" * 31),
    "tag name": lambda: NewTag("中" * 31),
    "rule name": lambda: Rule("中" * 21, ("词",), BLOCK, SCOPE),
    "301 words": lambda: Rule("r", ("词",) * 301, BLOCK, SCOPE),
    "word of 33": lambda: Rule("r", ("词" * 33,), BLOCK, SCOPE),
    "word of none": lambda: Rule("r", ("",), BLOCK, SCOPE),
    "group welcome": lambda: GroupWelcome("中" * 1001),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_over_a_documented_limit_says_what_was_seen_and_what_is_allowed(case: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        TOO_MUCH[case]()
    assert "超出企业微信的限制" in caught.value.person


JUST_RIGHT: dict[str, Callable[[], object]] = {
    "4000 bytes": lambda: Content("a" * 4000),
    "nine attachments": lambda: Content("", (Image("m"),) * 9),
    "10000 customers": lambda: CustomerBroadcast(HI, "li", ("wm",) * 10_000),
    "2000 groups": lambda: GroupBroadcast(HI, "li", ("wr",) * 2000),
    "2048 bytes": lambda: Text("a" * 2048),
    "six buttons": lambda: ButtonCard(title="t", task_id="t", buttons=(BUTTON,) * 6),
    "1000 recipients": lambda: Recipients(("li",) * 1000),
    "remark of 20": lambda: Remark("中" * 20),
    "300 words": lambda: Rule("r", ("词",) * 300, BLOCK, SCOPE),
}


@pytest.mark.parametrize("case", JUST_RIGHT)
def test_just_at_a_limit_is_allowed(case: str) -> None:
    assert JUST_RIGHT[case]()


WRONG: dict[str, Callable[[], object]] = {
    "nothing to say": lambda: Content(),
    "nobody to send to": lambda: CustomerBroadcast(HI),
    "no recipient": lambda: Recipients(),
    "recipient with a bar": lambda: Recipients(("li|@all",)),
    "recipient of blanks": lambda: Recipients((" ",)),
    "sender in Chinese": lambda: GroupBroadcast(HI, "李"),
    "link of a script": lambda: Link("t", "javascript:alert(1)"),
    "link without a scheme": lambda: Link("t", "bank.example"),
    "link without a host": lambda: Link("t", "https:///x"),
    "link without a title": lambda: Link("", URL),
    "picture of nothing": lambda: Image(),
    "video of nothing": lambda: Video(""),
    "file of nothing": lambda: File(""),
    "mini program without picture": lambda: MiniProgram("t", "wx", "p", ""),
    "empty note": lambda: Text(""),
    "media of nothing": lambda: Media("image", ""),
    "duplicate check over four hours": lambda: Note(
        Recipients(("li",)), 1, Text("a"), duplicate_check_s=14_401
    ),
    "notice that opens nothing": lambda: TextNotice(title="t"),
    "notice without title": lambda: TextNotice(title="", opens=OPEN),
    "menu without task id": lambda: TextNotice(title="t", opens=OPEN, menu=(OPTION,)),
    "buttons without task id": lambda: ButtonCard(title="t", buttons=(BUTTON,)),
    "task id in Chinese": lambda: ButtonCard(title="t", task_id="任务", buttons=(BUTTON,)),
    "task id of 129": lambda: ButtonCard(title="t", task_id="t" * 129, buttons=(BUTTON,)),
    "no buttons": lambda: ButtonCard(title="t", task_id="t", buttons=()),
    "button of nothing": lambda: Button("办"),
    "button of two things": lambda: Button("办", "k", URL),
    "button style 5": lambda: Button("办", "k", style=5),
    "news without picture": lambda: NewsNotice(title="t", opens=OPEN, image_url=""),
    "vote without answers": lambda: VoteCard(title="t", task_id="t", question_key="q", options=()),
    "moment of nothing": lambda: Moment(),
    "moment of pictures and video": lambda: Moment("a", ("m",), "v"),
    "remark of nothing": lambda: Remark(),
    "contact way of nobody": lambda: ContactWay(),
    "contact way style": lambda: ContactWay(("li",), style=4),
    "join way of no group": lambda: JoinWay(()),
    "tag without a name": lambda: NewTag(""),
    "tag order": lambda: NewTag("a", 2**32),
    "rule of nothing": lambda: Rule("r", (), BLOCK, SCOPE),
    "rule with another action": lambda: Rule("r", ("词",), 3, SCOPE),
    "group welcome of nothing": lambda: GroupWelcome(),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_wecom_would_refuse_cannot_be_made(case: str) -> None:
    with pytest.raises(Rejected) as caught:
        WRONG[case]()
    assert type(caught.value) is Rejected


def test_a_lone_surrogate_is_counted_and_not_a_crash() -> None:
    limits.at_most_bytes("文字", "\ud800", 3)
    with pytest.raises(LimitExceeded):
        limits.at_most_bytes("文字", "\ud800", 2)


def test_attachments_are_said_in_wecoms_words() -> None:
    content = Content(
        "您好",
        (
            Image(pic_url="https://p.example/1"),
            Link("题", URL, "述", "https://p.example/2"),
            MiniProgram("题", "wx1", "/p", "m"),
            Video("v"),
            File("f"),
        ),
    )
    assert content.as_json() == {
        "text": {"content": "您好"},
        "attachments": [
            {"msgtype": "image", "image": {"pic_url": "https://p.example/1"}},
            {
                "msgtype": "link",
                "link": {
                    "title": "题",
                    "url": URL,
                    "desc": "述",
                    "picurl": "https://p.example/2",
                },
            },
            {
                "msgtype": "miniprogram",
                "miniprogram": {"title": "题", "pic_media_id": "m", "appid": "wx1", "page": "/p"},
            },
            {"msgtype": "video", "video": {"media_id": "v"}},
            {"msgtype": "file", "file": {"media_id": "f"}},
        ],
    }


def test_recipients_are_joined_by_bars() -> None:
    assert Recipients(("li", "wang"), (1, 2), (7,)).as_json() == {
        "touser": "li|wang",
        "toparty": "1|2",
        "totag": "7",
    }
    assert Recipients(("li",), everyone=True).as_json() == {"touser": "@all"}


def test_a_note_checks_for_duplicates_unless_told_otherwise() -> None:
    note = Note(Recipients(("li",)), 9, TextCard("t", "d", URL))
    body = note.as_json()
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 1800)
    assert body["textcard"]["btntxt"] == "详情"
    plain = Note(Recipients(("li",)), 9, Text("a"), confidential=True, duplicate_check_s=0)
    assert plain.as_json() == {
        "touser": "li",
        "msgtype": "text",
        "agentid": 9,
        "text": {"content": "a"},
        "safe": 1,
    }


def test_a_card_carries_its_lines_its_menu_and_its_buttons() -> None:
    card = ButtonCard(
        title="待办",
        description="今天",
        source="耕耘",
        task_id="todo-1",
        opens=OpenMiniProgram("wx1", "/p"),
        sub_title="请联系",
        facts=(
            Fact("客户", "陈先生"),
            Fact("页面", "打开", url=URL),
            Fact("同事", "李", staff_id="li"),
        ),
        menu=(Option("later", "稍后"),),
        buttons=(Button("已办", "done", style=2), Button("打开", url=URL)),
        choice=Choice("why", "原因", (OPTION, Option("b", "乙")), "a"),
    )
    body = card.as_json()
    assert body["card_type"] == "button_interaction"
    assert body["card_action"] == {"type": 2, "appid": "wx1", "pagepath": "/p"}
    assert [line.get("type") for line in body["horizontal_content_list"]] == [None, 1, 3]
    assert body["action_menu"]["action_list"] == [{"text": "稍后", "key": "later"}]
    assert body["button_list"] == [
        {"text": "已办", "style": 2, "key": "done"},
        {"text": "打开", "style": 1, "type": 1, "url": URL},
    ]
    assert body["button_selection"]["selected_id"] == "a"
    assert (body["source"], body["task_id"]) == ({"desc": "耕耘"}, "todo-1")


def test_every_kind_of_card_has_its_name() -> None:
    made: list[cards.Card] = [
        TextNotice(title="t", opens=OPEN, figure="3", figure_note="笔到期"),
        NewsNotice(title="t", opens=OPEN, image_url=URL),
        ButtonCard(title="t", task_id="t", buttons=(BUTTON,)),
        VoteCard(title="t", task_id="t", question_key="q", options=(OPTION,), several=True),
        ChoicesCard(title="t", task_id="t", choices=(CHOICE,)),
    ]
    shown = [messages.TemplateCard(card).as_json() for card in made]
    assert [one["card_type"] for one in shown] == [
        "text_notice",
        "news_notice",
        "button_interaction",
        "vote_interaction",
        "multiple_interaction",
    ]
    assert shown[0]["emphasis_content"] == {"title": "3", "desc": "笔到期"}
    assert shown[3]["checkbox"]["mode"] == 1


def test_a_moment_shows_one_kind_of_attachment() -> None:
    assert Moment("文", ("a", "b")).as_json()["attachments"] == [
        {"msgtype": "image", "image": {"media_id": "a"}},
        {"msgtype": "image", "image": {"media_id": "b"}},
    ]
    link = Moment(link=MomentLink("题", URL, "m"), tag_ids=("et1",)).as_json()
    assert link == {
        "attachments": [{"msgtype": "link", "link": {"title": "题", "url": URL, "media_id": "m"}}],
        "visible_range": {"external_contact_list": {"tag_list": ["et1"]}},
    }
    assert "visible_range" not in Moment("文").as_json()
    assert moments.DONE == 3


def test_clearing_the_phones_of_a_remark_is_said_wecoms_way() -> None:
    assert Remark(mobiles=()).as_json() == {"remark_mobiles": [""]}
    assert Remark(remark="").as_json() == {"remark": ""}


def test_words_of_people_are_not_in_a_repr() -> None:
    shown = repr(
        [
            Content("客户您好"),
            Text("内部"),
            TextCard("题", "密", URL),
            Remark("备注", mobiles=("138",)),
        ]
    )
    for word in ("客户您好", "内部", "密", "备注", "138"):
        assert word not in shown


def test_the_signature_of_the_official_page_comes_out() -> None:
    vector: dict[str, Any] = json.loads((DATA / "90506_js_signature_vector.json").read_text())
    signed = oauth.sign_page(
        vector["jsapi_ticket"], vector["noncestr"], vector["timestamp"], vector["url"] + "#part"
    )
    assert signed.signature == vector["signature"] == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    assert signed.as_json() == {
        "timestamp": 1414587457,
        "nonceStr": "Wm3WZYTPz0wzccnW",
        "signature": vector["signature"],
    }


def test_the_sign_in_pages_carry_what_wecom_asks_for() -> None:
    back = "https://bank.example/h5/login?next=/h5/todo"
    assert oauth.authorize_url("ww1", 7, back, "s1") == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww1"
        "&redirect_uri=https%3A%2F%2Fbank.example%2Fh5%2Flogin%3Fnext%3D%2Fh5%2Ftodo"
        "&response_type=code&scope=snsapi_base&state=s1&agentid=7#wechat_redirect"
    )
    assert "snsapi_privateinfo" in oauth.authorize_url("ww1", 7, back, "s1", private=True)
    assert oauth.sso_url("ww1", 7, back, "s1").startswith(
        "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=ww1&agentid=7"
    )


@pytest.mark.parametrize("state", ["", "a-b", "中", "a" * 129, "a\n"])
def test_a_state_that_wecom_refuses_cannot_be_sent(state: str) -> None:
    with pytest.raises(Rejected):
        oauth.authorize_url("ww1", 7, URL, state)


def test_the_sizes_of_materials_are_those_of_the_page() -> None:
    assert MAX_BYTES == {
        "image": 10_485_760,
        "voice": 2_097_152,
        "video": 10_485_760,
        "file": 20_971_520,
    }
    assert attachments.MAX_TEXT_BYTES == 4000
    assert "secret" not in repr(Upload("a.pdf", b"secret"))
