"""Holidays and quiet days."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import choice, shell, tab

DAY: dict[str, Any] = {
    "day": date(2026, 10, 1),
    "weekday": "周四",
    "kind": "holiday",
    "kind_text": "放假",
    "kind_style": "ok",
    "name": "国庆节",
    "source": "国务院通知（日历库）",
}
CALENDAR: dict[str, Any] = {
    **shell("calendar"),
    "year": 2026,
    "filters": [choice("year", "年份", [("2026", "2026 年")], "2026")],
    "tabs": [tab("全部", "/c/calendar?year=2026", 2, current=True)],
    "known": True,
    "days": [DAY, {**DAY, "kind_text": "静默", "kind_style": "danger", "name": "临时静默"}],
    "hours": [{"name": "营销", "workday": "09:00–20:00", "holiday": "10:00–18:00"}],
    "elder": "60 岁起 09:00–18:00",
    "silence": {"order": "/c/calendar/silence", "lift": "/c/calendar/resume"},
}
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "calendar": ("console/calendar.html", "/c/calendar", CALENDAR),
    "calendar_unknown": (
        "console/calendar.html",
        "/c/calendar",
        {**CALENDAR, "known": False, "days": [], "silence": {"order": None, "lift": None}},
    ),
}
