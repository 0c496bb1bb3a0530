"""客户雷达: openings, consenting readers and forwards by article, and the list behind each."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.tables import cell, column, row, table
from console.traces import looked
from content_library import repository as library
from content_library.facts import Library
from crm_sync.readings import lists
from kit.clock import bank_date
from kit.web.formats import count, moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/radar"
READERS, FORWARDS, OPENINGS = "readers", "forwards", "openings"
NOTES: Final = (
    "打开次数只是计数，不知道是谁；预览和爬虫不算。读者只有本人在页面上同意、并由微信确认身份的客户；同意撤回后记录立即删除。",
    "转发只记读者点了几次，转给谁、谁打开不记；“转发后打开”是转出去的链接被打开的次数。",
)


@router.get(PATH, response_class=HTMLResponse)
async def radar(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    code: Annotated[str, Query(max_length=64)] = "",
    view: Annotated[str, Query(pattern="^(readers|forwards|openings)$")] = READERS,
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Articles in numbers; with ``code`` the readers, those who passed it on, or the openings."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    if code:
        return await _one(request, session, asking, sight, unit, code, view, after)
    found = await lists.by_article(session, units=sight.units)
    titles = await _titles(session)
    place = await looked(
        session, asking, "radar.listed", "list:radar", payload={"unit": unit, "n": len(found)}
    )
    rows = [
        row(
            [
                cell(titles.get(one.article_code, one.article_code), strong=True,
                     sub=one.article_code),
                *(
                    cell(count(number), url(PATH, code=one.article_code, view=which, unit=unit))
                    for number, which in (
                        (one.own, OPENINGS),
                        (one.forwarded, OPENINGS),
                        (one.readers, READERS),
                    )
                ),
                cell(count(one.visits), url(PATH, code=one.article_code, unit=unit)),
                cell(
                    count(one.forwards), url(PATH, code=one.article_code, view=FORWARDS, unit=unit)
                ),
            ],
            code=one.article_code,
            own=one.own,
            forwarded=one.forwarded,
            readers=one.readers,
            forwards=one.forwards,
        )
        for one in found.values()
    ]  # fmt: skip
    context = await shell(request, session, asking, "radar", view_ref=place)
    context |= table(
        "客户雷达",
        PATH,
        [
            column("资讯"), column("打开", right=True), column("转发后打开", right=True),
            column("同意的读者", right=True), column("阅读次数", right=True),
            column("转发", right=True),
        ],
        rows,
        sub="资讯被打开、阅读和转发的情况",
        filters=[choice("unit", "机构", whole.options, unit)],
        state=None
        if rows
        else nothing("打开的资讯", [unit], PATH, "在侧边栏把资讯发给客户，打开后这里有数字。"),
        notes=list(NOTES),
    )  # fmt: skip
    return page(request, "table", context)


async def _one(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    sight: Sight,
    unit: str,
    code: str,
    view: str,
    after: int,
) -> Response:
    place = await looked(
        session, asking, "radar.viewed", f"article:{code}", payload={"unit": unit, "view": view}
    )
    title = (await _titles(session)).get(code, code)
    context = await shell(request, session, asking, "radar", view_ref=place)
    counted = (await lists.by_article(session, units=sight.units)).get(code)
    passing = (
        await lists.readers(session, code, units=sight.units, passed_on=True, limit=1_000_000)
        if counted and counted.forwards
        else []
    )
    tabs = [
        tab("同意的读者", url(PATH, code=code, unit=unit), counted.readers if counted else 0,
            view == READERS),
        tab("转发的读者", url(PATH, code=code, view=FORWARDS, unit=unit), len(passing),
            view == FORWARDS),
        tab("打开", url(PATH, code=code, view=OPENINGS, unit=unit),
            counted.own + counted.forwarded if counted else 0, view == OPENINGS),
    ]  # fmt: skip
    if view == OPENINGS:
        context |= await _openings(session, sight, title, code, tabs)
    else:
        context |= await _readers(session, asking, sight, title, code, view, after, unit, tabs)
    context["places"] = [tab("全部资讯", url(PATH, unit=unit))]
    return page(request, "table", context)


async def _readers(
    session: AsyncSession,
    asking: Asking,
    sight: Sight,
    title: str,
    code: str,
    view: str,
    after: int,
    unit: str,
    tabs: list[dict[str, Any]],
) -> dict[str, Any]:
    found = await lists.readers(
        session, code, units=sight.units, passed_on=view == FORWARDS, after=after,
        limit=PER_PAGE + 1,
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(session, customers=[one.customer_id for one in shown])
    today = bank_date(asking.at)
    rows = [
        row(
            [
                cell(
                    names.customer(one.customer_id), f"/c/customers/{one.customer_id}", strong=True
                ),
                cell(one.says),
                cell(count(one.times)),
                cell(f"{one.seconds // 60} 分 {one.seconds % 60} 秒"),
                cell(f"{one.depth}%"),
                cell(count(one.forwards)),
                cell(moment(one.last_at, today)),
            ],
            customer_id=one.customer_id,
            times=one.times,
            forwards=one.forwards,
        )
        for one in shown
    ]
    kept = {"code": code, "view": view, "unit": unit}
    return table(
        f"《{title}》",
        PATH,
        [
            column("客户"), column("情况"), column("次数", right=True), column("看了", right=True),
            column("读到", right=True), column("转发", right=True), column("最近"),
        ],
        rows,
        tabs=tabs,
        state=None if rows else nothing("读者", [], PATH, "还没有客户同意记录阅读。"),
        page=paging(
            shown,
            total=next(one["n"] for one in tabs if one["current"]),
            next_url=url(PATH, kept, after=shown[-1].customer_id) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
        notes=list(NOTES),
    )  # fmt: skip


async def _openings(
    session: AsyncSession, sight: Sight, title: str, code: str, tabs: list[dict[str, Any]]
) -> dict[str, Any]:
    found = await lists.openings_by_day(session, code, units=sight.units)
    rows = [
        row(
            [
                cell(f"{on:%Y-%m-%d}"),
                cell(sight.unit_name(unit_id)),
                cell("转发后打开" if passed else "打开"),
                cell(count(number)),
            ],
            on=on.isoformat(),
            unit_id=unit_id,
            forwarded=passed,
            openings=number,
        )
        for on, unit_id, passed, number in found
    ]
    return table(
        f"《{title}》",
        PATH,
        [
            column("日期"),
            column("分享人所在机构"),
            column("怎么打开的"),
            column("次数", right=True),
        ],
        rows,
        sub="最近的 60 行",
        tabs=tabs,
        state=None if rows else nothing("打开", [], PATH, "还没有人打开。"),
        notes=list(NOTES),
    )


async def _titles(session: AsyncSession) -> dict[str, str]:
    found = await library.library(session, library=Library.ARTICLE, limit=500)
    return {one.script.code: one.script.title for one in found}
