"""每日计划: every run of the planner; what it planned and refused, each figure with its list."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.objections import BY_CODE
from console import roles
from console.errors import PlanUnknown
from console.lists import PER_PAGE, choice, day, nothing, number, paging, state, url
from console.naming import Names, names_for
from console.record_query import day_of
from console.shell import page, shell
from console.state_words import TODO_STATES
from console.todos import trigger_names
from console.traces import looked
from console.wording import SYSTEMS
from crm_sync import selection
from delivery.repository import plans as runs
from delivery.repository.plans import PlanFact
from insights import plan_items, winners
from insights.plan_items import (
    BLOCKED,
    BROADCAST,
    FATES,
    OUTRANKED,
    TODO,
    PlanCounts,
    PlanItem,
)
from kit.web.formats import count, percent
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/c/plans"
MOST: Final = 1_000
TASKS: Final = {
    "gathering": "正在合并",
    "queued": "等着交给企业微信",
    "created": "等客户经理确认",
    "awaiting_admin": "等企业微信管理员同意",
    "confirmed": "客户经理已发",
    "failed": "没有建成",
    "unknown": "结果不明",
    "cancelled": "已撤回",
    "ended": "已结束",
}
KINDS: Final = {TODO: "ok", BROADCAST: "info", BLOCKED: "danger"}


@router.get(PATH, response_class=HTMLResponse)
async def plans(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
    status: Annotated[str, Query(alias="state")] = "",
    before: int = 0,
) -> Response:
    """Every run, the newest first."""
    first, last = day_of(start, "从"), day_of(end, "到")
    every = [
        one
        for one in await runs.newest(session, limit=MOST)
        if (first is None or one.plan_date >= first)
        and (last is None or one.plan_date <= last)
        and (not status or status == ("done" if one.finished_at else "failed"))
    ]
    rest = [one for one in every if not before or one.id < before]
    shown, more = rest[:PER_PAGE], len(rest) > PER_PAGE
    names = await names_for(session, places=[one.by for one in shown])
    kept = {"from": start, "to": end, "state": status}
    context = await shell(request, session, asking, "plans")
    context |= {
        "filters": [
            day("from", "从", start),
            day("to", "到", end),
            choice("state", "状态", [("", "全部"), ("done", "完成"), ("failed", "没完成")], status),
        ],
        "state": None
        if shown
        else nothing("计划", kept.values(), PATH, "每天 06:30 自动计划；也可以运行 gengyun plan。"),
        "plans": [_row(one, names) for one in shown],
        "page": paging(
            shown,
            total=len(every),
            next_url=url(PATH, kept, before=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }
    return page(request, "plans", context)


def _row(one: PlanFact, names: Names) -> dict[str, Any]:
    told = _told(one)
    return {
        "href": f"{PATH}/{one.id}",
        "plan_date": one.plan_date,
        "started_at": one.started_at,
        "took_ms": _took(one),
        "candidates": one.counts.get("considered"),
        "merged": told.get("outranked", 0),
        "todos": sum(
            number
            for name, number in told.items()
            if name.startswith("queued.") and name != "queued.broadcast"
        ),
        "broadcasts": told.get("queued.broadcast", 0),
        "refused": told.get("blocked", 0),
        "over_quota": told.get("over_quota", 0),
        "by_text": _by(one, names),
        "state_text": "完成" if one.finished_at else "没完成",
        "state_kind": "ok" if one.finished_at else "danger",
    }


def _told(one: PlanFact) -> dict[str, int]:
    """The run's own report by outcome; what was kept, by channel besides."""
    found: dict[str, int] = {}
    for line in one.counts.get("outcomes", []):
        outcome = str(line["outcome"])
        name = f"queued.{line['channel']}" if outcome == "queued" else outcome
        found[name] = found.get(name, 0) + int(line["count"])
    return found


def _took(one: PlanFact) -> int | None:
    if one.finished_at is None or one.finished_at == one.started_at:
        return None
    return int((one.finished_at - one.started_at).total_seconds() * 1000)


def _by(one: PlanFact, names: Names) -> str:
    kind, _, who = one.by.partition(":")
    return SYSTEMS.get(who, who) if kind == "system" else names.actor(one.by)


