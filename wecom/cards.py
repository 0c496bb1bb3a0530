"""Template cards to staff members, with the rules of page 90236 in the types.

A card with a ``task_id`` can be updated once it was clicked; that id is unique per app for ever, and
the app must have a callback address.
"""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeAlias

from wecom import limits
from wecom.errors import Rejected

_TASK_ID: Final = re.compile(r"[0-9A-Za-z_@-]{1,128}")


@dataclass(frozen=True, slots=True)
class OpenPage:
    """What a click on the card opens."""

    url: str

    def __post_init__(self) -> None:
        limits.web_address("卡片跳转链接", self.url, 2048)

    def as_json(self) -> dict[str, Any]:
        return {"type": 1, "url": self.url}


@dataclass(frozen=True, slots=True)
class OpenMiniProgram:
    """What a click on the card opens."""

    appid: str
    page: str = ""

    def __post_init__(self) -> None:
        limits.not_empty("小程序 AppID", self.appid)

    def as_json(self) -> dict[str, Any]:
        return {"type": 2, "appid": self.appid, **({"pagepath": self.page} if self.page else {})}


Opens: TypeAlias = OpenPage | OpenMiniProgram


@dataclass(frozen=True, slots=True)
class Fact:
    """A line "key: value"; with ``url`` a link, with ``staff_id`` a member's card."""

    key: str
    value: str = field(default="", repr=False)
    url: str = ""
    staff_id: str = ""

    def __post_init__(self) -> None:
        limits.not_empty("卡片内容的标题", self.key)
        if self.url:
            limits.web_address("卡片内容的链接", self.url, 2048)

    def as_json(self) -> dict[str, Any]:
        line: dict[str, Any] = {"keyname": self.key, "value": self.value}
        if self.url:
            line |= {"type": 1, "url": self.url}
        elif self.staff_id:
            line |= {"type": 3, "userid": self.staff_id}
        return line


