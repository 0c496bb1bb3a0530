"""复核台: what waits for a person, the end of its term first; what was decided."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.review import cases, lowering
from compliance.review.cases import Wanted
from compliance.review.facts import Case, CaseState
from compliance.screening.rules import Rule
from config import policy_catalogue
from config.review_desk_policy import ReviewDeskPolicy
from console import roles
from console.audit.talk import rules_of
from console.lists import PER_PAGE, choice, nothing, number, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from kit.web.formats import count, masked_numbers, waited
from kit.web.guard import Asking, Writing, allow
from kit.web.rich import marked

router = APIRouter()
PATH: Final = "/c/screened"
SOURCES: Final = {"talk": "会话存档", "sidebar": "侧边栏待发", "content": "内容送审"}
SEVERITIES: Final = {"block": ("拦下", "danger"), "review": ("要人复核", "warn")}
STATES: Final = {
    CaseState.OPEN: ("待复核", "warn"),
    CaseState.RELEASED: ("放行", "ok"),
    CaseState.RETURNED: ("打回", "danger"),
    CaseState.MOOT: ("话已改过", ""),
}


@router.get(PATH, response_class=HTMLResponse)
async def screened(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.WATCH)],
    session: Writing,
    unit: str = "",
    source: str = "",
    severity: str = "",
    rule: str = "",
    rulebook: str = "",
    level: str = "",
    status: Annotated[str, Query(alias="state")] = "open",
    late: str = "",
    after: str = "",
) -> Response:
    """The queue, by the end of its term; every number above is the count of a list here."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    whole = await sight_of(session, asking.viewer, roles.WATCH)
    sight = await sight_of(session, asking.viewer, roles.WATCH, unit)
    kept = {
        "unit": unit, "source": source, "severity": severity, "rule": rule, "rulebook": rulebook,
        "level": level, "state": status, "late": late,
    }  # fmt: skip
    wanted = Wanted(
        state=_state(status),
        states=DECIDED if status == "decided" else (),
        units=sight.units,
        source=source,
        severity=severity,
        rule=rule,
        rulebook=rulebook,
        level=int(level) if level.isdecimal() else None,
        late_at=asking.at if late == "1" else None,
        since=None if status == "open" else asking.at - timedelta(days=policy.window_days),
    )
    total = await cases.count(session, wanted)
    found = await cases.page(session, wanted, limit=PER_PAGE + 1, after=_keyset(after))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session, asking, "cases.listed", "list:cases",
        payload={**kept, "shown": [one.id for one in shown]},
    )  # fmt: skip
    people = [who for one in shown for who in (one.author, one.decided_by) if who]
    names = await names_for(session, places=people)
    rules = rules_of(request)
    context = await shell(request, session, asking, "screened", view_ref=place)
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("source", "来处", [("", "全部"), *SOURCES.items()], source),
            choice(
                "severity", "轻重",
                [("", "全部"), *((key, text) for key, (text, _) in SEVERITIES.items())], severity,
            ),
            choice(
                "level", "在哪一级",
                [("", "全部"), *((str(n), one.title) for n, one in enumerate(policy.level, 1))],
                level,
            ),
        ],
        "promise": f"拦下的 {policy.promise_hours.block} 小时内、要复核的 {policy.promise_hours.review} 小时内处理",
        "stats": await _stats(session, asking, sight, policy, unit),
        "tabs": await _tabs(session, asking, sight, kept, policy, status),
        "state": None
        if shown
        else nothing("复核", (v for k, v in kept.items() if k != "state"), PATH, "规则拦下或要求复核的话，会出现在这里。"),
        "cases": [row(one, names, sight, rules, asking, policy) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, after=_place(shown[-1])) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }  # fmt: skip
    return page(request, "screened", context)


DECIDED: Final = (CaseState.RELEASED, CaseState.RETURNED)


def _state(status: str) -> CaseState | None:
    if status == "decided":
        return None
    return next((one for one in CaseState if one.value == status), CaseState.OPEN)


