"""Sign-in, overview and the record of interactions."""

from typing import Any

from tests.unit.web.examples.console_shell import (
    BROKEN_SEAL,
    SEAL,
    SHELL,
    UNITS,
    choice,
    day,
    number,
    paging,
    shell,
    words,
)  # fmt: skip
from tests.unit.web.examples.moments import at

SIGN_IN: dict[str, Any] = {
    **{key: SHELL[key] for key in ("brand", "csrf_token", "size", "today", "now")},
    "wecom_url": "/c/sign-in/wecom?next=/c/",
    "oidc_url": None,
    "next_path": "/c/",
    "error": None,
    "break_glass": True,
    "demo_people": [],
}
SIGN_IN_DEMO = {
    **SIGN_IN, "wecom_url": None, "break_glass": False,
    "demo_people": [{"staff_id": "003900", "name": "王珊", "role_name": "总行运营"}, {"staff_id": "003901", "name": "何静", "role_name": "合规审计"},
                    {"staff_id": "003902", "name": "孙涛", "role_name": "网点负责人"}, {"staff_id": "003903", "name": "高远", "role_name": "科技部"}],
}  # fmt: skip
SIGN_IN_REFUSED = {
    **SIGN_IN,
    "error": {
        "what": "这次登录没有完成",
        "do": "请从登录页重新开始",
        "code": "E-3003",
        "where": "break_glass",
    },
}


def persona(
    name: str,
    c: str,
    customers: int,
    yi: float,
    coverage: float,
    reached: int,
    trend: list[int],
    due: int,
) -> dict[str, Any]:
    """One row of the coverage table."""
    return {"name": name, "c": c, "href": f"/c/personas/{c}", "customers": customers, "aum_fen": int(yi * 10_000_000_000), "coverage": coverage,
            "reached_week": reached, "trend": trend, "due_7d": due}  # fmt: skip


