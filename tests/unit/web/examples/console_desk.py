"""The review desk: the queue, one case, the rules' false-stop rates."""

from typing import Any

from tests.unit.web.examples.console_shell import UNITS, choice, number, paging, shell, tab
from tests.unit.web.examples.moments import at

SCREENED: dict[str, Any] = {
    **shell("screened"),
    "filters": [UNITS, choice("source", "来处", [("", "全部"), ("talk", "会话存档")])],
    "promise": "拦下的 4 小时内、要复核的 24 小时内处理",
    "stats": [
        number("待复核", "2", "件", "", "还没有结论的", "/c/screened"), number("超过期限", "1", "件", "", "过了期限的", "/c/screened?late=1", bad=True),
        number("误拦率", "8.3", "%", "放行 3 / 决定 36", "放行占决定的比例", "/c/screened?state=released"), number("已降级规则", "1", "条", "", "只要求复核的规则", "/c/screened/rules"),
    ],
    "tabs": [tab("待复核", "/c/screened", 2, current=True), tab("放行", "/c/screened?state=released", 3), tab("误拦率", "/c/screened/rules")],
    "state": None,
    "cases": [
        {"href": "/c/screened/1", "rule": "R-YLD-01", "rule_name": "承诺收益", "severity_text": "拦下", "severity_kind": "danger", "source_text": "会话存档", "parts": [("", "这款"), ("hit", "保本"), ("", "的")], "author_name": "郑凯", "unit_name": "滨江支行", "level_text": "网点与分行", "opened_at": at(20, 9, 0), "late": True, "due_text": "已超 2 小时", "state_text": "待复核", "state_kind": "warn", "decided_by": "", "reason": ""},
        {"href": "/c/screened/2", "rule": "R-ADV-01", "rule_name": "最高级", "severity_text": "要人复核", "severity_kind": "warn", "source_text": "内容送审", "parts": [("", "本行最好的")], "author_name": "王珊", "unit_name": "总行", "level_text": "网点与分行", "opened_at": at(19, 9, 0), "late": False, "due_text": "", "state_text": "放行", "state_kind": "ok", "decided_by": "何静", "reason": "讲的是天气"},
    ],
    "page": paging(2, "1–2", None),
}  # fmt: skip
CASE: dict[str, Any] = {
    **shell("screened"),
    "c": {"title": "承诺收益", "rule": "R-YLD-01", "severity_text": "拦下", "severity_kind": "danger", "state_text": "待复核", "state_kind": "warn", "parts": [("", "这款"), ("hit", "宝 本"), ("", "的")], "normalised": "这款保本的", "facts": [("来处", "会话存档", ""), ("规则库", "2026.11-3f2a", "mono")]},
    "rule": {"name": "承诺收益", "family": "guaranteed_return", "law": "资管新规第二条", "reason": "不能承诺保本。", "rewrites": ["本产品不保证本金和收益。", "业绩比较基准不代表实际收益。"]},
    "links": [{"text": "看前后会话与预警", "href": "/c/alerts/1"}],
    "others": [{"href": "/c/screened/2", "rule": "R-ADV-01", "name": "最高级", "state_text": "待复核", "state_kind": "warn"}],
    "keys": {"action": "/c/screened/1/decide", "templates": [("promise", "承诺收益"), ("other", "不符合口径")], "next_level": "合规审计"},
    "note": "这一级由“网点与分行”决定。",
}  # fmt: skip
RULES: dict[str, Any] = {
    **shell("screened"),
    "tabs": [tab("复核台", "/c/screened"), tab("误拦率", "/c/screened/rules", current=True)],
    "how": "误拦率 = 放行 ÷（放行＋打回）",
    "lessons": 36,
    "state": None,
    "rules": [{"rule": "R-YLD-01", "name": "承诺收益", "rulebook": "2026.11-3f2a", "percent": "14.3%", "bad": True, "few": False, "released": 3, "released_url": "/c/screened?rule=R-YLD-01&state=released", "decided": 21, "decided_url": "/c/screened?state=decided", "returned": 18, "returned_url": "/c/screened?state=returned", "open": 2, "open_url": "/c/screened", "held_text": "已降为复核"}],
    "lowered": [
        {"rule": "R-YLD-01", "name": "承诺收益", "state_text": "已降为复核", "state_kind": "warn", "why": "21 件决定里放行 3 件，超过 10%", "list_url": "/c/screened?rule=R-YLD-01", "lowered_at": at(20, 9, 0), "lowered_by": "系统 · 误拦率", "asked_text": "", "raised_text": "", "ask_url": "/c/screened/rules/R-YLD-01/ask-raise", "decide_url": None},
        {"rule": "R-ADV-01", "name": "最高级", "state_text": "申请恢复，等另一人", "state_kind": "info", "why": "30 件决定里放行 5 件，超过 10%", "list_url": "/c/screened?rule=R-ADV-01", "lowered_at": at(18, 9, 0), "lowered_by": "系统 · 误拦率", "asked_text": "罗敏：规则已改", "raised_text": "", "ask_url": None, "decide_url": "/c/screened/rules/R-ADV-01/raise"},
    ],
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_screened": ("console/screened.html", "GET /c/screened", SCREENED),
    "console_screened_case": ("console/screened_case.html", "GET /c/screened/{case_id}", CASE),
    "console_screened_closed": (
        "console/screened_case.html",
        "GET /c/screened/{case_id}",
        {**CASE, "keys": None, "others": [], "links": []},
    ),
    "console_screened_rules": ("console/screened_rules.html", "GET /c/screened/rules", RULES),
}
