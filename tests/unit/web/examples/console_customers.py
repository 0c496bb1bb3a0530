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
    "origins": [
        {"source": "core", "date": "2026-11-20", "synthetic": False, "fields": "姓名、手机号、归属机构号"},
        {"source": "social-security", "date": "2026-10-31", "synthetic": True, "fields": "职业、pension"},
    ],
    "exact_form": {"action": "/c/customers/9f2c41/amount", "text": "显示精确金额（将留痕）"},
    "numbers": [
        {"name": "总资产", "value": "50–100", "unit": "万元", "note": "日均同档"}, {"name": "风险等级", "value": "C2", "unit": "稳健型", "note": "2026-03-02 测评，还有 102 天"},
        {"name": "上次联系", "value": "12", "unit": "天前", "note": "李敏，企业微信"}, {"name": "本月营销", "value": "1", "unit": "/ 4 次", "note": "服务类 2 次"},
        {"name": "最近到期", "value": "3", "unit": "天后", "note": "整存整取 20.00 万元"}, {"name": "近 90 天回复", "value": "5", "unit": "次", "note": "7 次触达"},
    ],
    "touches_url": "/c/touches?customer=41",
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
    "refusals": [{"at": at(12, 7, 41), "title": "“固收+”基金介绍", "saying": "产品风险等级高于客户的风险承受等级。", "detail": "基金口径：青禾基金测评 C1（2026-05-20），上限 R1，产品 R2", "code": "E-4015"}],
    "personas": [{**ELDER, "primary": True, "why": "63 岁，定期存款占资产 82%，近 12 个月没有买过权益类产品", "since": date(2026, 3, 2), "source": "核心系统持仓、出生日期", "rule_version": 6}],
    "tags": [{"name": "带孙辈", "why": "客户经理李敏 2026-05-11 标记"}],
    "consents_url": "/c/consents/of/1",
    "rights": [
        {"ok": True, "text": "同意服务通知", "why": "2026-03-12"}, {"ok": True, "text": "同意营销", "why": "2026-03-12"}, {"ok": False, "text": "没有同意画像共享", "why": "未征询"}, {"ok": None, "text": "营销每月上限 4 次", "why": "按活跃度规则"},
    ],
    "wecom": [("好友", "李敏（2025-09-04 添加）", ""), ("添加方式", "翠湖支行大堂活码", ""), ("匹配方式", "实名链接，2026-03-12", ""), ("客户群", "翠湖社区福利群", "")],
    "contacts": [
        {"name": "桂*兰", "external_userid": "wm-1", "note": "消息发给这个微信", "action": "/c/customers/1/contacts", "buttons": [{"value": "primary", "text": "以后用这个微信"}, {"value": "undo", "text": "解除匹配"}]},
        {"name": "企业微信联系人", "external_userid": "wm-2", "note": "不再发送，历史保留", "action": "/c/customers/1/contacts", "buttons": [{"value": "primary", "text": "以后用这个微信"}, {"value": "undo", "text": "解除匹配"}]},
    ],
    "duty": {"known": True, "href": "/c/duty?view=list&customer=1", "bad": True, "state": "季度违约", "facts": [("类别", "B 类", ""), ("最近有效联络", "2026-08-20（已过 92 天）", "num"), ("最晚联络", "11-18", "num"), ("季度规则", "已违约", "c-danger b")]},
    "reads": [
        {
            "says": "看了《冬天读什么》2 次，最近 11 月 20 日，读到一半",
            "href": "/c/radar?code=a",
            "more": "共看 3 分 5 秒，最近 11-20",
        }
    ],
    "standing": {
        "grade": "B", "grade_href": "/c/customers?grade=B", "grade_kind": "资产大、意愿不明显", "grade_reason": "资产大（50 万元起），没有购买意愿的信号",
        "activity": "正在活跃", "activity_kind": "ok", "activity_reason": "近 3 个月有资金往来", "completeness": 0.86, "filed": True,
        "missing": [{"title": "家庭", "what": "家庭情况 或 子女账户 或 配偶"}],
        "facts": [("目标资产段", "5万以上、5万到100万", ""), ("日均资产", "50–100 万元", "num"), ("近 30 天快照", "2 天", "num"), ("5 年内最高", "100–300 万元", "num")],
        "trend": [82, 91, 100, 96], "trend_span": "2026-08-24 到 2026-11-20，最高的一天为 100",
        "flows": [{"kind": "代发", "amount": "5–20", "months": 12, "last": "2026-10"}],
        "leads": [{"title": "结算类", "why": ["近一年转他行和第三方支付 25.00 万元，达到 20 万元"], "level": "网点", "state": ("待跟进", "warn"), "href": "/c/leads?finder=settlement"}],
        "coverings": [{"who": "李敏", "kind": "主管户", "span": "2024-05-06 至 今", "reason": ""}, {"who": "郑凯", "kind": "主管户", "span": "2021-01-04 至 2024-05-06", "reason": "移交"}],
    },
    "profile": [("年龄", "63 岁", "num"), ("手机", "138****2071", "mono"), ("家庭", "带孙辈", ""), ("职业", "退休", ""), ("资料来源", "核心系统 07:18", "")],
    "viewed": [{"text": "何静打开（日常巡检）", "small": "今天 10:42", "now": True}, {"text": "李敏打开", "small": "今天 10:36", "now": False}],
}  # fmt: skip
CUSTOMER_BARE = {
    **CUSTOMER,
    "exact_form": None,
    "contacts": [],
    "duty": {"known": False, "href": "/c/duty?view=list", "facts": [], "bad": False},
    "days": [],
    "holdings": [],
    "refusals": [],
    "personas": [],
    "tags": [],
}

