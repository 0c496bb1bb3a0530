"""What members send to our app, kind by kind."""

from typing import Any

import pytest

from wecom.events import MessageReceived, parse
from wecom.inbound import Inbound, Place, read


def received(kind: str, **fields: str) -> Inbound:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    event = parse(
        f"<xml><ToUserName>ww1</ToUserName><FromUserName>li</FromUserName>"
        f"<CreateTime>1348831860</CreateTime><MsgType>{kind}</MsgType><MsgId>12</MsgId>"
        f"<AgentID>1</AgentID>{inner}</xml>".encode()
    )
    assert isinstance(event, MessageReceived)
    return read(event)


KINDS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("text", {"Content": "<![CDATA[您好 <b>]]>"}, {"text": "您好 <b>"}),
    (
        "image",
        {"PicUrl": "https://p.example/1", "MediaId": "m1"},
        {"picture_url": "https://p.example/1", "media_id": "m1"},
    ),
    ("voice", {"MediaId": "m1", "Format": "amr"}, {"media_id": "m1", "format": "amr"}),
    (
        "video",
        {"MediaId": "m1", "ThumbMediaId": "m2"},
        {"media_id": "m1", "thumb_media_id": "m2"},
    ),
    (
        "location",
        {"Location_X": "23.1", "Location_Y": "113.3", "Scale": "20", "Label": "网点"},
        {"place": Place("23.1", "113.3", "网点")},
    ),
    (
        "link",
        {"Title": "题", "Description": "述", "Url": "https://a.example", "PicUrl": "https://p"},
        {
            "title": "题",
            "description": "述",
            "url": "https://a.example",
            "picture_url": "https://p",
        },
    ),
    ("something_new", {"Content": "x"}, {"text": ""}),
]


@pytest.mark.parametrize(("kind", "fields", "expected"), KINDS, ids=[one[0] for one in KINDS])
def test_a_message_of_each_kind_is_read(
    kind: str, fields: dict[str, str], expected: dict[str, Any]
) -> None:
    message = received(kind, **fields)
    assert (message.kind, message.staff_id, message.message_id) == (kind, "li", "12")
    assert {name: getattr(message, name) for name in expected} == expected


@pytest.mark.parametrize("kind", [one[0] for one in KINDS])
def test_a_message_without_its_fields_has_empty_ones(kind: str) -> None:
    message = received(kind)
    assert (message.text, message.media_id, message.title) == ("", "", "")


def test_an_element_with_children_is_no_text() -> None:
    assert received("text", Content="<a>1</a>").text == ""
    assert received("image", MediaId="<a>1</a><a>2</a>").media_id == ""


def test_what_was_said_is_not_shown() -> None:
    assert "您好" not in repr(received("text", Content="您好"))
