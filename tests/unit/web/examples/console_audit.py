"""Search of archived talk, alerts, evidence packs, own log."""

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
    tab,
    words,
)  # fmt: skip
from tests.unit.web.examples.moments import NOW, at


def hit(
    seq: int,
    who: str,
    moment: Any,
    parts: list[tuple[str, str]],
    level: tuple[str, str],
    **more: Any,
) -> dict[str, Any]:
    """One found message."""
    usual = {"seq": seq, "who": who, "at": moment, "parts": parts, "badges": [{"text": level[0], "kind": level[1]}, {"text": "R-014", "kind": ""}],
             "state_text": "", "current": False, "href": f"/c/audit?q=保本&at={seq}", "talk_url": f"/c/audit/{seq}"}  # fmt: skip
    return {**usual, **more}


HITS = [
    hit(1284312, "李敏 ↔ 周*兰", at(20, 10, 44), [("", "阿姨您放心，这款基本就是"), ("hit", "保本"), ("", "的，跟存款差不多，利息还高一点")], ("高", "danger"), current=True),
    hit(1283990, "郑凯 ↔ 孙*", at(20, 9, 12), [("", "这个不是"), ("q", "保本"), ("", "的，去年收益参考不代表未来")], ("中", "warn")),
    hit(1282207, "翠湖社区福利群", at(19, 19, 38), [("", "小周优贷：年化 8%，"), ("hit", "保本"), ("", "保息，名额有限")], ("高", "danger"), state_text="整改中"),
    hit(1279001, "何磊 ↔ 陈*国", at(18, 16, 5), [("", "监管要求不能说"), ("q", "保本"), ("", "，您看产品说明书第 3 页")], ("低", ""), state_text="无问题"),
]  # fmt: skip


def message(
    me: bool, by: str, moment: Any, seq: int, parts: list[tuple[str, str]], **more: Any
) -> dict[str, Any]:
    """One message of a talk; ``sys`` instead for a line of the system."""
    usual = {
        "sys": "",
        "me": me,
        "by": by,
        "at": moment,
        "seq": seq,
        "parts": parts,
        "media": None,
        "note": "",
        "note_kind": "",
        "hit": False,
        "recalled": False,
    }
    return {**usual, **more}


TALK: dict[str, Any] = {
    "title": "李敏（翠湖支行） ↔ 周*兰",
    "subtitle": "客户号 ****3821 · 单聊 · 客户 2026-03-12 同意会话存档",
    "earlier_url": "/c/audit/1284312?before=1284309",
    "later_url": None,
    "messages": [
        {"sys": "11月20日 周五"},
        message(False, "周*兰", at(20, 10, 36), 1284309, [("", "小李，我那 20 万到期了，你说放哪儿好")]),
        message(True, "李敏", at(20, 10, 37), 1284310, [("", "周阿姨您好，您有一笔整存整取将在 11月23日 到期，本金 20 万元。您方便时我帮您看看怎么安排更合适。")],
                note="✓ 与审核通过的话术 1187 第 4 版一致", note_kind="ok"),
        message(False, "周*兰", at(20, 10, 41), 1284311, [("", "那个新的理财安全不")]),
        message(True, "李敏", at(20, 10, 44), 1284312, [("", "阿姨您放心，这款基本就是"), ("hit", "保本"), ("", "的，跟存款差不多，利息还高一点")],
                hit=True, note="手工输入，未使用审核话术 · 命中 R-014", note_kind="danger"),
        message(True, "李敏", at(20, 10, 46), 1284313, [("", "刚才说错了")], recalled=True),
        message(False, "周*兰", at(20, 10, 49), 1284314, [("", "语音 6 秒：好的那我下午过来")], media="mic"),
    ],
}  # fmt: skip
TALK_PART: dict[str, Any] = {
    "talk": TALK,
    "talk_state": None,
    "seal": SEAL,
    "findings": [{"rule": "R-014", "name": "承诺收益或保本", "text": "出现“保本”“稳赚”等，且语境为对客户承诺。", "note": "规则版本 7 · 11-02 启用 · 近 30 日命中 46"}],
    "trail": [{"text": "系统命中并派给何静", "small": "今天 10:45", "now": False}, {"text": "何静打开会话（第 1 次）", "small": "今天 11:02 · 理由：日常巡检", "now": True}],
    "disposition": {"action": "/c/alerts/147/close", "options": [{"value": "clear", "text": "无问题", "kind": ""}, {"value": "corrected", "text": "要求整改", "kind": "danger"}, {"value": "reported", "text": "上报", "kind": "primary"}]},
    "talk_links": [{"text": "李敏近 30 天的命中", "href": "/c/audit?staff=003127"}, {"text": "这位客户的往来", "href": "/c/customers/9f2c"}],
}  # fmt: skip
AUDIT: dict[str, Any] = {
    **shell("audit", "#A-88213"),
    "q": "保本",
    "query_string": "q=保本&from=2026-10-21&speaker=staff&rule=R-014",
    "kept": [{"name": "from", "value": "2026-10-21"}, {"name": "speaker", "value": "staff"}, {"name": "rule", "value": "R-014"}],
    "saved": [{"name": "承诺收益", "n": 46, "href": "/c/audit?saved=1", "current": True}, {"name": "离职员工 90 天", "n": 3, "href": "/c/audit?saved=2", "current": False}],
    "chips": [
        {"name": "时间", "value": "近 30 天", "without_href": "/c/audit?q=保本"},
        {"name": "发送方", "value": "员工", "without_href": "/c/audit?q=保本"},
        {"name": "规则", "value": "R-014 承诺收益", "without_href": "/c/audit?q=保本"},
    ],
    "filters": [UNITS, choice("speaker", "发送方", [("", "全部"), ("staff", "员工"), ("customer", "客户")]), words("staff", "员工", "工号或姓名"), day("from", "从"), day("to", "到")],
    "found": {"text": "46 条 · 来自 1,284,966 条 · 0.18 秒"},
    "partial": None,
    "state": None,
    "hits": HITS,
    "more_url": "/c/audit?q=保本&before=1279001",
    **TALK_PART,
}  # fmt: skip
AUDIT_BROKEN = {**AUDIT, "seal": BROKEN_SEAL}
AUDIT_NONE: dict[str, Any] = {
    **AUDIT, "q": "保底", "hits": [], "more_url": None, "talk": None, "found": {"text": "0 条"}, "disposition": None, "findings": [], "trail": [], "talk_links": [],
    "state": {"kind": "no_result", "title": "没有找到含“保底”的消息", "text": "试试放宽时间（现在是近 30 天），或去掉“发送方：员工”。本次检索已留痕。", "code": "", "action": {"text": "改为近 90 天", "href": "/c/audit?q=保底&days=90"}},
    "talk_state": {"kind": "no_result", "title": "选一条来看", "text": "左边选中一条，这里显示前后各 10 条和完整性证明。", "code": "", "action": None},
    "partial": {"kind": "partial", "title": "只往前找到 2025-08-01。", "text": "更早的消息在归档库里，要单独申请。", "code": "", "action": None},
}  # fmt: skip


