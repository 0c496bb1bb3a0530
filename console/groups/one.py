"""One group: what happened day by day, who is in it, what was found in it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from archive import alert_lists
from archive.facts import AlertFact, GroupTalk
from community import repository as groups_of
from community.facts import (
    GroupEventFact,
    GroupFact,
    MemberFact,
)
from console import roles, seals
from console.audit.talk import EVERY_STATE, rules_of
from console.groups.listed import PATH, WEEK, around, flags_of
from console.groups.people import People, people_of
from console.lists import number, state, url
from console.shell import page, shell
from console.sight import groups_in, sight_of, talks_in
from console.state_words import ALERT_KINDS, ALERT_STATES, SEVERITIES
from console.timelines import event
from console.traces import looked
from kit.clock import bank_date
from kit.web.formats import count, moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
HAPPENED: Final = {
    "created": ("ok", "group", "建群"),
    "joined": ("ok", "in", "进群"),
    "left": ("", "out", "退群"),
    "renamed": ("", "info", "群改名"),
    "owner_changed": ("", "people", "群主变更"),
    "notice_changed": ("", "mega", "群公告变更"),
    "dismissed": ("danger", "x", "群解散"),
    "restored": ("ok", "refresh", "群恢复"),
    "registered": ("", "doc", "登记用途"),
}
SHOWN_EVENTS: Final = 200
SHOWN_MEMBERS: Final = 30


@router.get(PATH + "/{chat_id}", response_class=HTMLResponse)
async def group(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    chat_id: str,
    before: str = "",
    members: str = "",
) -> Response:
    """One group: what happened, day by day, who is in it, what was found in it."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    scope = await groups_in(session, sight)
    at = asking.at
    known, talks = await around(session, [chat_id], at)
    found = await groups_of.group(session, scope, chat_id, known)
    place = await looked(session, asking, "group.viewed", f"group:{chat_id}")
    until = _before(before) or at
    since = until - WEEK
    events = await groups_of.happened(
        session, chat_id, since=since, until=until, limit=SHOWN_EVENTS
    )
    everybody = await groups_of.members(session, chat_id)
    present = [one for one in everybody if one.left_at is None]
    scope_of_talk = await talks_in(session, sight)
    alerts = await alert_lists.page(
        session, scope_of_talk, alert_lists.Wanted(states=EVERY_STATE, room_id=chat_id), limit=30
    )
    people = await people_of(session, everybody)
    held = set(asking.viewer.roles)
    auditing, watching = bool(held & set(roles.AUDIT)), bool(held & set(roles.WATCH))
    here = f"{PATH}/{quote(chat_id)}"
    audit_url = f"/c/audit?room={quote(chat_id)}"
    context = await shell(request, session, asking, "groups", view_ref=place)
    talk = talks.get(chat_id)
    shown = everybody if members == "all" else everybody[:SHOWN_MEMBERS]
    context |= {
        "g": {
            "name": found.name or "（没有群名）",
            "owner_name": people.name(found.owner_userid),
            "unit_name": sight.unit_name(found.unit_id),
            "purpose": found.purpose,
            "created_at": found.created_at,
            "members": found.members,
            "external": found.external,
            "flags": flags_of(found),
        },
        "stats": _group_stats(found, present, people, talk, here),
        "span_text": f"{bank_date(since):%m-%d} 至 {bank_date(until):%m-%d}",
        "talk_url": audit_url if auditing else here,
        "state": None
        if events or alerts
        else state("first_use", "这几天没有事情", "进群、退群、改名、预警会按时间列在这里。"),
        "days": _days(events, alerts if watching else [], people, request, since, until),
        "older_url": url(here, before=since.isoformat()),
        "coverage": _coverage(found, present, talk, at),
        "findings_url": audit_url if auditing else "/c/alerts" if watching else here,
        "findings": [_finding(one, request) for one in alerts] if watching else [],
        "mix": people.mix(present),
        "members": [_member(one, people, found) for one in shown],
        "members_url": url(here, members="all") if len(everybody) > len(shown) else None,
    }
    return page(request, "group", context)


def _before(text: str) -> datetime | None:
    try:
        moment_of = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment_of if moment_of.tzinfo else None


