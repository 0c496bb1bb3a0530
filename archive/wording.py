"""What a message says: its text out of every kind of WeCom message, and its normal forms.

Kinds and fields are those of [91774] (wecom fact sheet 9.3). A kind that is not known gives
every text it holds, so that nothing new stays invisible to search and screening.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kit.crypto import FieldCipher

NO_WORDS: Final = frozenset(
    {"image", "voice", "video", "emotion", "revoke", "agree", "disagree", "voiptext", "card"}
)
_SAID: Final[dict[str, tuple[str, ...]]] = {
    "text": ("content",),
    "markdown": ("content",),
    "link": ("title", "description", "link_url"),
    "weapp": ("title", "description", "displayname"),
    "location": ("title", "address"),
    "file": ("filename",),
    "todo": ("title", "content"),
    "vote": ("votetitle", "voteitem"),
    "collect": ("room_name", "title", "details"),
    "redpacket": ("wish",),
    "external_redpacket": ("wish",),
    "meeting": ("topic", "address", "remarks"),
    "meeting_notification": ("content",),
    "docmsg": ("title", "link_url"),
    "news": ("item",),
    "calendar": ("title", "place", "remarks"),
    "voip_doc_share": ("filename",),
    "sphfeed": ("sph_name", "feed_desc"),
    "qydiskfile": ("filename", "url"),
    "solitaire": ("solitaire_content",),
    "meeting_voice_call": ("demofiledata",),
    "chatrecord": ("title", "item"),
    "mixed": ("item",),
    "note": ("items",),
    "_news_item": ("title", "description", "url"),
    "_question": ("ques",),
}
_BODY_KEY: Final = {"external_redpacket": "redpacket", "docmsg": "doc"}
_INFO: Final = frozenset(
    {"markdown", "news", "meeting_notification", "qydiskfile", "solitaire", "note", "voiptext"}
)
_ENVELOPE: Final = frozenset(
    {"msgid", "action", "from", "tolist", "roomid", "msgtime", "msgtype", "time", "user"}
)
_OPAQUE: Final = re.compile(r"sdkfileid|md5sum|.*id$|fileext|appid|username|type|.*time$")
_NESTED_KIND: Final = re.compile(r"ChatRecord", re.IGNORECASE)
_INVISIBLE: Final = re.compile(
    r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_DEEPEST: Final = 8
LONGEST_TEXT: Final = 60_000


def text_of(message: Mapping[str, Any]) -> str:
    """Everything a person can read in ``message``, one piece a line; empty where there is none.

    Never raises: a field of an unexpected type is passed over, nested JSON strings that do not
    parse are taken as they stand.
    """
    kind = message.get("msgtype")
    if not isinstance(kind, str):
        return ""
    if kind not in _SAID and kind not in NO_WORDS:
        unknown = {name: value for name, value in message.items() if name not in _ENVELOPE}
        pieces = list(_everything(unknown, 0))
    else:
        body = message.get("info" if kind in _INFO else _BODY_KEY.get(kind, kind))
        pieces = list(_said(kind, body, 0))
    return _storable("\n".join(piece for piece in pieces if piece.strip()))[:LONGEST_TEXT]


def _said(kind: str, body: object, depth: int) -> Iterator[str]:
    if kind in NO_WORDS or depth > _DEEPEST:
        return
    if kind not in _SAID:
        yield from _everything(body, depth)
        return
    if not isinstance(body, Mapping):
        return
    for field in _SAID[kind]:
        value = body.get(field)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _listed(kind, field, value, depth)


def _listed(kind: str, field: str, values: list[Any], depth: int) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif not isinstance(value, Mapping):
            continue
        elif kind == "news":
            yield from _said("_news_item", value, depth + 1)
        elif field == "details":
            yield from _said("_question", value, depth + 1)
        elif field == "demofiledata":
            yield from _said("file", value, depth + 1)
        else:
            nested = str(value.get("type") or value.get("msg_type") or "")
            nested = _NESTED_KIND.sub("", nested).lower()
            yield from _said(nested, _parsed(value.get("content")), depth + 1)


def _parsed(content: object) -> object:
    """Items carry their body as a JSON string; one that is not JSON is text."""
    if not isinstance(content, str):
        return content
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {"content": content}
    return found if isinstance(found, (dict, list)) else {"content": content}


def _everything(value: object, depth: int) -> Iterator[str]:
    """Every text inside a body of a kind that we do not know, ids and file keys left out."""
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if not _OPAQUE.fullmatch(str(name)):
                yield from _everything(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _everything(inner, depth + 1)


def _storable(text: str) -> str:
    """Half characters (lone surrogates) and NUL replaced, because no database keeps them."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


def searchable(text: str) -> str:
    """The form in which texts are indexed and searched: width, case and invisibles levelled."""
    levelled = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return " ".join(levelled.split())


def verbatim(text: str) -> str:
    """The form in which two texts are the same word for word (逐字).

    Only what no reader sees is levelled: composed characters, line ends, blanks at line ends.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip()


def text_hash(cipher: FieldCipher, text: str) -> str:
    """The keyed hash by which an approved text and an archived one are compared."""
    return cipher.blind("archive.text", verbatim(_storable(text)))
