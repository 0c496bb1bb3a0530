"""Materials: uploads, their life, and downloads (pages 90253, 90254, 90256, 95098)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from wecom import limits
from wecom.answers import Answer
from wecom.client import Uploader
from wecom.errors import LimitExceeded, OutcomeUnknown
from wecom.http import Upload

LIFETIME: Final = timedelta(days=3)

Kind = Literal["image", "voice", "video", "file"]

MAX_BYTES: Final[dict[str, int]] = {
    "image": 10 * 1024**2,  # 2 MB in the page's copy of 2023
    "voice": 2 * 1024**2,
    "video": 10 * 1024**2,
    "file": 20 * 1024**2,
}
_MAX_ATTACHMENT: Final = 10 * 1024**2
_MAX_PAGE_IMAGE: Final = 2 * 1024**2
_LEAST: Final = 6  # "more than 5 bytes"

_NAMES: Final = {"image": "图片", "voice": "语音", "video": "视频", "file": "文件"}


@dataclass(frozen=True, slots=True)
class Material:
    """An uploaded material; every app of the corp may use it for three days."""

    media_id: str
    kind: str
    created_at: datetime | None

    @property
    def expires_at(self) -> datetime | None:
        return None if self.created_at is None else self.created_at + LIFETIME


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a downloaded material. ``total`` is None where WeCom did not say it."""

    content: bytes
    content_type: str
    total: int | None


async def upload(client: Uploader, kind: Kind, file: Upload) -> Material:
    """Upload a temporary material. A repetition makes a second media id and does no harm."""
    _check_size(_NAMES[kind], file, MAX_BYTES[kind])
    return await _upload(client, "media/upload", file, {"type": kind}, kind)


async def upload_attachment(
    client: Uploader,
    kind: Literal["image", "video", "file"],
    file: Upload,
    *,
    product: bool = False,
) -> Material:
    """Upload what a moment (or with ``product`` a product album) shows."""
    _check_size(_NAMES[kind], file, _MAX_ATTACHMENT)
    params = {"media_type": kind, "attachment_type": "2" if product else "1"}
    return await _upload(client, "media/upload_attachment", file, params, kind)


async def upload_image(client: Uploader, file: Upload) -> str:
    """Upload a picture for ever and return its address; 1000 a day, 3000 a month in a corp."""
    _check_size("图片", file, _MAX_PAGE_IMAGE)
    path = "media/uploadimg"
    return Answer(path, await client.upload(path, file, params={})).need("url")


async def download(client: Uploader, media_id: str, *, first: int = 0, last: int = -1) -> Piece:
    """Return a material, or its bytes ``first`` to ``last``; over 20 MB WeCom wants ranges."""
    path = "media/get"
    headers = {"Range": f"bytes={first}-{last}"} if last >= first else {}
    problem, reply = await client.download(path, params={"media_id": media_id}, headers=headers)
    if problem is not None:
        raise OutcomeUnknown(path, "WeCom answered an object instead of a file")
    total = reply.headers.get("content-range", "").rpartition("/")[2]
    return Piece(
        content=reply.body,
        content_type=reply.headers.get("content-type", "").split(";")[0].strip(),
        total=int(total) if total.isascii() and total.isdecimal() else None,
    )


async def _upload(
    client: Uploader, path: str, file: Upload, params: dict[str, str], kind: str
) -> Material:
    answer: dict[str, Any] = await client.upload(path, file, params=params)
    fields = Answer(path, answer)
    return Material(
        fields.need("media_id"), fields.text("type") or kind, fields.moment("created_at")
    )


def _check_size(what: str, file: Upload, most: int) -> None:
    limits.not_empty(f"{what}文件名", file.name)
    size = len(file.content)
    if not _LEAST <= size <= most:
        raise LimitExceeded(what, size, most, "字节")