def alert(number_: int, title: str, severity: tuple[str, str], **more: Any) -> dict[str, Any]:
    """One alert of the queue."""
    usual: dict[str, Any] = {
        "href": f"/c/alerts/{number_}", "title": title, "severity_text": severity[0], "severity_kind": severity[1], "rules": "R-014 第 7 版",
        "parts": [("", "…这款基本就是"), ("hit", "保本"), ("", "的，跟存款差不多…")], "staff_name": "李敏", "unit_name": "翠湖支行", "sent_at": at(20, 10, 44),
        "late": False, "due_text": "还剩 3 小时 20 分", "holder_name": "", "state_text": "未认领", "claim_url": f"/c/alerts/{number_}/claim",
    }  # fmt: skip
    return {**usual, **more}


ALERTS: dict[str, Any] = {
    **shell("alerts", "#A-88220"),
    "filters": [UNITS, choice("rule", "规则", [("", "全部"), ("R-014", "R-014 承诺收益")]), choice("severity", "级别", [("", "全部"), ("high", "高")])],
    "promise": "高级 4 小时内、其他 1 个工作日内处置",
    "stats": [
        number("未认领", "3", "件", "最早 10:45", "没有人在办的预警", "/c/alerts?state=new"), number("在办", "4", "件", "2 件是你的", "有人认领的", "/c/alerts?state=claimed"),
        number("超过期限", "1", "件", "已超 1 小时", "期限内没有处置", "/c/alerts?late=1", 0, bad=True), number("本月处置", "62", "件", "平均 2.6 小时", "本月关闭的", "/c/alerts?state=closed"),
    ],
    "tabs": [tab("待处理", "/c/alerts", 7, current=True), tab("我的", "/c/alerts?mine=1", 2), tab("已上报", "/c/alerts?state=escalated", 1), tab("已关闭", "/c/alerts?state=closed", 214)],
    "state": None,
    "alerts": [
        alert(147, "对客户作保本表述", ("高", "danger")),
        alert(146, "引导加私人微信", ("高", "danger"), rules="R-021 第 3 版", late=True, due_text="已超 1 小时", holder_name="何静", state_text="办理中", claim_url=None, parts=[("", "您加我"), ("hit", "私人微信"), ("", "，那边说方便")]),
        alert(145, "群里疑似广告", ("中", "warn"), rules="R-030 第 2 版", due_text="明天 10:00 前", staff_name="客户", parts=[("", "小周优贷：年化 8%，"), ("hit", "保本"), ("", "保息")]),
    ],
    "page": paging(7, "1–7"),
}  # fmt: skip
ALERT: dict[str, Any] = {
    **shell("alerts", "#A-88221"),
    "alert": {"title": "李敏对客户作保本表述", "severity_text": "高", "severity_kind": "danger", "state_text": "办理中 · 何静", "late": False, "due_text": "还剩 3 小时 20 分，14:45 前处置"},
    "actions": [{"action": "/c/alerts/147/act", "value": "release", "text": "放回队列", "kind": ""}, {"action": "/c/alerts/147/act", "value": "escalate", "text": "升级", "kind": "danger"}],
    **TALK_PART,
}  # fmt: skip

