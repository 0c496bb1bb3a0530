"""message/getchatdata and message/getchatmediadata, as the library asks (api.md 13.2)."""

import base64
import re
from typing import Annotated, Any

from pydantic import Field

from simulator.wecom.archive.cipher import encrypt_sign
from simulator.wecom.archive.records import sealed_row
from simulator.wecom.clock import DAY
from simulator.wecom.endpoints.kit import Call, WithHeaders, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.faults import ARCHIVE_FAULTS
from simulator.wecom.state.talks import TalkRecord
from simulator.wecom.strictness import Ask

CHUNK = 512 * 1024


class GetChatData(Ask):
    """message/getchatdata."""

    seq: Annotated[int, Field(ge=0)]
    limit: Annotated[int, Field(ge=1, le=1_000)]
    version: int | None = None
    encrypt_sign: str | None = None


class GetChatMedia(Ask):
    """message/getchatmediadata."""

    fileid: str
    authkey: str
    version: int | None = None
    encrypt_sign: str | None = None


def get_chat_data(call: Call, ask: GetChatData) -> Json:
    """Records above ``seq`` of the last five days; an empty list is the end."""
    if ask.encrypt_sign is not None and ask.encrypt_sign != encrypt_sign(call.token):
        raise Refused(40058, "invalid encrypt_sign")
    world = call.world
    days = world.modes.archive_window_days
    oldest = call.at - days * DAY if days > 0 else float("-inf")
    records = world.talks.after(ask.seq, oldest, ask.limit)
    kinds = {rule.kind for rule in world.faults.strike("message/getchatdata", ARCHIVE_FAULTS)}
    if "archive_repeat" in kinds:
        records = world.talks.after(max(0, ask.seq - ask.limit), oldest, ask.limit)
    if "archive_hole" in kinds and len(records) > 2:
        del records[len(records) // 2]
    rows = [_row(call, record) for record in records]
    if rows and "archive_wrong_key" in kinds:
        rows[-1]["publickey_ver"] = world.talks.key_version + 1
    if rows and "archive_garbled" in kinds:
        rows[-1]["encrypt_chat_msg"] = rows[-1]["encrypt_chat_msg"][:40]
    return {"chatdata": rows}


def get_chat_media(call: Call, ask: GetChatMedia) -> WithHeaders:
    """One chunk of a file, with the CONTENT-RANGE header spelled as the library wants it."""
    media = call.world.talks.media.get(ask.fileid)
    oldest = call.at - call.world.modes.archive_window_days * DAY
    if media is None or media.authkey != ask.authkey or media.at < oldest:
        raise Refused(301048, "file of sdkfileid missing or expired")
    span = re.fullmatch(r"bytes=(\d+)-(\d*)", call.range or f"bytes=0-{CHUNK - 1}")
    if span is None:
        raise Refused(40146, "invalid HTTP Range header")
    total = len(media.sealed)
    start, end = int(span[1]), min(int(span[2] or total - 1), total - 1)
    if start > end or end - start + 1 > CHUNK:
        raise Refused(830002, "range out of limit")
    content = base64.b64encode(media.sealed[start : end + 1]).decode()
    body: dict[str, Any] = {"errcode": 0, "errmsg": "ok", "content": content}
    return WithHeaders(body, {"CONTENT-RANGE": f"BYTES {start}-{end}/{total}"})


def _row(call: Call, record: TalkRecord) -> Json:
    pem = call.world.talks.public_keys.get(record.key_version)
    if pem is None:
        raise Refused(40211, "no RSA public key was set in the console")
    return sealed_row(record, pem)


ENDPOINTS = (
    post(
        "message/getchatdata",
        GetChatData,
        get_chat_data,
        "archive",
        limits=(("minute", "archive_per_minute"),),
    ),
    post(
        "message/getchatmediadata",
        GetChatMedia,
        get_chat_media,
        "archive",
        limits=(("minute", "archive_media_per_minute"),),
        base_rate=False,
    ),
)
