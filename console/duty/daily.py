"""每日联络: each manager's plan of a day, the reason of each line, what a touch proves done."""

import csv
import io
from datetime import date
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue as kinds
from config.channel_policy import ChannelPolicy
from console import roles
from console.duty.places import DAILY as PATH
from console.duty.places import one_of
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, day, nothing, number, paging, tab, url
from console.naming import Names, names_for
from console.record_query import day_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.tables import cell, column, row, table
from console.traces import looked
from kit.clock import bank_date
from kit.web.formats import count, moment, percent, percent_number
from kit.web.guard import Asking, Writing, allow
from portfolio.contact_plan import lists
from portfolio.contact_plan.lists import Done, Line, Wanted
from portfolio.contact_plan.rules import sentence

router = APIRouter()
MOST = 20_000
DONE_NAMES = {"": "全部", "done": "已联络", "open": "未联络"}


def _place(text: str) -> tuple[str, int] | None:
    """Where a page begins: manager and place of the last line before it."""
    if not text:
        return None
    staff, _, place = text.rpartition("~")
    if not staff or not place.isdecimal() or len(place) > 6:
        raise FormRefused("翻页的位置读不出", saw=text[:40], do="回到第一页")
    return staff, int(place)


@router.get(PATH, response_class=HTMLResponse)
async def daily(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    on: Annotated[str, Query(alias="day")] = "",
    unit: str = "",
    staff: str = "",
    done: str = "",
    view: str = "",
    by: str = "",
    after: str = "",
) -> Response:
    """The day by unit (``by=staff``: by manager), or its lines (``view=list``)."""
    today = bank_date(asking.at)
    chosen = day_of(on, "日期") or today
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    proof = cast(Done, one_of(done, ("done", "open"), "做了没有", ""))
    wanted = Wanted(chosen, sight.units, staff or None, proof)
    kept = {"day": on, "unit": unit, "staff": staff, "done": done}
    listed, by_staff = view == "list", by == "staff"
    place = ""
    if listed:
        body, seen = await _list(request, session, wanted, sight, kept, after, today)
        place = await looked(
            session, asking, "daily.listed", f"list:daily/{chosen}", payload={**kept, "shown": seen}
        )
    else:
        body = await _progress(request, session, wanted, sight, kept, by_staff)
    context = await shell(request, session, asking, "daily", view_ref=place)
    may_export = bool(set(asking.viewer.roles) & set(roles.EXECUTION))
    plan = request.app.state.parts.shelf.of(kinds.DAILY_PLAN)
    common = {
        "sub": f"{chosen}，每位客户经理 {plan.least}—{plan.most} 位，做了没有看有效联络",
        "stats": await _stats(request, session, wanted, kept),
        "filters": [
            day("day", "日期", chosen.isoformat()),
            choice("unit", "机构", whole.options, unit),
            choice("done", "做了没有", list(DONE_NAMES.items()), done),
        ],
        "tabs": [
            tab("按机构", url(PATH, kept), current=not listed and not by_staff),
            tab("按客户经理", url(PATH, kept, by="staff"), current=by_staff and not listed),
            tab("清单", url(PATH, kept, view="list"), current=listed),
        ],
        "export_url": url(f"{PATH}/export.csv", kept) if may_export else None,
        "notes": ["用浏览器打印清单就是纸面的计划表。名单每天 06:50 排好，当天不再变。"],
    }
    return page(request, "table", {**context, **body, **common})


async def _stats(
    request: Request, session: AsyncSession, wanted: Wanted, kept: dict[str, str]
) -> list[dict[str, Any]]:
    duty = request.app.state.parts.shelf.of(kinds.CONTACT_DUTY)

    async def counted(done: Done) -> int:
        return await lists.count(
            session, Wanted(wanted.on, wanted.units, wanted.staff_id, done), duty
        )

    def there(done: str) -> str:
        return url(PATH, {**kept, "done": done}, view="list")

    planned, finished = await counted(""), await counted("done")
    rate = finished / planned if planned else None
    return [
        number("计划联络", count(planned), "位", "当天名单", "当天排进计划的客户", there("")),
        number("已联络", count(finished), "位", "有触达为证", "当天有有效联络", there("done")),
        number(
            "未联络", count(planned - finished), "位", "还没有触达", "当天没有有效联络",
            there("open"), bad=planned > finished,
        ),
        number(
            "完成率", percent_number(rate), "%" if planned else "", "已联络 ÷ 计划",
            "已联络 ÷ 计划联络", there("done"),
        ),
    ]  # fmt: skip


