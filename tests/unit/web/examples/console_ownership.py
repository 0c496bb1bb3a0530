"""管户: allocation, transfer forms, recalls, grids, scorecards."""

from typing import Any

from tests.unit.web.examples.console_shell import (
    SEAL,
    UNITS,
    choice,
    number,
    paging,
    shell,
    tab,
)
from tests.unit.web.examples.moments import at

PLAN_ROW: dict[str, Any] = {
    "href": "/c/allocation/71", "unit_name": "翠湖支行", "listed": "没有管户人的客户", "method_text": "层级对应", "kind_text": "管户人",
    "figures": [(412, "/c/allocation/71?state=proposed"), (3, "/c/allocation/71?state=unplaced")],
    "author": "王珊", "made_at": at(20, 20, 0), "decided": "", "state_text": "等待批准", "state_kind": "warn",
}  # fmt: skip
PLANS: dict[str, Any] = {
    **shell("allocation"), "filters": [UNITS], "tabs": [tab("全部", "/c/allocation", 2, current=True), tab("等待批准", "/c/allocation?state=pending", 1)],
    "state": None, "plans": [PLAN_ROW, {**PLAN_ROW, "decided": "孙涛", "state_text": "已生效", "state_kind": "ok"}], "page": paging(2, "2 条"),
    "make": {"action": "/c/allocation", "units": [("01", "翠湖支行")], "lists": [("unowned", "没有管户人的客户")], "methods": [("level", "层级对应")], "kinds": [("owner", "管户人")], "direct": "/c/allocation/direct", "bands": ["30万到50万"], "band": "30万到50万"},
}  # fmt: skip
LINE: dict[str, Any] = {
    "href": "/c/customers/9", "customer": "周*兰", "unit_name": "翠湖支行", "band": "50–100", "from": "郑凯", "to": "吴丹",
    "reason": "层级对应：50 万以上 → 贵宾理财经理；吴丹现管 120 户，翠湖支行内最少", "state_text": "拟分配", "state_kind": "info",
}  # fmt: skip
PLAN: dict[str, Any] = {
    **shell("allocation"), "plan": {"title": "翠湖支行 · 没有管户人的客户", "state_text": "等待批准", "state_kind": "warn", "made_at": at(20, 20, 0)}, "back": "/c/allocation",
    "stats": [number("换人", "412", "户", "名单 500 户", "", "/c/allocation/71?state=proposed"), number("没有分出去", "3", "户", "", "", "/c/allocation/71?state=unplaced"), number("未生效", "0", "户", "", "", "/c/allocation/71?state=stale")],
    "facts": [("办法", "层级对应"), ("关系", "管户人"), ("编制", "王珊")],
    "loads": [{"name": "吴丹", "before": 120, "before_url": "/c/customers?owner=003129", "gains": 40, "gains_url": "/c/allocation/71?to=003129", "losses": 2, "losses_url": "/c/allocation/71?frm=003129", "after": 158}],
    "left": [{"reason": "没有可接收客户的岗位", "n": 3}], "filters": [choice("state", "结果", [("", "全部")])], "path": "/c/allocation/71", "state": None, "lines": [LINE], "page": paging(412, "1 条"),
    "decision": {"action": "/c/allocation/71/decide", "own": False, "text": "批准后立即全部生效，不能撤销。"},
}  # fmt: skip
PLAN_OWN = {**PLAN, "decision": {"action": "/c/allocation/71/withdraw", "own": True, "text": "你编制的方案要由另一位同事批准。"}, "loads": [], "left": []}  # fmt: skip
RECALLS: dict[str, Any] = {
    **shell("allocation"), "filters": [UNITS], "tabs": [tab("全部", "/c/allocation/recalls", 1, current=True)], "state": None,
    "recalls": [{"href": "/c/customers/9", "customer": "陈*国", "unit_name": "翠湖支行", "from": "马超", "reason": "没有按频次联系", "note": "两个季度没有联系", "facts": "missed 2", "by": "孙涛", "at": at(20, 9, 0), "to": "", "state_text": "等待重新分配", "state_kind": "warn"}],
    "page": paging(1, "1 条"), "make": {"action": "/c/allocation/recalls", "reasons": ["没有按频次联系"]},
}  # fmt: skip
FORM_ROW: dict[str, Any] = {
    "href": "/c/transfers/5", "customer": "周*兰", "unit_name": "翠湖支行", "average": "73.33", "from": "郑凯", "to": "吴丹", "month": "2026-11",
    "contact_by": at(22, 10, 0), "late": True, "state_text": "等待联系", "state_kind": "info",
}  # fmt: skip
TRANSFERS: dict[str, Any] = {
    **shell("transfers"), "filters": [UNITS], "tabs": [tab("全部", "/c/transfers", 2, current=True), tab("联系逾期", "/c/transfers?late=1", 1)], "state": None,
    "forms": [FORM_ROW, {**FORM_ROW, "contact_by": None, "late": False}], "page": paging(None, "2 条"),
    "all": {"action": "/c/transfers/approve", "month": "2026-11-01", "n": 12, "unit": ""},
}  # fmt: skip
FORM: dict[str, Any] = {
    **shell("transfers"), "form": {"no": "202611-000005", "state_text": "等待审批", "state_kind": "warn", "late": False}, "back": "/c/transfers", "customer_url": "/c/customers/9",
    "facts": [("客户", "周*兰"), ("日均金融资产", "73.33 万元")],
    "steps": [{"state": "done", "text": "编制", "small": "系统"}, {"state": "cur", "text": "营业经理审批", "small": "等待"}], "seal": None,
    "next": {"title": "审批", "action": "/c/transfers/5/decide", "label": "意见（写入日志）", "note": "批准后，原客户经理会收到介绍的待办和话术。", "two": True},
}  # fmt: skip
FORM_DONE = {**FORM, "form": {**FORM["form"], "late": True}, "seal": SEAL, "next": None}
GRIDS: dict[str, Any] = {
    **shell("grids"), "filters": [UNITS], "rule": "3–5 个包区为一个网格，每个包区一个人", "state": None,
    "grids": [{"name": "翠湖东片", "unit_name": "翠湖支行", "areas": [{"name": "湖滨小区", "person": "李敏", "href": "/c/customers?owner=003127"}], "by": "孙涛", "at": at(19, 9, 0), "end": "/c/grids/3/end"}],
    "page": paging(1, "1 条"), "sums": [{"text": "驻点经理", "n": 2, "href": "/c/grids?form=驻点经理"}],
    "team": [{"name": "李敏", "unit_name": "翠湖支行", "form": "驻点经理", "group": "客群", "customers_url": "/c/customers?owner=003127"}],
    "make": {"action": "/c/grids", "units": [("01", "翠湖支行")], "areas": [1, 2, 3, 4, 5, 6]}, "role": {"action": "/c/grids/team", "forms": ["驻点经理"], "groups": ["策划"]},
}  # fmt: skip
SCORECARDS: dict[str, Any] = {
    **shell("scorecards"), "filters": [UNITS], "tabs": [tab("管户制：先看资产", "/c/scorecards", current=True), tab("客群制：先看关系", "/c/scorecards?view=persona")], "other_text": "客群制名次", "state": None,
    "scores": [{"place": 1, "other_place": 2, "name": "李敏", "unit_name": "翠湖支行", "points": "61.5", "cells": [("412", "/c/scorecards/003127?of=customers", ""), ("38.1%", None, "157 ÷ 412")]}],
    "formulas": [("交叉销售率", "持有 2 类及以上产品的客户 ÷ 管户客户")],
}  # fmt: skip
SCORECARD: dict[str, Any] = {
    **shell("scorecards"), "back": "/c/scorecards", "title": "李敏 · 算交叉销售的客户", "sub": "2026Q4，季初快照 2026-09-23", "tabs": [tab("管户的客户", "/c/scorecards/003127", 412)], "state": None,
    "customers": [{"href": "/c/customers/9", "name": "周*兰", "before": "50–100", "after": "50–100", "kinds": 3}], "page": paging(157, "1 条"),
}  # fmt: skip

PAGES = {
    "console_allocation": ("console/allocation.html", "GET /c/allocation", PLANS),
    "console_allocation_plan": ("console/allocation_plan.html", "GET /c/allocation/{id}", PLAN),
    "console_allocation_own": ("console/allocation_plan.html", "GET /c/allocation/{id}", PLAN_OWN),
    "console_recalls": ("console/recalls.html", "GET /c/allocation/recalls", RECALLS),
    "console_transfers": ("console/transfers.html", "GET /c/transfers", TRANSFERS),
    "console_transfer_form": ("console/transfer_form.html", "GET /c/transfers/{id}", FORM),
    "console_transfer_done": ("console/transfer_form.html", "GET /c/transfers/{id}", FORM_DONE),
    "console_grids": ("console/grids.html", "GET /c/grids", GRIDS),
    "console_scorecards": ("console/scorecards.html", "GET /c/scorecards", SCORECARDS),
    "console_scorecard": ("console/scorecard.html", "GET /c/scorecards/{staff}", SCORECARD),
}