def _place(one: Case) -> str:
    return f"{one.due_at.isoformat()}~{one.id}"


def _keyset(text: str) -> tuple[datetime, int] | None:
    stamp, _, which = text.partition("~")
    if not which.isdecimal():
        return None
    try:
        return datetime.fromisoformat(stamp), int(which)
    except ValueError:
        return None


async def _stats(
    session: AsyncSession, asking: Asking, sight: Sight, policy: ReviewDeskPolicy, unit: str
) -> list[dict[str, Any]]:
    since = asking.at - timedelta(days=policy.window_days)

    async def counted(wanted: Wanted) -> int:
        return await cases.count(session, wanted)

    waiting = await counted(Wanted(units=sight.units))
    late = await counted(Wanted(units=sight.units, late_at=asking.at))
    gone = await counted(Wanted(CaseState.RELEASED, sight.units, since=since))
    decided = await counted(Wanted(None, sight.units, since=since, states=DECIDED))
    share = f"{100 * gone / decided:.1f}" if decided else "—"
    lowered = len(await lowering.in_force(session))
    return [
        number("待复核", count(waiting), "件", "", "还没有结论的", url(PATH, unit=unit)),
        number(
            "超过期限", count(late), "件", "", "过了承诺时间还没有结论的",
            url(PATH, late="1", unit=unit), bad=late > 0,
        ),
        number(
            "误拦率", share, "%" if decided else "", f"放行 {gone} / 决定 {decided}",
            f"近 {policy.window_days} 天放行占决定的比例", url(PATH, state="released", unit=unit),
        ),
        number(
            "已降级规则", count(lowered), "条", "", "误拦太多、现在只要求复核的规则",
            f"{PATH}/rules",
        ),
    ]  # fmt: skip


async def _tabs(
    session: AsyncSession,
    asking: Asking,
    sight: Sight,
    kept: Mapping[str, str],
    policy: ReviewDeskPolicy,
    status: str,
) -> list[dict[str, Any]]:
    since = asking.at - timedelta(days=policy.window_days)
    made = []
    for state, (text, _) in STATES.items():
        wanted = Wanted(state, sight.units, since=None if state is CaseState.OPEN else since)
        n = await cases.count(session, wanted)
        href = url(PATH, {**kept, "state": state.value, "late": ""})
        made.append(tab(text, href, n, status == state.value))
    return [*made, tab("误拦率", f"{PATH}/rules")]


def row(
    one: Case,
    names: Names,
    sight: Sight,
    rules: Mapping[str, Rule],
    asking: Asking,
    policy: ReviewDeskPolicy,
) -> dict[str, Any]:
    """A case as the queue shows it."""
    text, kind = SEVERITIES[one.severity]
    state_text, state_kind = STATES[one.state]
    waits = one.state is CaseState.OPEN
    late = waits and one.due_at < asking.at
    return {
        "href": f"{PATH}/{one.id}",
        "rule": one.rule,
        "rule_name": rules[one.rule].name if one.rule in rules else "规则库里已经没有",
        "severity_text": text,
        "severity_kind": kind,
        "source_text": SOURCES[one.source.value],
        "parts": marked(masked_numbers(one.text), one.spans),
        "author_name": names.actor(one.author) if one.author else "—",
        "unit_name": sight.unit_name(one.unit_id),
        "level_text": policy.level[min(one.level, len(policy.level)) - 1].title,
        "opened_at": one.opened_at,
        "late": late,
        "due_text": _due(one, asking),
        "state_text": state_text,
        "state_kind": state_kind,
        "decided_by": names.actor(one.decided_by) if one.decided_by else "",
        "reason": one.reason,
    }


def _due(one: Case, asking: Asking) -> str:
    if one.state is not CaseState.OPEN:
        return ""
    if one.due_at < asking.at:
        return f"已超 {waited(one.due_at, asking.at)}"
    return f"还剩 {waited(asking.at, one.due_at)}"