@router.get(PATH + "/{run_id}", response_class=HTMLResponse)
async def plan(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    run_id: int,
    fate: str = "",
    trigger: str = "",
    reason: str = "",
    offset: int = 0,
) -> Response:
    """One run: by trigger, by reason, and the list behind each figure."""
    found = await runs.one(session, run_id)
    if found is None:
        raise PlanUnknown("没有这次计划", saw=str(run_id), do="从每日计划里选")
    policy = request.app.state.parts.reminders
    counted = await plan_items.counts(session, found, policy)
    chosen = _fate(fate, trigger, reason, counted)
    narrowed = {"trigger": trigger or None, "reason": reason or None}
    total = await plan_items.count(session, found, chosen, **narrowed)
    start = max(offset, 0)
    items = await plan_items.page(
        session, found, chosen, policy, **narrowed, limit=PER_PAGE, offset=start
    )
    place = await looked(
        session,
        asking,
        "plan.viewed",
        f"run:{run_id}",
        payload={"fate": chosen, **narrowed, "shown": len(items)},
    )
    names = await names_for(session, places=[found.by])
    here = f"{PATH}/{run_id}"
    kept = {"fate": fate, "trigger": trigger, "reason": reason}
    context = await shell(request, session, asking, "plans", view_ref=place)
    context |= {
        "plan": {
            "plan_date": found.plan_date,
            "started_at": found.started_at,
            "took_ms": _took(found),
            "by_text": _by(found, names),
            "state_text": "完成" if found.finished_at else "没完成",
            "state_kind": "ok" if found.finished_at else "danger",
        },
        "stats": _stats(found, counted, here),
        "triggers": _triggers(request, counted, here),
        "reasons": [
            {
                "text": BY_CODE[code].saying.partition("。")[0] if code in BY_CODE else code,
                "code": code,
                "n": n,
                "href": url(here, fate=BLOCKED, reason=code),
                "current": code == reason,
            }
            for code, n in sorted(counted.reasons.items(), key=lambda one: (-one[1], one[0]))
        ],
        "gave_way": _gave_way(request, counted, here, trigger, reason),
        "list_title": _title(request, chosen, trigger, reason),
        "export_url": None,
        "state": None
        if items
        else state("first_use", f"没有{FATES[chosen]}的", "换一个数字看看，每个数字都能点开。"),
        "items": await _items(request, session, items),
        "page": paging(
            items,
            total=total,
            next_url=url(here, kept, offset=start + PER_PAGE) if total > start + PER_PAGE else None,
            first_url=url(here, kept) if start else None,
        ),
    }
    return page(request, "plan", context)


def _gave_way(
    request: Request, counted: PlanCounts, here: str, trigger: str, reason: str
) -> list[dict[str, Any]]:
    """Who gave way to whom when the day was merged, the most first; each opens its list."""
    names = trigger_names(request)
    found = sorted(counted.gave_way.items(), key=lambda one: (-one[1], one[0]))
    return [
        {
            "loser": names.get(loser, loser),
            "winner": names.get(winner, winner),
            "n": number_of,
            "href": url(here, fate=OUTRANKED, trigger=loser, reason=winner) + "#list",
            "current": (loser, winner) == (trigger, reason),
        }
        for (loser, winner), number_of in found
    ]


def _fate(fate: str, trigger: str, reason: str, counted: PlanCounts) -> str:
    """Which list is shown where none was chosen: the refusals of a reason, else what there is."""
    if fate in FATES:
        return fate
    if reason:
        return BLOCKED
    present = [
        name
        for name in FATES
        if (counted.by_trigger.get((trigger, name)) if trigger else counted.fates.get(name))
    ]
    return present[0] if present else TODO


def _title(request: Request, fate: str, trigger: str, reason: str) -> str:
    parts = [FATES[fate]]
    if trigger:
        parts.append(trigger_names(request).get(trigger, trigger))
    if reason in BY_CODE:
        parts.append(BY_CODE[reason].saying.partition("。")[0])
    elif reason and fate == OUTRANKED:
        parts.append(f"当天先说{trigger_names(request).get(reason, reason)}")
    return "：".join(parts)


