"""Complaints: the list, one case, and the customer's own page."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import UNITS, paging, shell, tab
from tests.unit.web.examples.linking import EVERY
from tests.unit.web.examples.moments import at

CASE: dict[str, Any] = {
    "no": "TS20261120K7M3QX",
    "href": "/c/complaints/TS20261120K7M3QX",
    "about": "打扰太多，或内容不合适",
    "who": "周*兰",
    "unit_name": "翠湖支行",
    "handler": "高远",
    "opened_at": at(20, 10, 30),
    "due_on": date(2026, 12, 5),
    "late": False,
    "state_text": "办理中",
    "state_kind": "info",
}
LIST: dict[str, Any] = {
    **shell("complaints"),
    "filters": [UNITS],
    "tabs": [
        tab("全部", "/c/complaints", 2, current=True),
        tab("超过答复期限", "/c/complaints?state=late", 1),
    ],
    "state": None,
    "cases": [CASE, {**CASE, "late": True, "who": "没有认出身份", "handler": "—"}],
    "page": paging(2, "1–2"),
}
ONE: dict[str, Any] = {
    **shell("complaints", "#A-88291"),
    "case": CASE,
    "customer_url": "/c/customers/1",
    "words": "一周收到四次理财推荐，说过不要了还在发。",
    "facts": [
        ("来源", "投诉页", ""),
        ("最迟答复", "2026-12-05", ""),
        ("营销", "暂停，结案后恢复", "b"),
    ],
    "steps": [
        {
            "name": "take",
            "text": "受理",
            "note": "由你来办这件投诉",
            "worded": False,
            "action": "/c/complaints/TS20261120K7M3QX/take",
        },
        {
            "name": "close",
            "text": "结案",
            "note": "写明结案的理由",
            "worded": True,
            "action": "/c/complaints/TS20261120K7M3QX/close",
        },
    ],
    "trail": [{"text": "客户 收到投诉", "small": "11-20 10:30", "now": True}],
}
HERE = {**EVERY, "here": "/o/complaint"}
FORM: dict[str, Any] = {
    **HERE,
    "token": "t" * 40,
    "abouts": [("disturbed", "打扰太多，或内容不合适"), ("other", "其他")],
    "about": "",
    "words": "",
    "most": 500,
    "days": 15,
    "fault": "",
}
DONE = {**HERE, "number": "TS20261120K7M3QX", "due_on": date(2026, 12, 5), "new": True}

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "complaints": ("console/complaints.html", "/c/complaints", LIST),
    "complaint": ("console/complaint.html", "/c/complaints/{number}", ONE),
    "complaint_closed": (
        "console/complaint.html",
        "/c/complaints/{number}",
        {**ONE, "steps": [], "customer_url": None},
    ),
    "complaint_begin": ("complaint/begin.html", "/o/complaint", HERE),
    "complaint_form": ("complaint/form.html", "/o/complaint", FORM),
    "complaint_form_refused": (
        "complaint/form.html",
        "/o/complaint",
        {**FORM, "size": "xl", "about": "other", "words": "差", "fault": "请写明是什么事"},
    ),
    "complaint_done": ("complaint/done.html", "/o/complaint", DONE),
    "complaint_known": ("complaint/done.html", "/o/complaint", {**DONE, "new": False}),
    "complaint_told": (
        "complaint/told.html",
        "/o/complaint",
        {**HERE, "title": "今天已经收到您的投诉", "line": "请打客服电话", "code": "E-4110"},
    ),
}
