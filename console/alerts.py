"""预警: the queue by due time; claimed, released, escalated and closed by people in sight."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive import alert_lists
from archive import alerts as deeds
from archive.alert_lists import OPEN, Wanted
from archive.facts import AlertFact, AlertSeverity, AlertState, FoundMessage, Outcome, SearchScope
from compliance.screening.rules import Rule
from config import policy_catalogue
from console import roles
from console.audit.speakers import Speakers, speakers_of
from console.audit.talk import parts, rules_of, talk_of
from console.desk.settling import CENTRE, cases_follow
from console.errors import FormRefused, ReasonNeeded
from console.lists import PER_PAGE, choice, nothing, number, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of, talks_in
from console.state_words import ALERT_KINDS, ALERT_STATES, SEVERITIES
from console.traces import looked
from crm_sync.facts import StaffFact
from crm_sync.repository.staff import staff_by_userids
from kit.clock import bank_date, bank_moment
from kit.web.formats import count, moment, waited
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/alerts"
Act = Literal["claim", "release", "escalate"]


async def scope_of(
    session: AsyncSession, asking: Asking, unit: str = ""
) -> tuple[SearchScope, Sight]:
    """The talks whose alerts this person watches."""
    sight = await sight_of(session, asking.viewer, roles.WATCH, unit)
    return await talks_in(session, sight), sight


@router.get(PATH, response_class=HTMLResponse)
async def alerts(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.WATCH)],
    session: Writing,
    unit: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    severity: str = "",
    mine: str = "",
    late: str = "",
    after: str = "",
) -> Response:
    """The queue, the most urgent first."""
    whole = await sight_of(session, asking.viewer, roles.WATCH)
    scope, sight = await scope_of(session, asking, unit)
    wanted = _wanted(asking, status, severity, mine, late)
    kept = {
        "unit": unit, "state": status, "severity": severity, "mine": mine, "late": late
    }  # fmt: skip
    total = await alert_lists.count(session, scope, wanted)
    found = await alert_lists.page(session, scope, wanted, limit=PER_PAGE + 1, after=_keyset(after))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    said = await alert_lists.messages(session, shown)
    place = await looked(
        session,
        asking,
        "alerts.listed",
        "list:alerts",
        payload={**kept, "shown": [one.msgid for one in shown]},
    )
    staff = await staff_by_userids(session, {one.userid for one in shown if one.userid})
    names = await names_for(session, places=[one.claimed_by for one in shown if one.claimed_by])
    who = await speakers_of(session, list(said.values()))
    rules = rules_of(request)
    context = await shell(request, session, asking, "alerts", view_ref=place)
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice(
                "severity",
                "级别",
                [("", "全部"), *((key, text) for key, (text, _) in SEVERITIES.items())],
                severity,
            ),
        ],
        "promise": "高级 4 小时、中级 24 小时、低级 72 小时内处置",
        "stats": await _stats(session, asking, scope, unit),
        "tabs": await _tabs(session, asking, scope, unit, status, mine),
        "state": None
        if shown
        else nothing("预警", kept.values(), PATH, "会话存档里的话触发规则时，会出现在这里。"),
        "alerts": [
            row(one, said.get(one.id), who, staff, names, sight, rules, asking) for one in shown
        ],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, after=_place(shown[-1])) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }
    return page(request, "alerts", context)


def _wanted(asking: Asking, status: str, severity: str, mine: str, late: str) -> Wanted:
    states: tuple[AlertState, ...] = OPEN
    for known in get_args(AlertState):
        if status == known:
            states = (known,)
    level: AlertSeverity | None = None
    for known_level in get_args(AlertSeverity):
        if severity == known_level:
            level = known_level
    return Wanted(
        states=states,
        severity=level,
        held_by=asking.actor if mine == "1" else None,
        late_at=asking.at if late == "1" else None,
    )


def _place(one: AlertFact) -> str:
    return f"{one.due_at.isoformat()}~{one.id}"


def _keyset(text: str) -> tuple[datetime, int] | None:
    from_text, _, number_text = text.partition("~")
    if not number_text.isdecimal():
        return None
    try:
        return datetime.fromisoformat(from_text), int(number_text)
    except ValueError:
        return None


async def _stats(
    session: AsyncSession, asking: Asking, scope: SearchScope, unit: str
) -> list[dict[str, Any]]:
    month = bank_moment(bank_date(asking.at).replace(day=1))
    new = await alert_lists.count(session, scope, Wanted(states=("new",)))
    held = await alert_lists.count(session, scope, Wanted(states=("claimed",)))
    mine = await alert_lists.count(session, scope, Wanted(states=OPEN, held_by=asking.actor))
    late = await alert_lists.count(session, scope, Wanted(late_at=asking.at))
    closed = await alert_lists.count(session, scope, Wanted(states=("closed",), closed_since=month))
    return [
        number("未认领", count(new), "件", "", "没有人在办的预警", url(PATH, state="new", unit=unit)),
        number(
            "在办", count(held), "件", f"{mine} 件是你的", "有人认领的预警",
            url(PATH, state="claimed", unit=unit),
        ),
        number(
            "超过期限", count(late), "件", "", "期限内没有办结的预警", url(PATH, late="1", unit=unit),
            bad=late > 0,
        ),
        number(
            "本月办结", count(closed), "件", "", "本月关闭的预警",
            url(PATH, state="closed", unit=unit),
        ),
    ]  # fmt: skip


async def _tabs(
    session: AsyncSession,
    asking: Asking,
    scope: SearchScope,
    unit: str,
    status: str,
    mine: str,
) -> list[dict[str, Any]]:
    async def counted(wanted: Wanted) -> int:
        return await alert_lists.count(session, scope, wanted)

    return [
        tab("待处理", url(PATH, unit=unit), await counted(Wanted()), not status and not mine),
        tab(
            "我的", url(PATH, mine="1", unit=unit), await counted(Wanted(held_by=asking.actor)),
            mine == "1",
        ),
        tab(
            "已升级", url(PATH, state="escalated", unit=unit),
            await counted(Wanted(states=("escalated",))), status == "escalated",
        ),
        tab(
            "已关闭", url(PATH, state="closed", unit=unit),
            await counted(Wanted(states=("closed",))), status == "closed",
        ),
    ]  # fmt: skip


def row(
    one: AlertFact,
    said: FoundMessage | None,
    who: Speakers,
    staff: Mapping[str, StaffFact],
    names: Names,
    sight: Sight,
    rules: Mapping[str, Rule],
    asking: Asking,
) -> dict[str, Any]:
    """An alert as the queue shows it."""
    text, kind = SEVERITIES[one.severity]
    member = staff.get(one.userid or "")
    late, due = _due(one, asking)
    return {
        "href": f"{PATH}/{one.id}",
        "title": _title(one, rules),
        "severity_text": text,
        "severity_kind": kind,
        "rules": "、".join(one.rules) + (f" · 共 {one.messages} 条" if one.messages > 1 else ""),
        "parts": parts(said) if said and said.text else [("", "［没有文字］")],
        "staff_name": member.name if member else (who.person(said.from_id) if said else "—"),
        "unit_name": sight.unit_name(member.unit_id) if member else "—",
        "sent_at": one.sent_at,
        "late": late,
        "due_text": due,
        "holder_name": names.actor(one.claimed_by) if one.claimed_by else "",
        "state_text": ALERT_STATES[one.state],
        "claim_url": f"{PATH}/{one.id}/claim" if one.state in ("new", "escalated") else None,
    }


def _title(one: AlertFact, rules: Mapping[str, Rule]) -> str:
    first = rules.get(one.rules[0]) if one.rules else None
    return first.name if first else ALERT_KINDS.get(one.kind, one.kind)


def _due(one: AlertFact, asking: Asking) -> tuple[bool, str]:
    if one.state == "closed":
        return False, f"办结于 {moment(one.closed_at, bank_date(asking.at))}"
    if one.due_at < asking.at:
        return True, f"已超 {waited(one.due_at, asking.at)}"
    return False, f"还剩 {waited(asking.at, one.due_at)}"


@router.get(PATH + "/{alert_id}", response_class=HTMLResponse)
async def alert(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.WATCH)],
    session: Writing,
    alert_id: int,
) -> Response:
    """One alert with the talk it stands in. AlertUnknown out of sight."""
    scope, _ = await scope_of(session, asking)
    found = await deeds.one(session, scope, alert_id)
    talk = await talk_of(request, session, asking, scope, found.seq, reason=f"处理预警 {alert_id}")
    place = await looked(session, asking, "alert.viewed", f"message:{found.msgid}")
    names = await names_for(session, places=[found.claimed_by] if found.claimed_by else [])
    text, kind = SEVERITIES[found.severity]
    late, due = _due(found, asking)
    held = f" · {names.actor(found.claimed_by)}" if found.claimed_by else ""
    context = await shell(request, session, asking, "alerts", view_ref=place)
    context |= {
        "alert": {
            "title": _title(found, rules_of(request)),
            "severity_text": text,
            "severity_kind": kind,
            "state_text": f"{ALERT_STATES[found.state]}{held}",
            "late": late,
            "due_text": due,
        },
        "actions": _actions(found, asking),
        **talk,
    }
    return page(request, "alert", context)


def _actions(one: AlertFact, asking: Asking) -> list[dict[str, str]]:
    path = f"{PATH}/{one.id}/act"
    if one.state in ("new", "escalated"):
        return [{"action": path, "value": "claim", "text": "认领", "kind": "primary"}]
    if one.state == "claimed" and one.claimed_by == asking.actor:
        return [
            {"action": path, "value": "release", "text": "放回队列", "kind": ""},
            {"action": path, "value": "escalate", "text": "升级给总行合规", "kind": "danger"},
        ]
    return []


@router.post(PATH + "/{alert_id}/claim")
async def claim(
    asking: Annotated[Asking, allow("console", *roles.WATCH)], session: Writing, alert_id: int
) -> Response:
    """Take it from the queue."""
    scope, _ = await scope_of(session, asking)
    await deeds.claim(session, scope, alert_id, actor=asking.actor, at=asking.at)
    return RedirectResponse(f"{PATH}/{alert_id}", status_code=303)


@router.post(PATH + "/{alert_id}/act")
async def act(
    asking: Annotated[Asking, allow("console", *roles.WATCH)],
    session: Writing,
    alert_id: int,
    act: Annotated[Act, Form()],
) -> Response:
    """Claim, put back, or hand up."""
    scope, _ = await scope_of(session, asking)
    if act == "claim":
        await deeds.claim(session, scope, alert_id, actor=asking.actor, at=asking.at)
    elif act == "release":
        await deeds.release(session, scope, alert_id, actor=asking.actor, at=asking.at)
        return RedirectResponse(PATH, status_code=303)
    else:
        await deeds.escalate(
            session, scope, alert_id, to=CENTRE, note="升级给总行合规",
            actor=asking.actor, at=asking.at,
        )  # fmt: skip
    return RedirectResponse(f"{PATH}/{alert_id}", status_code=303)


@router.post(PATH + "/{alert_id}/close")
async def close(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.WATCH)],
    session: Writing,
    alert_id: int,
    outcome: Annotated[str, Form(max_length=16)],
    note: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Close what one holds, with what was found and said; it cannot be changed afterwards.

    What waits about it at the review desk is decided with it.
    """
    decided: Outcome | None = None
    for known in get_args(Outcome):
        if outcome == known:
            decided = known
    if decided is None:
        raise FormRefused("没有这种处置结果", saw=outcome, do="从页面上的按钮里选")
    if len(note.strip()) < 2:
        raise ReasonNeeded("请写处置意见", do="写明看到了什么、怎么处理的")
    scope, _ = await scope_of(session, asking)
    closed = await deeds.close(
        session, scope, alert_id, outcome=decided, note=note.strip(), actor=asking.actor,
        at=asking.at,
    )  # fmt: skip
    policy = request.app.state.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    await cases_follow(
        session, closed, outcome=decided, note=note.strip(), asking=asking, policy=policy
    )
    return RedirectResponse(f"{PATH}/{alert_id}", status_code=303)
