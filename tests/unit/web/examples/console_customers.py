"""Customers and personas at the desk: masked, scoped, explained."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_first import PERSONAS, TOTAL
from tests.unit.web.examples.console_shell import (
    UNITS,
    choice,
    happened,
    number,
    paging,
    shell,
    words,
)
from tests.unit.web.examples.moments import at

ELDER = {"name": "稳健养老", "c": "p2"}
ROW: dict[str, Any] = {
    "href": "/c/customers/9f2c41", "name": "周桂兰", "customer_no": "6210003821", "tier": "高端", "personas": [ELDER, {"name": "县域惠农", "c": "p5"}], "aum_band": "50–100",
    "risk": "C2", "risk_expired": False, "owner_name": "李敏", "consent_text": "可存档 · 可营销", "last_contact_on": date(2026, 11, 8), "next_due_on": date(2026, 11, 23),
}  # fmt: skip
CUSTOMERS: dict[str, Any] = {
    **shell("customers", "#A-88260"),
    "scope_text": "翠湖支行和下属网点 · 只列你能看的",
    "data_as_of": at(20, 7, 30),
    "export_url": None,
    "filters": [words("q", "客户", "客户号后四位或姓名"), UNITS, choice("tier", "层级", [("", "全部"), ("高端", "高端"), ("中端", "中端")]), choice("persona", "客群", [("", "全部"), ("elder", "稳健养老")]), choice("covered", "覆盖", [("", "全部"), ("0", "本季度没联系")])],
    "state": None,
    "customers": [
        ROW,
        {**ROW, "name": "陈建国", "customer_no": "6210007742", "href": "/c/customers/88d1a0", "personas": [{"name": "商贸经营", "c": "p4"}], "aum_band": "300–600", "risk": "C4", "risk_expired": True, "consent_text": "可存档", "next_due_on": None},
        {**ROW, "name": "孙丽", "customer_no": "6210001205", "href": "/c/customers/77b0ef", "tier": "中端", "personas": [], "aum_band": "5–20", "risk": None, "owner_name": "", "consent_text": "已退订", "last_contact_on": None, "next_due_on": None},
    ],
    "page": paging(8412, "1–50", "/c/customers?after=x"),
}  # fmt: skip
CONTACTS: dict[str, Any] = {
    **shell("customers", "#A-88262"),
    "filters": [UNITS, choice("matched", "实名", [("", "全部"), ("0", "没有匹配"), ("1", "已匹配")])],
    "state": None,
    "contacts": [
        {"nick": "平**", "staff_name": "李敏", "unit_name": "翠湖支行", "seen_at": at(20, 9, 12), "state_text": "已匹配", "state_kind": "ok", "customer_name": "周桂兰", "href": "/c/customers/9f2c41"},
        {"nick": "—", "staff_name": "李敏", "unit_name": "翠湖支行", "seen_at": at(19, 16, 40), "state_text": "有冲突，等人核对", "state_kind": "danger", "customer_name": None, "href": None},
    ],
    "page": paging(2, "1–2", None),
}  # fmt: skip
CUSTOMERS_NONE = {
    **CUSTOMERS,
    "customers": [],
    "state": {
        "kind": "no_permission",
        "title": "城南支行的客户不对你开放",
        "text": "客户只对管户客户经理、本机构负责人和总行审计开放。可申请 24 小时临时授权，由何静审批。",
        "code": "E-3110",
        "action": {"text": "申请临时授权", "href": "/c/people?ask=1"},
    },
}
CUSTOMER: dict[str, Any] = {
    **shell("customers", "#A-88261"),
    "c": {"name": "周桂兰", "customer_no": "6210003821", "tier": "高端", "unit_name": "翠湖支行", "owner_name": "李敏"},
    "exact_form": {"action": "/c/customers/9f2c41/amount", "text": "显示精确金额（将留痕）"},
    "numbers": [
        {"name": "总资产", "value": "50–100", "unit": "万元", "note": "日均同档"}, {"name": "风险等级", "value": "C2", "unit": "稳健型", "note": "2026-03-02 测评，还有 102 天"},
        {"name": "上次联系", "value": "12", "unit": "天前", "note": "李敏，企业微信"}, {"name": "本月营销", "value": "1", "unit": "/ 4 次", "note": "服务类 2 次"},
        {"name": "最近到期", "value": "3", "unit": "天后", "note": "整存整取 20.00 万元"}, {"name": "近 90 天回复", "value": "5", "unit": "次", "note": "7 次触达"},
    ],
    "trail_url": "/c/interactions?q=9f2c41",
    "days": [
        {"on": date(2026, 11, 20), "events": [
            happened("send", "send", "李敏一键发送“定期到期提醒”", at(20, 10, 42), badges=[{"text": "待存档核对", "kind": "info"}], href="/c/why/9001", link="为什么"),
            happened("", "chat", "客户来消息 2 条", at(20, 10, 36), href="/c/audit?customer=9f2c41", link="看会话"),
            happened("", "cal", "计划：定期到期前 3 天，生成待办", at(20, 7, 41)),
        ]},
        {"on": date(2026, 11, 8), "events": [happened("ok", "phone", "李敏电话联系，结果：考虑中", at(8, 15, 20), parts=[("", "下周二上午到店再谈")])]},
    ],
    "holdings": [
        {"product_name": "整存整取 2 年", "kind_text": "定期存款", "amount_text": "20.00", "risk": None, "matures_on": date(2026, 11, 23), "open_day": None},
        {"product_name": "稳健月月盈", "kind_text": "理财", "amount_text": "15.00", "risk": "R2", "matures_on": date(2026, 12, 26), "open_day": date(2026, 12, 28)},
    ],
    "refusals": [{"at": at(12, 7, 41), "title": "“固收+”基金介绍", "saying": "产品风险等级高于客户的风险承受等级。", "code": "E-4015"}],
    "personas": [{**ELDER, "primary": True, "why": "63 岁，定期存款占资产 82%，近 12 个月没有买过权益类产品", "since": date(2026, 3, 2), "source": "核心系统持仓、出生日期", "rule_version": 6}],
    "tags": [{"name": "带孙辈", "why": "客户经理李敏 2026-05-11 标记"}],
    "rights": [
        {"ok": True, "text": "同意服务通知", "why": "2026-03-12"}, {"ok": True, "text": "同意营销", "why": "2026-03-12"}, {"ok": False, "text": "没有同意画像共享", "why": "未征询"}, {"ok": None, "text": "营销每月上限 4 次", "why": "按活跃度规则"},
    ],
    "wecom": [("好友", "李敏（2025-09-04 添加）", ""), ("添加方式", "翠湖支行大堂活码", ""), ("匹配方式", "实名链接，2026-03-12", ""), ("客户群", "翠湖社区福利群", "")],
    "completeness": 0.86,
    "profile": [("年龄", "63 岁", "num"), ("手机", "138****2071", "mono"), ("家庭", "带孙辈", ""), ("职业", "退休", ""), ("资料来源", "核心系统 07:18", "")],
    "viewed": [{"text": "何静打开（日常巡检）", "small": "今天 10:42", "now": True}, {"text": "李敏打开", "small": "今天 10:36", "now": False}],
}  # fmt: skip
CUSTOMER_BARE = {
    **CUSTOMER,
    "exact_form": None,
    "days": [],
    "holdings": [],
    "refusals": [],
    "personas": [],
    "tags": [],
}

PERSONA_LIST: dict[str, Any] = {
    **shell("personas"),
    "rules": {"version": 6, "since": date(2026, 10, 8), "href": "/c/library?kind=persona-rules"},
    "data_as_of": at(20, 7, 30),
    "export_url": "/c/personas?format=csv",
    "filters": [UNITS, choice("tier", "层级", [("", "全部"), ("高端", "高端")])],
    "state": None,
    "target": 0.7,
    "personas": [{**p, "share": p["customers"] / 128640, "rule_text": "55 岁以上，定期占比 ≥ 60%", "risk_ceiling": "R2", "scripts": 18} for p in PERSONAS],
    "total": TOTAL,
    "unplaced": [{"title": "资料不足", "text": "没有出生日期或持仓", "n": 3102, "href": "/c/customers?persona=none"}, {"title": "不同意画像", "text": "只用持仓与年龄，仍分不出", "n": 418, "href": "/c/customers?persona=none&consent=0"}],
    "moves": [("新进客群", "1,204 人", "num"), ("换了客群", "388 人", "num"), ("离开客群", "97 人", "num")],
}  # fmt: skip
PERSONA: dict[str, Any] = {
    **shell("personas"),
    "p": {**ELDER, "about": "55 岁以上、定期为主、少用权益类产品的客户"},
    "stats": [
        number("客户", "38,912", "人", "占 30.2%", "属于这个客群的客户", "/c/customers?persona=elder"), number("资产", "62.4", "亿元", "占 42.7%", "时点金融资产", "/c/customers?persona=elder"),
        number("有效覆盖率", "71.3", "%", "高于目标 1.3 点", "本季度至少一次有效触达 ÷ 客户数", "/c/customers?persona=elder&covered=0", 1), number("到期（7 日）", "1,618", "户", "已排任务 1,570", "7 日内有到期", "/c/todos?persona=elder"),
    ],
    "members_url": "/c/customers?persona=elder",
    "state": None,
    "members": [{"name": "周桂兰", "customer_no": "6210003821", "href": "/c/customers/9f2c41", "unit_name": "翠湖支行", "why": "63 岁，定期占 82%，12 个月无权益类", "since": date(2026, 3, 2)}],
    "target": 0.7,
    "trend": {"points": [0.58, 0.6, 0.61, None, 0.66, 0.68, 0.7, 0.713], "labels": ["10-02", "10-09", "10-16", "10-23", "10-30", "11-06", "11-13", "11-20"], "low": 50, "high": 80},
    "rule": {"version": 6, "lines": ["年满 55 岁", "定期与大额存单占资产 60% 以上", "近 12 个月没有买过 R3 以上产品"], "facts": [("优先级", "2（先看 新客 100 天）", ""), ("内容风险上限", "R2", ""), ("联系时段", "09:00–11:30、14:30–17:30", "")]},
    "scripts": [{"title": "换季关怀（不含产品）", "text": "话术 0932 · 关怀", "href": "/c/library/0932"}],
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_contacts": ("console/contacts.html", "GET /c/contacts", CONTACTS),
    "console_customers": ("console/customers.html", "GET /c/customers", CUSTOMERS),
    "console_customers_denied": ("console/customers.html", "GET /c/customers", CUSTOMERS_NONE),
    "console_customer": ("console/customer.html", "GET /c/customers/{public_id}", CUSTOMER),
    "console_customer_bare": (
        "console/customer.html",
        "GET /c/customers/{public_id}",
        CUSTOMER_BARE,
    ),
    "console_personas": ("console/personas.html", "GET /c/personas", PERSONA_LIST),
    "console_persona": ("console/persona.html", "GET /c/personas/{code}", PERSONA),
}
