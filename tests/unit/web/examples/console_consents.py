"""Consents, opt-outs and requests about personal data."""

from typing import Any

from tests.unit.web.examples.console_shell import UNITS, choice, paging, shell, tab
from tests.unit.web.examples.moments import at


def cells(given: int, refused: int, unknown: int) -> list[dict[str, Any]]:
    return [
        {"n": given, "href": "/c/consents/list?purpose=marketing&state=given"},
        {"n": refused, "href": "/c/consents/list?purpose=marketing&state=refused"},
        {"n": unknown, "href": "/c/consents/list?purpose=marketing&state=unknown"},
    ]


ROW: dict[str, Any] = {
    "href": "/c/consents/of/1",
    "name": "周*兰",
    "customer_no": "62****3821",
    "unit_name": "翠湖支行",
    "scope_text": "产品与活动",
    "source": "退订页",
    "at": at(20, 10, 30),
}
CONSENTS: dict[str, Any] = {
    **shell("consents"),
    "filters": [UNITS, choice("purpose", "按机构看", [("marketing", "营销")], "marketing")],
    "purposes": [
        {"name": "营销", "cells": cells(20_112, 318, 9_570)},
        {"name": "个性化（画像）", "cells": cells(8_001, 77, 21_922)},
    ],
    "unit_title": "营销",
    "units": [{"name": "翠湖支行", "cells": cells(2_011, 31, 957)}],
    "opted_out": 349,
    "opted_out_url": "/c/consents/opted-out",
    "recent": [ROW],
}
LIST: dict[str, Any] = {
    **shell("consents"),
    "title": "营销：拒绝",
    "action": "/c/consents/list",
    "filters": [UNITS],
    "state": None,
    "rows": [ROW, {**ROW, "scope_text": "", "at": None, "source": "—"}],
    "page": paging(318, "1–50", "/c/consents/list?after=50"),
}
ONE: dict[str, Any] = {
    **shell("consents"),
    "c": {"name": "周*兰", "customer_no": "62****3821", "href": "/c/customers/1"},
    "now": [
        {"name": "营销", "text": "拒绝", "kind": "danger"},
        {"name": "会话存档（企业微信）", "text": "同意", "kind": "ok"},
    ],
    "silences": ["产品与活动"],
    "history": [
        {
            "at": at(20, 10, 30),
            "name": "营销",
            "given": False,
            "source": "退订页",
            "notice": "—",
        },
        {
            "at": at(2, 9, 0),
            "name": "营销",
            "given": True,
            "source": "手机银行授权页",
            "notice": "2026-1",
        },
    ],
    "choices": [{"value": "marketing", "text": "产品与活动消息"}],
    "action": "/c/consents/of/1/opt-out",
    "ask_url": "/c/personal-data/ask/1",
}
REQUEST: dict[str, Any] = {
    "number": "GX20261120-A1B2C3",
    "href": "/c/personal-data/GX20261120-A1B2C3",
    "kind_text": "删除",
    "about": "周*兰",
    "asked_by": "何静",
    "asked_at": at(20, 9, 0),
    "decided_by": "罗敏",
    "state_text": "已办结",
    "state_kind": "ok",
}
REQUESTS: dict[str, Any] = {
    **shell("personal"),
    "tabs": [tab("全部", "/c/personal-data", 3, current=True), tab("等待批准", "/c/personal-data?state=asked", 1)],
    "filters": [choice("kind", "请求", [("", "全部"), ("erase", "删除")])],
    "state": None,
    "rows": [REQUEST],
    "page": paging(3, "1–3"),
}  # fmt: skip
ASK: dict[str, Any] = {
    **shell("personal"),
    "name": "周*兰",
    "customer_no": "62****3821",
    "action": "/c/personal-data/ask/1",
    "kinds": [("export", "导出"), ("erase", "删除")],
}
REQUEST_DONE: dict[str, Any] = {
    **shell("personal"),
    "r": REQUEST,
    "facts": [("依据", "客户持身份证到网点书面申请", "")],
    "badge": ("已办结", "ok"),
    "may_decide": False,
    "own": False,
    "action": "/c/personal-data/GX20261120-A1B2C3/decide",
    "download": None,
    "parts": [
        {"treatment": "已删除", "title": "持有的产品", "rows": 4, "why": ""},
        {"treatment": "依法保留", "title": "会话存档", "rows": 61, "why": "20 年：依据"},
    ],
}
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "consents": ("console/consents.html", "/c/consents", CONSENTS),
    "consents_none": ("console/consents.html", "/c/consents", {**CONSENTS, "recent": []}),
    "consents_list": ("console/consents_list.html", "/c/consents/list", LIST),
    "consents_one": ("console/consents_one.html", "/c/consents/of/{id}", ONE),
    "consents_one_new": (
        "console/consents_one.html",
        "/c/consents/of/{id}",
        {**ONE, "history": [], "silences": [], "ask_url": None},
    ),
    "personal": ("console/personal.html", "/c/personal-data", REQUESTS),
    "personal_ask": ("console/personal_ask.html", "/c/personal-data/ask/{id}", ASK),
    "personal_one": ("console/personal_one.html", "/c/personal-data/{no}", REQUEST_DONE),
    "personal_decide": (
        "console/personal_one.html",
        "/c/personal-data/{no}",
        {**REQUEST_DONE, "parts": [], "may_decide": True, "download": "/c/x/download"},
    ),
    "personal_own": (
        "console/personal_one.html",
        "/c/personal-data/{no}",
        {**REQUEST_DONE, "parts": [], "own": True},
    ),
}
