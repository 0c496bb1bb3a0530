"""A talk around one message with its proof, its findings and what became of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from archive import alert_lists
from archive.context import context as talk_around
from archive.errors import MessageUnknown
from archive.evidence.lists import msgids
from archive.facts import AlertFact, FindingFact, FoundMessage, SearchScope
from archive.integrity import seals as seals_of
from compliance.screening.rules import Rule
from console import seals
from console.audit.speakers import Speakers, speakers_of
from console.lists import state
from console.naming import names_for
from console.traces import viewing
from console.why_links import why_of
from console.wording import act_text
from delivery.repository import ticket_lists
from delivery.repository.ticket_lists import TicketFact
from insights import record
from kit.clock import bank_date
from kit.web.formats import clock, day, masked_numbers, moment
from kit.web.guard import Asking
from kit.web.rich import Part, marked

MEDIA: Final = {
    "image": ("img", "图片"),
    "emotion": ("img", "表情"),
    "voice": ("mic", "语音"),
    "video": ("play", "视频"),
    "file": ("doc", "文件"),
    "link": ("link", "链接"),
    "weapp": ("link", "小程序"),
    "card": ("person", "名片"),
    "location": ("flag", "位置"),
}
WORDINGS: Final = {
    "differs": ("与发出的话术不一致", "danger"),
    "hand": ("手工输入，没有使用审核话术", ""),
}
ALERT_ACTS: Final = (
    "alert.opened", "alert.claimed", "alert.released", "alert.escalated", "alert.closed",
)  # fmt: skip
EVERY_STATE: Final = (*alert_lists.OPEN, "closed")


def no_talk() -> dict[str, Any]:
    """Nothing chosen yet."""
    return {
        "talk": None,
        "talk_state": state(
            "no_result", "选一条来看", "左边选中一条，这里显示前后各 10 条和完整性证明。"
        ),
        "seal": None,
        "findings": [],
        "trail": [],
        "disposition": None,
        "talk_links": [],
    }


async def talk_of(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    scope: SearchScope,
    seq: int,
    *,
    reason: str = "",
) -> dict[str, Any]:
    """The talk around message ``seq``; the look is recorded. Raises MessageUnknown out of sight."""
    msgid = (await msgids(session, [seq])).get(seq)
    if msgid is None:
        raise MessageUnknown("没有这条消息，或不在你的查看范围内", msgid=str(seq))
    shown = await talk_around(session, scope, msgid, viewing(asking, reason), at=asking.at)
    [middle] = [one for one in shown if one.seq == seq]
    who = await speakers_of(session, shown)
    sends = [int(one.send_id) for one in shown if one.send_id and one.send_id.isdecimal()]
    tickets = await ticket_lists.by_id(session, sends)
    rules = rules_of(request)
    alert = await _alert(session, scope, msgid)
    return {
        "talk": {
            "title": who.talk(middle),
            "subtitle": who.about(middle),
            "earlier_url": f"/c/audit/{shown[0].seq}" if shown[0].seq != seq else None,
            "later_url": f"/c/audit/{shown[-1].seq}" if shown[-1].seq != seq else None,
            "messages": lines(shown, who, tickets, seq),
        },
        "talk_state": None,
        "seal": seals.of_messages(await seals_of(session, [one.seq for one in shown]), asking),
        "findings": [finding(one, rules) for one in middle.findings],
        "trail": await _trail(session, msgid, asking),
        "disposition": disposition(alert, asking),
        "talk_links": _links(middle, who, alert),
    }


def rules_of(request: Request) -> Mapping[str, Rule]:
    """The rules in force by id."""
    return {one.id: one for one in request.app.state.parts.screener.rulebook.rules}


async def _alert(session: AsyncSession, scope: SearchScope, msgid: str) -> AlertFact | None:
    wanted = alert_lists.Wanted(states=EVERY_STATE, msgid=msgid)
    found = await alert_lists.page(session, scope, wanted, limit=1)
    return found[0] if found else None


def disposition(alert: AlertFact | None, asking: Asking) -> dict[str, Any] | None:
    """How whoever holds the alert may close it."""
    if alert is None or alert.state != "claimed" or alert.claimed_by != asking.actor:
        return None
    return {
        "action": f"/c/alerts/{alert.id}/close",
        "options": [
            {"value": "clear", "text": "无问题", "kind": ""},
            {"value": "corrected", "text": "已整改", "kind": "danger"},
            {"value": "reported", "text": "上报", "kind": "primary"},
        ],
    }


def lines(
    shown: Sequence[FoundMessage],
    who: Speakers,
    tickets: Mapping[int, TicketFact],
    seq: int,
) -> list[dict[str, Any]]:
    """A talk as the page shows it: messages, the days between them, what was taken back."""
    found: list[dict[str, Any]] = []
    today: date | None = None
    for one in shown:
        if bank_date(one.sent_at) != today:
            today = bank_date(one.sent_at)
            found.append({"sys": day(one.sent_at)})
        said = _system_line(one, who)
        found.append({"sys": said} if said else _message(one, who, tickets, seq))
    return found


def _system_line(one: FoundMessage, who: Speakers) -> str:
    name = who.person(one.from_id)
    if one.action == "recall" or one.msgtype == "revoke":
        return f"{clock(one.sent_at)} {name}撤回一条消息，存档中仍保留原文"
    if one.msgtype == "agree":
        return f"{clock(one.sent_at)} {name}同意会话存档"
    if one.msgtype == "disagree":
        return f"{clock(one.sent_at)} {name}不同意会话存档"
    return ""


def _message(
    one: FoundMessage, who: Speakers, tickets: Mapping[int, TicketFact], seq: int
) -> dict[str, Any]:
    media, text = MEDIA.get(one.msgtype, (None, f"［{one.msgtype}］"))
    note, kind = _note(one, tickets)
    return {
        "sys": "",
        "me": one.from_kind == "staff",
        "by": who.person(one.from_id),
        "at": one.sent_at,
        "seq": one.seq,
        "parts": parts(one, masked=False) if one.text else [("", text)],
        "media": media,
        "note": note,
        "note_kind": kind,
        "why": why_of(f"send:{one.send_id}") if one.send_id else None,
        "hit": bool(one.findings) or one.seq == seq,
        "recalled": one.recalled,
    }


def _note(one: FoundMessage, tickets: Mapping[int, TicketFact]) -> tuple[str, str]:
    """Where the words came from (逐字比对), and which rules they break."""
    rules = "、".join(dict.fromkeys(finding.rule for finding in one.findings))
    ticket = tickets.get(int(one.send_id)) if one.send_id and one.send_id.isdecimal() else None
    said, kind = WORDINGS.get(one.wording or "", ("", ""))
    if one.wording == "script":
        version = f" {ticket.script_code} 第 {ticket.script_version} 版" if ticket else ""
        said, kind = f"✓ 与审核通过的话术{version} 逐字一致", "ok"
    if rules:
        return " · ".join(part for part in (said, f"命中 {rules}") if part), "danger"
    return said, kind


def parts(one: FoundMessage, *, masked: bool = True) -> list[Part]:
    """The text with broken rules marked, else with what was searched for marked.

    Long numbers are masked in lists; the talk itself, opened by itself, shows them.
    """
    text = masked_numbers(one.text) if masked else one.text
    spans = [span for finding in one.findings for span in finding.spans]
    return marked(text, spans, "hit") if spans else marked(text, one.spans, "q")


def finding(one: FindingFact, rules: Mapping[str, Rule]) -> dict[str, str]:
    """A broken rule with its reason and its law."""
    rule = rules.get(one.rule)
    return {
        "rule": one.rule,
        "name": rule.name if rule else one.family,
        "text": rule.reason if rule else "",
        "note": f"依据 {rule.law} · 规则版本 {one.rulebook}" if rule else one.rulebook,
    }


async def _trail(session: AsyncSession, msgid: str, asking: Asking) -> list[dict[str, Any]]:
    about = (f"message:{msgid}",)
    acts = await record.page(
        session, record.Wanted(kinds=("chat",), objects=about, acts=ALERT_ACTS), limit=20
    )
    views = await record.page(
        session, record.Wanted(kinds=("access",), objects=about, acts=("chat.viewed",)), limit=10
    )
    found = sorted([*acts, *views], key=lambda one: one.at)
    names = await names_for(session, places=[one.actor for one in found])
    today = bank_date(asking.at)
    return [
        {
            "text": f"{names.actor(one.actor)} {act_text(one.act)}",
            "small": moment(one.at, today) + (f" · 理由：{one.reason}" if one.reason else ""),
            "now": place == len(found) - 1,
        }
        for place, one in enumerate(found)
    ]


def _links(middle: FoundMessage, who: Speakers, alert: AlertFact | None) -> list[dict[str, str]]:
    found = []
    if alert is not None:
        found.append({"text": f"预警 {alert.id}", "href": f"/c/alerts/{alert.id}"})
    customer = who.customer_of(middle)
    if customer is not None:
        found.append({"text": "这位客户的往来", "href": f"/c/customers/{customer.customer_id}"})
    if middle.room_id:
        found.append({"text": "这个客户群", "href": f"/c/groups/{middle.room_id}"})
    if middle.from_kind == "staff":
        name = who.person(middle.from_id)
        found.append({"text": f"{name}的会话", "href": f"/c/audit?staff={middle.from_id}"})
    return found
