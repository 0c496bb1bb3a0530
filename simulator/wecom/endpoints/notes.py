"""message/send and message/recall: app messages to staff (api.md 8)."""

import json
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simulator.wecom.clock import DAY
from simulator.wecom.endpoints.attachments import Media, Part, check_media
from simulator.wecom.endpoints.cards import Card, checked_card
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.notes import CODE_LIFE_S, Note, ResponseCode
from simulator.wecom.strictness import Ask, within_bytes

UPDATABLE = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
TEXT_BYTES = 2_048


class NoteText(Part):
    """text, markdown."""

    content: str


class TextCard(Part):
    """textcard."""

    title: str
    description: str
    url: str
    btntxt: Annotated[str, Field(max_length=4)] = ""


class Article(Part):
    """One article of news."""

    title: str
    description: str = ""
    url: str = ""
    picurl: str = ""
    appid: str = ""
    pagepath: str = ""


class News(Part):
    """news."""

    articles: Annotated[list[Article], Field(min_length=1)]


class Video(Part):
    """video."""

    media_id: str
    title: str = ""
    description: str = ""


class MiniNotice(Part):
    """miniprogram_notice."""

    appid: str
    title: str
    page: str = ""
    description: str = ""
    emphasis_first_item: bool = False
    content_item: list[dict[str, Any]] = Field(default_factory=list)


class SendNote(Ask):
    """message/send [90236]."""

    missing: ClassVar[dict[str, int]] = {"agentid": 41011, "msgtype": 40008}
    wrong: ClassVar[dict[str, int]] = {"agentid": 40056, "msgtype": 40008}
    touser: str = ""
    toparty: str = ""
    totag: str = ""
    msgtype: str
    agentid: int
    text: NoteText | None = None
    image: Media | None = None
    voice: Media | None = None
    video: Video | None = None
    file: Media | None = None
    textcard: TextCard | None = None
    news: News | None = None
    mpnews: dict[str, Any] | None = None
    markdown: NoteText | None = None
    miniprogram_notice: MiniNotice | None = None
    template_card: Card | None = None
    safe: int = 0
    enable_id_trans: int = 0
    enable_duplicate_check: int = 0
    duplicate_check_interval: Annotated[int, Field(ge=0, le=14_400)] = 1_800


class Recall(Ask):
    """message/recall [94867]."""

    missing: ClassVar[dict[str, int]] = {"msgid": 41046}
    wrong: ClassVar[dict[str, int]] = {"msgid": 41047}
    msgid: str


KINDS = frozenset(
    {
        "text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown",
        "miniprogram_notice", "template_card",
    }
)  # fmt: skip


def send_note(call: Call, ask: SendNote) -> Json:
    """Send to members; partly bad receivers are listed, all bad is 81013."""
    if ask.agentid != call.app.agent_id:
        raise Refused(40056, "invalid agentid")
    body = _checked_body(call, ask)
    receivers, bad_users, bad_parties = _receivers(call, ask)
    answer: Json = {
        "invaliduser": "|".join(user.lower() for user in bad_users),
        "invalidparty": "|".join(bad_parties),
        "invalidtag": "|".join(part for part in ask.totag.split("|") if part),
        "unlicenseduser": "",
        "msgid": call.world.ids.text("", 40),
    }
    if not receivers:
        raise Refused(81013, "user & party & tag all invalid")
    card = ask.template_card if ask.msgtype == "template_card" else None
    if card is not None:
        checked_card(call, card)
    note = Note(answer["msgid"], ask.agentid, ask.msgtype, call.at, [], body, card_task=_task(card))
    if _duplicate(call, ask, body):
        return answer
    _spend(call, len(receivers))
    for userid in receivers:
        if _takes_one_more(call, userid):
            note.receivers.append(userid)
            call.world.seen.append(
                "note",
                call.at,
                userid=userid,
                agent_id=ask.agentid,
                msgtype=ask.msgtype,
                body=body,
                msgid=note.msgid,
            )
    call.world.notes.notes[note.msgid] = note
    if card is not None and card.task_id:
        call.world.notes.tasks[(ask.agentid, card.task_id)] = note
    if card is not None and card.card_type in UPDATABLE:
        answer["response_code"] = _response_code(call, note)
    return answer


def recall(call: Call, ask: Recall) -> Json:
    """Take an app message back within 24 h."""
    note = call.world.notes.notes.get(ask.msgid)
    if note is None or note.agent_id != call.app.agent_id or note.recalled:
        raise Refused(41047, "invalid msgid")
    if call.at >= note.sent_at + DAY:
        raise Refused(42052, "msgid expired")
    note.recalled = True
    call.world.seen.append("note_recalled", call.at, msgid=note.msgid, agent_id=note.agent_id)
    return {}


