"""节假日与静默日: each day that differs from a plain week, how we know, and the hours that hold."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from compliance.calendar import BankCalendar, BankDay, HolidayRow
from compliance.holidays import end_silence, holidays, silence
from config import policy_catalogue
from config.outreach_policy import OutreachPolicy, Window
from console import roles
from console.errors import FormRefused
from console.lists import choice, tab, url
from console.shell import page, shell
from console.traces import looked
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/calendar"
WEEKDAYS: Final = "一二三四五六日"
SOURCES: Final = {
    "imported": "导入的通知",
    "library": "国务院通知（日历库）",
    "law": "全国年节及纪念日放假办法",
    "weekday": "按周推算",
}
KINDS: Final = {
    "holiday": ("放假", "ok"),
    "workday": ("调休上班", "warn"),
    "quiet": ("静默", "danger"),
}


@router.get(PATH, response_class=HTMLResponse)
async def calendar(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    year: int = 0,
    kind: str = "",
) -> Response:
    """One year: holidays, moved working days and quiet days with their source."""
    today = bank_date(asking.at)
    year = year or today.year
    if not today.year - 5 <= year <= today.year + 5 or kind not in ("", *KINDS):
        raise FormRefused("没有这一年或这个类别", saw=f"{year} {kind}"[:40], do="从页面上选")
    policy = request.app.state.parts.shelf.of(policy_catalogue.OUTREACH)
    rows = await holidays(session)
    known = BankCalendar(rows, quiet=policy.quiet)
    days = special_days(known, rows, year)
    place = await looked(
        session, asking, "calendar.viewed", "list:calendar", payload={"year": year}
    )
    context = await shell(request, session, asking, "calendar", view_ref=place)
    kept = {"year": year}
    counted = {name: sum(one["kind"] == name for one in days) for name in KINDS}
    years = [(str(one), f"{one} 年") for one in range(today.year - 1, today.year + 3)]
    context |= {
        "year": year,
        "filters": [choice("year", "年份", years, str(year))],
        "tabs": [
            tab("全部", url(PATH, kept), len(days), not kind),
            *(
                tab(text, url(PATH, kept, kind=name), counted[name], kind == name)
                for name, (text, _) in KINDS.items()
            ),
        ],
        "known": known.knows(year),
        "days": [one for one in days if kind in ("", one["kind"])],
        "hours": _hours(policy),
        "silence": {
            "order": f"{PATH}/silence" if set(asking.viewer.roles) & set(roles.CENTRE) else None,
            "lift": f"{PATH}/resume" if set(asking.viewer.roles) & set(roles.AUDIT) else None,
        },
        "elder": f"{policy.elder.age} 岁起 {_window(policy.windows.elder.window)}",
    }
    return page(request, "calendar", context)


@router.post(PATH + "/silence")
async def order(
    asking: Annotated[Asking, allow("console", *roles.CENTRE, fresh=True)],
    session: Writing,
    first: Annotated[str, Form(max_length=20)],
    last: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """一键静默: nothing is sold on these days; every process knows within seconds."""
    begins = _day(first)
    ends = _day(last) if last.strip() else begins
    await silence(session, begins, ends, reason=reason, by=asking.actor, at=asking.at)
    return RedirectResponse(url(PATH, year=begins.year, kind="quiet"), status_code=303)


@router.post(PATH + "/resume")
async def lift(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    first: Annotated[str, Form(max_length=20)],
    last: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Take back days of silence that were ordered, with the reason; compliance alone may."""
    begins = _day(first)
    ends = _day(last) if last.strip() else begins
    gone = await end_silence(session, begins, ends, reason=reason, by=asking.actor, at=asking.at)
    if not gone:
        raise FormRefused(
            "这段日子没有登记过静默",
            saw=f"{begins} 至 {ends}",
            do="策略里写定的静默日（春节、清明等）在“触达时间与次数”里改",
        )
    return RedirectResponse(url(PATH, year=begins.year, kind="quiet"), status_code=303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FormRefused("日期写不清", saw=text[:20], do="写成 2026-12-13 这样") from None


def special_days(known: BankCalendar, rows: list[HolidayRow], year: int) -> list[dict[str, Any]]:
    """Every day of a year on which the hours are not those of its weekday, or nothing is sold."""
    told = {(row.day, row.kind == "quiet"): row for row in rows}
    found = []
    day = date(year, 1, 1)
    while day.year == year:
        one = known.day(day)
        if (day.weekday() < 5) != one.working or (not one.working and one.name):
            found.append(_line(one, "workday" if one.working else "holiday", one.name, told))
        if (why := known.quiet(day)) is not None:
            found.append(_line(one, "quiet", why, told))
        day += timedelta(days=1)
    return found


def _line(
    one: BankDay, kind: str, name: str, told: Mapping[tuple[date, bool], HolidayRow]
) -> dict[str, Any]:
    text, style = KINDS[kind]
    row = told.get((one.day, kind == "quiet"))
    if row is not None:
        source = row.source
    else:
        source = "策略“触达时间与次数”" if kind == "quiet" else SOURCES[one.source]
    return {
        "day": one.day,
        "weekday": f"周{WEEKDAYS[one.day.weekday()]}",
        "kind": kind,
        "kind_text": text,
        "kind_style": style,
        "name": name or "—",
        "source": source,
    }


def _window(one: Window) -> str:
    return f"{one.earliest:%H:%M}–{one.latest:%H:%M}"


def _hours(policy: OutreachPolicy) -> list[dict[str, str]]:
    windows = policy.windows
    of = (("服务", windows.service), ("关怀", windows.care), ("营销", windows.marketing))
    return [
        {"name": name, "workday": _window(one.workday), "holiday": _window(one.holiday)}
        for name, one in of
    ]