PERSONAS = [
    persona("稳健养老", "p2", 38912, 62.4, 0.713, 7204, [58, 60, 61, 64, 66, 68, 70, 71], 1618),
    persona("亲子教育", "p3", 24306, 21.7, 0.66, 4380, [55, 56, 59, 60, 61, 63, 65, 66], 402),
    persona("代发白领", "p1", 31775, 18.9, 0.542, 4912, [49, 50, 50, 51, 52, 52, 53, 54], 356),
    persona("商贸经营", "p4", 14028, 28.3, 0.597, 2116, [51, 52, 54, 55, 57, 58, 59, 60], 508),
    persona("县域惠农", "p5", 12540, 10.6, 0.489, 1702, [40, 41, 41, 43, 45, 46, 48, 49], 287),
    persona("新客 100 天", "p6", 7079, 4.3, 0.768, 992, [60, 64, 66, 70, 72, 74, 75, 77], 43),
]
TOTAL = {
    "customers": 128640,
    "aum_fen": 1_462_000_000_000,
    "coverage": 0.629,
    "reached_week": 21306,
    "due_7d": 3214,
}
OVERVIEW: dict[str, Any] = {
    **shell("overview"),
    "filters": [UNITS, choice("span", "时间", [("", "本周 11-16 至 11-20"), ("month", "本月")]), choice("persona", "客群", [("", "全部"), ("p2", "稳健养老")])],
    "data_as_of": at(20, 7, 30),
    "export_url": "/c/?format=csv",
    "state": None,
    "target": 0.7,
    "stats": [
        number("企微好友客户", "128,640", "人", "较上周 +2.1%", "去重后的外部联系人，不含本行员工", "/c/customers?contact=1", 1),
        number("实名匹配率", "91.4", "%", "较上周 +0.6 点", "已匹配核心客户号 ÷ 好友客户", "/c/work?kind=binding", 1),
        number("有效覆盖率", "62.9", "%", "离目标 70% 还差 7.1 点", "本季度至少一次有效触达 ÷ 好友客户", "/c/customers?covered=0"),
        number("到期衔接率", "83.2", "%", "较上周 +4.6 点", "到期后 3 日内续作或转购的笔数 ÷ 到期笔数", "/c/todos?trigger=maturity", 1),
        number("任务按时完成率", "88.5", "%", "较上周 −1.2 点", "按时完成 ÷ 到期应完成", "/c/todos", -1),
        number("待处理预警", "7", "件", "1 件超过 24 小时", "合规规则命中且未处置", "/c/alerts", 0, bad=True),
    ],
    "personas": PERSONAS,
    "total": TOTAL,
    "funnel": {
        "span": "上周到期", "href": "/c/todos?trigger=maturity&view=list",
        "steps": [
            {"name": "到期客户", "n": 2870, "ratio": 1.0, "step": None, "href": "/c/todos?trigger=maturity&view=list"},
            {"name": "已下发任务", "n": 2812, "ratio": 0.98, "step": 0.98, "href": "/c/todos?trigger=maturity&view=list&given=1"},
            {"name": "已触达", "n": 2604, "ratio": 0.907, "step": 0.93, "href": "/c/todos?trigger=maturity&view=list&sent=1"},
            {"name": "已衔接", "n": 2388, "ratio": 0.832, "step": 0.92, "href": "/c/todos?trigger=maturity&view=list&won=1"},
        ],
        "notes": [{"name": "应衔接 / 已衔接", "value": "4.12 / 3.48 亿元（84.5%）"}, {"name": "未衔接 482 户", "value": "没联系到 266，联系后转出 216"}, {"name": "未来 7 日到期", "value": "3,214 户，已排任务 3,102"}],
    },
    "trend": {"points": [0.482, 0.495, 0.501, 0.518, 0.53, 0.541, 0.559, 0.572, 0.584, 0.601, 0.615, 0.629], "low": 40, "high": 80,
              "labels": ["9-04", "9-11", "9-18", "9-25", "10-02", "10-09", "10-16", "10-23", "10-30", "11-06", "11-13", "11-20"]},
    "pillars": [{"name": "策略引擎", "text": "活动、波次", "href": "/c/campaigns", "icon": "flag"}],
    "branches": [
        {"place": place, "name": name, "rate": rate, "href": f"/c/todos?unit={place}", "gap_before": place == 25}
        for place, name, rate in ((1, "翠湖支行", 0.962), (2, "滨江支行", 0.948), (3, "高新支行", 0.921), (25, "城南支行", 0.749), (26, "柳林支行", 0.716), (27, "东坝支行", 0.68))
    ],
    "work": [
        {"title": "合规预警", "text": "1 件超过 24 小时未处置", "n": 7, "icon": "warn", "kind": "danger", "href": "/c/alerts"},
        {"title": "待审核内容", "text": "最早提交于昨天 16:20", "n": 12, "icon": "doc", "kind": "warn", "href": "/c/review"},
        {"title": "30 天内失效的话术", "text": "3 条本周仍在使用", "n": 5, "icon": "clock", "kind": "warn", "href": "/c/library?ends=30"},
        {"title": "未匹配实名的好友", "text": "本周新增 612", "n": 11063, "icon": "person", "kind": "brand", "href": "/c/work?kind=binding"},
    ],
}  # fmt: skip
PARTIAL = {
    **OVERVIEW,
    "state": {
        "kind": "partial",
        "title": "东坝支行 11-20 的数据还没到",
        "text": "合计不含东坝支行（26/27）。预计 10:30 补齐。",
        "code": "",
        "action": None,
    },
}


def logged(
    seq: int, kind: str, style: str, act: str, actor: str, about: str, **more: Any
) -> dict[str, Any]:
    """One entry of the interaction record."""
    usual: dict[str, Any] = {
        "seq": seq, "at": at(20, 10, 42, seq % 60), "kind_text": kind, "kind_style": style, "act_text": act, "reason": "", "actor_text": actor,
        "object_text": about, "object_href": None, "unit_name": "翠湖支行", "hash": f"{seq:08x}c47d0b6e8e7a22b491f0", "href": f"/c/interactions/{seq}", "broken": False,
    }  # fmt: skip
    return {**usual, **more}


