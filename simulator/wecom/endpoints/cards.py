"""template_card: its parts, its checks, and message/update_template_card (api.md 8)."""

import re
from typing import Any, ClassVar

from pydantic import Field

from simulator.wecom.endpoints.attachments import Part
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.strictness import Ask

TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
CARD_TYPES = frozenset(
    {
        "text_notice", "news_notice", "button_interaction", "vote_interaction",
        "multiple_interaction",
    }
)  # fmt: skip
CALLBACK_TYPES = CARD_TYPES - {"text_notice", "news_notice"}


class Option(Part):
    """One option of a selection."""

    id: str
    text: str
    is_checked: bool = False


class Selection(Part):
    """button_selection, checkbox, one of select_list."""

    question_key: str = ""
    title: str = ""
    option_list: list[Option] = Field(default_factory=list)
    selected_id: str = ""
    mode: int = 0
    disable: bool = False


class Button(Part):
    """One button: type 0 calls back with key, 1 opens url."""

    text: str = ""
    type: int = 0
    style: int = 1
    key: str = ""
    url: str = ""


class SubmitButton(Part):
    """submit_button."""

    text: str = ""
    key: str = ""


class Line(Part):
    """One line of horizontal_content_list."""

    keyname: str = ""
    value: str = ""
    type: int = 0
    url: str = ""
    media_id: str = ""
    userid: str = ""


class MenuEntry(Part):
    """One entry of action_menu."""

    text: str
    key: str


class Menu(Part):
    """action_menu."""

    desc: str = ""
    action_list: list[MenuEntry]


class Jump(Part):
    """card_action, one of jump_list, quote_area, image_text_area."""

    type: int = 0
    url: str = ""
    appid: str = ""
    pagepath: str = ""
    title: str = ""
    desc: str = ""
    quote_text: str = ""
    image_url: str = ""


class Card(Part):
    """template_card of any type."""

    card_type: str
    source: dict[str, Any] | None = None
    action_menu: Menu | None = None
    main_title: dict[str, Any] | None = None
    emphasis_content: dict[str, Any] | None = None
    sub_title_text: str = ""
    quote_area: Jump | None = None
    image_text_area: Jump | None = None
    card_image: dict[str, Any] | None = None
    vertical_content_list: list[dict[str, Any]] = Field(default_factory=list)
    horizontal_content_list: list[Line] = Field(default_factory=list)
    jump_list: list[Jump] = Field(default_factory=list)
    card_action: Jump | None = None
    task_id: str = ""
    button_selection: Selection | None = None
    button_list: list[Button] = Field(default_factory=list)
    checkbox: Selection | None = None
    select_list: list[Selection] = Field(default_factory=list)
    submit_button: SubmitButton | None = None
    replace_text: str = ""


class ReplacedButton(Part):
    """button{replace_name}."""

    replace_name: str


class UpdateCard(Ask):
    """message/update_template_card [94888]."""

    missing: ClassVar[dict[str, int]] = {"agentid": 41011, "response_code": 60140}
    wrong: ClassVar[dict[str, int]] = {"agentid": 40056, "response_code": 60140}
    userids: list[str] = Field(default_factory=list)
    partyids: list[int] = Field(default_factory=list)
    tagids: list[int] = Field(default_factory=list)
    atall: int = 0
    agentid: int
    response_code: str
    button: ReplacedButton | None = None
    template_card: Card | None = None
    enable_id_trans: int = 0


def checked_card(call: Call, card: Card) -> None:
    """Refuse a card that WeCom would not show; the codes are those of the code page."""
    if card.card_type not in CARD_TYPES:
        raise Refused(42031, "invalid card_type")
    if card.card_type in CALLBACK_TYPES and call.world.corp.target_of(call.app) is None:
        raise Refused(43012, "app has no callback url")
    needs_task = card.card_type in CALLBACK_TYPES or card.action_menu is not None
    if (needs_task or card.task_id) and not TASK_ID.fullmatch(card.task_id):
        raise Refused(42014, "invalid task_id")
    if card.task_id and (call.app.agent_id, card.task_id) in call.world.notes.tasks:
        raise Refused(42014, "task_id was used before")
    _parts(card)


