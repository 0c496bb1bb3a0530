"""Every kind of WeCom message is read: who, where, when, and what a person can read of it."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.parties import kind_of, plain_id, talk_of
from archive.reading import Unreadable, read
from archive.wording import searchable, text_of, verbatim

SAMPLES = Path(__file__).parents[2] / "data" / "archive_samples"
RECEIVED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CUSTOMER = "wm" + "A" * 30


def sample(name: str) -> dict[str, Any]:
    names = (f"91774_msg.{name}{end}.json" for end in ("", ".built_from_table", ".shortened"))
    path = next(path for path in map(SAMPLES.joinpath, names) if path.exists())
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text", "test"),
        ("markdown", "请前往系统查看，谢谢。"),
        ("link", "邀请你加入群聊\n技术支持群，进入可查看详情\nhttps://work.weixin.qq.com"),
        ("weapp", "开始聊天前请仔细阅读服务须知事项\n客户需同意存档聊天记录\n服务须知"),
        ("location", "xxx管理中心\n北京市xxx区xxx路xxx大厦x座"),
        ("file", "资料.docx"),
        ("todo", "TITLE\nCONTENT"),
        ("vote", "TITLE\nA\nB"),
        ("collect", "这是一个群\n这是填表title\n表项1，文本\n表项2，数字"),
        ("redpacket", "恭喜发财，大吉大利"),
        ("external_redpacket", "恭喜发财，大吉大利"),
        ("meeting", "夕会"),
        ("meeting_notification", "yinhuiyou的快速会议 已结束"),
        ("docmsg", "测试&演示客户\nhttps://doc.weixin.qq.com"),
        ("news", "service \ntest\nhttps://xxx"),
        ("calendar", "xxx业绩复盘会"),
        ("voip_doc_share", "欢迎使用微盘.pdf.pdf"),
        ("meeting_voice_call", "65eb1cdd3e7a3c1740ecd74220b6c627.docx"),
        ("sphfeed", "云游天地旅行家\n瑞士丨盖尔默缆车"),
        ("qydiskfile", ".sys.log\nhttps://drive.weixin.qq.com"),
        ("solitaire", "#接龙\n接龙举例\n\n1. 发起接龙"),
        ("chatrecord", "群聊\ntest\ntest2"),
        ("mixed", "你好[微笑]"),
        ("note", "测试笔记\n待办"),
        *((kind, "") for kind in ("image", "voice", "video", "emotion", "card", "voiptext")),
        *((kind, "") for kind in ("agree", "disagree", "revoke", "switch")),
    ],
)
def test_what_a_person_can_read_of_each_kind(kind: str, words: str) -> None:
    text = text_of(sample(kind))
    assert text.startswith(words)
    assert bool(text) == bool(words)
    assert "sdkfileid" not in text


def test_every_sample_of_the_official_page_is_read_whole() -> None:
    paths = sorted(SAMPLES.glob("*.json"))
    assert len(paths) == 35
    for path in paths:
        raw = path.read_bytes()
        message = read(1, "m", raw, RECEIVED)
        assert message.raw == raw
        assert message.from_id
        assert message.msgtype


def test_a_note_tells_its_file_names_and_keeps_its_file_keys_to_itself() -> None:
    text = text_of(sample("note"))
    assert "log_list-42.pub" in text
    assert "SHORTENED" not in text


def test_a_kind_nobody_knows_still_tells_its_words() -> None:
    text = text_of(
        {
            "msgid": "m",
            "msgtype": "hologram",
            "from": "limin",
            "hologram": {"sdkfileid": "SECRET", "caption": ["保本", {"deep": "理财"}], "size": 3},
        }
    )
    assert text == "保本\n理财"


def test_nesting_without_end_is_cut_and_not_followed() -> None:
    body: dict[str, Any] = {"content": "最里"}
    for _ in range(11):  # each level doubles the backslashes
        body = {"item": [{"type": "ChatRecordMixed", "content": json.dumps(body)}]}
    assert text_of({"msgtype": "mixed", "mixed": body}) == ""


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        ("wmGAgeDQAAvQeaTqWwkMTxGMkvI7OOuQ", "customer"),
        ("wo137MCgAAYW6pIiKKrDe5SlzEhSgwbA", "customer"),
        ("wbJ7ijBwAAA6SjS_sIyPLZtyEPJlT7Cf", "bot"),
        ("wolf", "staff"),
        ("woods.mary", "staff"),
        ("WmLiMin", "staff"),
    ],
)
def test_a_member_called_wolf_is_no_customer(person: str, kind: str) -> None:
    assert kind_of(person) == kind


def test_a_talk_of_two_has_one_name_whoever_speaks() -> None:
    assert talk_of("", "limin", [CUSTOMER]) == talk_of("", CUSTOMER, ["limin"])
    assert talk_of("wr-1", "limin", [CUSTOMER]) == "wr-1"
    assert len(talk_of("", "limin", [f"person{n}" for n in range(200)])) <= 160
    assert (plain_id("LiMin"), plain_id(CUSTOMER)) == ("limin", CUSTOMER)


@pytest.mark.parametrize("given_time", [0, None, "soon", True, -5, 10**30, 4_000_000_000_000])
def test_a_time_that_cannot_be_true_becomes_the_time_of_receipt(given_time: object) -> None:
    raw = json.dumps({"from": "limin", "msgtype": "image", "msgtime": given_time}).encode()
    message = read(1, "m", raw, RECEIVED)
    assert (message.sent_at, message.time_given) == (RECEIVED, False)


def test_a_time_is_kept_to_the_millisecond() -> None:
    raw = json.dumps({"from": "limin", "msgtype": "text", "msgtime": 1763600000123}).encode()
    assert read(1, "m", raw, RECEIVED).sent_at.microsecond == 123_000


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"", "not_json"),
        (b"[1]", "not_json"),
        (b'{"from": "\xff"}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (json.dumps({"from": "x" * 129}).encode(), "malformed"),
        (json.dumps({"from": "a\u0000b"}).encode(), "malformed"),
        (json.dumps({"from": "\ud800"}).encode(), "malformed"),
        (json.dumps({"from": "a", "msgtype": "x" * 41}).encode(), "malformed"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_cause(raw: bytes, cause: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(1, "m", raw, RECEIVED)
    assert refused.value.cause == cause


def test_half_characters_and_nul_in_a_text_do_not_break_it() -> None:
    raw = json.dumps(
        {"from": "limin", "msgtype": "text", "text": {"content": "前\ud83d\u0000后"}}
    ).encode()
    assert read(1, "m", raw, RECEIVED).text == "前\ufffd\ufffd后"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)
kinds = st.sampled_from(["text", "mixed", "chatrecord", "news", "note", "collect", "hologram", ""])


@given(kinds, json_values, json_values)
def test_no_body_whatever_breaks_the_reader(kind: str, body: object, item: object) -> None:
    message = {"msgtype": kind, kind: body, "info": item, "from": "limin", "tolist": item}
    raw = json.dumps(message).encode()
    with suppress(Unreadable):
        read(1, "m", raw, RECEIVED).text.encode()


def test_width_case_and_invisible_characters_hide_nothing() -> None:
    assert searchable("保\u200b本 ＡＢＣ　Ｒ２") == "保本 abc r2"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("您好。\r\n再见", "您好。\n再见", True),
        ("您好。 \n", "您好。", True),
        ("您好。", "您好", False),
        ("利率 2.1%", "利率 2.10%", False),
        ("周阿姨", "周阿姨 ", True),
        ("周 阿姨", "周阿姨", False),
    ],
)
def test_word_for_word_means_every_character_a_reader_sees(
    one: str, other: str, same: bool
) -> None:
    assert (verbatim(one) == verbatim(other)) is same


def test_a_switch_of_the_archive_names_who_switched() -> None:
    message = read(1, "m", json.dumps(sample("switch")).encode(), RECEIVED)
    assert (message.action, message.msgtype, message.from_id) == ("switch", "switch", "xujinsheng")
    assert message.sent_at == datetime(2019, 4, 1, 11, 50, 21, 840_000, tzinfo=UTC)


def test_a_recall_refers_to_the_message_it_takes_back() -> None:
    message = read(1, "m", json.dumps(sample("revoke")).encode(), RECEIVED)
    assert message.refers_to == "14822339130656386894_1603875600"


def test_a_message_far_ahead_of_us_is_not_believed() -> None:
    ahead = int((RECEIVED + timedelta(days=2)).timestamp() * 1000)
    raw = json.dumps({"from": "limin", "msgtype": "text", "msgtime": ahead}).encode()
    assert not read(1, "m", raw, RECEIVED).time_given
