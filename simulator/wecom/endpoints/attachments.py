"""Text and attachments as customers get them: fields, sizes, and media that must exist."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from simulator.wecom.endpoints.kit import Call
from simulator.wecom.errors import Refused
from simulator.wecom.strictness import within_bytes

ATTACHMENT_CAP = 9
TEXT_BYTES = 4_000


class Part(BaseModel):
    """A nested object of a request."""

    model_config = ConfigDict(extra="allow", strict=True)


class Text(Part):
    """text{content}."""

    content: str = ""


class Image(Part):
    """image{media_id or pic_url}."""

    media_id: str = ""
    pic_url: str = ""


class Link(Part):
    """link{title, picurl, desc, url}; moments give a media_id as cover."""

    title: str = ""
    picurl: str = ""
    desc: str = ""
    url: str = ""
    media_id: str = ""


class MiniProgram(Part):
    """miniprogram{title, pic_media_id, appid, page}."""

    title: str
    pic_media_id: str
    appid: str
    page: str


class Media(Part):
    """video{media_id}, file{media_id}."""

    media_id: str


class Attachment(Part):
    """One attachment; the object named by msgtype is the one that counts."""

    msgtype: str
    image: Image | None = None
    link: Link | None = None
    miniprogram: MiniProgram | None = None
    video: Media | None = None
    file: Media | None = None


Attachments = Annotated[list[Attachment], Field()]


def checked_text(text: Text | None, cap: int = TEXT_BYTES) -> str:
    """The text of a message. Raises Refused 45002 beyond ``cap`` bytes."""
    content = text.content if text else ""
    within_bytes(content, cap, 45002, "text.content")
    return content


def checked_attachments(call: Call, attachments: list[Attachment]) -> list[dict[str, Any]]:
    """Attachments as they will arrive. Raises Refused 41064, 41065, 40058, 45002 or 40007."""
    if len(attachments) > ATTACHMENT_CAP:
        raise Refused(41064, "attachments over the limit")
    return [_checked(call, attachment) for attachment in attachments]


def _checked(call: Call, attachment: Attachment) -> dict[str, Any]:
    kind = attachment.msgtype
    if kind not in ("image", "link", "miniprogram", "video", "file"):
        raise Refused(41065, "invalid attachments msgtype")
    body = getattr(attachment, kind)
    if body is None:
        raise Refused(40058, f"missing parameter: attachments.{kind}")
    if isinstance(body, Image):
        if not body.media_id and not body.pic_url:
            raise Refused(40058, "missing parameter: image.media_id or image.pic_url")
        check_media(call, body.media_id)
    elif isinstance(body, Link):
        check_link(body)
    elif isinstance(body, MiniProgram):
        within_bytes(body.title, 64, 45002, "miniprogram.title")
        check_media(call, body.pic_media_id)
    else:
        check_media(call, body.media_id)
    return {"msgtype": kind, kind: {k: v for k, v in body.model_dump().items() if v != ""}}


def check_link(link: Link) -> None:
    """Refuse a link without title or url, or with one that is too long."""
    if not link.title or not link.url:
        raise Refused(40058, "missing parameter: link.title or link.url")
    if not link.url.startswith(("http://", "https://")):
        raise Refused(40094, "invalid url")
    within_bytes(link.title, 128, 45002, "link.title")
    within_bytes(link.desc, 512, 45002, "link.desc")
    within_bytes(link.picurl, 2_048, 45002, "link.picurl")
    within_bytes(link.url, 2_048, 45002, "link.url")


def check_media(call: Call, media_id: str) -> None:
    """Refuse a media_id that is unknown (40007) or older than 3 days (40145)."""
    if media_id:
        call.world.media.check(media_id, call.at)
