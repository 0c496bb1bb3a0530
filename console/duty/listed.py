"""联络责任: by unit, by manager, or the list; every count opens the list it counts."""

from dataclasses import replace
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.duty.places import DUTY as PATH
from console.duty.places import moment_and_id, one_of, places, terms_of
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, nothing, number, paging, tab, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.tables import cell, column, row, table
from console.traces import looked
from kit.web.formats import count, iso_day, short_day
from kit.web.guard import Asking, Writing, allow
from portfolio.duty import standings
from portfolio.duty.standings import SHOWS, Counts, Show, Standing, Terms, Wanted, total

router = APIRouter()
SHOW_NAMES: Final = {
    "all": "全部", "late": "超过类别期限", "breach": "超过季度期限", "soon": "快到期",
    "unplanned": "没有盘活计划", "covered": "有效覆盖", "uncovered": "没有覆盖", "deep": "深度经营",
    "parked": "暂停跟进",
}  # fmt: skip


@router.get(PATH, response_class=HTMLResponse)
async def duty(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    staff: str = "",
    grade: str = "",
    show: str = "",
    view: str = "",
    by: str = "",
    customer: str = "",
    after: str = "",
) -> Response:
    """Who must be contacted: by unit (``by=staff``: by manager), or the list (``view=list``;
    of one ``customer`` where asked)."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    terms = terms_of(request, asking)
    shown = cast(Show, one_of(show, SHOWS, "名单", "all"))
    wanted = Wanted(sight.units, staff or None, grade or None, shown, _one(customer))
    kept = {"unit": unit, "staff": staff, "grade": grade, "show": show, "customer": customer}
    listed = view == "list"
    by_staff = by == "staff"
    found = await standings.counted(
        session,
        replace(wanted, show="all"),
        terms,
        by="staff",
    )
    everything = total(found)
    grades = [("", "全部"), *((one.name, f"{one.name} 类") for one in terms.duty.classes)]
    common = {
        "sub": "多久没有有效联络，按类别和季度规则",
        "places": places(PATH),
        "stats": _stats(everything, {**kept, "show": ""}),
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("grade", "类别", grades, grade),
            choice("show", "名单", list(SHOW_NAMES.items()), shown),
        ],
        "tabs": [
            tab("按机构", url(PATH, kept), current=not listed and not by_staff),
            tab("按客户经理", url(PATH, kept, by="staff"), current=by_staff and not listed),
            tab("清单", url(PATH, kept, view="list"), current=listed),
        ],
        "notes": [_note(terms)],
    }
    place = ""
    if listed:
        body, seen = await _list(session, wanted, terms, sight, kept, after)
        place = await looked(
            session, asking, "duty.listed", "list:duty", payload={**kept, "shown": seen}
        )
    else:
        body = await _counts(session, wanted, terms, sight, kept, by_staff)
    context = await shell(request, session, asking, "duty", view_ref=place)
    return page(request, "table", {**context, **body, **common})


def _one(customer: str) -> int | None:
    """The customer that was asked for. Raises FormRefused for what is no number."""
    if not customer:
        return None
    if not customer.isdecimal() or int(customer) >= 2**63:
        raise FormRefused("“客户”读不出", saw=customer[:20], do="从客户页打开这份清单")
    return int(customer)


def _note(terms: Terms) -> str:
    classes = "，".join(
        f"{one.name} 类 {one.days} 天{'（要有盘活计划）' if one.plan else ''}"
        for one in terms.duty.classes
    )
    return (
        f"{classes}；每位客户 {terms.duty.quarter_days} 天内至少一次有效联络，"
        f"第 {terms.duty.quarter_days + 1} 天起算违约。每天 06:50 重算，记录结果后当场更新。"
    )


def _stats(one: Counts, kept: dict[str, str]) -> list[dict[str, Any]]:
    def there(show: str) -> str:
        return url(PATH, kept, view="list", show=show)

    return [
        number("名下客户", count(one.assigned), "户", "有管户人的客户", "管户关系为主管户", there("all")),
        number(
            "季度违约", count(one.breach), "户", "太久没有有效联络", "超过季度规则的天数",
            there("breach"), bad=one.breach > 0,
        ),
        number(
            "超过类别期限", count(one.late), "户", "按 A/B/C 各自的天数", "超过本类的天数",
            there("late"), bad=one.late > 0,
        ),
        number(
            "没有盘活计划", count(one.unplanned), "户", "D 类要有计划", "D 类且没有进行中的盘活",
            there("unplanned"), bad=one.unplanned > 0,
        ),
    ]  # fmt: skip


async def _counts(
    session: AsyncSession,
    wanted: Wanted,
    terms: Terms,
    sight: Sight,
    kept: dict[str, str],
    by_staff: bool,
) -> dict[str, Any]:
    found = await standings.counted(session, wanted, terms, by="staff" if by_staff else "unit")
    names = await names_for(session, staff=[one.key for one in found] if by_staff else [])
    field = "staff" if by_staff else "unit"
    rows = []
    for one in found:

        def there(show: str, key: str = one.key) -> str:
            return url(PATH, {**kept, field: key, "show": show}, view="list")

        name = names.person(one.key) if by_staff else sight.unit_name(one.key)
        rows.append(
            row(
                [
                    cell(name, there(kept["show"] or "all"), strong=True),
                    cell(count(one.assigned), there(kept["show"] or "all")),
                    cell(count(one.breach), there("breach"), bad=one.breach > 0),
                    cell(count(one.late), there("late")),
                    cell(count(one.unplanned), there("unplanned")),
                ],
                key=one.key,
                assigned=one.assigned,
                breach=one.breach,
                late=one.late,
                unplanned=one.unplanned,
            )
        )
    columns = [
        column("客户经理" if by_staff else "机构"),
        column("户数", right=True),
        column("季度违约", right=True),
        column("超过类别期限", right=True),
        column("没有盘活计划", right=True),
    ]
    empty = (
        None if rows else nothing("客户", kept.values(), PATH, "管户导入并重算之后会出现在这里。")
    )
    return table("联络责任", PATH, columns, rows, state=empty)


async def _list(
    session: AsyncSession,
    wanted: Wanted,
    terms: Terms,
    sight: Sight,
    kept: dict[str, str],
    after: str,
) -> tuple[dict[str, Any], list[int]]:
    found = await standings.page(
        session, wanted, terms, limit=PER_PAGE + 1, after=moment_and_id(after)
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    columns = [
        column("客户"), column("客户经理"), column("机构"), column("类别"), column("层级"),
        column("最近有效联络"), column("已过天数", right=True), column("最晚联络"), column("状态"),
    ]  # fmt: skip
    rows = [
        row(
            [
                cell(
                    names.customer(one.customer_id),
                    f"/c/customers/{one.customer_id}",
                    strong=True,
                ),
                cell(names.person(one.staff_id)),
                cell(sight.unit_name(one.unit_id)),
                cell(one.grade or "未分类"),
                cell(one.tier or "未分层"),
                cell(iso_day(one.last_at) if one.last_at else "从来没有"),
                cell(count(one.duty.elapsed), bad=one.duty.breach),
                cell(short_day(one.duty.next_on, terms.today)),
                cell(state_of(one, terms)),
            ],
            customer_id=one.customer_id,
            days=one.duty.elapsed,
            next_on=one.duty.next_on,
        )
        for one in shown
    ]
    last = f"{shown[-1].base_at.isoformat()}~{shown[-1].customer_id}" if more else None
    context = table(
        f"联络责任 · {SHOW_NAMES[wanted.show]}",
        PATH,
        columns,
        rows,
        state=None if rows else nothing("客户", kept.values(), PATH, "没有这样的客户。"),
        page=paging(
            shown,
            total=await standings.count(session, wanted, terms),
            next_url=url(PATH, kept, view="list", after=last) if last else None,
            first_url=url(PATH, kept, view="list") if after else None,
        ),
    )
    return context, [one.customer_id for one in shown]


def state_of(one: Standing, terms: Terms) -> str:
    """What is wrong with the contact to a customer, or how many days are left."""
    words = []
    if one.parked:
        words.append("暂停跟进")
    if one.duty.breach:
        words.append("季度违约")
    if one.duty.late:
        words.append("超过类别期限")
    if one.duty.unplanned:
        words.append("没有盘活计划")
    if not words:
        left = (one.duty.next_on - terms.today).days
        words.append(f"还有 {left} 天")
    return "、".join(words)
