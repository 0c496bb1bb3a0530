"""What happened, newest first by day: the timeline of a customer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from console.naming import Names
from console.why_links import why_of
from console.wording import act_text
from delivery.repository.touches import Touched
from insights.record import Line
from kit.clock import bank_date

SHOWN_EVENTS: Final = 40
CHANNELS: Final = {
    "sidebar": ("send", "send", "一键发送"),
    "broadcast": ("send", "mega", "群发"),
    "welcome": ("send", "chat", "欢迎语"),
    "phone": ("ok", "phone", "电话联系"),
    "branch": ("ok", "branch", "到店"),
    "chat": ("ok", "chat", "聊天跟进"),
    "manager": ("ok", "person", "上门联系"),
    "app": ("", "phone", "手机银行"),
    "sms": ("send", "send", "短信"),
    "email": ("send", "send", "邮件"),
    "media": ("", "mega", "新媒体"),
    "open": ("", "link", "开放银行"),
}
TOUCH_STATES: Final = {
    "claimed": ("待存档核对", "info"),
    "confirmed": ("存档一致", "ok"),
    "sent": ("企业微信已送达", "ok"),
    "recorded": ("已记录", ""),
    "attempted": ("没有联系上", "warn"),
    "void": ("已作废", ""),
}


def of_customer(
    reached: Sequence[Touched],
    lines: Sequence[Line],
    names: Names,
    triggers: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Touches over every channel and entries about a customer, as days with events.

    ``triggers``: what the policy calls its triggers, which stand as reasons in the entries.
    """
    events: list[tuple[datetime, dict[str, Any]]] = []
    for one in reached:
        kind, icon, text = CHANNELS.get(one.channel, ("", "chat", one.channel))
        state, colour = TOUCH_STATES.get(one.state, (one.state, ""))
        title = f"{names.person(one.staff_id)}{text}"
        badges = [{"text": state, "kind": colour}]
        why = why_of(one.source)
        parts = [("", one.reason)] if one.reason else []
        events.append(
            (one.at, event(kind, icon, title, one.at, badges=badges, parts=parts, href=why))
        )
    for line in lines:
        title = f"{act_text(line.act)}" + (
            f"：{triggers.get(line.reason, line.reason)}" if line.reason else ""
        )
        place = f"/c/interactions/{line.stream}/{line.seq}"
        events.append((line.at, event("", "info", title, line.at, href=place)))
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for at, happened in sorted(events, key=lambda one: one[0], reverse=True)[:SHOWN_EVENTS]:
        by_day[bank_date(at)].append(happened)
    return [{"on": day, "events": found} for day, found in by_day.items()]


def event(
    kind: str,
    icon: str,
    title: str,
    at: datetime,
    *,
    badges: Sequence[dict[str, str]] = (),
    parts: Sequence[tuple[str, str]] = (),
    href: str | None = None,
    link: str = "看",
) -> dict[str, Any]:
    """One thing in a timeline; kind: send | ok | warn | danger | ""."""
    return {
        "kind": kind,
        "icon": icon,
        "title": title,
        "at": at,
        "badges": list(badges),
        "parts": list(parts),
        "href": href,
        "link": link if href else "",
    }