def _stats(found: PlanFact, counted: PlanCounts, here: str) -> list[dict[str, Any]]:
    considered = int(found.counts.get("considered", 0))
    kept = counted.fates.get(TODO, 0) + counted.fates.get(BROADCAST, 0)
    fresh = sum(counted.fates.values())
    refused = counted.fates.get(BLOCKED, 0)
    hows = {
        TODO: ("件", "进客户经理待办"),
        BROADCAST: ("人", "同一内容合成一个群发任务"),
        BLOCKED: ("件", "至少一条规则不允许"),
    }
    shown = [
        number(
            "候选", count(considered), "件", f"其中 {count(max(considered - fresh, 0))} 件先前已定",
            "规则选出的客户与事由；先前已定的不再重记", url(here),
        )
    ]  # fmt: skip
    for fate, (unit, how) in hows.items():
        share = refused / fresh if fresh else None
        note = percent(share) if fate == BLOCKED else ""
        shown.append(
            number(
                FATES[fate],
                count(counted.fates.get(fate, 0)),
                unit,
                note,
                how,
                url(here, fate=fate),
            )
        )
    others = [name for name in FATES if name not in hows and counted.fates.get(name)]
    rest = sum(counted.fates[name] for name in others)
    note = "、".join(f"{FATES[name]} {counted.fates[name]}" for name in others)
    link = url(here, fate=others[0] if others else "over_quota")
    shown.append(number("没排上", count(rest), "件", note, "没有拦下、但也没有排上的", link))
    if not kept and not considered:
        shown[0]["note"] = "这一天没有事由"
    return shown


def _triggers(request: Request, counted: PlanCounts, here: str) -> list[dict[str, Any]]:
    names = trigger_names(request)
    rows = []
    for name in dict.fromkeys(trigger for trigger, _ in counted.by_trigger):
        numbers = {fate: counted.by_trigger.get((name, fate), 0) for fate in FATES}
        candidates = sum(numbers.values())
        rows.append(
            {
                "name": names.get(name, name),
                "href": url(here, trigger=name),
                "candidates": candidates,
                "todos": numbers[TODO],
                "broadcasts": numbers[BROADCAST],
                "refused": numbers[BLOCKED],
                "passed": (numbers[TODO] + numbers[BROADCAST]) / candidates if candidates else None,
            }
        )
    return sorted(rows, key=lambda one: -int(one["candidates"] or 0))


async def _items(
    request: Request, session: AsyncSession, items: list[PlanItem]
) -> list[dict[str, Any]]:
    facts = await selection.customer_facts(
        session, {one.customer_id for one in items if one.customer_id}
    )
    owners = {
        one.key: one.staff_id
        or (facts[one.customer_id].owner_staff_id if one.customer_id in facts else None)
        for one in items
    }
    names = await names_for(
        session, staff=owners.values(), customers=[one.customer_id for one in items]
    )
    triggers = trigger_names(request)
    lost = {one.reasons[0] for one in items if one.fate == OUTRANKED and one.reasons}
    first = await winners.titles(session, lost, request.app.state.parts.reminders)
    return [_item(one, names, names.person(owners[one.key]), triggers, first) for one in items]


def _item(
    one: PlanItem,
    names: Names,
    staff_name: str,
    triggers: Mapping[str, str],
    first: Mapping[str, str],
) -> dict[str, Any]:
    code, _, version = one.script.partition("/")
    why = f"/c/why/{one.todo_id}" if one.todo_id else f"/c/why?key={quote(one.key, safe='')}"
    return {
        "customer_name": names.customer(one.customer_id) if one.customer_id else "—",
        "href": f"/c/customers/{one.customer_id}" if one.customer_id else why,
        "staff_name": staff_name or "—",
        "trigger_text": triggers.get(one.trigger, one.trigger),
        "script_text": f"{code} 第 {version} 版" if version else "不带话术",
        "fate_text": FATES[one.fate],
        "fate_kind": KINDS.get(one.fate, "warn"),
        "reasons": [
            {"saying": BY_CODE[reason].saying, "code": reason}
            for reason in one.reasons
            if reason in BY_CODE
        ],
        "result_text": result_of(one, first),
        "why_href": why,
    }


def result_of(one: PlanItem, first: Mapping[str, str]) -> str:
    """What became of an item that was kept, or why it was not placed.

    ``first``: what that which outranked an item is called, by its key.
    """
    if one.fate == TODO:
        return TODO_STATES.get(one.state, (one.state, ""))[0]
    if one.fate == BROADCAST:
        return TASKS.get(one.state, one.state)
    if one.fate == OUTRANKED and one.reasons:
        return winners.said(first[one.reasons[0]])
    return "；".join(one.reasons) or FATES[one.fate]
