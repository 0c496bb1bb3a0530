"""App messages to staff members: notes, cards and their updates (90236, 94888, 94867).

A member's excess over 30 a minute or 1000 an hour of one app is dropped by WeCom without a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, TypeAlias

from wecom import limits
from wecom.answers import Answer
from wecom.cards import Card
from wecom.client import Caller
from wecom.errors import Rejected

MAX_DUPLICATE_CHECK_S: Final = 4 * 3600
DUPLICATE_CHECK_S: Final = 1800
SEND: Final = "message/send"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets it. ``everyone`` stands for @all in the app's visible range."""

    staff_ids: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()
    directory_tags: tuple[int, ...] = ()
    everyone: bool = False

    def __post_init__(self) -> None:
        limits.at_most("接收成员", self.staff_ids, 1000)
        limits.at_most("接收部门", self.departments, 100)
        limits.at_most("接收标签", self.directory_tags, 100)
        for staff_id in self.staff_ids:
            limits.whole_id("接收成员", staff_id)
        if not (self.everyone or self.staff_ids or self.departments or self.directory_tags):
            raise Rejected("接收人", "must not be empty")

    def as_json(self) -> dict[str, str]:
        if self.everyone:
            return {"touser": "@all"}
        parts = {
            "touser": self.staff_ids,
            "toparty": self.departments,
            "totag": self.directory_tags,
        }
        return {name: "|".join(map(str, ids)) for name, ids in parts.items() if ids}


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, at most 2048 bytes: WeCom would cut a longer one."""

    kind: ClassVar[str] = "text"
    content: str = field(repr=False)

    def __post_init__(self) -> None:
        limits.not_empty("消息内容", self.content)
        limits.at_most_bytes("消息内容", self.content, 2048)

    def as_json(self) -> dict[str, Any]:
        return {"content": self.content}


@dataclass(frozen=True, slots=True)
class Markdown:
    """Headings, bold, link, code, quote and three colours; at most 2048 bytes."""

    kind: ClassVar[str] = "markdown"
    content: str = field(repr=False)

    def __post_init__(self) -> None:
        limits.not_empty("消息内容", self.content)
        limits.at_most_bytes("消息内容", self.content, 2048)

    def as_json(self) -> dict[str, Any]:
        return {"content": self.content}


@dataclass(frozen=True, slots=True)
class TextCard:
    """Title, description and a page to open."""

    kind: ClassVar[str] = "textcard"
    title: str
    description: str = field(repr=False)
    url: str
    button: str = "详情"

    def __post_init__(self) -> None:
        limits.not_empty("卡片标题", self.title)
        limits.at_most_bytes("卡片标题", self.title, 128)
        limits.not_empty("卡片描述", self.description)
        limits.at_most_bytes("卡片描述", self.description, 512)
        limits.web_address("卡片链接", self.url, 2048)
        limits.at_most_chars("卡片按钮文字", self.button, 4)

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "description": self.description,
            "url": self.url,
            "btntxt": self.button,
        }


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, voice, video or file by media id."""

    kind: Literal["image", "voice", "video", "file"]
    media_id: str

    def __post_init__(self) -> None:
        limits.not_empty("素材", self.media_id)

    def as_json(self) -> dict[str, Any]:
        return {"media_id": self.media_id}


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A card of ``wecom.cards``."""

    kind: ClassVar[str] = "template_card"
    card: Card

    def as_json(self) -> dict[str, Any]:
        return self.card.as_json()


Body: TypeAlias = Text | Markdown | TextCard | Media | TemplateCard


@dataclass(frozen=True, slots=True)
class Note:
    """One app message. The same JSON within ``duplicate_check_s`` reaches a member only once."""

    to: Recipients
    agent_id: int
    body: Body
    confidential: bool = False
    duplicate_check_s: int = DUPLICATE_CHECK_S

    def __post_init__(self) -> None:
        limits.in_range("重复消息检查的秒数", self.duplicate_check_s, 0, MAX_DUPLICATE_CHECK_S)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            **self.to.as_json(),
            "msgtype": self.body.kind,
            "agentid": self.agent_id,
            self.body.kind: self.body.as_json(),
        }
        if self.confidential:
            body["safe"] = 1
        if self.duplicate_check_s:
            body["enable_duplicate_check"] = 1
            body["duplicate_check_interval"] = self.duplicate_check_s
        return body


@dataclass(frozen=True, slots=True)
class NoteSent:
    """What WeCom took. The invalid ids may be lower-cased; the rest was sent.

    ``response_code`` updates the card once, within 72 h; '' where the card cannot be updated.
    """

    msgid: str
    response_code: str = field(repr=False)
    invalid_staff: tuple[str, ...]
    invalid_departments: tuple[str, ...]
    invalid_tags: tuple[str, ...]
    unlicensed_staff: tuple[str, ...]


async def send(client: Caller, note: Note) -> NoteSent:
    """Send a note to staff. Repeatable within its duplicate check, for the check drops a second.

    Refused (81013) when nobody of the recipients can receive it.
    """
    answer = Answer(
        SEND,
        await client.call(SEND, note.as_json(), idempotent=note.duplicate_check_s > 0),
    )
    return NoteSent(
        msgid=answer.text("msgid"),
        response_code=answer.text("response_code"),
        invalid_staff=_split(answer.text("invaliduser")),
        invalid_departments=_split(answer.text("invalidparty")),
        invalid_tags=_split(answer.text("invalidtag")),
        unlicensed_staff=_split(answer.text("unlicenseduser")),
    )


async def recall(client: Caller, msgid: str) -> None:
    """Take a note back, within 24 h (42052, Refused, after that)."""
    await client.call("message/recall", {"msgid": msgid}, idempotent=True)


async def update_card(
    client: Caller,
    agent_id: int,
    response_code: str,
    *,
    staff_ids: Sequence[str] = (),
    everyone: bool = False,
    replace_name: str = "",
    card: Card | None = None,
    replace_text: str = "",
) -> tuple[str, ...]:
    """Change a sent card for some or all of its recipients; return the ids that could not be.

    Either ``replace_name`` (the pressed button becomes grey words) or a whole new ``card``. The
    code works once: a repetition is refused (60140) and changes nothing.
    """
    limits.at_most("更新卡片的成员", staff_ids, 1000)
    if everyone == bool(staff_ids):
        raise Rejected("更新卡片的成员", "needs either members or everyone")
    if bool(replace_name) == (card is not None):
        raise Rejected("更新卡片", "needs either replace_name or card")
    path = "message/update_template_card"
    body: dict[str, Any] = {"agentid": agent_id, "response_code": response_code}
    body |= {"atall": 1} if everyone else {"userids": list(staff_ids)}
    if card is None:
        body["button"] = {"replace_name": replace_name}
    else:
        shown = card.as_json()
        shown.pop("task_id", None)  # the sent one stays
        body["template_card"] = shown | ({"replace_text": replace_text} if replace_text else {})
    answer = await client.call(path, body, idempotent=True)
    return Answer(path, answer).strings("invaliduser")


def _split(ids: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in ids.split("|") if part.strip())
