"""A decrypted record as values: pure, and total over whatever a peer may send."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from archive.parties import Kind, kind_of, plain_id, talk_of
from archive.wording import text_of

LONGEST_ID: Final = 128
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = datetime(2016, 1, 1, tzinfo=UTC)  # WeCom's first year
_SLACK: Final = timedelta(days=1)

Cause = str
"""Why a record is in quarantine: one of the words below, or one of the archive reader's."""

NOT_JSON: Final = "not_json"
MALFORMED: Final = "malformed"
NUMBER_TAKEN: Final = "number_taken"


class Unreadable(Exception):
    """The plain text is not a message that can be stored."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Message:
    """One message, whatever its kind. ``raw`` is the JSON exactly as decrypted."""

    seq: int
    msgid: str
    action: str
    msgtype: str
    from_id: str
    from_kind: Kind
    to: tuple[str, ...]
    room_id: str
    talk: str
    external: bool
    sent_at: datetime
    time_given: bool
    refers_to: str | None
    text: str
    raw: bytes
    json: Mapping[str, Any]

    @property
    def persons(self) -> tuple[str, ...]:
        """Who is listed for look-ups: the sender, and the other side of a talk of two or few."""
        if self.room_id:
            return (self.from_id,) if self.from_id else ()
        return tuple(sorted({person for person in (self.from_id, *self.to) if person}))


def read(seq: int, msgid: str, raw: bytes, received_at: datetime) -> Message:
    """Read a decrypted record; ``msgid`` is the one of the envelope, the body's where it has none.

    Raises Unreadable when the plain text is no JSON object or holds an id that cannot be an id.
    """
    parsed = _object(raw)
    msgid = msgid or _text(parsed, "msgid")
    action = _text(parsed, "action") or "send"
    switched = action == "switch"
    sender = plain_id(_text(parsed, "user" if switched else "from"))
    to = tuple(plain_id(one) for one in _texts(parsed.get("tolist")))
    room_id = _text(parsed, "roomid")
    msgtype = "switch" if switched else _text(parsed, "msgtype")
    revoke = parsed.get("revoke")
    refers_to = _text(revoke, "pre_msgid") if isinstance(revoke, Mapping) else ""
    for one in (msgid, sender, room_id, refers_to, *to):
        if len(one) > LONGEST_ID or "\0" in one or not _encodable(one):
            raise Unreadable(MALFORMED)
    if not msgid or len(action) > 16 or len(msgtype) > 40 or "\0" in action + msgtype:
        raise Unreadable(MALFORMED)
    given = _moment(parsed.get("time" if switched else "msgtime"), received_at)
    return Message(
        seq=seq,
        msgid=msgid,
        action=action,
        msgtype=msgtype,
        from_id=sender,
        from_kind=kind_of(sender),
        to=to,
        room_id=room_id,
        talk=talk_of(room_id, sender, to),
        external=msgid.endswith("_external")
        or any(kind_of(person) == "customer" for person in (sender, *to)),
        sent_at=given or received_at,
        time_given=given is not None,
        refers_to=refers_to or None,
        text=text_of(parsed),
        raw=raw,
        json=parsed,
    )


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unreadable(NOT_JSON) from None
    if not isinstance(parsed, dict):
        raise Unreadable(NOT_JSON)
    return parsed


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(milliseconds: object, received_at: datetime) -> datetime | None:
    """The moment a record names, or None where it names none that can be true.

    Some records carry 0 [91774 image]; a time before WeCom or in the future would put the
    message where nobody looks.
    """
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        given = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return given if _EARLIEST <= given <= received_at + _SLACK else None