PERSONA_LIST: dict[str, Any] = {
    **shell("personas"),
    "version": "2026-10-08",
    "data_as_of": at(20, 7, 30),
    "filters": [UNITS, choice("tier", "层级", [("", "全部"), ("高端", "高端")])],
    "state": None,
    "target": 0.7,
    "personas": [
        {**p, "share": p["customers"] / 128640, "rule_text": "满 60 岁；或满 55 岁，且客户资料是“养老金代发”", "risk_ceiling": "R2", "scripts": 18, "customers_url": "/c/customers?persona=elder", "coverage_url": "/c/customers?persona=elder&contact=1&covered=0", "due_url": "/c/customers?persona=elder&due=7", "scripts_url": "/c/library?persona=elder"}
        for p in PERSONAS
    ],
    "total": TOTAL,
    "unplaced": [{"title": "已是企业微信好友", "text": "可以请客户经理了解情况、打标签", "n": 3102, "href": "/c/customers?primary=none&contact=1"}, {"title": "还不是好友", "text": "先加好友，再谈客群", "n": 418, "href": "/c/customers?primary=none&contact=0"}],
    "sources": [("核心系统的资料与持仓", "可信 100%", "num"), ("聊天线索", "没有启用", "num")],
    "limits": [("每位客户最多", "3 个客群，其中一个为主", ""), ("客户要求删除后", "180 天内不再推断", "num")],
}  # fmt: skip
PERSONA_NONE: dict[str, Any] = {
    **PERSONA_LIST,
    "personas": [{**PERSONA_LIST["personas"][0], "customers": 0, "coverage": None, "trend": []}],
    "state": {"kind": "first_use", "title": "还没有客户", "text": "导入客户之后，每晚按规则分客群。", "code": "", "action": None},
    "unplaced": [],
}  # fmt: skip
PERSONA: dict[str, Any] = {
    **shell("personas", "access:hq#88275"),
    "p": {**ELDER, "about": "老年客群（60 岁及以上）"},
    "path": "/c/personas/elder",
    "stats": [
        number("客户", "38,912", "人", "占 30.2%", "属于这个客群的客户", "/c/customers?persona=elder"), number("企微好友", "31,208", "人", "资产共 62.4 亿元", "其中现在有好友关系的客户", "/c/customers?persona=elder&contact=1"),
        number("有效覆盖率", "71.3", "%", "目标 70%", "本季度至少一次有效触达的好友 ÷ 好友", "/c/customers?persona=elder&contact=1&covered=0"), number("到期（7 日）", "1,618", "户", "", "7 日内有产品到期", "/c/customers?persona=elder&due=7"),
        number("本周新进", "204", "人", "", "本周一以来进入这个客群", "/c/personas/elder?show=new"),
    ],
    "filters": [UNITS, choice("show", "哪些", [("", "全部"), ("new", "本周新进")])],
    "state": None,
    "members": [{"name": "周桂兰", "customer_no": "6210003821", "href": "/c/customers/9", "unit_name": "翠湖支行", "primary": True, "why": "1963 年出生，63 岁，满 60 岁", "source": "核心系统", "since": date(2026, 3, 2)}],
    "page": paging(38912, "50 条", "/c/personas/elder?after=9"),
    "target": 0.7,
    "trend": {"points": [0.58, 0.6, 0.61, None, 0.66, 0.68, 0.7, 0.713], "labels": ["10-02", "10-09", "10-16", "10-23", "10-30", "11-06", "11-13", "11-20"], "low": 50, "high": 80, "known": True},
    "rule": {"version": "2026-10-08", "lines": ["满 60 岁", "满 55 岁，且客户资料是“养老金代发”"], "unless": ["不超过 17 岁"], "facts": [("优先级", "90（属于几个客群时，大的为主）", "num"), ("内容风险上限", "R2", "")]},
    "wecom": {"text": "现在有 12 对好友在排队写入", "facts": [("标签", "客群 / 老年", ""), ("最近核对", "2026-11-20 03:20", "num")], "lists": [{"title": "已打上标签", "text": "客户经理在企业微信里看得到", "n": 31100, "href": "/c/personas/elder?show=tagged"}, {"title": "还没打上", "text": "好友里还没有这个标签的", "n": 108, "href": "/c/personas/elder?show=untagged"}]},
    "scripts": {"n": 18, "href": "/c/library?persona=elder", "shown": [{"title": "换季关怀（不含产品）", "text": "0932 · 关怀", "href": "/c/library/0932"}]},
}  # fmt: skip
PERSONA_BARE: dict[str, Any] = {
    **PERSONA,
    "members": [],
    "state": PERSONA_NONE["state"],
    "trend": {**PERSONA["trend"], "known": False},
    "wecom": {"text": "", "facts": [], "lists": []},
    "scripts": {"n": 0, "href": "/c/library?persona=elder", "shown": []},
}

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
    "console_personas_none": ("console/personas.html", "GET /c/personas", PERSONA_NONE),
    "console_persona": ("console/persona.html", "GET /c/personas/{name}", PERSONA),
    "console_persona_bare": ("console/persona.html", "GET /c/personas/{name}", PERSONA_BARE),
}
