"""Valid adds, the funnel by source, the launch checklist, the maturity self-check."""

from typing import Any

from tests.unit.web.examples.console_shell import UNITS, choice, number, paging, shell, tab
from tests.unit.web.examples.moments import at

OK = {"text": "已就绪", "kind": "ok"}
TODO = {"text": "还有事要做", "kind": "warn"}
MONTH = choice(
    "month", "月份", [("2026-11", "2026 年 11 月"), ("2026-10", "2026 年 10 月")], "2026-11"
)
ADDS: dict[str, Any] = {
    **shell("adds"),
    "filters": [MONTH, UNITS, choice("source", "来源", [("", "全部"), ("网点扫码", "网点扫码")])],
    "view": "funnel",
    "tabs": [tab("漏斗", "/c/adds", current=True), tab("清单", "/c/adds?view=list", 1204)],
    "stats": [number("新加好友", "1,204", "人次", "只加好友，不算有效添加", "本月开始的好友关系", "/c/adds?passed=added"), number("有效添加", "388", "人次", "占新加好友 32.2%", "五个条件全部满足", "/c/adds?passed=valid")],
    "steps": [{"name": "新加好友", "n": 1204, "ratio": 1.0, "step": None, "href": "/c/adds?passed=added"}, {"name": "实名绑定", "n": 802, "ratio": 0.666, "step": 0.666, "href": "/c/adds?passed=bound"}],
    "stops": [{"name": "实名绑定", "text": "以算作实名的方式对应到本行客户", "n": 402, "href": "/c/adds?stopped=bound"}],
    "conditions": [("实名绑定", "以算作实名的方式对应到本行客户"), ("留存", "加好友 30 天内没有结束")],
    "columns": ["实名绑定", "归属一致", "首次添加", "留存", "双向沟通"],
    "rows": [], "adds": [], "list_title": "新加好友", "state": None, "page": None,
}  # fmt: skip
UNITS_OF_ADDS: dict[str, Any] = {
    **ADDS, "view": "units",
    "rows": [{"name": "翠湖支行", "added": 120, "added_url": "/c/adds?unit=0101&passed=added", "steps": [{"n": n, "href": "/c/adds?unit=0101"} for n in (80, 60, 55, 40, 31)], "share": 0.258}, {"name": "东坝支行", "added": 0, "added_url": "/c/adds?unit=0127", "steps": [], "share": None}],
}  # fmt: skip
LIST_OF_ADDS: dict[str, Any] = {
    **ADDS, "view": "list",
    "adds": [
        {"nick": "向*而生", "customer": "周*兰", "customer_url": "/c/customers/1", "staff_name": "李敏", "unit_name": "翠湖支行", "added_at": at(18, 16, 20), "source": "网点扫码", "valid": True, "why": []},
        {"nick": "企业微信联系人", "customer": "", "customer_url": "", "staff_name": "李敏", "unit_name": "翠湖支行", "added_at": at(19, 9, 2), "source": "社群", "valid": False, "why": ["还没有对应到本行客户", "未满 30 天，还要等"]},
    ],
    "page": paging(1204, "1–50", "/c/adds?view=list&after=x"),
}  # fmt: skip
NO_ADDS: dict[str, Any] = {**ADDS, "state": {"kind": "first_use", "title": "还没有添加", "text": "这个月还没有人加好友。", "code": "", "action": None}}  # fmt: skip
FUNNEL: dict[str, Any] = {
    **shell("funnel"),
    "filters": [MONTH, UNITS],
    "tabs": [tab("按来源", "/c/funnel", current=True), tab("公域获客", "/c/funnel?layer=public", 9120)],
    "stats": [number(name, value, "人", "", "", "/c/funnel?layer=public") for name, value in (("公域获客", "9,120"), ("准私域", "7,804"), ("核心私域", "3,011"))],
    "meanings": [("公域获客", "加过好友的外部联系人"), ("核心私域", "实名绑定、且管户经理就是好友")],
    "layer": "",
    "sources": [{"name": "网点扫码", "origin": "公域", "cells": [{"n": n, "href": "/c/funnel?layer=public"} for n in (5012, 4400, 1902)], "kept": 0.878, "known": 0.379}],
    "contacts": [], "state": None, "page": None,
}  # fmt: skip
FUNNEL_LIST: dict[str, Any] = {
    **FUNNEL, "layer": "core",
    "contacts": [{"nick": "向*而生", "source": "联系码·厅堂立牌", "state": "gy-8d1", "layer": {"text": "核心私域", "kind": "ok"}, "staff_name": "李敏", "unit_name": "翠湖支行", "added_at": at(18, 16, 20), "customer": "周*兰", "customer_url": "/c/customers/1"}],
    "page": paging(3011, "1–50", "/c/funnel?layer=core&after=x"),
}  # fmt: skip
LAUNCH: dict[str, Any] = {
    **shell("launch"),
    "filters": [UNITS], "done": 3, "left": 412,
    "items": [
        {"name": "客户迁移", "wanted": "员工变动后，好友与客户有人接着服务", "rows": [{"title": "离职、调岗员工的好友还没有接替", "do": "在企业微信里办接替", "n": 412, "href": "/c/launch/leavers"}], "left": 412, "ready": False, "state": TODO, "work": [{"name": "离职员工的客户要移交", "n": 3, "href": "/c/work?kind=staff_left"}]},
        {"name": "接口权限", "wanted": "员工在企业微信里可见、可用", "rows": [{"title": "企业微信里看不到的员工", "do": "加入可见范围", "n": 0, "href": "/c/launch/invisible"}], "left": 0, "ready": True, "state": OK, "work": []},
    ],
}  # fmt: skip
TASK: dict[str, Any] = {
    "unit_name": "翠湖支行", "staff_name": "李敏", "contact": "向*而生", "customer": "周*兰", "customer_url": "/c/customers/1", "note": "管户经理不是好友", "work_url": "/c/work/owner:1",
}  # fmt: skip
TASKS: dict[str, Any] = {
    **shell("launch", "#A-88281"),
    "check": {"title": "管户经理不是好友", "do": "请管户经理添加客户", "item": "业绩归属"},
    "filters": [UNITS], "path": "/c/launch/mismatched", "state": None,
    "tasks": [TASK, {**TASK, "customer_url": "", "work_url": "", "customer": "—"}],
    "page": paging(51, "1–50", "/c/launch/mismatched?after=x"),
}  # fmt: skip
CRITERION: dict[str, Any] = {
    "name": "好友对应到客户", "how": "已对应客户的好友 ÷ 全部好友", "value": "62.0%", "counted": "7,804 / 12,587", "target": "35.0%", "met": True, "state": {"text": "达到", "kind": "ok"}, "href": "/c/launch/unbound",
}  # fmt: skip
MATURITY: dict[str, Any] = {
    **shell("maturity"),
    "filters": [UNITS], "here_text": "正在“基本运营”，还差 1 条",
    "steps": [{"state": "done", "text": "调研筹备", "small": "3 / 3 条达到"}, {"state": "cur", "text": "基本运营", "small": "2 / 3 条达到"}],
    "stages": [{"name": "基础搭建", "goal": "企业微信与 CRM 打通", "state": {"text": "已达到", "kind": "ok"}, "criteria": [CRITERION, {**CRITERION, "value": "没有数据", "met": False, "state": {"text": "没有达到", "kind": "warn"}}]}],
    "benchmarks": [("白皮书 S4", "超过 35% 的股份制银行打通了企业微信与 CRM")],
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_adds": ("console/adds.html", "/c/adds", ADDS),
    "console_adds_units": ("console/adds.html", "/c/adds?view=units", UNITS_OF_ADDS),
    "console_adds_list": ("console/adds.html", "/c/adds?view=list", LIST_OF_ADDS),
    "console_adds_none": ("console/adds.html", "/c/adds", NO_ADDS),
    "console_funnel": ("console/funnel.html", "/c/funnel", FUNNEL),
    "console_funnel_list": ("console/funnel.html", "/c/funnel?layer=core", FUNNEL_LIST),
    "console_launch": ("console/launch.html", "/c/launch", LAUNCH),
    "console_launch_tasks": ("console/launch_tasks.html", "/c/launch/mismatched", TASKS),
    "console_maturity": ("console/maturity.html", "/c/maturity", MATURITY),
}