@dataclass(frozen=True, slots=True)
class Button:
    """A button that calls back with ``key`` or opens ``url``. ``style`` 1 to 4."""

    text: str
    key: str = ""
    url: str = ""
    style: int = 1

    def __post_init__(self) -> None:
        limits.not_empty("按钮文字", self.text)
        limits.in_range("按钮样式", self.style, 1, 4)
        limits.at_most_bytes("按钮 key", self.key, 1024)
        if bool(self.key) == bool(self.url):
            raise Rejected("卡片按钮", "needs either key or url")
        if self.url:
            limits.web_address("按钮链接", self.url, 2048)

    def as_json(self) -> dict[str, Any]:
        act: dict[str, Any] = {"type": 1, "url": self.url} if self.url else {"key": self.key}
        return {"text": self.text, "style": self.style, **act}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice."""

    option_id: str
    text: str
    checked: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"id": self.option_id, "text": self.text}


@dataclass(frozen=True, slots=True)
class Choice:
    """A drop-down; comes back as ``selected`` of the click under ``question_key``."""

    question_key: str
    title: str
    options: tuple[Option, ...]
    selected_id: str = ""

    def __post_init__(self) -> None:
        limits.not_empty("选择器 key", self.question_key)
        limits.not_empty("选择器选项", self.options)
        limits.at_most("选择器选项", self.options, 10)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "question_key": self.question_key,
            "title": self.title,
            "option_list": [one.as_json() for one in self.options],
        }
        if self.selected_id:
            body["selected_id"] = self.selected_id
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    card_type: ClassVar[str]

    title: str
    description: str = field(default="", repr=False)
    source: str = ""
    """Small grey words above the title, such as the app's name."""
    task_id: str = ""

    def check(self, *, needs_task: bool) -> None:
        limits.not_empty("卡片标题", self.title)
        if (needs_task or self.task_id) and not _TASK_ID.fullmatch(self.task_id):
            raise Rejected("卡片任务编号", "task_id must be 1..128 of [0-9A-Za-z_-@]")

    def head(self) -> dict[str, Any]:
        main = {"title": self.title} | ({"desc": self.description} if self.description else {})
        body: dict[str, Any] = {"card_type": self.card_type, "main_title": main}
        if self.source:
            body["source"] = {"desc": self.source}
        if self.task_id:
            body["task_id"] = self.task_id
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice(_Card):
    opens: Opens | None = None
    sub_title: str = field(default="", repr=False)
    facts: tuple[Fact, ...] = ()
    menu: tuple[Option, ...] = ()
    """Up to three entries behind the three dots; ``option_id`` comes back as the event key."""
    menu_title: str = "更多操作"

    def check_notice(self, *, needs_task: bool) -> None:
        self.check(needs_task=needs_task or bool(self.menu))
        limits.at_most("卡片内容", self.facts, 6)
        limits.at_most("卡片菜单", self.menu, 3)

    def body(self) -> dict[str, Any]:
        body = self.head()
        if self.opens is not None:
            body["card_action"] = self.opens.as_json()
        if self.sub_title:
            body["sub_title_text"] = self.sub_title
        if self.facts:
            body["horizontal_content_list"] = [one.as_json() for one in self.facts]
        if self.menu:
            entries = [{"text": one.text, "key": one.option_id} for one in self.menu]
            body["action_menu"] = {"desc": self.menu_title, "action_list": entries}
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNotice(_Notice):
    """Words, a large figure and lines; a click opens ``opens``, which it must have."""

    card_type: ClassVar[str] = "text_notice"

    figure: str = ""
    figure_note: str = ""

    def __post_init__(self) -> None:
        self.check_notice(needs_task=False)
        if self.opens is None:
            raise Rejected("卡片点击动作", "a notice must open something (42045)")

    def as_json(self) -> dict[str, Any]:
        body = self.body()
        if self.figure:
            body["emphasis_content"] = {"title": self.figure, "desc": self.figure_note}
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsNotice(_Notice):
    """A notice with a picture, which it must have."""

    card_type: ClassVar[str] = "news_notice"

    image_url: str

    def __post_init__(self) -> None:
        self.check_notice(needs_task=False)
        limits.web_address("卡片图片地址", self.image_url, 2048)
        if self.opens is None:
            raise Rejected("卡片点击动作", "a notice must open something (42045)")

    def as_json(self) -> dict[str, Any]:
        return self.body() | {"card_image": {"url": self.image_url}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonCard(_Notice):
    """One to six buttons, and where wished a drop-down. The press comes as an event."""

    card_type: ClassVar[str] = "button_interaction"

    buttons: tuple[Button, ...]
    choice: Choice | None = None

    def __post_init__(self) -> None:
        self.check_notice(needs_task=True)
        limits.not_empty("卡片按钮", self.buttons)
        limits.at_most("卡片按钮", self.buttons, 6)

    def as_json(self) -> dict[str, Any]:
        body = self.body() | {"button_list": [one.as_json() for one in self.buttons]}
        if self.choice is not None:
            body["button_selection"] = self.choice.as_json()
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCard(_Card):
    """One question with up to 20 answers, one or several of them to be ticked."""

    card_type: ClassVar[str] = "vote_interaction"

    question_key: str
    options: tuple[Option, ...]
    several: bool = False
    submit_text: str = "提交"
    submit_key: str = "submit"

    def __post_init__(self) -> None:
        self.check(needs_task=True)
        limits.not_empty("选择题 key", self.question_key)
        limits.not_empty("选择题选项", self.options)
        limits.at_most("选择题选项", self.options, 20)

    def as_json(self) -> dict[str, Any]:
        options = [one.as_json() | {"is_checked": one.checked} for one in self.options]
        return self.head() | {
            "checkbox": {
                "question_key": self.question_key,
                "option_list": options,
                "mode": int(self.several),
            },
            "submit_button": {"text": self.submit_text, "key": self.submit_key},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesCard(_Card):
    """Up to three drop-downs that are sent together."""

    card_type: ClassVar[str] = "multiple_interaction"

    choices: tuple[Choice, ...]
    submit_text: str = "提交"
    submit_key: str = "submit"

    def __post_init__(self) -> None:
        self.check(needs_task=True)
        limits.not_empty("选择器", self.choices)
        limits.at_most("选择器", self.choices, 3)

    def as_json(self) -> dict[str, Any]:
        return self.head() | {
            "select_list": [one.as_json() for one in self.choices],
            "submit_button": {"text": self.submit_text, "key": self.submit_key},
        }


Card: TypeAlias = TextNotice | NewsNotice | ButtonCard | VoteCard | ChoicesCard