def _checked_body(call: Call, ask: SendNote) -> dict[str, Any]:
    if ask.msgtype not in KINDS:
        raise Refused(40008, "invalid msgtype")
    part = getattr(ask, ask.msgtype)
    if part is None:
        raise Refused(40058, f"missing parameter: {ask.msgtype}")
    if isinstance(part, dict):
        return part
    body: dict[str, Any] = part.model_dump(exclude_unset=True)
    if ask.msgtype in ("text", "markdown") and not body["content"]:
        raise Refused(44004, "content empty")
    if ask.msgtype == "text":
        # A text that is too long is cut, not refused.
        cut = body["content"].encode()[:TEXT_BYTES].decode(errors="ignore")
        body["content"] = cut
    if ask.msgtype == "markdown":
        within_bytes(body["content"], TEXT_BYTES, 45002, "markdown.content")
    if ask.msgtype == "textcard":
        within_bytes(body["title"], 128, 45002, "textcard.title")
        within_bytes(body["description"], 512, 45002, "textcard.description")
    if isinstance(part, News) and len(part.articles) > 8:
        raise Refused(45008, "article number over the limit")
    check_media(call, str(body.get("media_id", "")))
    return body


def _receivers(call: Call, ask: SendNote) -> tuple[list[str], list[str], list[str]]:
    users = [part for part in ask.touser.split("|") if part]
    parties = [part.strip() for part in ask.toparty.split("|") if part.strip()]
    if not users and not parties and not ask.totag:
        raise Refused(82001, "touser, toparty and totag all empty")
    if len(users) > 1_000:
        raise Refused(40032, "over 1000 users")
    if len(parties) > 100:
        raise Refused(82002, "over 100 parties")
    if len([part for part in ask.totag.split("|") if part]) > 100:
        raise Refused(82003, "over 100 tags")
    visible = call.world.visible(call.app)
    if users == ["@all"]:
        return sorted(visible), [], []
    directory = call.world.directory
    good: list[str] = []
    bad: list[str] = []
    for userid in users:
        member = directory.find(userid)
        known = member is not None and member.userid in visible and member.status == 1
        (good if known else bad).append(member.userid if member and known else userid)
    bad_parties = [p for p in parties if not p.isdigit() or int(p) not in directory.departments]
    rooms = directory.below(int(p) for p in parties if p not in bad_parties)
    for member in directory.present():
        if member.userid in visible and rooms.intersection(member.departments):
            good.append(member.userid)
    return list(dict.fromkeys(good)), bad, bad_parties


def _takes_one_more(call: Call, userid: str) -> bool:
    """Count one message; a member over his rate gets nothing and nobody is told."""
    world, modes = call.world, call.world.modes
    agent = call.app.agent_id
    minute = world.limits.count(f"note {agent} {userid}", "minute", call.at)
    hour = world.limits.count(f"note {agent} {userid}", "hour", call.at)
    return minute <= modes.notes_per_member_minute and hour <= modes.notes_per_member_hour


def _spend(call: Call, people: int) -> None:
    """Count person-times against the account cap x 200 a day. Raises Refused 45009."""
    limits, cap = call.world.limits, call.world.modes.note_account_cap * 200
    key = f"notes {call.app.agent_id}"
    if limits.count(key, "day", call.at, people) > cap:
        limits.count(key, "day", call.at, -people)
        raise Refused(45009, "api freq out of limit: person-times of the day")


def _duplicate(call: Call, ask: SendNote, body: dict[str, Any]) -> bool:
    if not ask.enable_duplicate_check:
        return False
    parts = [ask.agentid, ask.touser, ask.toparty, ask.totag, ask.msgtype, body]
    key = json.dumps(parts, sort_keys=True)
    last = call.world.notes.recent.get(key)
    if last is not None and call.at < last + ask.duplicate_check_interval:
        return True
    call.world.notes.recent[key] = call.at
    return False


def _task(card: Card | None) -> str:
    return card.task_id if card is not None else ""


def _response_code(call: Call, note: Note) -> str:
    code = call.world.ids.secret("response_code")
    call.world.notes.codes[code] = ResponseCode(code, note, call.at + CODE_LIFE_S)
    return code


ENDPOINTS = (
    post("message/send", SendNote, send_note, "message", base_rate=False),
    post("message/recall", Recall, recall, "message"),
)