def _parts(card: Card) -> None:
    if card.card_type in ("text_notice", "news_notice") and (
        card.card_action is None or card.card_action.type not in (1, 2)
    ):
        raise Refused(42045, "card_action missing or invalid")
    if len(card.horizontal_content_list) > 6:
        raise Refused(42035, "horizontal_content_list over 6")
    for line in card.horizontal_content_list:
        if not line.keyname:
            raise Refused(42027, "keyname missing")
        if line.type == 1 and not line.url:
            raise Refused(42028, "url missing")
    if card.action_menu is not None:
        keys = [entry.key for entry in card.action_menu.action_list]
        if not 1 <= len(keys) <= 3 or len(set(keys)) != len(keys):
            raise Refused(42051, "action_menu keys collide or over 3")
    if card.card_type == "button_interaction":
        _buttons(card)
    if card.card_type == "vote_interaction":
        _selection(card.checkbox, 20)
    if card.card_type == "multiple_interaction":
        if not 1 <= len(card.select_list) <= 3:
            raise Refused(42037, "select_list must hold 1 to 3")
        for selection in card.select_list:
            _selection(selection, 10)
    if card.card_type in ("vote_interaction", "multiple_interaction") and (
        card.submit_button is None or not card.submit_button.key
    ):
        raise Refused(42046, "submit_button.key missing")


def _buttons(card: Card) -> None:
    if not 1 <= len(card.button_list) <= 6:
        raise Refused(42018, "button_list must hold 1 to 6")
    for button in card.button_list:
        if not button.text:
            raise Refused(42038, "button text missing")
        if button.type == 0 and not 1 <= len(button.key.encode()) <= 1_024:
            raise Refused(42039, "button key missing or too long")
        if button.type == 1 and not button.url:
            raise Refused(42028, "url missing")
    if card.button_selection is not None:
        _selection(card.button_selection, 10)


def _selection(selection: Selection | None, cap: int) -> None:
    if selection is None or not selection.question_key:
        raise Refused(42043, "question_key missing")
    if not 1 <= len(selection.option_list) <= cap:
        raise Refused(42037, "option_list length invalid")


def update_card(call: Call, ask: UpdateCard) -> Json:
    """Change a card that was sent; each response_code works once within 72 h."""
    world = call.world
    if ask.agentid != call.app.agent_id:
        raise Refused(40056, "invalid agentid")
    code = world.notes.codes.get(ask.response_code)
    if code is None or code.used or call.at >= code.ends_at:
        raise Refused(60140, "invalid response_code")
    if code.note.agent_id != ask.agentid:
        raise Refused(42015, "card was sent by another app")
    if (ask.button is None) == (ask.template_card is None):
        raise Refused(40058, "one of button and template_card")
    if len(ask.userids) > 1_000:
        raise Refused(40032, "over 1000 users")
    reached = set(code.note.receivers)
    wanted, invalid = _wanted(call, ask, reached)
    if not wanted and not invalid:
        raise Refused(82101, "update target empty")
    if not wanted:
        raise Refused(82102, "update target not in the message")
    code.used = True
    change = ask.button or ask.template_card
    world.seen.append(
        "card_updated",
        call.at,
        agent_id=ask.agentid,
        msgid=code.note.msgid,
        task_id=code.note.card_task,
        userids=sorted(wanted),
        body=change.model_dump(exclude_unset=True) if change else {},
    )
    return {"invaliduser": invalid}


def _wanted(call: Call, ask: UpdateCard, reached: set[str]) -> tuple[set[str], list[str]]:
    if ask.atall:
        return reached, []
    directory = call.world.directory
    rooms = directory.below(ask.partyids)
    wanted = {m.userid for m in directory.present() if rooms.intersection(m.departments)} & reached
    invalid = []
    for userid in ask.userids:
        member = directory.find(userid)
        if member is not None and member.userid in reached:
            wanted.add(member.userid)
        else:
            invalid.append(userid)
    return wanted, invalid


ENDPOINTS = (post("message/update_template_card", UpdateCard, update_card, "message"),)