PACK_ROW: dict[str, Any] = {
    "no": "EV-2026-0147", "href": "/c/evidence/EV-2026-0147", "title": "李敏对客户作保本表述", "scope_text": "单聊 · 11-20 10:36 至 10:49", "messages": 6,
    "asked_by_name": "何静", "decided_by_name": "", "purpose": "内部问责", "asked_at": at(20, 11, 3), "state_text": "等复核", "state_kind": "warn",
}  # fmt: skip
EVIDENCE: dict[str, Any] = {
    **shell("evidence", "#A-88230"),
    "basket": {"n": 3, "text": "来自 2 段会话"},
    "filters": [choice("state", "状态", [("", "全部"), ("asked", "等复核"), ("made", "已导出")]), words("q", "编号或标题", "EV-2026-…")],
    "state": None,
    "packs": [PACK_ROW, {**PACK_ROW, "no": "EV-2026-0146", "href": "/c/evidence/EV-2026-0146", "title": "客户投诉 2026-0381 往来", "decided_by_name": "罗敏", "state_text": "已导出", "state_kind": "ok"}],
    "page": paging(147, "1–50", "/c/evidence?before=EV-2026-0097"),
}  # fmt: skip
EVIDENCE_NONE = {
    **EVIDENCE,
    "basket": None,
    "packs": [],
    "state": {
        "kind": "first_use",
        "title": "还没有证据包",
        "text": "在审计检索里选中消息，按 E 加入篮子，再来这里申请。",
        "code": "",
        "action": {"text": "去审计检索", "href": "/c/audit"},
    },
}
PACK_MESSAGES = [
    {"seq": m["seq"], "at": m["at"], "by": m["by"], "parts": m["parts"], "recalled": m["recalled"], "rule": "R-014" if m["hit"] else "", "hash": f"{m['seq']:x}e90f3b577be204d1"}
    for m in TALK["messages"] if not m["sys"]
]  # fmt: skip
EVIDENCE_NEW: dict[str, Any] = {
    **shell("evidence"),
    "messages": [{"seq": h["seq"], "at": h["at"], "who": h["who"], "parts": h["parts"], "remove_url": f"/c/evidence/new?without={h['seq']}"} for h in HITS[:3]],
    "around": 5, "state": None, "error": None, "form": {"title": "李敏对客户作保本表述", "purpose": "internal", "basis": ""},
    "purposes": [("internal", "内部问责"), ("complaint", "客户投诉"), ("regulator", "监管要求"), ("court", "司法协助")],
    "reviewers": [{"staff_id": "003950", "name": "罗敏", "role_name": "内审部"}],
}  # fmt: skip
PACK: dict[str, Any] = {
    **shell("evidence", "#A-88231"),
    "e": {"no": "EV-2026-0147", "title": "李敏对客户作保本表述", "state_text": "等复核", "state_kind": "warn"},
    "cover_url": None,
    "download": None,
    "messages": PACK_MESSAGES,
    "seal": SEAL,
    "facts": [("范围", "单聊 · 2026-11-20 10:36 至 10:49", ""), ("员工", "李敏 · 工号 003127", ""), ("客户", "周*兰 · 客户号 ****3821", ""), ("用途", "内部问责", ""), ("依据", "会话存档同意书 2026-03-12", ""), ("申请人", "何静 · 合规审计", "")],
    "decision": {"action": "/c/evidence/EV-2026-0147/decide", "text": "同意后立即生成，包内有原文、摘要、检查点和核验程序。你和申请人都会写进经手记录。", "refused": None},
    "custody": [{"text": "系统命中规则并派单", "small": "11-20 10:45 · 自动", "now": False}, {"text": "何静申请", "small": "11-20 11:03", "now": True}],
}  # fmt: skip
PACK_OWN = {
    **PACK,
    "decision": {
        "action": "",
        "text": "",
        "refused": {
            "kind": "blocked",
            "title": "不能复核自己的申请",
            "text": "已请罗敏（内审部）复核。",
            "code": "E-3120",
            "action": None,
        },
    },
}
PACK_MADE: dict[str, Any] = {
    **PACK, "e": {"no": "EV-2026-0147", "title": "李敏对客户作保本表述", "state_text": "已导出", "state_kind": "ok"}, "cover_url": "/c/evidence/EV-2026-0147/cover",
    "download": {"action": "/c/evidence/EV-2026-0147/download", "size_text": "0.4 MB"}, "decision": None,
}  # fmt: skip
COVER: dict[str, Any] = {
    **{key: SHELL[key] for key in ("brand", "csrf_token", "today", "now")},
    "e": {"no": "EV-2026-0147", "title": "李敏（翠湖支行）对客户作保本表述", "made_at": at(20, 11, 6, 32), "messages": 6, "purpose": "内部问责", "sha256": "2f9100aa35be7c0e"},
    "facts": [("范围", "单聊 · 2026-11-20 10:36 至 10:49"), ("员工", "李敏 · 工号 003127"), ("客户", "周*兰 · 客户号 ****3821"), ("命中规则", "R-014 第 7 版"), ("申请人", "何静 · 合规审计"), ("复核人", "罗敏 · 内审部"), ("用途", "内部问责"), ("依据", "会话存档同意书 2026-03-12")],
    "seal": {**SEAL, "title": "导出时核验通过", "text": "6 条消息，序号 1284309–1284314 连续，链尾 c47d 0b6e 8e7a 22b4 … 91f0；检查点 2026-11-20 11:00"},
    "messages": PACK_MESSAGES,
    "custody": [{"at": at(20, 10, 45), "text": "系统命中规则并派单", "small": "自动"}, {"at": at(20, 11, 3), "text": "何静申请导出", "small": "理由：日常巡检"}, {"at": at(20, 11, 5), "text": "罗敏复核同意", "small": "双人复核"}, {"at": at(20, 11, 6), "text": "生成证据包", "small": "SHA-256 2f91 … 7c0e"}],
}  # fmt: skip
LOG: dict[str, Any] = {
    **shell("log", "#A-88240"),
    "export_url": "/c/log?format=csv",
    "filters": [words("q", "谁或对象", "姓名、工号、客户号"), choice("kind", "做了什么", [("", "全部"), ("view", "查看"), ("reveal", "显示金额"), ("export", "导出"), ("change", "改动")]), UNITS, day("from", "从"), day("to", "到")],
    "state": None,
    "entries": [
        {"at": NOW, "actor_text": "何静", "unit_name": "总行", "kind_text": "查看", "kind_style": "", "act_text": "检索会话“保本”，打开 1 段", "object_text": "李敏 ↔ 周*兰", "reason": "日常巡检", "ref": "#A-88213", "href": "/c/interactions/1284401"},
        {"at": at(20, 10, 40, 12), "actor_text": "李敏", "unit_name": "翠湖支行", "kind_text": "显示金额", "kind_style": "warn", "act_text": "显示精确资产 5 分钟", "object_text": "周*兰", "reason": "", "ref": "#A-88209", "href": "/c/interactions/1284397"},
        {"at": at(20, 9, 2, 45), "actor_text": "王珊", "unit_name": "总行", "kind_text": "导出", "kind_style": "danger", "act_text": "导出客群覆盖 CSV，128,640 行，带水印", "object_text": "全行", "reason": "周报", "ref": "#A-88170", "href": "/c/interactions/1284280"},
    ],
    "page": paging(None, "1–50", "/c/log?before=88163"),
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_audit": ("console/audit.html", "GET /c/audit?q=&at={seq}&…", AUDIT),
    "console_audit_broken": ("console/audit.html", "GET /c/audit", AUDIT_BROKEN),
    "console_audit_none": ("console/audit.html", "GET /c/audit", AUDIT_NONE),
    "console_talk_fragment": (
        "console/_talk.html",
        "GET /c/audit/{seq}?before=|after= (HX-Request)",
        {**shell("audit"), **TALK_PART},
    ),
    "console_alerts": ("console/alerts.html", "GET /c/alerts", ALERTS),
    "console_alert": ("console/alert.html", "GET /c/alerts/{id}", ALERT),
    "console_evidence": ("console/evidence.html", "GET /c/evidence", EVIDENCE),
    "console_evidence_none": ("console/evidence.html", "GET /c/evidence", EVIDENCE_NONE),
    "console_evidence_new": ("console/evidence_new.html", "GET /c/evidence/new", EVIDENCE_NEW),
    "console_pack": ("console/pack.html", "GET /c/evidence/{no}", PACK),
    "console_pack_own": ("console/pack.html", "GET /c/evidence/{no}", PACK_OWN),
    "console_pack_made": ("console/pack.html", "GET /c/evidence/{no}", PACK_MADE),
    "console_cover": ("console/cover.html", "GET /c/evidence/{no}/cover", COVER),
    "console_log": ("console/log.html", "GET /c/log", LOG),
}
