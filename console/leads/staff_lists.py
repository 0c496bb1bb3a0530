"""The three lists of relationship managers (D13): counts a manager, the list, the list as CSV."""

import csv
import io
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue as kinds
from console import roles
from console.errors import ListUnknown
from console.leads.listed import PATH as LEADS
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import sight_of
from console.traces import looked
from crm_sync import selection
from crm_sync.leads import staff_lists
from crm_sync.leads.staff_lists import TITLES, Listed, Name, Terms
from kit.clock import bank_date
from kit.web.formats import in_wan, iso_day, masked_name, masked_number
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = f"{LEADS}/lists"
MOST: Final = 2_000
AMOUNTS: Final[dict[Name, str]] = {
    "loss": "少了（万元）",
    "edge": "还差（万元）",
    "switch": "到期金额（万元）",
}
ABOUT: Final[dict[Name, str]] = {
    "loss": "近期最高（万元）",
    "edge": "上一层起点（万元）",
    "switch": "最早到期",
}


def _terms(request: Request, asking: Asking) -> Terms:
    shelf = request.app.state.parts.shelf
    return Terms(
        lists=shelf.of(kinds.STAFF_LISTS),
        tiers=shelf.of(kinds.TIERS),
        suitability=shelf.of(kinds.SUITABILITY),
        today=bank_date(asking.at),
    )


def _named(name: str) -> Name:
    if name not in TITLES:
        raise ListUnknown("没有这张名单", saw=name[:20], do=f"可用：{'、'.join(TITLES)}")
    return name


@router.get(PATH, response_class=HTMLResponse)
async def managers(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """How many customers of each manager stand on each of the three lists."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    counted = await staff_lists.counts(session, _terms(request, asking), units=sight.units)
    names = await names_for(session, staff=counted)
    context = await shell(request, session, asking, "leads")
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "titles": [
            {
                "text": title,
                "number": sum(one[name] for one in counted.values()),
                "href": url(f"{PATH}/{name}", unit=unit),
            }
            for name, title in TITLES.items()
        ],
        "state": None
        if counted
        else nothing("名单", [unit], PATH, "有人流失、临近升级或到期时会出现在这里。"),
        "rows": [
            {
                "who": names.person(staff) or "没有管户人",
                "cells": [
                    {"number": numbers[name], "href": url(f"{PATH}/{name}", staff=staff, unit=unit)}
                    for name in TITLES
                ],
            }
            for staff, numbers in sorted(counted.items())
        ],
    }
    return page(request, "staff_lists", context)


@router.get(PATH + "/{name}", response_class=HTMLResponse)
async def one_list(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    name: str,
    unit: str = "",
    staff: str = "",
    after: int = 0,
) -> Response:
    """One of the lists, of one manager or of all in sight."""
    which = _named(name)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    terms = _terms(request, asking)
    found = await staff_lists.page(
        session, which, terms, units=sight.units, staff=staff, limit=PER_PAGE + 1, after=after
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    counted = await staff_lists.counts(session, terms, units=sight.units)
    totals = {
        one: sum(n[one] for who, n in counted.items() if not staff or who == staff)
        for one in TITLES
    }
    kept = {"unit": unit, "staff": staff}
    place = await looked(
        session,
        asking,
        "leads.listed",
        "list:leads",
        payload={**kept, "list": name, "shown": [one.customer_id for one in shown]},
    )
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown] + [staff],
        customers=[one.customer_id for one in shown],
    )
    context = await shell(request, session, asking, "leads", view_ref=place)
    context |= {
        "title": TITLES[which],
        "who": names.person(staff) if staff else "",
        "path": f"{PATH}/{name}",
        "csv_url": url(f"{PATH}/{name}/export.csv", kept),
        "filters": [choice("unit", "机构", whole.options, unit)],
        "staff": staff,
        "tabs": [
            tab(title, url(f"{PATH}/{one}", kept), totals[one], one == which)
            for one, title in TITLES.items()
        ],
        "amount_text": AMOUNTS[which],
        "about_text": ABOUT[which],
        "state": None
        if shown
        else nothing("客户", [unit, staff], f"{PATH}/{name}", "现在没有客户在这张名单上。"),
        "rows": [_row(one, which, names) for one in shown],
        "page": paging(
            shown,
            total=totals[which],
            next_url=url(f"{PATH}/{name}", kept, after=shown[-1].customer_id) if more else None,
            first_url=url(f"{PATH}/{name}", kept) if after else None,
        ),
    }
    return page(request, "staff_list", context)


def _row(one: Listed, which: Name, names: Names) -> dict[str, Any]:
    return {
        "name": names.customer(one.customer_id),
        "href": f"/c/customers/{one.customer_id}",
        "owner_name": names.person(one.staff_id),
        "aum": in_wan(one.aum_fen),
        "amount": in_wan(one.amount_fen),
        "about": _about(one, which),
    }


def _about(one: Listed, which: Name) -> str:
    return iso_day(one.due_on) if which == "switch" else in_wan(one.mark_fen)


@router.get(PATH + "/{name}/export.csv")
async def as_csv(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    name: str,
    unit: str = "",
    staff: str = "",
) -> Response:
    """A list as a file: masked like the page, at most ``MOST`` rows; the export is recorded."""
    which = _named(name)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit)
    found = await staff_lists.page(
        session, which, _terms(request, asking), units=sight.units, staff=staff, limit=MOST
    )
    await looked(
        session,
        asking,
        "leads.exported",
        "list:leads",
        payload={"list": name, "unit": unit, "staff": staff, "rows": len(found)},
    )
    text = await _written(session, found, which)
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


async def _written(session: AsyncSession, found: list[Listed], which: Name) -> str:
    names = await names_for(session, staff=[one.staff_id for one in found])
    facts = await selection.customer_facts(session, [one.customer_id for one in found])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["客户", "客户号", "客户经理", "工号", "资产（万元）", AMOUNTS[which], ABOUT[which]]
    )
    for one in found:
        fact = facts.get(one.customer_id)
        writer.writerow(
            [
                masked_name(fact.name) if fact and fact.name else "",
                masked_number(fact.customer_no) if fact else "",
                plain(names.person(one.staff_id)),
                plain(one.staff_id),
                in_wan(one.aum_fen),
                in_wan(one.amount_fen),
                _about(one, which),
            ]
        )
    return out.getvalue()


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
