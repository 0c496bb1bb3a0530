"""Contexts of the pages about corp moments."""

from typing import Any

from tests.unit.web.examples.console_shell import paging, shell
from tests.unit.web.examples.moments import NOW, at

PAGE = paging(1, "1 条")
ROW: dict[str, Any] = {
    "title": "晚安一句", "href": "/c/moments/3", "audience": "宝妈", "unit_name": "青禾银行",
    "hours": "11-20 10:30–17:00", "today": True, "counted": True, "in_audience": 412,
    "on_list": 366, "shown": 120, "members": 24, "published": 9, "state_text": "进行中",
    "state_kind": "info",
}  # fmt: skip
LIST: dict[str, Any] = {
    **shell("moments"),
    "tabs": [{"text": "全部", "href": "/c/moments", "n": 2, "current": True}],
    "new_url": "/c/moments/new", "state": None, "page": PAGE,
    "moments": [ROW, {**ROW, "counted": False, "today": False, "state_text": "待批准", "state_kind": "warn"}],
}  # fmt: skip
STAT: dict[str, Any] = {
    "name": "可见名单", "value": "366", "unit": "人", "note": "通过闸门", "how": "通过闸门的客户",
    "href": "/c/moments/3?show=list#list", "direction": 0, "bad": False,
}  # fmt: skip
LINE: dict[str, Any] = {
    "customer_id": 9, "customer": "张**", "href": "/c/customers/9", "staff_id": "003127",
    "member": "李敏", "unit_name": "翠湖支行", "why": "客户退订", "chain": "/c/why?ref=moment%3A3%2F9", "at": NOW, "state_text": "没有列入",
    "state_kind": "warn",
}  # fmt: skip
ONE: dict[str, Any] = {
    **shell("moments", "access:hq#21"),
    "title": "晚安一句", "state_text": "进行中", "state_kind": "info", "words": "孩子睡了，轮到你了。",
    "materials": ["poster.tea"], "cause": "", "here_path": "/c/moments/3", "stats": [STAT] * 6,
    "preview": None, "tabs": [{"text": "可见名单", "href": "/c/moments/3?show=list#list", "n": 366, "current": True}],
    "reasons": [{"text": "客户退订", "n": 12, "href": "/c/moments/3?show=any&reason=E-4022#list", "on": False}],
    "facts": [("客群", "宝妈", ""), ("可见标签", "可见1120-9f3a", "mono")],
    "calls": [{"number": 1, "due_at": at(20, 10, 30), "departed_at": at(20, 10, 31), "moment_id": "mom1", "text": "企业微信已接收", "kind": "info", "cause": ""}],
    "deciding": None, "stopping": True, "of_members": False, "lines": [LINE], "state": None,
    "page": PAGE,
}  # fmt: skip
WAITING: dict[str, Any] = {
    **ONE, "stats": [], "reasons": [], "calls": [], "deciding": {"refused": ""}, "lines": [],
    "cause": "话术已停用或过期",
    "preview": {"audience": 412, "looked": 412, "looked_href": "/c/moments/3?show=ahead#list", "passed": 366, "passed_href": "/c/moments/3?show=ahead&reason=passed#list", "reasons": [{"text": "客户退订", "n": 12, "href": "/c/moments/3?show=ahead&reason=E-4022#list", "on": True}]},
    "state": {"kind": "first_use", "title": "还没有客户", "text": "到开始前圈定名单。", "code": "", "action": None},
}  # fmt: skip
MEMBERS: dict[str, Any] = {
    **ONE, "of_members": True, "stopping": False,
    "lines": [{
        "staff_id": "003127", "member": "李敏", "unit_name": "翠湖支行", "readers": 16, "shown": 16,
        "readers_href": "/c/moments/3?show=list&staff=003127#list",
        "shown_href": "/c/moments/3?show=shown&staff=003127#list", "at": NOW,
        "state_text": "已发表", "state_kind": "ok",
    }],
}  # fmt: skip
NEW: dict[str, Any] = {
    **shell("moments"),
    "error": {"what": "开始时间至少在 10 分钟之后", "saw": "晚安", "where": "docs/moments.md", "do": "改好后重新提交", "code": "E-5120"},
    "scripts": [{"code": "moment.mum", "title": "给妈妈的一句话", "words": "孩子睡了，轮到你了。", "note": "宝妈", "timing": "晚间", "on": True}],
    "audiences": [("persona:宝妈", "客群 · 宝妈")],
    "units": [{"id": "01", "name": "城东支行", "on": False}],
    "materials": [{"code": "poster.tea", "title": "茶", "on": True}],
    "given": {"title": "晚安", "audience": "persona:宝妈", "day": "", "begins": "", "ends": "", "staff": ""},
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "moments": ("console/moments.html", "GET /c/moments", LIST),
    "moment": ("console/moment.html", "GET /c/moments/{task_id}", ONE),
    "moment_waiting": ("console/moment.html", "GET /c/moments/{task_id}", WAITING),
    "moment_members": ("console/moment.html", "GET /c/moments/{task_id}", MEMBERS),
    "moment_new": ("console/moment_new.html", "GET /c/moments/new", NEW),
}
