"""任务与执行: by unit, by manager, or as a list; every count opens the list it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.lists import PER_PAGE, choice, day, nothing, number, paging, tab, url
from console.naming import Names, names_for
from console.record_query import day_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import TODO_STATES
from console.traces import looked
from delivery import outcomes
from delivery.repository import todo_lists, undone_reasons
from delivery.repository.todo_lists import Progress, Wanted
from delivery.repository.todos import TodoView
from insights import todo_queries
from insights.todo_queries import TodoQuery
from kit.clock import bank_date
from kit.web.formats import count, percent_number
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/todos"
STATE_NAMES: Final = (
    ("waiting", "没做"), ("done", "做完"), ("ended", "期限已到"), ("sent", "已发"),
    ("confirmed", "存档一致"), ("noted", "自己记的，等旁证"), ("expired", "到期没做"), ("cancelled", "已撤回"), ("undone", "没有做成"),
)  # fmt: skip
FIELDS: Final = (
    "given", "seen", "sent", "confirmed", "won", "late", "done", "ended", "received", "replied",
    "deals", "noted", *undone_reasons.TEXTS,
)  # fmt: skip
FIGURES: Final = (
    ("下发", "given"), ("收到", "received"), ("已打开", "seen"), ("已发", "sent"),
    ("存档核对一致", "confirmed"), ("有回复", "replied"), ("自己记的", "noted"), ("办成", "won"),
    ("成交", "deals"), ("逾期", "late"),
)  # fmt: skip
"""The columns of the table, in the order in which things come back."""
BEHIND: Final[Mapping[str, Mapping[str, str]]] = {
    "given": {}, "received": {"back": "received"}, "seen": {"seen": "1"},
    "sent": {"state": "sent"}, "confirmed": {"state": "confirmed"}, "replied": {"back": "replied"},
    "noted": {"state": "noted"}, "won": {"outcome": "renewed"}, "deals": {"back": "deal"},
    "late": {"late": "1"},
    **{name: {"why": name} for name in undone_reasons.TEXTS},
}  # fmt: skip
"""What the list behind each figure is asked for, besides the filters of the page."""
BACKS: Final = (("received", "收到"), ("replied", "有回复"), ("deal", "成交"))


def asked(
    unit: str = "",
    trigger: str = "",
    staff: str = "",
    state: str = "",
    late: str = "",
    outcome: str = "",
    seen: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
    back: str = "",
    campaign: str = "",
    why: str = "",
) -> TodoQuery:
    """The filters out of the address."""
    return TodoQuery(
        unit, trigger, staff, state, late, outcome, seen, start, end, back, campaign, why
    )


Asked = Annotated[TodoQuery, Depends(asked)]


def conditions(query: TodoQuery, sight: Sight, asking: Asking) -> Wanted:
    """The conditions of a query; FormRefused for a day that is none."""
    return todo_queries.wanted(
        query,
        sight.units,
        asking.at,
        first=day_of(query.start, "从"),
        last=day_of(query.end, "到"),
    )


@router.get(PATH, response_class=HTMLResponse)
async def todos(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    query: Asked,
    view: str = "",
    by: str = "",
    before: int = 0,
) -> Response:
    """Execution by unit (``by=staff``: by manager), or the list (``view=list``)."""
    whole = await sight_of(session, asking.viewer, roles.EXECUTION)
    sight = (
        await sight_of(session, asking.viewer, roles.EXECUTION, query.unit) if query.unit else whole
    )
    wanted = conditions(query, sight, asking)
    total = await todo_lists.count(session, wanted)
    listed = view == "list"
    by_staff = by == "staff" and not listed
    shown = (
        await todo_lists.page(session, wanted, limit=PER_PAGE + 1, before=before or None)
        if listed
        else []
    )
    page_of, more = shown[:PER_PAGE], len(shown) > PER_PAGE
    place = (
        await looked(
            session,
            asking,
            "todos.listed",
            "list:todos",
            payload={**query.kept, "shown": [one.id for one in page_of]},
        )
        if listed
        else ""
    )
    rows, everything = (
        ([], {})
        if listed
        else await _progress(session, request, wanted, asking, query, sight, by_staff)
    )
    context = await shell(request, session, asking, "todos", view_ref=place)
    kept = {**query.kept, "view": "list"}
    may_export = bool(set(asking.viewer.roles) & {"ops"})
    context |= {
        "data_as_of": asking.at,
        "export_url": url(f"{PATH}/export.csv", query.kept) if may_export else None,
        "stats": await _stats(session, asking, sight, query.unit),
        "filters": _filters(request, query, whole),
        "tabs": [
            tab("按机构", url(PATH, query.kept), current=not listed and not by_staff),
            tab("按客户经理", url(PATH, query.kept, by="staff"), current=by_staff),
            tab("清单", url(PATH, kept), total, current=listed),
        ],
        "view": "list" if listed else "units",
        "by_text": "客户经理" if by_staff else "机构",
        "state": None
        if total
        else nothing("任务", query.kept.values(), PATH, "每天早上计划完成后，这里会有任务。"),
        "figures": FIGURES,
        "rows": rows,
        "total": everything,
        "todos": await _rows(session, request, page_of, sight),
        "page": paging(
            page_of,
            total=total,
            next_url=url(PATH, kept, before=page_of[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }
    return page(request, "todos", context)


async def _stats(
    session: AsyncSession, asking: Asking, sight: Sight, unit: str
) -> list[dict[str, Any]]:
    today = bank_date(asking.at)
    iso = today.isoformat()

    async def counted(query: TodoQuery, first: date | None = None) -> int:
        return await todo_queries.count(
            session, query, sight.units, asking.at, first=first, last=first
        )

    due, done = await counted(TodoQuery(), today), await counted(TodoQuery(state="done"), today)
    ended, finished = (
        await counted(TodoQuery(state="ended")),
        await counted(TodoQuery(state="done")),
    )
    late = await counted(TodoQuery(late="1"))
    sent, same = await counted(TodoQuery(state="sent")), await counted(TodoQuery(state="confirmed"))

    def there(**filters: str) -> str:
        return url(PATH, {"view": "list", "unit": unit, **filters})

    return [
        number(
            "今天要做", count(due), "件", f"已做 {count(done)}", "今天到期的待办",
            there(**{"from": iso, "to": iso}),
        ),
        number(
            "按时完成率", percent_number(finished / ended if ended else None),
            "%" if ended else "", f"期限已到或已完成 {count(ended)} 件",
            "在期限内完成的待办 ÷ 期限已到或已完成的待办", there(state="ended"),
        ),
        number(
            "逾期", count(late), "件", "还能补做", "过了该做的日子、还在期限内的待办",
            there(late="1"), bad=late > 0,
        ),
        number(
            "存档核对一致", percent_number(same / sent if sent else None), "%" if sent else "",
            f"{count(sent - same)} 件还在等存档", "存档里找到同样的话 ÷ 手机上报已发",
            there(state="sent"),
        ),
    ]  # fmt: skip


def _filters(request: Request, query: TodoQuery, sight: Sight) -> list[dict[str, Any]]:
    triggers = list(trigger_names(request).items())
    shown = [
        choice("unit", "机构", sight.options, query.unit),
        choice("trigger", "来由", [("", "全部"), *triggers], query.trigger),
        choice("state", "状态", [("", "全部"), *STATE_NAMES], query.state),
        day("from", "从", query.start),
        day("to", "到", query.end),
    ]
    if query.late:
        shown.append(choice("late", "逾期", [("", "不限"), ("1", "逾期")], query.late))
    if query.seen:
        seen = [("", "不限"), ("1", "已打开"), ("0", "没打开")]
        shown.append(choice("seen", "客户经理", seen, query.seen))
    if query.back:
        shown.append(choice("back", "回流", [("", "全部"), *BACKS], query.back))
    if query.why:
        whys = [("", "不限"), (undone_reasons.ANY, "全部原因"), *undone_reasons.TEXTS.items()]
        shown.append(choice("why", "没做的原因", whys, query.why))
    if query.campaign:
        only = [("", "不限"), (query.campaign, "这一个活动")]
        shown.append(choice("campaign", "活动", only, query.campaign))
    if query.outcome:
        shown.append(
            choice("outcome", "结果", [("", "全部"), *outcomes.TEXTS.items()], query.outcome)
        )
    return shown


async def _progress(
    session: AsyncSession,
    request: Request,
    wanted: Wanted,
    asking: Asking,
    query: TodoQuery,
    sight: Sight,
    by_staff: bool,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = await todo_lists.progress(
        session, wanted, today=bank_date(asking.at), by_staff=by_staff
    )
    names = await names_for(session, staff=[one.key for one in found] if by_staff else [])
    rows = []
    for one in sorted(
        found, key=lambda one: (-(one.done / one.ended if one.ended else -1), one.key)
    ):
        kept = {**query.kept, "view": "list"}
        href = (
            url(PATH, kept, staff=one.key)
            if by_staff
            else url(PATH, {**query.kept, "unit": one.key, "by": "staff"})
        )
        name = names.person(one.key) if by_staff else sight.unit_name(one.key)
        whose = {"staff": one.key} if by_staff else {"unit": one.key}
        rows.append({"name": name, "href": href, **_figures(one, query.kept, whose)})
    everything = Progress(
        "",
        *(sum(getattr(one, field) for one in found) for field in FIELDS),
    )
    return rows, _figures(everything, query.kept, {})


def _figures(one: Progress, kept: Mapping[str, str], whose: Mapping[str, str]) -> dict[str, Any]:
    """The figures of a row, and the list behind each."""
    numbers = asdict(one)
    links = {
        name: url(PATH, {**kept, **whose, **asked_for, "view": "list"}) + "#list"
        for name, asked_for in BEHIND.items()
    }
    return {
        **{name: numbers[name] for name in FIELDS if name not in ("done", "ended")},
        "on_time": one.done / one.ended if one.ended else None,
        "reasons": undone_by_reason(one, links),
        "links": links,
    }


def undone_by_reason(one: Progress, links: Mapping[str, str]) -> list[dict[str, Any]]:
    """How many were not done for each reason, the list behind each; none for a reason of nobody."""
    return [
        {"text": text, "n": getattr(one, name), "href": links[name]}
        for name, text in undone_reasons.TEXTS.items()
        if getattr(one, name)
    ]


async def _rows(
    session: AsyncSession, request: Request, shown: Sequence[TodoView], sight: Sight
) -> list[dict[str, Any]]:
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    triggers = trigger_names(request)
    return [row(one, names, sight, triggers) for one in shown]


def trigger_names(request: Request) -> Mapping[str, str]:
    """What the policy calls its triggers; campaigns and moments beside them."""
    named = {one.name: one.title for one in request.app.state.parts.reminders.trigger}
    return {"campaign": "营销活动", "moment": "企业朋友圈", **named}


def row(one: TodoView, names: Names, sight: Sight, triggers: Mapping[str, str]) -> dict[str, Any]:
    """A to-do as the table shows it; the customer's name is masked."""
    text, kind = TODO_STATES.get(one.state, (one.state, ""))
    return {
        "href": f"/c/why/{one.id}",
        "title": one.title,
        "customer_name": names.customer(one.customer_id),
        "staff_name": names.person(one.staff_id),
        "unit_name": sight.unit_name(one.unit_id),
        "trigger_text": triggers.get(one.trigger, one.trigger),
        "due_on": one.due_on,
        "state_text": text,
        "state_kind": kind,
        "outcome_text": outcomes.TEXTS.get(one.outcome, one.outcome),
        "back_text": "、".join(came_back(one)),
    }


def came_back(one: TodoView) -> list[str]:
    """What has come back of a to-do, each by its evidence; the customer's reading is not known."""
    said = (
        (one.received_at is not None, "收到"),
        (one.seen_at is not None, "已打开"),
        (one.state in ("claimed", "confirmed"), "已发"),
        (one.state == "confirmed", "存档一致"),
        (one.replied_at is not None, "有回复"),
        (one.deal_on is not None, "成交"),
    )
    return [text for there, text in said if there]
