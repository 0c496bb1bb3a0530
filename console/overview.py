"""总览: six numbers with their definitions, each a link to its list; coverage, funnel, ranking."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive import alert_lists
from console import roles
from console.lists import choice, number, state, url
from console.shell import page, shell
from console.sight import Sight, sight_of, talks_in
from content_library import endings
from content_library import repository as scripts_of
from content_library.facts import State
from crm_sync.repository import contact_lists, listing
from delivery import worklist
from insights import overview as figures
from insights import periods
from insights.customer_lists import CustomerQuery
from insights.overview import Funnel, Headline, PersonaRow, Rate, UnitRank
from kit.clock import bank_date
from kit.web.formats import count, percent, percent_number
from kit.web.guard import Asking, Reading, allow
from kit.web.hues import persona_hue

router = APIRouter()
SHOWN_AT_EACH_END: Final = 3
ENDING_DAYS: Final = 30
PILLARS: Final = (
    ("策略引擎", "活动、波次、对照组", "/c/campaigns", "flag"),
    ("画像中台", "客群、标签、圈选", "/c/personas", "people"),
    ("商机管理", "线索、层级、跟进", "/c/leads", "pulse"),
    ("队伍过程管理", "联络、负荷、逾期", "/c/duty", "clock"),
)
"""The four pages that a bank runs its private domain by (H6): name, what is there, link, icon."""


@router.get("/c/", response_class=HTMLResponse)
async def overview(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.DESK)],
    session: Reading,
    unit: str = "",
    span: str = "",
) -> Response:
    """The desk's first page; the technicians' first page is the state of things."""
    if not set(asking.viewer.roles) & set(roles.BUSINESS):
        return RedirectResponse("/c/health", status_code=303)
    at, today = asking.at, bank_date(asking.at)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    head = await figures.headline(session, sight.units, at, span)
    rows = await figures.personas(session, sight.units, at)
    steps = await figures.funnel(session, sight.units, at, span)
    trend = await figures.coverage_trend(session, figures.FRIENDS, sight.units, at)
    changed = await listing.newest_change(session)
    context = await shell(request, session, asking, "overview")
    context |= {
        "pillars": [
            {"name": name, "text": text, "href": href, "icon": icon}
            for name, text, href, icon in PILLARS
        ],
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("span", "时间", [("", _span_text("", today)), ("month", "本月")], span),
        ],
        "data_as_of": changed,
        "export_url": None,
        "state": _data_state(changed, today),
        "target": figures.TARGET,
        "stats": await _stats(session, asking, sight, head, unit, span),
        "personas": [_persona(row, unit) for row in rows],
        "total": _total(rows),
        "funnel": _funnel(steps, unit, span, await figures.due_soon(session, sight.units, at)),
        "trend": _trend(trend),
        "branches": _branches(
            await figures.ranking(session, sight.units, at, span), sight, span, today
        ),
        "work": await _work(session, asking, sight, unit),
    }
    return page(request, "overview", context)


def _span_text(span: str, today: date) -> str:
    first, last = periods.this_span(span, today)
    return f"{'本月' if span == 'month' else '本周'} {first:%m-%d} 至 {last:%m-%d}"


def _data_state(changed: datetime | None, today: date) -> dict[str, Any] | None:
    if changed is None:
        return state(
            "first_use",
            "还没有客户数据",
            "导入机构、员工和客户之后，这里会有数字。",
            action=("看数据导入", "/c/imports"),
        )
    if bank_date(changed) < today - timedelta(days=1):
        return state(
            "partial",
            f"客户数据停在 {bank_date(changed)}。",
            "之后没有新的文件进来，数字按那一天算。",
        )
    return None


def _share(rate: Rate) -> tuple[str, str]:
    return percent_number(rate.ratio), "%" if rate.whole else ""


def ended_url(first: date, last: date, unit: str) -> str:
    """The list of to-dos whose term ended in these days."""
    days = {"from": first.isoformat(), "to": last.isoformat()}
    return url("/c/todos", {"view": "list", "state": "ended", "unit": unit, **days})


def customers_url(query: CustomerQuery, unit: str) -> str:
    """The list of customers behind a number."""
    return url("/c/customers", query.kept, unit=unit)


async def _stats(
    session: AsyncSession, asking: Asking, sight: Sight, head: Headline, unit: str, span: str
) -> list[dict[str, Any]]:
    first, last = periods.this_span(span, bank_date(asking.at))
    past = "上月" if span == "month" else "上周"
    left = head.covered.whole - head.covered.part
    return [
        number(
            "企微好友客户", count(head.friends), "人", f"外部联系人 {count(head.matched.whole)}",
            "已匹配到客户号、且现在有好友关系的客户", customers_url(figures.FRIENDS, unit),
        ),
        number(
            "实名匹配率", *_share(head.matched),
            f"没有匹配 {count(head.matched.whole - head.matched.part)} 人",
            "已匹配客户号的外部联系人 ÷ 全部外部联系人",
            url("/c/contacts", matched="0", unit=unit),
        ),
        number(
            "有效覆盖率", *_share(head.covered),
            f"目标 {percent(figures.TARGET)}，还有 {count(left)} 人没联系",
            "本季度至少一次有效触达的好友客户 ÷ 好友客户", customers_url(figures.UNCOVERED, unit),
        ),
        number(
            "到期衔接率", *_share(head.kept), f"{past}到期 {count(head.kept.whole)} 户",
            f"{past}有产品到期、且到期后 3 日内续作或转购的客户 ÷ {past}有产品到期的客户",
            customers_url(figures.step("kept", span), unit),
        ),
        number(
            "任务按时完成率", *_share(head.on_time),
            f"到期应完成 {count(head.on_time.whole)} 件",
            "在期限内完成的待办 ÷ 期限已到或已完成的待办",
            ended_url(first, last, unit),
        ),
        await _waiting(session, asking, sight, unit),
    ]  # fmt: skip


async def _waiting(
    session: AsyncSession, asking: Asking, sight: Sight, unit: str
) -> dict[str, Any]:
    """Alerts for those who watch them, work items for everybody else."""
    if set(asking.viewer.roles) & set(roles.WATCH):
        scope = await talks_in(session, sight)
        waiting = await alert_lists.count(session, scope, alert_lists.Wanted())
        late = await alert_lists.count(session, scope, alert_lists.Wanted(late_at=asking.at))
        note = f"{late} 件超过期限" if late else "都在期限内"
        return number(
            "待处理预警", count(waiting), "件", note, "规则命中、还没有办结的预警",
            url("/c/alerts", unit=unit), bad=late > 0,
        )  # fmt: skip
    waiting = await worklist.count_work(session, units=sight.units)
    return number(
        "待处理工单",
        count(waiting),
        "件",
        "",
        "要人判断、还没有办结的事",
        url("/c/work", unit=unit),
    )


def _persona(row: PersonaRow, unit: str) -> dict[str, Any]:
    name = row.persona or "没有客群"
    return {
        "name": name,
        "c": persona_hue(row.persona) if row.persona else "p0",
        "href": customers_url(figures.of_persona(row.persona), unit),
        "customers": row.customers,
        "aum_fen": row.aum_fen,
        "coverage": row.covered / row.customers if row.customers else None,
        "reached_week": row.reached_week,
        "trend": list(row.trend),
        "due_7d": row.due_7d,
    }


def _total(rows: Sequence[PersonaRow]) -> dict[str, Any]:
    customers = sum(row.customers for row in rows)
    covered = sum(row.covered for row in rows)
    return {
        "customers": customers,
        "aum_fen": sum(row.aum_fen for row in rows),
        "coverage": covered / customers if customers else None,
        "reached_week": sum(row.reached_week for row in rows),
        "due_7d": sum(row.due_7d for row in rows),
    }


def _funnel(steps: Funnel, unit: str, span: str, due: int) -> dict[str, Any]:
    named = (
        ("到期客户", "", steps.matured),
        ("已下发任务", "given", steps.given),
        ("已触达", "touched", steps.touched),
        ("已衔接", "kept", steps.kept),
    )
    shown, before = [], None
    for name, step, reached in named:
        shown.append(
            {
                "name": name,
                "n": reached,
                "ratio": reached / steps.matured if steps.matured else 0.0,
                "step": None if before is None else reached / before if before else None,
                "href": customers_url(figures.step(step, span), unit),
            }
        )
        before = reached
    return {
        "span": "上月到期" if span == "month" else "上周到期",
        "href": customers_url(figures.step("", span), unit),
        "steps": shown,
        "notes": [
            {"name": "没有衔接", "value": f"{count(steps.matured - steps.kept)} 户"},
            {"name": "没有触达", "value": f"{count(steps.matured - steps.touched)} 户"},
            {"name": "未来 7 日到期", "value": f"{count(due)} 户"},
        ],
    }


def _trend(points: Sequence[tuple[datetime, float | None]]) -> dict[str, Any]:
    values = [one for _, one in points]
    known = [one for one in values if one is not None]
    return {
        "points": values,
        "labels": [f"{bank_date(end - timedelta(microseconds=1)):%m-%d}" for end, _ in points],
        "low": int(10 * (min([*known, figures.TARGET]) * 10 // 1)) if known else 0,
        "high": min(100, int(10 * (max([*known, figures.TARGET]) * 10 // 1 + 1))),
    }


def _branches(
    ranked: Sequence[UnitRank], sight: Sight, span: str, today: date
) -> list[dict[str, Any]]:
    first, last = periods.this_span(span, today)
    ends = 2 * SHOWN_AT_EACH_END
    shown = (
        ranked
        if len(ranked) <= ends
        else [*ranked[:SHOWN_AT_EACH_END], *ranked[-SHOWN_AT_EACH_END:]]
    )
    return [
        {
            "place": one.place,
            "name": sight.unit_name(one.unit_id),
            "rate": one.on_time.ratio,
            "href": ended_url(first, last, one.unit_id),
            "gap_before": len(ranked) > ends and place == SHOWN_AT_EACH_END,
        }
        for place, one in enumerate(shown)
    ]


async def _work(
    session: AsyncSession, asking: Asking, sight: Sight, unit: str
) -> list[dict[str, Any]]:
    """What waits for somebody, with the list where it waits; nothing that this person cannot open."""
    held = set(asking.viewer.roles)
    found: list[tuple[str, str, int, str, str, str]] = []
    if held & set(roles.WATCH):
        late = await alert_lists.count(
            session, await talks_in(session, sight), alert_lists.Wanted(late_at=asking.at)
        )
        text = "规则命中、超过期限还没有办结"
        found.append(
            ("超期预警", text, late, "warn", "danger", url("/c/alerts", late="1", unit=unit))
        )
    if held & set(roles.CENTRE):
        waiting = (await scripts_of.counts(session))[State.SUBMITTED]
        found.append(("待审核内容", "提交了、等终审", waiting, "doc", "warn", "/c/review"))
    ending = await endings.count(session, bank_date(asking.at), days=ENDING_DAYS)
    text = f"{ENDING_DAYS} 天内到有效期"
    found.append(("快失效的话术", text, ending, "clock", "warn", f"/c/library?ends={ENDING_DAYS}"))
    work = await worklist.count_work(session, units=sight.units)
    found.append(("待处理工单", "要人判断的事", work, "fork", "warn", url("/c/work", unit=unit)))
    unmatched = await contact_lists.count(session, units=sight.units, matched=False)
    text = "还不知道是哪位客户"
    link = url("/c/contacts", matched="0", unit=unit)
    found.append(("未匹配实名的好友", text, unmatched, "person", "brand", link))
    return [
        {"title": title, "text": text, "n": n, "icon": icon, "kind": kind, "href": href}
        for title, text, n, icon, kind, href in found
        if n
    ]
