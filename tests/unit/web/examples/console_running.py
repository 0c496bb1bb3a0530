"""What runs every day: plans, to-dos, work items, imports."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import (
    SEAL,
    UNITS,
    choice,
    day,
    number,
    paging,
    shell,
    tab,
    words,
)
from tests.unit.web.examples.moments import at

FIGURES = (
    ("下发", "given"), ("收到", "received"), ("已打开", "seen"), ("已发", "sent"),
    ("存档核对一致", "confirmed"), ("有回复", "replied"), ("自己记的", "noted"), ("办成", "won"),
    ("成交", "deals"), ("逾期", "late"),
)  # fmt: skip
COUNTS = {
    "given": 2812,
    "seen": 2790,
    "sent": 2604,
    "confirmed": 2571,
    "replied": 1120,
    "received": 2890,
    "deals": 388,
    "won": 2388,
    "late": 96,
    "on_time": 0.885,
    "noted": 41,
    "reasons": [],
    "links": {name: "/c/todos?view=list#list" for _, name in FIGURES},
}
TODOS: dict[str, Any] = {
    **shell("todos"),
    "data_as_of": at(20, 10, 30),
    "export_url": "/c/todos?format=csv",
    "stats": [
        number("今天要做", "3,102", "件", "已做 1,204", "今天到期的待办", "/c/todos?view=list&due=today"), number("按时完成率", "88.5", "%", "较上周 −1.2 点", "按时完成 ÷ 到期应完成", "/c/todos?view=list", -1),
        number("逾期", "96", "件", "27 个网点中 14 个", "过了期限没有结果", "/c/todos?view=list&late=1", 0, bad=True), number("存档核对一致", "98.7", "%", "33 件还在等存档", "存档里找到同样的话", "/c/todos?view=list&state=claimed"),
    ],
    "filters": [UNITS, choice("trigger", "来由", [("", "全部"), ("maturity", "定期到期"), ("birthday", "生日")]), choice("campaign", "活动", [("", "全部"), ("yearend", "岁末到期衔接")]), day("from", "从", "2026-11-16"), day("to", "到", "2026-11-20")],
    "tabs": [tab("按机构", "/c/todos", current=True), tab("按客户经理", "/c/todos?by=staff"), tab("清单", "/c/todos?view=list", 2812)],
    "view": "units",
    "figures": FIGURES,
    "by_text": "机构",
    "state": None,
    "rows": [
        {"name": "翠湖支行", "href": "/c/todos?unit=0101&by=staff", **COUNTS, "given": 142, "seen": 142, "sent": 139, "confirmed": 138, "replied": 61, "won": 120, "late": 0, "on_time": 0.962, "reasons": [{"text": "联系不上", "n": 2, "href": "/c/todos?view=list&unit=0101&why=unreached#list"}]},
        {"name": "东坝支行", "href": "/c/todos?unit=0127&by=staff", **COUNTS, "given": 88, "seen": 70, "sent": 58, "confirmed": 55, "replied": 17, "won": 40, "late": 18, "on_time": 0.68, "reasons": [{"text": "联系不上", "n": 9, "href": "/c/todos?view=list&unit=0127&why=unreached#list"}, {"text": "收到了没有打开", "n": 18, "href": "/c/todos?view=list&unit=0127&why=unopened#list"}]},
    ],
    "total": COUNTS,
    "todos": [],
    "page": paging(None, ""),
}  # fmt: skip
TODO_LIST: dict[str, Any] = {
    **TODOS, "view": "list", "tabs": [tab("按机构", "/c/todos"), tab("清单", "/c/todos?view=list", 2812, current=True)],
    "todos": [
        {"href": "/c/why/9001", "title": "定期到期衔接", "customer_name": "周桂兰", "staff_name": "李敏", "unit_name": "翠湖支行", "trigger_text": "定期到期前 3 天", "due_on": date(2026, 11, 23), "state_text": "手机上报已发", "state_kind": "info", "outcome_text": "", "back_text": "收到、已打开、已发"},
        {"href": "/c/why/9002", "title": "大额转出回访", "customer_name": "陈建国", "staff_name": "李敏", "unit_name": "翠湖支行", "trigger_text": "流失预警", "due_on": date(2026, 11, 20), "state_text": "没做", "state_kind": "warn", "outcome_text": "", "back_text": ""},
        {"href": "/c/why/8800", "title": "生日关怀", "customer_name": "吴秀英", "staff_name": "王芳", "unit_name": "翠湖支行", "trigger_text": "生日", "due_on": date(2026, 11, 19), "state_text": "存档一致", "state_kind": "ok", "outcome_text": "客户回复", "back_text": "收到、已打开、已发、存档一致、有回复"},
    ],
    "page": paging(2812, "1–50", "/c/todos?view=list&after=9050"),
}  # fmt: skip

PLAN_ROW: dict[str, Any] = {
    "href": "/c/plans/311", "plan_date": date(2026, 11, 20), "started_at": at(20, 7, 40), "took_ms": 41_300, "candidates": 9412, "merged": 812, "todos": 3102, "broadcasts": 1780, "refused": 3480, "over_quota": 238,
    "by_text": "每日 07:40", "state_text": "完成", "state_kind": "ok",
}  # fmt: skip
PLANS: dict[str, Any] = {
    **shell("plans"), "filters": [day("from", "从"), day("to", "到"), choice("state", "状态", [("", "全部"), ("done", "完成"), ("failed", "没完成")])], "state": None,
    "plans": [PLAN_ROW, {**PLAN_ROW, "plan_date": date(2026, 11, 19), "started_at": at(19, 7, 40), "href": "/c/plans/310"}], "page": paging(118, "1–50", "/c/plans?before=261"),
}  # fmt: skip
PLAN: dict[str, Any] = {
    **shell("plans"),
    "plan": {"plan_date": date(2026, 11, 20), "started_at": at(20, 7, 40), "took_ms": 41_300, "by_text": "每日 07:40", "state_text": "完成", "state_kind": "ok"},
    "stats": [
        number("候选", "9,412", "件", "8 种来由", "规则选出的客户与事由", "/c/plans/311"), number("合并", "812", "件", "同一客户只留最要紧的", "优先级：服务、关怀、营销", "/c/plans/311?fate=merged"),
        number("待办", "3,102", "件", "最多每人 31 件", "进客户经理待办", "/c/plans/311?fate=todo"), number("群发", "1,780", "人", "42 个任务", "同一内容合成一个群发任务", "/c/plans/311?fate=broadcast"),
        number("拦下", "3,480", "件", "37.0%", "至少一条规则不允许", "/c/plans/311?fate=refused"), number("超频次", "238", "件", "下月 1 日再算", "次数用完", "/c/plans/311?fate=over_quota"),
    ],
    "triggers": [
        {"name": "定期到期", "href": "/c/plans/311?trigger=maturity.deposit", "candidates": 3214, "todos": 2812, "broadcasts": 0, "refused": 390, "passed": 0.879},
        {"name": "生日", "href": "/c/plans/311?trigger=birthday", "candidates": 348, "todos": 290, "broadcasts": 0, "refused": 58, "passed": 0.833},
        {"name": "客群关怀", "href": "/c/plans/311?trigger=persona", "candidates": 5850, "todos": 0, "broadcasts": 1780, "refused": 3032, "passed": 0.304},
    ],
    "reasons": [
        {"text": "客户没有同意营销", "code": "E-4021", "n": 2104, "href": "/c/plans/311?reason=no_consent", "current": True},
        {"text": "风险测评过期", "code": "E-4014", "n": 611, "href": "/c/plans/311?reason=rating_expired", "current": False},
        {"text": "客户有投诉在办", "code": "E-4025", "n": 12, "href": "/c/plans/311?reason=complaint_open", "current": False},
    ],
    "gave_way": [
        {"loser": "客群内容", "winner": "定期存款到期", "n": 214, "href": "/c/plans/311?fate=outranked&trigger=persona.content&reason=maturity.deposit#list", "current": False},
        {"loser": "临界提升", "winner": "生日问候", "n": 3, "href": "/c/plans/311?fate=outranked&trigger=tier.edge&reason=birthday#list", "current": True},
    ],
    "list_title": "拦下：客户没有同意营销",
    "export_url": "/c/plans/311?reason=no_consent&format=csv",
    "state": None,
    "items": [
        {"customer_name": "陈建国", "href": "/c/customers/88d1a0", "staff_name": "李敏", "trigger_text": "客群关怀", "script_text": "0416 第 2 版", "fate_text": "拦下", "fate_kind": "danger", "result_text": "", "reasons": [{"saying": "客户没有同意营销。", "code": "E-4021"}, {"saying": "客户的风险测评已满 12 个月。", "code": "E-4014"}], "why_href": "/c/why/9300"},
        {"customer_name": "周桂兰", "href": "/c/customers/9f2c41", "staff_name": "李敏", "trigger_text": "定期到期", "script_text": "1187 第 4 版", "fate_text": "待办", "fate_kind": "ok", "result_text": "手机上报已发 10:42", "reasons": [], "why_href": "/c/why/9001"},
    ],
    "page": paging(2104, "1–50", "/c/plans/311?reason=no_consent&after=50"),
}  # fmt: skip
WHY: dict[str, Any] = {
    **shell("plans", "#A-88270"),
    "back_url": "/c/plans/311",
    "heading": "为什么给周*兰发“定期到期提醒”",
    "fate": {"text": "手机上报已发", "kind": "info"},
    "chain": [
        {"state": "done", "name": "来由", "text": "整存整取 2 年 20.00 万元，11月23日 到期，规则“到期前 3 天”", "at": at(20, 7, 40), "ref": "plan 311", "href": "/c/plans/311", "link": "计划"},
        {"state": "done", "name": "内容", "text": "话术 1187 第 4 版，何静 11-03 终审，指纹一致", "at": at(20, 7, 40), "ref": "", "href": "/c/library/1187", "link": "话术"},
        {"state": "done", "name": "审查", "text": "14 条规则全部通过，服务类本月第 2 次", "at": at(20, 7, 40), "ref": "#1283001", "href": None, "link": ""},
        {"state": "done", "name": "发送", "text": "李敏在侧边栏一键发送，手机回报成功", "at": at(20, 10, 42), "ref": "#1284318", "href": "/c/interactions/1284318", "link": "留痕"},
        {"state": "", "name": "存档核对", "text": "等会话存档拉到这条消息", "at": None, "ref": "", "href": None, "link": ""},
    ],
    "seal": SEAL,
    "entries": [
        {"place": "plan:0101#881", "at": at(20, 7, 40), "act_text": "列入待办", "actor_text": "系统 · 每日计划", "hash": "9f3c 51d0 … a21b", "href": "/c/interactions/plan%3A0101/881"},
        {"place": "send:0101#1284", "at": at(20, 10, 42), "act_text": "一键发送，手机上报已发", "actor_text": "李敏", "hash": "77a0 19c2 … e4b1", "href": None},
    ],
    "unjudged": "",
    "rules": [{"ok": True, "name": "适当性", "text": "不含产品推荐", "code": ""}, {"ok": True, "name": "授权", "text": "服务通知 2026-03-12", "code": ""}, {"ok": False, "name": "关怀在先", "text": "服务类不受限", "code": "E-4026"}],
}  # fmt: skip

ITEM: dict[str, Any] = {
    "no": "W-0231", "href": "/c/work/231", "title": "联系人可能是两位客户中的一位", "kind_text": "实名匹配冲突", "why": "手机号对上一位，实名信息对上另一位", "about_text": "向*而生", "unit_name": "翠湖支行",
    "holder_name": "", "opened_at": at(19, 16, 20), "late": False, "state_text": "待处理", "state_kind": "warn",
}  # fmt: skip
WORK: dict[str, Any] = {
    **shell("work"), "filters": [UNITS, choice("state", "状态", [("", "待处理"), ("done", "已办结")]), words("q", "找", "编号或联系人")],
    "tabs": [tab("全部", "/c/work", 23, current=True), tab("实名匹配", "/c/work?kind=binding", 17), tab("归属不符", "/c/work?kind=owner_mismatch", 4), tab("结果不明", "/c/work?kind=unknown_outcome", 2)],
    "state": None, "items": [ITEM, {**ITEM, "no": "W-0230", "title": "企业微信没有回复是否发出", "kind_text": "结果不明", "why": "群发任务提交后连接断开，没有收到任务编号", "about_text": "42 位客户", "late": True, "holder_name": "高远"}], "page": paging(23, "1–23"),
}  # fmt: skip
WORK_ITEM: dict[str, Any] = {
    **shell("work", "#A-88280"),
    "w": ITEM,
    "there": {"text": "这条消息的来龙去脉", "href": "/c/why?ref=outbox%3A7"},
    "evidence": [("联系人", "向*而生，2026-11-18 加李敏为好友", ""), ("手机号", "138****2071（员工备注）", "mono"), ("实名链接", "2026-11-18 客户提交，姓名与证件通过核验", "")],
    "rivals": [{"name": "周桂兰", "customer_no": "6210003821"}, {"name": "周桂芳", "customer_no": "6210009917"}],
    "comparison": [
        {"name": "手机号", "contact": "138****2071", "marks": [{"same": True, "text": "一致"}, {"same": False, "text": "139****4410"}]},
        {"name": "姓名（实名）", "contact": "周*芳", "marks": [{"same": False, "text": "不同"}, {"same": True, "text": "一致"}]},
        {"name": "管户", "contact": "李敏", "marks": [{"same": True, "text": "李敏"}, {"same": None, "text": "未分配"}]},
    ],
    "decision": {"action": "/c/work/231/decide", "refused": None, "note": "办结后立即生效，可撤回", "options": [
        {"value": "6210003821", "text": "是周*兰（****3821）", "note": "手机号一致，家人代为提交实名"}, {"value": "6210009917", "text": "是周*芳（****9917）", "note": "以实名为准，备注的手机号作废"}, {"value": "neither", "text": "都不是", "note": "保持未匹配，请客户重新实名"}]},
    "trail": [{"text": "系统发现冲突", "small": "11-19 16:20", "now": False}, {"text": "何静打开", "small": "今天 10:42", "now": True}],
}  # fmt: skip
WORK_ITEM_PLAIN = {**WORK_ITEM, "rivals": [], "comparison": [], "decision": None}

RUN: dict[str, Any] = {
    "no": "导入 903", "href": "/c/imports/903", "kind_text": "客户", "file": "customers_20261120.csv", "started_at": at(20, 7, 14), "rows": 128643, "created": 214, "changed": 3180, "unchanged": 125246, "removed": 0, "rejected": 3, "by_text": "系统 · 命令行", "state_text": "已生效", "state_kind": "ok",
}  # fmt: skip
IMPORTS: dict[str, Any] = {
    **shell("imports"),
    "state": None,
    "kinds": [
        {"name": "客户", "href": "/c/imports/903", "all_url": "/c/imports?kind=customers", "last_at": at(20, 7, 18), "source_date": "2026-11-19", "rows": 128643, "created": 214, "changed": 3180, "unchanged": 125246, "removed": 0, "rejected": 3, "trend": [128001, 128102, 128210, 128360, 128430, 128643], "state_text": "已生效", "state_kind": "ok"},
        {"name": "持仓", "href": "/c/imports/902", "all_url": "/c/imports?kind=holdings", "last_at": at(20, 7, 26), "source_date": "", "rows": None, "created": None, "changed": None, "unchanged": None, "removed": None, "rejected": None, "trend": [], "state_text": "整个没收", "state_kind": "danger"},
    ],
    "filters": [choice("kind", "数据", [("", "全部"), ("customers", "客户"), ("holdings", "持仓")]), choice("state", "状态", [("", "全部"), ("applied", "已生效")])],
    "runs": [RUN], "page": paging(412, "50 条", "/c/imports?before=853"),
}  # fmt: skip
IMPORTS_NONE: dict[str, Any] = {
    **IMPORTS, "kinds": [], "runs": [],
    "state": {"kind": "first_use", "title": "还没有导入", "text": "在服务器上运行 gengyun import 种类 文件，结果会出现在这里。", "code": "", "action": None},
}  # fmt: skip
IMPORT_RUN: dict[str, Any] = {
    **shell("imports"),
    "run": RUN,
    "counts": [
        {"name": "读到", "value": "128,643", "note": "文件里的数据行", "href": "", "bad": False}, {"name": "新增", "value": "214", "note": "以前没有的", "href": "", "bad": False}, {"name": "改动", "value": "3,180", "note": "内容有变化的", "href": "", "bad": False},
        {"name": "没变", "value": "125,246", "note": "与上次完全一样，没有重写", "href": "", "bad": False}, {"name": "拒收", "value": "3", "note": "下面逐行列出原因", "href": "#list", "bad": True}, {"name": "移除", "value": "0", "note": "同一来源里这次没有的", "href": "", "bad": False},
    ],
    "state": None,
    "list_title": "拒收的行",
    "all_url": None,
    "rejects": [{"line": 40213, "column": "born_on", "what": "日期读不出来", "code": "E-2208"}],
    "page": paging(3, "3 条"),
    "facts": [("文件", "customers_20261120.csv", "mono"), ("SHA-256", "77a0 19c2 … e4b1", "mono")],
    "reasons": [{"text": "日期读不出来", "column": "born_on", "code": "E-2208", "n": 2, "href": "/c/imports/903?code=E-2208&column=born_on", "current": True}, {"text": "机构不存在", "column": "unit_id", "code": "E-2231", "n": 1, "href": "/c/imports/903?code=E-2231&column=unit_id", "current": False}],
}  # fmt: skip
IMPORT_CLEAN = {**IMPORT_RUN, "rejects": [], "reasons": []}
IMPORT_REFUSED = {
    **IMPORT_CLEAN, "all_url": "/c/imports/903",
    "state": {"kind": "blocked", "title": "文件比现有数据少得太多", "text": "现在是：12 行；怎么办：确认后加 --accept-drop", "code": "E-2301", "action": None},
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_todos": ("console/todos.html", "GET /c/todos?view=&by=&unit=…", TODOS),
    "console_todos_list": ("console/todos.html", "GET /c/todos?view=list", TODO_LIST),
    "console_plans": ("console/plans.html", "GET /c/plans", PLANS),
    "console_plan": ("console/plan.html", "GET /c/plans/{id}?trigger=&reason=&fate=", PLAN),
    "console_why": ("console/why.html", "GET /c/why/{id}", WHY),
    "console_why_search": (
        "console/why_search.html",
        "GET /c/why",
        {**shell("todos"), "back_url": "/c/touches", "action": "/c/why"},
    ),
    "console_work": ("console/work.html", "GET /c/work?kind=", WORK),
    "console_work_item": ("console/work_item.html", "GET /c/work/{id}", WORK_ITEM),
    "console_work_item_plain": ("console/work_item.html", "GET /c/work/{id}", WORK_ITEM_PLAIN),
    "console_imports": ("console/imports.html", "GET /c/imports", IMPORTS),
    "console_imports_none": ("console/imports.html", "GET /c/imports", IMPORTS_NONE),
    "console_import_refused": ("console/import_run.html", "GET /c/imports/{id}", IMPORT_REFUSED),
    "console_import_run": ("console/import_run.html", "GET /c/imports/{id}", IMPORT_RUN),
    "console_import_clean": ("console/import_run.html", "GET /c/imports/{id}", IMPORT_CLEAN),
}