ENTRIES = [
    logged(
        1284318,
        "发送",
        "info",
        "一键发送话术 1187 第 4 版，手机上报已发",
        "李敏",
        "周*兰",
        object_href="/c/customers/9f2c",
    ),
    logged(1284317, "发送", "info", "发放一次性发送许可，五项检查通过", "系统 · 侧边栏", "周*兰"),
    logged(
        1284316,
        "客群",
        "",
        "客群改为“稳健养老”",
        "系统 · 客群规则第 6 版",
        "陈*国",
        reason="定期占比由 41% 升到 63%",
    ),
    logged(1284315, "好友", "ok", "客户加好友", "企业微信", "孙*", reason="翠湖支行大堂活码"),
    logged(1284314, "会话", "", "客户回复", "客户", "周*兰"),
    logged(
        1284313, "内容", "warn", "话术 1204 第 4 版通过终审", "何静", "话术 1204", unit_name="总行"
    ),
    logged(1284312, "群", "", "疑似广告成员被移出群", "李敏", "翠湖社区福利群"),
]
LIST_FILTERS = [
    words("q", "对象", "客户号、工号、话术编号"),
    choice("kind", "类别", [("", "全部"), ("send", "发送"), ("contact", "好友"), ("group", "群"), ("content", "内容"), ("persona", "客群"), ("access", "查看")]),
    UNITS, day("from", "从", "2026-11-14"), day("to", "到", "2026-11-20"),
]  # fmt: skip
INTERACTIONS: dict[str, Any] = {
    **shell("interactions", "#A-88210"),
    "export_url": "/c/interactions?format=csv",
    "seal": {**SEAL, "title": "1,284,966 条全部一致", "text": "今天 06:00 全量核验，用时 42 秒"},
    "filters": LIST_FILTERS,
    "entries": ENTRIES,
    "page": paging(4812, "1–50", "/c/interactions?before=1284268"),
    "state": None,
}
BROKEN = {
    **INTERACTIONS,
    "seal": BROKEN_SEAL,
    "entries": [{**e, "broken": e["seq"] == 1284312} for e in ENTRIES],
}
ENTRY: dict[str, Any] = {
    **shell("interactions", "#A-88211"),
    "entry": {"seq": 1284317, "stream": "main", "act_text": "发放一次性发送许可", "kind_text": "发送", "kind_style": "info"},
    "facts": [("时间（北京）", "2026-11-20 10:42:05", ""), ("谁", "系统 · 侧边栏，代李敏（工号 003127）", ""), ("对象", "周*兰（客户号 ****3821）", ""), ("机构", "翠湖支行", ""), ("请求", "r-5b0c12", "mono")],
    "content": [("话术", "1187 第 4 版", ""), ("正文", "周阿姨您好，我是青禾银行的小李。您有一笔整存整取将在 11月23日 到期，本金 20 万元。", ""), ("检查", "适当性、授权、频次、时段、有效期：5 项通过", "")],
    "content_state": {"kind": "no_permission", "title": "内容对你不开放", "text": "网点只能看本网点的内容。", "code": "E-3110", "action": None},
    "neighbours": [{"seq": e["seq"], "at": e["at"], "act_text": e["act_text"], "hash": e["hash"], "href": e["href"]} for e in ENTRIES[:3]],
    "seal": SEAL,
}  # fmt: skip
ENTRY_CLOSED = {**ENTRY, "content": None}

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_sign_in": ("console/sign_in.html", "GET /c/sign-in?next=", SIGN_IN),
    "console_sign_in_demo": ("console/sign_in.html", "GET /c/sign-in", SIGN_IN_DEMO),
    "console_sign_in_refused": ("console/sign_in.html", "GET /c/sign-in", SIGN_IN_REFUSED),
    "console_overview": ("console/overview.html", "GET /c/", OVERVIEW),
    "console_overview_partial": ("console/overview.html", "GET /c/", PARTIAL),
    "console_interactions": ("console/interactions.html", "GET /c/interactions", INTERACTIONS),
    "console_interactions_broken": ("console/interactions.html", "GET /c/interactions", BROKEN),
    "console_entry": ("console/entry.html", "GET /c/interactions/{seq}", ENTRY),
    "console_entry_closed": ("console/entry.html", "GET /c/interactions/{seq}", ENTRY_CLOSED),
}
