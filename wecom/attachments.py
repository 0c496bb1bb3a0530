"""What may hang on a message to a customer, with WeCom's limits in the types (92135, 92137)."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from wecom import limits
from wecom.errors import Rejected

MAX_TEXT_BYTES: Final = 4000
MAX_ATTACHMENTS: Final = 9


@dataclass(frozen=True, slots=True)
class Image:
    """A picture by media id, or by the permanent address that ``media.upload_image`` gives."""

    media_id: str = ""
    pic_url: str = ""

    def __post_init__(self) -> None:
        limits.not_empty("图片", self.media_id or self.pic_url)

    def as_json(self) -> dict[str, Any]:
        image = {"media_id": self.media_id} if self.media_id else {"pic_url": self.pic_url}
        return {"msgtype": "image", "image": image}


@dataclass(frozen=True, slots=True)
class Link:
    """A page with title, and where wished a picture and a description."""

    title: str
    url: str
    description: str = ""
    pic_url: str = ""

    def __post_init__(self) -> None:
        limits.not_empty("图文标题", self.title)
        limits.at_most_bytes("图文标题", self.title, 128)
        limits.at_most_bytes("图文描述", self.description, 512)
        limits.at_most_bytes("图文封面地址", self.pic_url, 2048)
        limits.web_address("图文链接", self.url, 2048)

    def as_json(self) -> dict[str, Any]:
        link = {"title": self.title, "url": self.url}
        if self.description:
            link["desc"] = self.description
        if self.pic_url:
            link["picurl"] = self.pic_url
        return {"msgtype": "link", "link": link}


@dataclass(frozen=True, slots=True)
class MiniProgram:
    """A page of a mini program that is linked with the corp."""

    title: str
    appid: str
    page: str
    pic_media_id: str

    def __post_init__(self) -> None:
        limits.not_empty("小程序标题", self.title)
        limits.at_most_bytes("小程序标题", self.title, 64)
        limits.not_empty("小程序 AppID", self.appid)
        limits.not_empty("小程序页面", self.page)
        limits.not_empty("小程序封面", self.pic_media_id)

    def as_json(self) -> dict[str, Any]:
        return {
            "msgtype": "miniprogram",
            "miniprogram": {
                "title": self.title,
                "pic_media_id": self.pic_media_id,
                "appid": self.appid,
                "page": self.page,
            },
        }


@dataclass(frozen=True, slots=True)
class Video:
    """A video by media id."""

    media_id: str

    def __post_init__(self) -> None:
        limits.not_empty("视频", self.media_id)

    def as_json(self) -> dict[str, Any]:
        return {"msgtype": "video", "video": {"media_id": self.media_id}}


@dataclass(frozen=True, slots=True)
class File:
    """A file by media id."""

    media_id: str

    def __post_init__(self) -> None:
        limits.not_empty("文件", self.media_id)

    def as_json(self) -> dict[str, Any]:
        return {"msgtype": "file", "file": {"media_id": self.media_id}}


Attachment: TypeAlias = Image | Link | MiniProgram | Video | File


@dataclass(frozen=True, slots=True)
class Content:
    """Text and attachments to customers; each arrives as a message of its own.

    At most 4000 bytes of text and 9 attachments, and not both empty.
    """

    text: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        limits.at_most_bytes("消息文字", self.text, MAX_TEXT_BYTES)
        limits.at_most("附件", self.attachments, MAX_ATTACHMENTS)
        if not self.text and not self.attachments:
            raise Rejected("消息内容", "text and attachments must not both be empty")

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if self.text:
            body["text"] = {"content": self.text}
        if self.attachments:
            body["attachments"] = [one.as_json() for one in self.attachments]
        return body
