"""Callbacks as values: every official sample, and every way an element can be odd."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wecom import callback_xml, events
from wecom.events import EventUnreadable, parse

DATA = Path(__file__).parents[2] / "data" / "wecom_events"

# Part of the file name -> the kind and the ordering key that it must give.
EXPECTED = {
    "90970_change_contact.create_user": ("member.changed", "member:zhangsan"),
    "90970_change_contact.delete_user": ("member.changed", "member:zhangsan"),
    "90970_change_contact.update_user": ("member.changed", "member:zhangsan"),
    "90971_change_contact": ("department.changed", "departments"),
    "90240_template_card": ("card.clicked", "card:taskid111"),
    "92005_": ("archive.agreed", "contact:woAJ2GCAAABiuyujaWJHDDGi0mACHAAA"),
    "92130_change_external_chat.create": ("group.created", "group:CHAT_ID"),
    "92130_change_external_chat.dismiss": ("group.dismissed", "group:CHAT_ID"),
    "92130_change_external_chat.update": (
        "group.updated",
        "group:wrx7HUARsKwGRaQBVKPBTcEyzdHA4HrQ",
    ),
    "92130_change_external_contact.add_external": (
        "contact.added",
        "contact:woAJ2GCAAAXtWyujaWJHDDGi0mAAAA",
    ),
    "92130_change_external_contact.add_half": (
        "contact.added",
        "contact:woAJ2GCAAAXtWyujaWJHDDGi0mACAAAA",
    ),
    "92130_change_external_contact.edit": (
        "contact.edited",
        "contact:woAJ2GCAAAXtWyujaWJHDDGi0mAAAA",
    ),
    "92130_change_external_contact.del_external": (
        "contact.deleted",
        "contact:woAJ2GCAAAXtWyujaWJHDDGi0mACAAAA",
    ),
    "92130_change_external_contact.del_follow": (
        "contact.follow_user_deleted",
        "contact:woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA",
    ),
    "92130_change_external_contact.transfer": (
        "contact.transfer_failed",
        "contact:woAJ2GCAAAXtWyujaWJHDDGi0mAAAA",
    ),
    "92130_change_external_tag": ("tag.changed", "tags"),
    "95039_": ("archive.notice", "archive"),
}
SAMPLES = sorted(path.name for path in DATA.glob("9*.xml") if not path.name.startswith("90968"))


def sample(name: str) -> bytes:
    (found,) = [path for path in DATA.glob("*.xml") if path.name.startswith(name)]
    return found.read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_official_sample_becomes_its_event(name: str) -> None:
    xml = (DATA / name).read_bytes()
    known = [wanted for start, wanted in EXPECTED.items() if name.startswith(start)]
    event = parse(xml)
    assert (event.kind, event.ordering_key) == (known[0] if known else ("unhandled", None))
    assert event.raw == xml
    assert event.at is not None
    assert event.at.tzinfo is UTC
    assert event.corp_id
    json.dumps(event.fields)
    if isinstance(event, events.Unhandled):
        assert event.event in name
        assert event.change_type in name
        assert event.missing == ()


def test_the_samples_are_all_here() -> None:
    assert len(SAMPLES) == 57


def test_an_added_contact_brings_its_way_and_its_welcome() -> None:
    event = parse(sample("92130_change_external_contact.add_external"))
    assert isinstance(event, events.ContactAdded)
    assert (event.staff_id, event.state, event.welcome_code, event.half) == (
        "zhangsan",
        "teststate",
        "WELCOMECODE",
        False,
    )
    assert event.at == datetime(2014, 6, 24, 11, 48, 33, tzinfo=UTC)
    half = parse(sample("92130_change_external_contact.add_half"))
    assert isinstance(half, events.ContactAdded)
    assert half.half


def test_a_deletion_says_whether_a_transfer_did_it() -> None:
    event = parse(sample("92130_change_external_contact.del_external"))
    assert isinstance(event, events.ContactDeleted)
    assert event.by_transfer


def test_a_failed_transfer_says_why() -> None:
    event = parse(sample("92130_change_external_contact.transfer_fail"))
    assert isinstance(event, events.TransferFailed)
    assert event.reason == "customer_refused"


def test_joined_members_come_with_both_versions() -> None:
    event = parse(sample("92130_change_external_chat.update.add_member"))
    assert isinstance(event, events.GroupUpdated)
    assert event.detail == "add_member"
    assert event.member_ids == ("Jack", "Rose")
    assert (event.members_changed, event.join_scene, event.quit_scene) == (10, 1, 0)
    assert event.last_member_version == "9c3f97c2ada667dfb5f6d03308d963e1"
    assert event.member_version == "71217227bbd112ecfe3a49c482195cb4"


def test_one_departed_member_is_a_list_too() -> None:
    event = parse(sample("92130_change_external_chat.update.del_member"))
    assert isinstance(event, events.GroupUpdated)
    assert event.member_ids == ("wmOgQhDgAAuXFJGwbve4g4iXknfOAAAA",)


def test_a_card_says_what_was_chosen() -> None:
    event = parse(sample("90240_template_card_event"))
    assert isinstance(event, events.TemplateCardClicked)
    assert event.selected == {
        "QuestionKey1": ("OptionId1", "OptionId2"),
        "QuestionKey2": ("OptionId3", "OptionId4"),
    }
    assert (event.staff_id, event.event_key, event.from_menu) == ("FromUser", "key111", False)
    menu = parse(sample("90240_template_card_menu_event"))
    assert isinstance(menu, events.TemplateCardClicked)
    assert menu.from_menu
    assert menu.selected == {}


def test_a_member_changes_id_and_departments() -> None:
    event = parse(sample("90970_change_contact.update_user.since"))
    assert isinstance(event, events.MemberChanged)
    assert (event.change, event.new_staff_id, event.departments) == (
        "update",
        "zhangsan001",
        (1, 2, 3),
    )
    gone = parse(sample("90970_change_contact.delete_user"))
    assert isinstance(gone, events.MemberChanged)
    assert gone.departments is None


def test_tags_say_what_moved() -> None:
    event = parse(sample("92130_change_external_tag.shuffle"))
    assert isinstance(event, events.TagChanged)
    assert (event.change, event.tag_id, event.is_group) == ("shuffle", "TAG_ID", False)


def test_a_message_to_the_app_is_read() -> None:
    event = parse((DATA / "90968_post_vector.plain.xml").read_bytes())
    assert isinstance(event, events.MessageReceived)
    assert (event.staff_id, event.message_type, event.text, event.message_id) == (
        "mycreate",
        "text",
        "hello",
        "4561255354251345929",
    )
    assert event.ordering_key == "member:mycreate"


def made(**changes: str | None) -> bytes:
    """An add_external_contact whose elements are replaced by raw XML, or left out."""
    elements: dict[str, str | None] = {
        name: f"<{name}><![CDATA[{value}]]></{name}>"
        for name, value in {
            "ToUserName": "ww1",
            "FromUserName": "sys",
            "CreateTime": "1700000000",
            "MsgType": "event",
            "Event": "change_external_contact",
            "ChangeType": "add_external_contact",
            "UserID": "li",
            "ExternalUserID": "wm1",
            "State": "s",
            "WelcomeCode": "w",
        }.items()
    }
    return f"<xml>{''.join(one for one in (elements | changes).values() if one)}</xml>".encode()


NAMES = [
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "Event",
    "ChangeType",
    "UserID",
    "ExternalUserID",
    "State",
    "WelcomeCode",
]
SHAPES: dict[str, Callable[[str], str | None]] = {
    "missing": lambda name: None,
    "empty": lambda name: f"<{name}></{name}>",
    "self-closed": lambda name: f"<{name}/>",
    "empty CDATA": lambda name: f"<{name}><![CDATA[]]></{name}>",
    "blank": lambda name: f"<{name}> \n\t</{name}>",
    "doubled": lambda name: f"<{name}>A1</{name}><{name}>B2</{name}>",
    "empty then filled": lambda name: f"<{name}/><{name}>B2</{name}>",
    "with children": lambda name: f"<{name}><Item>A1</Item><Item>B2</Item></{name}>",
    "with attributes": lambda name: f'<{name} a="b">A1</{name}>',
    "very long": lambda name: f"<{name}>{'长' * 22_000}</{name}>",
    "markup as text": lambda name: f"<{name}>&lt;script&gt;' OR 1=1 --</{name}>",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_no_odd_element_loses_an_event(name: str, shape: str) -> None:
    xml = made(**{name: SHAPES[shape](name)})
    event = parse(xml)
    assert event.raw == xml
    json.dumps(event.fields)
    if isinstance(event, events.ContactAdded):
        assert event.staff_id
        assert event.external_userid
    elif isinstance(event, events.Unhandled):
        assert name in {"MsgType", "Event", "ChangeType", "UserID", "ExternalUserID"}
    else:
        assert isinstance(event, events.MessageReceived)
        assert name == "MsgType"


@pytest.mark.parametrize("name", ["UserID", "ExternalUserID"])
@pytest.mark.parametrize("shape", ["missing", "empty", "blank", "with children"])
def test_an_event_without_its_ids_is_kept_and_says_what_is_missing(name: str, shape: str) -> None:
    event = parse(made(**{name: SHAPES[shape](name)}))
    assert isinstance(event, events.Unhandled)
    assert event.missing == (name,)
    assert (event.event, event.change_type) == ("change_external_contact", "add_external_contact")


@pytest.mark.parametrize("name", ["UserID", "ExternalUserID", "State", "WelcomeCode"])
def test_of_doubled_elements_the_first_filled_one_counts(name: str) -> None:
    event = parse(made(**{name: SHAPES["empty then filled"](name)}))
    assert isinstance(event, events.ContactAdded)
    values = (event.staff_id, event.external_userid, event.state, event.welcome_code)
    assert "B2" in values
    assert event.fields[name] == ["", "B2"]


@pytest.mark.parametrize(
    "stamp",
    [
        "0",
        "-1",
        "-9223372036854775808",
        "9223372036854775807",
        "9223372036854775808",
        "1e9",
        "253402300800",
        "",
        "now",
        "1700000000.5",
        "１７０００００００００",
        "+1700000000",
        "9" * 400,
    ],
)
def test_a_time_that_is_none_is_none(stamp: str) -> None:
    event = parse(made(CreateTime=f"<CreateTime>{stamp}</CreateTime>"))
    assert isinstance(event, events.ContactAdded)
    assert event.at is None


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("change_external_contact", "something_new"),
        ("change_external_chat", "something_new"),
        ("change_contact", "update_tag"),
        ("something_new", ""),
        ("CHANGE_EXTERNAL_CONTACT", "add_external_contact"),
        ("*", "*"),
    ],
)
def test_an_unknown_event_is_a_value_too(event: str, change: str) -> None:
    found = parse(
        made(
            Event=f"<Event>{event}</Event>",
            ChangeType=f"<ChangeType>{change}</ChangeType>",
        )
    )
    assert isinstance(found, events.Unhandled)
    assert (found.event, found.change_type, found.missing) == (event, change, ())


def test_a_callback_of_a_third_party_suite_is_kept() -> None:
    event = parse(b"<xml><SuiteId>s</SuiteId><InfoType>create_auth</InfoType></xml>")
    assert isinstance(event, events.Unhandled)
    assert event.event == "create_auth"


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"{}",
        b"<xml>",
        b"<xml></xml>",
        b"<xml>text</xml>",
        b"<xml><a></b></xml>",
        b"<xml><a>\0</a></xml>",
        b"<xml><a>&undefined;</a></xml>",
        b"<xml><a>\xff\xfe</a></xml>",
        "<xml><a>甲</a></xml>".encode("gb18030"),
        "<xml><a>b</a></xml>".encode("utf-16"),
        b"<!DOCTYPE xml><xml><a>b</a></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><a>&a;</a></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><a>b</a></xml>',
        b"<xml>" + b"<a>" * 40 + b"</a>" * 40 + b"</xml>",
        b"<xml>" + b"<a/>" * 30_000 + b"</xml>",
        b"<xml><a>b</a></xml><xml/>",
    ],
)
def test_what_is_not_wecoms_xml_is_one_clear_error(xml: bytes) -> None:
    with pytest.raises(EventUnreadable):
        parse(xml)


def test_an_unreadable_text_is_not_quoted() -> None:
    with pytest.raises(EventUnreadable) as caught:
        parse("<xml><Content>王小明 13800000000<</Content></xml>".encode())
    assert "13800000000" not in str(caught.value)


@given(st.binary(max_size=400))
def test_random_bytes_are_an_event_or_the_one_error(xml: bytes) -> None:
    try:
        kept = parse(xml).raw
    except EventUnreadable as error:
        kept = xml if str(error).startswith("callback XML") else b""
    assert kept == xml


_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40
)


@given(st.dictionaries(st.sampled_from([*NAMES, "ChatId", "Id", "TagType", "Item"]), _TEXT))
def test_any_fields_give_a_value_that_keeps_them(given_fields: dict[str, str]) -> None:
    inner = "".join(
        f"<{k}><![CDATA[{v.replace(']]>', '')}]]></{k}>" for k, v in given_fields.items()
    )
    if not inner:
        return
    event = parse(f"<xml>{inner}</xml>".encode())
    assert set(event.fields) == set(given_fields)


def test_ids_in_the_printed_form_no_secrets_and_no_talk() -> None:
    shown = repr(parse(made()))
    assert "wm1" in shown
    assert "WelcomeCode" not in shown
    assert "welcome_code" not in shown
    spoken = parse((DATA / "90968_post_vector.plain.xml").read_bytes())
    assert "hello" not in repr(spoken)


def test_every_kind_has_a_name_of_its_own() -> None:
    classes: list[Any] = [
        value
        for name in events.__all__
        if isinstance(value := getattr(events, name), type) and issubclass(value, events.Event)
    ]
    kinds = [one.kind for one in classes]
    assert len(kinds) == len(set(kinds)) == 17
    assert all(re.fullmatch(r"[a-z]+(\.[a-z_]+)?", kind) for kind in kinds)


def test_numbers_keep_their_sign_and_their_size() -> None:
    fields = callback_xml.read(b"<xml><a>-5</a><b>18446744073709551615</b><c>--5</c></xml>")
    assert callback_xml.integer(fields, "a") == -5
    assert callback_xml.integer(fields, "b") is None
    assert callback_xml.integer(fields, "c") is None
