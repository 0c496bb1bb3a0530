"""Contexts of the pages about white lists."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import paging, shell

ROW: dict[str, Any] = {
    "href": "/c/white-lists/7", "customer": "张**", "customer_href": "/c/customers/9", "code": "QHSM1",
    "product": "青禾私募精选", "unit_name": "翠湖支行", "until": date(2026, 12, 31), "by": "王珊",
    "decided_by": "何静", "state_text": "有效", "state_kind": "ok",
}  # fmt: skip
LIST: dict[str, Any] = {
    **shell("white-lists", "access:hq#21"),
    "path": "/c/white-lists", "filters": [], "state": None, "entries": [ROW], "asking": True, "most": 200,
    "tabs": [{"text": "全部", "href": "/c/white-lists", "n": 1, "current": True}],
    "page": paging(1, "1 条"),
}  # fmt: skip
ONE: dict[str, Any] = {
    **shell("white-lists", "access:hq#22"),
    "entry": {**ROW, "state_text": "等批准", "state_kind": "warn"}, "product": "青禾私募精选",
    "here": "/c/white-lists/7", "reason": "合格投资者，认定书 2026-031", "facts": [("到期日", "2026-12-31", "num")],
    "deciding": {"refused": ""}, "revoking": True,
}  # fmt: skip
PAGES = {
    "white_lists": ("console/white_lists.html", "GET /c/white-lists", LIST),
    "white_list_entry": ("console/white_list_entry.html", "GET /c/white-lists/{entry_id}", ONE),
    "white_list_entry_own": (
        "console/white_list_entry.html",
        "GET /c/white-lists/{entry_id}, by whoever asked",
        {**ONE, "deciding": {"refused": "您申请的，要由另一位同事批准。"}, "revoking": False},
    ),
}
