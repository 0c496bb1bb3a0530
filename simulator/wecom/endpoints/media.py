"""Material: upload, permanent pictures, moment attachments, download (api.md 7.2, 8)."""

import re
from typing import ClassVar
from urllib.parse import quote

from simulator.wecom.endpoints.kit import Bytes, Call, Upload, form, get
from simulator.wecom.errors import Json, Refused
from simulator.wecom.strictness import QueryAsk

MB = 1024 * 1024
SMALLEST = 5
DOWNLOAD_CAP = 20 * MB
SUFFIXES = {
    "image": ("jpg", "jpeg", "png"),
    "voice": ("amr",),
    "video": ("mp4",),
}


class UploadKind(QueryAsk):
    """media/upload [90253]."""

    missing: ClassVar[dict[str, int]] = {"type": 40005}
    type: str


class UploadScene(QueryAsk):
    """media/upload_attachment [95098]."""

    missing: ClassVar[dict[str, int]] = {"media_type": 40005, "attachment_type": 40058}
    media_type: str
    attachment_type: int


class NoFields(QueryAsk):
    """media/uploadimg [90256]."""


class GetMedia(QueryAsk):
    """media/get [90254]."""

    missing: ClassVar[dict[str, int]] = {"media_id": 41006}
    media_id: str


def upload(call: Call, ask: UploadKind) -> Json:
    """A temporary file for 3 days; created_at is a string and errmsg empty."""
    file = _file(call)
    caps = {
        "image": call.world.modes.image_cap_bytes,
        "voice": 2 * MB,
        "video": 10 * MB,
        "file": 20 * MB,
    }
    if ask.type not in caps:
        raise Refused(40005, "invalid media type")
    _check(file, ask.type, caps[ask.type])
    media = call.world.media.put(
        ask.type, file.filename, file.content_type, file.content, call.at, "message"
    )
    return {
        "errcode": 0,
        "errmsg": "",
        "type": ask.type,
        "media_id": media.media_id,
        "created_at": str(call.now),
    }


def upload_image(call: Call, ask: NoFields) -> Json:
    """A picture under a lasting address; 5 B to 2 MB."""
    file = _file(call)
    _check(file, "image", 2 * MB)
    url = call.world.media.put_picture(file.content)
    return {"errcode": 0, "errmsg": "", "url": url}


def upload_attachment(call: Call, ask: UploadScene) -> Json:
    """A file for moments (1) or the product album (2); created_at is an integer."""
    file = _file(call)
    if ask.media_type not in ("image", "video", "file"):
        raise Refused(40005, "invalid media type")
    if ask.attachment_type not in (1, 2):
        raise Refused(40058, "invalid parameter: attachment_type")
    if ask.attachment_type == 2 and ask.media_type != "image":
        raise Refused(41072, "the product album takes images only")
    _check(file, ask.media_type, 10 * MB)
    scene = "moment" if ask.attachment_type == 1 else "product"
    media = call.world.media.put(
        ask.media_type, file.filename, file.content_type, file.content, call.at, scene
    )
    return {"type": ask.media_type, "media_id": media.media_id, "created_at": call.now}


def get_media(call: Call, ask: GetMedia) -> Bytes:
    """The file itself, or the part that a Range header asks for."""
    media = call.world.media.check(ask.media_id, call.at)
    total = len(media.content)
    name = quote(media.filename)
    headers = {"content-disposition": f"attachment; filename=\"{name}\"; filename*=utf-8''{name}"}
    kind = media.content_type or "application/octet-stream"
    if call.range is None:
        if total > DOWNLOAD_CAP:
            raise Refused(830002, "file over 20 MB: use Range")
        return Bytes(media.content, kind, headers)
    span = re.fullmatch(r"bytes=(\d+)-(\d*)", call.range)
    if span is None:
        raise Refused(40146, "invalid HTTP Range header")
    start, end = int(span[1]), min(int(span[2] or total - 1), total - 1)
    if start > end or end - start + 1 > DOWNLOAD_CAP:
        raise Refused(830002, "range out of limit")
    headers["content-range"] = f"bytes {start}-{end}/{total}"
    return Bytes(media.content[start : end + 1], kind, headers, status=206)


def _file(call: Call) -> Upload:
    if call.upload is None:
        raise Refused(44001, "empty media data")
    return call.upload


def _check(file: Upload, kind: str, cap: int) -> None:
    if len(file.content) <= SMALLEST:
        raise Refused(40006, "media file must be over 5 bytes")
    if len(file.content) > cap:
        raise Refused(45001, "media size out of limit")
    if not file.filename:
        raise Refused(40058, "missing parameter: filename")
    suffixes = SUFFIXES.get(kind)
    if suffixes and file.filename.rpartition(".")[2].lower() not in suffixes:
        raise Refused(40004, f"{kind} takes {', '.join(suffixes)}")


ENDPOINTS = (
    form("media/upload", UploadKind, upload),
    form(
        "media/uploadimg",
        NoFields,
        upload_image,
        limits=(("day", "uploadimg_per_day"), ("month", "uploadimg_per_month")),
    ),
    form("media/upload_attachment", UploadScene, upload_attachment),
    get("media/get", GetMedia, get_media, "any"),
)
