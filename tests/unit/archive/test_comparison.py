"""What a member says was sent is found in the archive word for word, or it is said what differs."""

from datetime import UTC, datetime, timedelta

from archive.comparison import Said, matched
from archive.facts import ClaimedSend, Compared
from archive.wording import text_hash
from tests.conftest import CIPHER

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ZHOU = "wm" + "Zhou".ljust(30, "0")
SCRIPT = "周阿姨您好，您有一笔整存整取将在11月23日到期。"


def _send(
    send_id: str = "s1", *, text: str = SCRIPT, minute: float = 0, **more: str
) -> ClaimedSend:
    return ClaimedSend(
        send_id=send_id,
        userid="LiMin",
        text_hash=text_hash(CIPHER, text),
        claimed_at=AT + timedelta(minutes=minute),
        **({"external_userid": ZHOU} | more),
    )


def _said(
    seq: int, text: str = SCRIPT, *, minute: float = 0, userid: str = "limin", talk: str = ""
) -> Said:
    return Said(
        seq=seq,
        msgid=f"m{seq}",
        userid=userid,
        talk=talk or f"limin|{ZHOU}",
        text_hash=text_hash(CIPHER, text),
        sent_at=AT + timedelta(minutes=minute),
    )


def test_the_same_words_confirm_a_send() -> None:
    assert matched([_send()], [_said(1, minute=0.1)]) == (Compared("s1", "confirmed", "m1"),)


def test_line_ends_and_blanks_that_nobody_sees_do_not_differ() -> None:
    assert (
        matched([_send(text="您好。\n再见")], [_said(1, "您好。 \r\n再见\n")])[0].state
        == "confirmed"
    )


def test_one_changed_character_differs_and_names_the_message() -> None:
    changed = SCRIPT.replace("到期", "到期，利息更高")
    assert matched([_send()], [_said(1, changed)]) == (Compared("s1", "differs", "m1"),)


def test_nothing_said_near_it_is_not_seen() -> None:
    far = [
        _said(1, minute=31),
        _said(2, minute=-6),
        _said(3, userid="zhengkai"),
        _said(4, talk="x"),
    ]
    assert matched([_send()], far) == (Compared("s1", "not_seen", None),)


def test_a_message_confirms_one_send_only_and_the_nearest() -> None:
    sends = [_send("s1"), _send("s2", minute=1)]
    said = [_said(1, minute=1.2)]
    assert {one.state for one in matched(sends, said)} == {"confirmed", "not_seen"}
    both = matched(sends, [_said(1, minute=0.1), _said(2, minute=1.1)])
    assert [(one.send_id, one.msgid) for one in both] == [("s1", "m1"), ("s2", "m2")]


def test_another_text_nearby_does_not_hide_the_right_one() -> None:
    said = [_said(1, "在的周阿姨，您说", minute=0.1), _said(2, minute=3)]
    assert matched([_send()], said) == (Compared("s1", "confirmed", "m2"),)


def test_a_send_to_a_group_is_looked_for_in_the_group() -> None:
    send = ClaimedSend("s1", "limin", text_hash(CIPHER, SCRIPT), AT, chat_id="wr-1")
    assert matched([send], [_said(1, talk="wr-1")])[0].state == "confirmed"
    assert matched([send], [_said(1)])[0].state == "not_seen"
