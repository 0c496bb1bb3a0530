"""Contexts of the pages about handovers and farming."""

from typing import Any

from tests.unit.web.examples.console_shell import UNITS, choice, paging, shell
from tests.unit.web.examples.moments import NOW

RUN: dict[str, Any] = {
    "no": "移交 12", "href": "/c/handovers/12", "giver": "张三", "unit_name": "翠湖支行", "kind_text": "离职继承",
    "origin": "企业微信删除成员", "takers": "李敏、王五", "created_at": NOW,
    "customers": {"n": 318, "href": "/c/handovers/12?kind=customer#list"},
    "contacts": {"n": 296, "href": "/c/handovers/12?kind=contact#list"},
    "taken": {"n": 201, "href": "/c/handovers/12?kind=contact&state=taken#list"},
    "refused": {"n": 9, "href": "/c/handovers/12?kind=contact&state=refused#list"},
    "waiting": {"n": 86, "href": "/c/handovers/12?kind=contact&state=waiting#list"},
    "state_text": "在办", "state_kind": "info",
}  # fmt: skip
LIST: dict[str, Any] = {
    **shell("handovers"),
    "filters": [UNITS, choice("kind", "种类", [("", "全部"), ("on_job", "在职继承")])],
    "tabs": [{"text": "全部", "href": "/c/handovers", "n": 1, "current": True}],
    "state": None,
    "runs": [RUN],
    "page": paging(1, "1 条"),
}
EMPTY: dict[str, Any] = {
    **LIST, "runs": [], "page": paging(0, "0 条"),
    "state": {"kind": "first_use", "title": "还没有客户移交", "text": "员工离开时系统会起草。", "code": "", "action": None},
}  # fmt: skip
LINE: dict[str, Any] = {
    "kind_text": "好友", "about": "周**", "customer": "周**", "href": "/c/customers/3", "to": "李敏",
    "state_text": "到上限", "state_kind": "danger", "saying": "接替员工的客户数已达上限。",
    "asked_at": NOW, "due_at": None, "settled_at": NOW,
}  # fmt: skip
ONE: dict[str, Any] = {
    **shell("handovers", "access:hq#12"),
    "run": {"no": "移交 12", "giver": "张三", "kind_text": "离职继承", "created_at": NOW, "state_text": "等批准", "state_kind": "warn"},
    "numbers": [{"name": "好友", "value": "296", "note": "企业微信里逐位移交", "href": "/c/handovers/12?kind=contact#list", "bad": False}, {"name": "客户拒绝", "value": "9", "note": "每位一件工单", "href": "/c/handovers/12?state=refused#list", "bad": True}],
    "filters": [choice("kind", "什么", [("", "全部"), ("contact", "好友")])],
    "path": "/c/handovers/12",
    "state": None,
    "lines": [LINE, {**LINE, "href": None, "state_text": "等客户", "state_kind": "info", "saying": "", "due_at": NOW, "settled_at": None}, {**LINE, "asked_at": None, "settled_at": None}],
    "facts": [("机构", "翠湖支行", ""), ("批准", "—", "")],
    "planning": {"action": "/c/handovers/12/plan", "takers": "limin", "cancel": "/c/handovers/12/cancel"},
    "approving": {"action": "/c/handovers/12/approve", "refused": "", "text": "批准后业绩归属立即变更。"},
    "page": paging(3, "3 条"),
}  # fmt: skip
OWN: dict[str, Any] = {
    **ONE, "lines": [], "page": paging(0, "0 条"), "planning": None,
    "approving": {"action": "/c/handovers/12/approve", "refused": "您拟定的移交，要由另一位同事批准。", "text": ""},
    "state": {"kind": "no_result", "title": "没有符合条件的", "text": "放宽条件。", "code": "", "action": {"text": "去掉全部条件", "href": "/c/handovers/12"}},
}  # fmt: skip
FARM: dict[str, Any] = {
    "customer": "周**", "href": "/c/customers/3", "unit_name": "翠湖支行", "owner": "李敏", "kind_text": "种植", "item": "玉米",
    "size": "32.5 亩", "season": "春播资金", "begins_on": NOW.date(), "market": "9 月", "cycle": "150 天", "output": "每亩 600 公斤",
    "channel": "走千访万", "noted_on": None,
}  # fmt: skip
FARMING: dict[str, Any] = {
    **shell("farming", "access:hq#13"),
    "lead_days": 30,
    "filters": [UNITS],
    "tabs": [{"text": "资金季将到", "href": "/c/farming", "n": 2, "current": True}],
    "state": None,
    "records": [FARM, {**FARM, "season": "", "begins_on": None}],
    "page": paging(2, "2 条"),
}
TAGS: dict[str, Any] = {
    **shell("tags"),
    "filters": [UNITS],
    "tags": [
        {
            "name": "亲子", "group": "兴趣", "state": "mapped", "state_text": "宝妈", "state_kind": "ok", "persona": "宝妈",
            "asked": [("客群 宝妈", "/c/personas/x")], "forbidden": "",
        },
        {
            "name": "{{7*7}}<b>", "group": "x", "state": "undecided", "state_text": "还没有定", "state_kind": "warn", "persona": "",
            "asked": [], "forbidden": "属于禁止打标的“宗教”，不作任何依据",
        },
    ],
    "personas": ["老年", "宝妈"],
    "waits_href": "",
    "policy_href": "/c/policies/tags",
    "synced_at": NOW,
    "state": None,
    "page": paging(2, "2 条"),
}  # fmt: skip
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "farming": ("console/farming.html", "GET /c/farming", FARMING),
    "farming_none": (
        "console/farming.html",
        "GET /c/farming",
        {**FARMING, "records": [], "page": paging(0, "0 条"), "state": EMPTY["state"]},
    ),
    "tags": ("console/tags.html", "GET /c/tags", TAGS),
    "tags_waits": (
        "console/tags.html",
        "GET /c/tags",
        {**TAGS, "waits_href": "/c/policies/tags?version=1", "synced_at": None},
    ),
    "tags_none": (
        "console/tags.html",
        "GET /c/tags",
        {**TAGS, "tags": [], "state": EMPTY["state"], "page": paging(0, "0 条")},
    ),
    "handovers": ("console/handovers.html", "GET /c/handovers", LIST),
    "handovers_none": ("console/handovers.html", "GET /c/handovers", EMPTY),
    "handover": ("console/handover.html", "GET /c/handovers/{run_id}", ONE),
    "handover_own": ("console/handover.html", "GET /c/handovers/{run_id}", OWN),
}