async def _progress(
    request: Request,
    session: AsyncSession,
    wanted: Wanted,
    sight: Sight,
    kept: dict[str, str],
    by_staff: bool,
) -> dict[str, Any]:
    duty = request.app.state.parts.shelf.of(kinds.CONTACT_DUTY)
    found = await lists.progress(session, wanted, duty, by="staff" if by_staff else "unit")
    names = await names_for(session, staff=[one.key for one in found] if by_staff else [])
    field = "staff" if by_staff else "unit"
    rows = []
    for one in found:
        mine = {**kept, field: one.key}
        name = names.person(one.key) if by_staff else sight.unit_name(one.key)
        rows.append(
            row(
                [
                    cell(name, url(PATH, mine, view="list"), strong=True),
                    cell(count(one.planned), url(PATH, mine, view="list")),
                    cell(count(one.done), url(PATH, {**mine, "done": "done"}, view="list")),
                    cell(
                        count(one.planned - one.done),
                        url(PATH, {**mine, "done": "open"}, view="list"),
                    ),
                    cell(percent(one.done / one.planned)),
                ],
                key=one.key,
                planned=one.planned,
                done=one.done,
            )
        )
    columns = [
        column("客户经理" if by_staff else "机构"), column("计划", right=True),
        column("已联络", right=True), column("未联络", right=True), column("完成率", right=True),
    ]  # fmt: skip
    filters = [kept["unit"], kept["staff"], kept["done"], kept["day"]]
    empty = (
        None
        if rows
        else nothing("联络计划", filters, PATH, "每个工作日 06:50 排好之后会出现在这里。")
    )
    return table("每日联络", PATH, columns, rows, state=empty)


async def _list(
    request: Request,
    session: AsyncSession,
    wanted: Wanted,
    sight: Sight,
    kept: dict[str, str],
    after: str,
    today: date,
) -> tuple[dict[str, Any], list[int]]:
    duty = request.app.state.parts.shelf.of(kinds.CONTACT_DUTY)
    found = await lists.page(session, wanted, duty, limit=PER_PAGE + 1, after=_place(after))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    rows = [_row(request, one, names, sight, today) for one in shown]
    last = f"{shown[-1].staff_id}~{shown[-1].place}" if more else None
    filters = [kept["unit"], kept["staff"], kept["done"], kept["day"]]
    context = table(
        "每日联络客户计划表",
        PATH,
        [
            column("客户经理"), column("次序", right=True), column("客户"), column("机构"),
            column("为什么"), column("做了没有"),
        ],
        rows,
        state=None
        if rows
        else nothing("联络计划", filters, PATH, "每个工作日 06:50 排好之后会出现在这里。"),
        page=paging(
            shown,
            total=await lists.count(session, wanted, duty),
            next_url=url(PATH, kept, view="list", after=last) if last else None,
            first_url=url(PATH, kept, view="list") if after else None,
        ),
    )  # fmt: skip
    return context, [one.customer_id for one in shown]


def reasons_of(request: Request, one: Line) -> str:
    """Why a customer is on the list, in words."""
    shelf = request.app.state.parts.shelf
    plan, duty = shelf.of(kinds.DAILY_PLAN), shelf.of(kinds.CONTACT_DUTY)
    return "；".join(sentence(reason, plan, duty) for reason in one.reasons)


def done_text(request: Request, one: Line, today: date) -> str:
    """How a line was done: the channel and the moment of the touch that proves it."""
    channels: ChannelPolicy = request.app.state.parts.shelf.of(kinds.CHANNELS)
    if one.done_at is None:
        return "未联络"
    return f"{channels.name_of(one.channel)} {moment(one.done_at, today)}"


def _row(request: Request, one: Line, names: Names, sight: Sight, today: date) -> dict[str, Any]:
    return row(
        [
            cell(names.person(one.staff_id)),
            cell(str(one.place)),
            cell(names.customer(one.customer_id), f"/c/customers/{one.customer_id}", strong=True),
            cell(sight.unit_name(one.unit_id)),
            cell(reasons_of(request, one)),
            cell(done_text(request, one, today), kind="ok" if one.done_at else "warn"),
        ],
        customer_id=one.customer_id,
        staff_id=one.staff_id,
        place=one.place,
        done_at=one.done_at,
    )


@router.get(PATH + "/export.csv")
async def export(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    on: Annotated[str, Query(alias="day")] = "",
    unit: str = "",
    staff: str = "",
    done: str = "",
) -> Response:
    """The lines of a day as CSV, names masked as on the page; the export is recorded."""
    today = bank_date(asking.at)
    chosen = day_of(on, "日期") or today
    sight = await sight_of(session, asking.viewer, roles.EXECUTION, unit)
    proof = cast(Done, one_of(done, ("done", "open"), "做了没有", ""))
    duty = request.app.state.parts.shelf.of(kinds.CONTACT_DUTY)
    wanted = Wanted(chosen, sight.units, staff or None, proof)
    found = await lists.page(session, wanted, duty, limit=MOST)
    names = await names_for(
        session,
        staff={one.staff_id for one in found},
        customers={one.customer_id for one in found},
    )
    await looked(
        session, asking, "daily.exported", f"list:daily/{chosen}",
        payload={"unit": unit, "staff": staff, "done": done, "rows": len(found)},
    )  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["日期", "客户经理", "次序", "客户", "机构", "为什么", "做了没有"])
    for one in found:
        writer.writerow(
            [
                chosen.isoformat(),
                _plain(names.person(one.staff_id)),
                one.place,
                _plain(names.customer(one.customer_id)),
                _plain(sight.unit_name(one.unit_id)),
                reasons_of(request, one),
                done_text(request, one, today),
            ]
        )
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="contacts-{chosen}.csv"'},
    )


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