def _group_stats(
    found: GroupFact,
    present: Sequence[MemberFact],
    people: People,
    talk: GroupTalk | None,
    here: str,
) -> list[dict[str, Any]]:
    known = sum(one.member_id in people.bound for one in present)
    return [
        number(
            "成员", count(found.members), "人", f"客户 {found.external} · 员工 {found.staff}",
            "现在在群里的", f"{here}?members=all",
        ),
        number(
            "已实名", count(known), "人", f"共 {found.external} 位外部联系人", "匹配到客户号的成员",
            f"{here}?members=all",
        ),
        number(
            "7 日消息", count(talk.messages if talk else 0), "条",
            f"{talk.speakers} 人发言" if talk else "没有人说话", "存档里的消息", here,
        ),
        number(
            "7 日命中", count(talk.findings if talk else 0), "条", "", "命中规则的消息", here,
            bad=bool(talk and talk.findings),
        ),
    ]  # fmt: skip


def _days(
    events: Sequence[GroupEventFact],
    alerts: Sequence[AlertFact],
    people: People,
    request: Request,
    since: datetime,
    until: datetime,
) -> list[dict[str, Any]]:
    found: list[tuple[datetime, dict[str, Any]]] = []
    for one in events:
        kind, icon, text = HAPPENED[one.act]
        found.append((one.at, event(kind, icon, _told(one, text, people), one.at)))
    for alert in alerts:
        if since <= alert.sent_at < until:
            badge = {"text": ALERT_STATES[alert.state], "kind": "warn"}
            title = f"{_name(alert, request)}（{'、'.join(alert.rules)}）"
            href = f"/c/alerts/{alert.id}"
            found.append(
                (
                    alert.sent_at,
                    event("danger", "warn", title, alert.sent_at, badges=[badge], href=href),
                )
            )
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for at, happened in sorted(found, key=lambda one: one[0], reverse=True):
        by_day[bank_date(at)].append(happened)
    return [{"on": day, "events": told} for day, told in by_day.items()]


def _told(one: GroupEventFact, text: str, people: People) -> str:
    who = people.name(one.member_id) if one.member_id else ""
    if one.act == "left" and one.quit_scene == 1:
        return f"{who}被移出群"
    if one.act in ("joined", "left"):
        return f"{who}{text}"
    if one.act == "owner_changed":
        return f"群主由 {people.name(one.before)} 改为 {people.name(one.after)}"
    if one.after and one.before:
        return f"{text}：{one.before} → {one.after}"
    return f"{text}：{one.after}" if one.after else text


def _name(alert: AlertFact, request: Request) -> str:
    rules = rules_of(request)
    first = rules.get(alert.rules[0]) if alert.rules else None
    return first.name if first else ALERT_KINDS.get(alert.kind, alert.kind)


def _finding(alert: AlertFact, request: Request) -> dict[str, Any]:
    return {
        "rule": "、".join(alert.rules),
        "name": _name(alert, request),
        "at": alert.sent_at,
        "by": SEVERITIES[alert.severity][0] + "级",
        "state_text": ALERT_STATES[alert.state],
        "kind": SEVERITIES[alert.severity][1] or "brand",
        "href": f"/c/alerts/{alert.id}",
    }


def _coverage(
    found: GroupFact, present: Sequence[MemberFact], talk: GroupTalk | None, at: datetime
) -> dict[str, Any]:
    archived = "not_archived" not in found.flags
    last = moment(talk.last_at, bank_date(at)) if talk and talk.last_at else "—"
    facts = [
        ("近 7 天存档", f"{talk.messages} 条" if talk else "0 条", "num"),
        ("最近一条", last, ""),
        ("外部联系人", f"{found.external} 人", "num"),
        ("员工", f"{sum(one.kind == 'staff' for one in present)} 人", "num"),
    ]
    if archived:
        return seals.seal(True, "这个群在会话存档里", "消息按序号入库，可以逐条核验", facts)
    return seals.seal(False, "存档里没有这个群的消息", "请群主或群里的一位员工开通会话存档", facts)


def _member(one: MemberFact, people: People, found: GroupFact) -> dict[str, Any]:
    customer_id = people.bound.get(one.member_id)
    if one.kind == "staff":
        kind = "员工 · 群主" if one.member_id == found.owner_userid else "员工"
    else:
        kind = "客户 · 已实名" if customer_id else "外部 · 未匹配"
    return {
        "name": people.name(one.member_id),
        "href": f"/c/customers/{customer_id}" if customer_id else None,
        "kind_text": kind,
        "joined_at": one.joined_at,
        "left_at": one.left_at,
        "messages": None,
    }
