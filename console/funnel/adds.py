"""有效添加: how many adds are real-name, owned, first, kept and two-way, and why the others are not."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from config.adds_policy import OTHER, AddsPolicy
from console import roles
from console.funnel.spans import months, span_of
from console.lists import PER_PAGE, choice, nothing, number, paging, tab, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import profiles
from crm_sync.valid_adds import counting
from crm_sync.valid_adds.facts import (
    ADDED,
    CONDITIONS,
    PENDING,
    VALID,
    Add,
    AddCount,
    AddQuery,
    Condition,
)
from kit.web.formats import count, masked_name, percent
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/adds"
VIEWS: Final = ("funnel", "units", "staff", "sources", "list")
BY: Final = {"units": "unit_id", "staff": "staff_id", "sources": "source"}
NAMES: Final = {
    Condition.BOUND: "实名绑定",
    Condition.OWNED: "归属一致",
    Condition.FIRST: "首次添加",
    Condition.KEPT: "留存",
    Condition.TWO_WAY: "双向沟通",
}


def meaning(condition: Condition, policy: AddsPolicy) -> str:
    """What a condition asks for, in words."""
    return {
        Condition.BOUND: "以算作实名的方式对应到本行客户",
        Condition.OWNED: "加好友的员工就是管户经理",
        Condition.FIRST: "这位客户与本行任何员工的第一次好友关系",
        Condition.KEPT: f"加好友 {policy.kept_days} 天内没有结束",
        Condition.TWO_WAY: f"{policy.two_way_days} 天内双方都在单聊里说过话（以会话存档为准）",
    }[condition]


@router.get(PATH, response_class=HTMLResponse)
async def adds(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    month: str = "",
    unit: str = "",
    source: str = "",
    staff: str = "",
    view: str = "",
    passed: str = "",
    stopped: str = "",
    after: str = "",
) -> Response:
    """The funnel of one month; units, members and sources beside it; the list behind each number."""
    policy: AddsPolicy = request.app.state.parts.shelf.of(policy_catalogue.ADDS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    since, until, chosen = span_of(month, asking.at)
    passed = passed if passed in (ADDED, VALID, *CONDITIONS) else ""
    stopped = stopped if stopped in (PENDING, *CONDITIONS) else ""
    view = view if view in VIEWS else "list" if passed or stopped else "funnel"
    query = AddQuery(since, until, sight.units, staff, source)
    total = await counting.total(session, policy, query, asking.at)
    kept = {"month": chosen, "unit": unit, "source": source, "staff": staff}
    rows: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    pager, place = None, ""
    if view in BY:
        groups = await counting.count(session, policy, query, asking.at, by=BY[view])  # type: ignore[arg-type]
        rows = await _groups(session, groups, view, sight, kept)
    if view == "list":
        asked = AddQuery(since, until, sight.units, staff, source, passed, stopped)
        listed, pager, place = await _list(session, asking, policy, asked, sight, kept, after)
    context = await shell(request, session, asking, "adds", view_ref=place)
    context |= {
        "filters": [
            choice("month", "月份", months(asking.at), chosen),
            choice("unit", "机构", whole.options, unit),
            choice("source", "来源", sources(policy, source), source),
        ],
        "view": view,
        "tabs": _tabs(view, kept, total),
        "stats": _stats(total, kept, policy),
        "steps": _steps(total, kept),
        "stops": _stops(total, kept, policy),
        "conditions": [(NAMES[one], meaning(one, policy)) for one in CONDITIONS],
        "columns": [NAMES[one] for one in CONDITIONS],
        "rows": rows,
        "adds": listed,
        "list_title": _list_title(passed, stopped),
        "state": None
        if (listed if view == "list" else total.added)
        else nothing(
            "添加", [unit, source, staff, passed, stopped], PATH, "这个月还没有人加好友。"
        ),
        "page": pager,
    }
    return page(request, "adds", context)


def sources(policy: AddsPolicy, present: str) -> list[tuple[str, str]]:
    """The sources to choose from; one that a code names is kept while it is asked for."""
    named = [one.name for one in policy.source] + [OTHER]
    more = [present] if present and present not in named else []
    return [("", "全部"), *((one, one) for one in (*named, *more))]


def _tabs(view: str, kept: dict[str, str], total: AddCount) -> list[dict[str, Any]]:
    texts = {"funnel": "漏斗", "units": "按机构", "staff": "按客户经理", "sources": "按来源"}
    found = [tab(text, url(PATH, kept, view=one), None, view == one) for one, text in texts.items()]
    return [*found, tab("清单", url(PATH, kept, view="list"), total.added, view == "list")]


def _stats(total: AddCount, kept: dict[str, str], policy: AddsPolicy) -> list[dict[str, Any]]:
    share = total.valid / total.added if total.added else None
    bound = total.alone[Condition.BOUND]
    return [
        number("新加好友", count(total.added), "人次", "只加好友，不算有效添加", "本月开始的好友关系，对方还没通过的不算", url(PATH, kept, passed=ADDED)),
        number("实名绑定", count(bound), "人次", "不看其他条件", meaning(Condition.BOUND, policy), url(PATH, kept, passed=Condition.BOUND.value)),
        number("有效添加", count(total.valid), "人次", f"占新加好友 {percent(share)}", "五个条件全部满足", url(PATH, kept, passed=VALID)),
        number("还要等", count(total.pending), "人次", f"未满 {policy.kept_days} 天，可能还会有效", "好友关系还在，但没有满留存天数", url(PATH, kept, stopped=PENDING)),
    ]  # fmt: skip


def _steps(total: AddCount, kept: dict[str, str]) -> list[dict[str, Any]]:
    whole = total.added or 1
    found = [
        {
            "name": "新加好友",
            "n": total.added,
            "ratio": 1.0 if total.added else 0.0,
            "step": None,
            "href": url(PATH, kept, passed=ADDED),
        }
    ]
    before = total.added
    for one in CONDITIONS:
        n = total.steps[one]
        found.append(
            {
                "name": NAMES[one],
                "n": n,
                "ratio": n / whole,
                "step": n / before if before else None,
                "href": url(PATH, kept, passed=one.value),
            }
        )
        before = n
    return found


def _stops(total: AddCount, kept: dict[str, str], policy: AddsPolicy) -> list[dict[str, Any]]:
    return [
        {
            "name": NAMES[one],
            "text": meaning(one, policy),
            "n": n,
            "href": url(PATH, kept, stopped=one.value),
        }
        for one, n in counting.stopped_in([total]).items()
    ]


async def _groups(
    session: AsyncSession,
    groups: Sequence[AddCount],
    view: str,
    sight: Sight,
    kept: dict[str, str],
) -> list[dict[str, Any]]:
    names = await names_for(session, staff=[one.key for one in groups] if view == "staff" else [])
    field = {"units": "unit", "staff": "staff", "sources": "source"}[view]

    def called(key: str) -> str:
        if not key:
            return "不在员工名单里的人"
        return {"units": sight.unit_name, "staff": names.person}.get(view, str)(key)

    return [
        {
            "name": called(one.key),
            "added": one.added,
            "added_url": url(PATH, {**kept, field: one.key}, passed=ADDED),
            "steps": [
                {
                    "n": one.steps[condition],
                    "href": url(PATH, {**kept, field: one.key}, passed=condition.value),
                }
                for condition in CONDITIONS
            ],
            "share": one.valid / one.added if one.added else None,
        }
        for one in groups
    ]


async def _list(
    session: AsyncSession,
    asking: Asking,
    policy: AddsPolicy,
    asked: AddQuery,
    sight: Sight,
    kept: dict[str, str],
    after: str,
) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    external, _, userid = after.partition("|")
    found = await counting.page(
        session, policy, asked, asking.at, after=(external, userid), limit=PER_PAGE + 1
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session,
        asking,
        "contacts.listed",
        "list:adds",
        payload={
            **{name: value for name, value in kept.items() if value},
            "passed": asked.passed,
            "stopped": asked.stopped,
            "shown": [one.external_userid for one in shown],
        },
    )
    nicks = await profiles.names_of(session, [one.external_userid for one in shown])
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    asked_for = {**kept, "view": "list", "passed": asked.passed, "stopped": asked.stopped}
    last = shown[-1] if shown else None
    rows = [_row(one, policy, nicks, names, sight) for one in shown]
    pager = paging(
        shown,
        total=await _length(session, policy, asked, asking),
        next_url=url(PATH, asked_for, after=f"{last.external_userid}|{last.userid}")
        if more and last
        else None,
        first_url=url(PATH, asked_for) if after else None,
    )
    return rows, pager, place


async def _length(
    session: AsyncSession, policy: AddsPolicy, asked: AddQuery, asking: Asking
) -> int:
    return (await counting.total(session, policy, asked, asking.at)).added


def _row(
    one: Add, policy: AddsPolicy, nicks: dict[str, str], names: Any, sight: Sight
) -> dict[str, Any]:
    nick = nicks.get(one.external_userid)
    return {
        "nick": masked_name(nick) if nick else "企业微信联系人",
        "customer": names.customer(one.customer_id) if one.customer_id else "",
        "customer_url": f"/c/customers/{one.customer_id}" if one.customer_id else "",
        "staff_name": names.person(one.staff_id) or "不在员工名单里",
        "unit_name": sight.unit_name(one.unit_id),
        "added_at": one.added_at,
        "source": one.source,
        "valid": one.stopped_by is None,
        "why": [text for _, text in counting.why_not(one, policy)],
    }


def _list_title(passed: str, stopped: str) -> str:
    if stopped == PENDING:
        return "未满留存天数"
    if stopped:
        return f"停在“{NAMES[Condition(stopped)]}”"
    if passed in (VALID, CONDITIONS[-1]):
        return "有效添加"
    return f"到“{NAMES[Condition(passed)]}”为止都满足" if passed in CONDITIONS else "新加好友"
