"""Leads, staff lists, the make-up of customers and suitable products at the desk."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_customers import ROW
from tests.unit.web.examples.console_shell import UNITS, choice, paging, shell
from tests.unit.web.examples.moments import at

STRUCTURE_TABS = [
    {"text": "层级、分类与集中度", "href": "/c/structure", "n": None, "current": True},
    {"text": "建档率", "href": "/c/structure/files", "n": None, "current": False},
    {"text": "归属与持账户", "href": "/c/structure/outlets", "n": None, "current": False},
]
LEADS: dict[str, Any] = {
    **shell("leads", "#A-88270"),
    "order": "先按线索类别的先后，同类再按金额从大到小",
    "lists_href": "/c/leads/lists",
    "filters": [UNITS, choice("level", "级别", [("", "全部"), ("branch", "分行")])],
    "tabs": [{"text": "全部", "href": "/c/leads", "n": 2, "current": True}, {"text": "代发类", "href": "/c/leads?finder=payroll", "n": 2, "current": False}],
    "says": "",
    "state": None,
    "leads": [
        {"title": "代发类", "why": ["近一年代发 12.00 万元，达到 6 万元", "留存率 8 %，不超过 30 %", "金融资产 1.00 万元，不到 5 万元"], "name": "周**", "href": "/c/customers/9", "amount": "12.00", "level_text": "支行负责，网点服务", "unit_name": "翠湖支行", "owner_name": "李敏", "found_on": date(2026, 11, 20), "state_text": "待跟进", "state_kind": "warn", "by": "", "step": "/c/leads/9/payroll", "steps": [("take", "领走"), ("done", "办结")]},
        {"title": "代发类", "why": [], "name": "陈**", "href": "/c/customers/8", "amount": "7.00", "level_text": "网点", "unit_name": "翠湖支行", "owner_name": "", "found_on": date(2026, 11, 20), "state_text": "有人在跟", "state_kind": "info", "by": "孙涛", "step": "/c/leads/8/payroll", "steps": [("done", "办结"), ("reopen", "放回")]},
    ],
    "page": paging(2, "1–2", None),
}  # fmt: skip
STAFF_LISTS: dict[str, Any] = {
    **shell("leads"),
    "filters": [UNITS],
    "titles": [{"text": "AUM 流失 VIP", "number": 3, "href": "/c/leads/lists/loss"}, {"text": "临界升级", "number": 12, "href": "/c/leads/lists/edge"}],
    "state": None,
    "rows": [{"who": "李敏", "cells": [{"number": 1, "href": "/c/leads/lists/loss?staff=003127"}, {"number": 4, "href": "/c/leads/lists/edge?staff=003127"}]}],
}  # fmt: skip
STAFF_LIST: dict[str, Any] = {
    **shell("leads", "#A-88271"),
    "title": "AUM 流失 VIP",
    "who": "李敏",
    "path": "/c/leads/lists/loss",
    "csv_url": "/c/leads/lists/loss/export.csv",
    "filters": [UNITS],
    "staff": "003127",
    "tabs": [{"text": "AUM 流失 VIP", "href": "/c/leads/lists/loss", "n": 1, "current": True}],
    "amount_text": "少了（万元）",
    "about_text": "近期最高（万元）",
    "state": None,
    "rows": [{"name": "周**", "href": "/c/customers/9", "owner_name": "李敏", "aum": "40.00", "amount": "20.00", "about": "60.00"}],
    "page": paging(1, "1–1", None),
}  # fmt: skip
SHARE: dict[str, Any] = {"name": "A 类", "customers": 812, "share": 0.18, "aum": "90000.00", "href": "/c/customers?grade=A", "note": "A 类合计 18%，参考约 20%"}  # fmt: skip
STRUCTURE: dict[str, Any] = {
    **shell("structure"),
    "tabs": STRUCTURE_TABS,
    "path": "/c/structure",
    "filters": [UNITS],
    "data_as_of": at(20, 7, 30),
    "tiers": [{**SHARE, "name": "高端", "aum": "", "note": ""}],
    "bands": [{"name": "5万以上", "customers": 1204, "href": "/c/customers?aum_from=50000"}],
    "grades": [SHARE, {**SHARE, "name": "B 类：资产中等、有购买意愿", "note": ""}],
    "activities": [{**SHARE, "name": "休眠（死卡）", "note": ""}],
    "curve": [
        {"x": 0.02, "y": 0.35, "title": "500 万元起：2% 的客户，35% 的资产", "name": "500 万元起", "customers": 90, "href": "/c/customers?aum_from=5000000"},
        {"x": 0.18, "y": 0.81, "title": "50 万元起：18% 的客户，81% 的资产", "name": "50 万元起", "customers": 812, "href": "/c/customers?aum_from=500000"},
        {"x": 1.0, "y": 1.0, "title": "全部", "name": "全部", "customers": 4500, "href": "/c/customers?aum_from=0"},
    ],
    "sayings": [{"text": "50 万元起的客户占 18%，持有 81% 的资产", "number": 812, "href": "/c/customers?aum_from=500000"}],
    "known": 4500,
}  # fmt: skip
CELL: dict[str, Any] = {
    "name": "50万以上", "rate": 0.92, "target": 1.0, "under": True, "customers": 812, "filed": 747, "all_href": "/c/customers?aum_from=500000",
    "filed_href": "/c/customers?aum_from=500000&filed=60", "unfiled": 65, "unfiled_href": "/c/customers?aum_from=500000&unfiled=60",
}  # fmt: skip
FILES: dict[str, Any] = {
    **shell("structure"),
    "tabs": STRUCTURE_TABS,
    "path": "/c/structure/files",
    "filters": [UNITS, choice("by", "按", [("", "网点"), ("staff", "客户经理")])],
    "targets": ["50万以上"],
    "complete_from": 60,
    "total": [CELL],
    "rows": [{"who": "翠湖支行", "cells": [CELL]}, {"who": "滨江支行", "cells": [{**CELL, "rate": None, "under": False}]}],
}  # fmt: skip
OUTLETS: dict[str, Any] = {
    **shell("structure"),
    "tabs": STRUCTURE_TABS,
    "path": "/c/structure/outlets",
    "filters": [UNITS],
    "rows": [{"unit_name": "翠湖支行", "managed": 412, "managed_href": "/c/customers?managed=01", "aum": "30210.00", "holding": 430, "holding_href": "/c/customers?account=01", "both": 398, "both_href": "/c/customers?managed=01&account=01", "elsewhere": 32}],
}  # fmt: skip
PRODUCTS: dict[str, Any] = {
    **shell("products"),
    "filters": [UNITS, choice("kind", "类别", [("", "全部"), ("wealth", "理财")])],
    "state": None,
    "products": [
        {"name": "青禾稳盈 90 天", "code": "QHWY90", "kind_text": "理财", "risk": "R2", "customers": 2210, "href": "/c/products/QHWY90", "note": ""},
        {"name": "私募精选", "code": "QHSM1", "kind_text": "基金", "risk": "R5", "customers": 0, "href": "/c/products/QHSM1", "note": "只面向批准过的白名单客户"},
    ],
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    **shell("products", "#A-88272"),
    "name": "青禾稳盈 90 天",
    "code": "QHWY90",
    "path": "/c/products/QHWY90",
    "filters": [UNITS],
    "state": None,
    "customers": [ROW],
    "page": paging(2210, "1–50", "/c/products/QHWY90?after=9"),
}
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_leads": ("console/leads.html", "GET /c/leads", LEADS),
    "console_staff_lists": ("console/staff_lists.html", "GET /c/leads/lists", STAFF_LISTS),
    "console_staff_list": ("console/staff_list.html", "GET /c/leads/lists/loss", STAFF_LIST),
    "console_structure": ("console/structure.html", "GET /c/structure", STRUCTURE),
    "console_structure_files": ("console/structure_files.html", "GET /c/structure/files", FILES),
    "console_structure_outlets": (
        "console/structure_outlets.html",
        "GET /c/structure/outlets",
        OUTLETS,
    ),
    "console_products": ("console/products.html", "GET /c/products", PRODUCTS),
    "console_product": ("console/product.html", "GET /c/products/QHWY90", PRODUCT),
}
