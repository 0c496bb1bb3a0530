"""Customer groups; the content library with its review."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import (
    UNITS,
    choice,
    happened,
    number,
    paging,
    shell,
    tab,
    words,
)
from tests.unit.web.examples.h5 import GROUP as PHONE_GROUP
from tests.unit.web.examples.moments import at

MIX = PHONE_GROUP["mix"]


def group(name: str, chat: str, **more: Any) -> dict[str, Any]:
    """One row of the list of groups."""
    usual: dict[str, Any] = {
        "name": name, "href": f"/c/groups/{chat}", "purpose": "社区群", "owner_name": "李敏", "unit_name": "翠湖支行", "external": 186, "mix": MIX,
        "messages_7d": 412, "unanswered": 0, "last_message_at": at(20, 10, 23), "flags": [],
    }  # fmt: skip
    return {**usual, **more}


GROUPS: dict[str, Any] = {
    **shell("groups"),
    "data_as_of": at(20, 10, 30),
    "export_url": "/c/groups?format=csv",
    "stats": [
        number("客户群", "612", "个", "本周新建 4", "没有解散的客户群", "/c/groups"), number("群内客户", "48,206", "人", "去重 31,770", "群成员里的外部联系人", "/c/groups"),
        number("没回的问题", "17", "个", "超过 30 分钟", "客户提问后 30 分钟没有员工回复", "/c/groups?unanswered=1", 0, bad=True), number("不在存档里", "3", "个", "群主没开通", "存档里一条消息都没有的群", "/c/groups?flag=not_archived"),
    ],
    "filters": [UNITS, choice("purpose", "类型", [("", "全部"), ("community", "社区群"), ("interest", "兴趣群")]), choice("flag", "要注意", [("", "全部"), ("not_archived", "不在存档里"), ("owner_left", "群主离职"), ("unregistered", "没登记")]), words("q", "群名", "群名或群主")],
    "state": None,
    "groups": [
        group("青禾·翠湖社区福利群", "wr01", unanswered=2, flags=[{"text": "疑似广告 1", "kind": "danger"}]),
        group("翠湖长跑团", "wr02", purpose="兴趣群", external=64, messages_7d=208),
        group("滨江宝妈圈", "wr03", owner_name="郑凯", unit_name="滨江支行", external=143, mix=[], messages_7d=None, last_message_at=None, flags=[{"text": "不在存档里", "kind": "warn"}]),
        group("高新读书会", "wr04", owner_name="（已离职）", unit_name="高新支行", external=51, messages_7d=12, flags=[{"text": "群主离职", "kind": "danger"}, {"text": "没登记", "kind": "warn"}]),
    ],
    "page": paging(612, "1–50", "/c/groups?after=wr50"),
}  # fmt: skip
GROUP_RHYTHM: dict[str, Any] = {
    **shell("groups"),
    "back": "/c/groups",
    "day": date(2026, 11, 23),
    "rest_text": "",
    "filters": [UNITS, words("on", "哪一天", ""), choice("state", "状态", [("", "全部"), ("missed", "没发")])],
    "stats": [
        number("要发", "41", "条", "612 个群里", "登记过的群，一群一天最多一条", "/c/groups/rhythm"),
        number("没发", "3", "条", "", "那一天过去了还没有发的", "/c/groups/rhythm?state=missed", 0, bad=True),
    ],
    "tabs": [
        {"text": "周一 11-23", "href": "/c/groups/rhythm?on=2026-11-23", "n": 41, "current": True},
        {"text": "周二 11-24", "href": "/c/groups/rhythm?on=2026-11-24", "n": 12, "current": False},
    ],
    "state": None,
    "posts": [
        {"at": at(20, 9, 30), "name": "翠湖老友群", "href": "/c/groups/wr05", "kind": "长辈群", "owner_name": "李敏", "unit_name": "翠湖支行", "script": "group.elder", "script_title": "长辈群安全提醒",
         "script_href": "/c/library/group.elder", "why": "每周一句防骗话，赶在出门之前", "state_text": "已发", "state_kind": "ok"},
        {"at": at(20, 9, 10), "name": "滨江商户群", "href": "/c/groups/wr06", "kind": "商户群", "owner_name": "郑凯", "unit_name": "滨江支行", "script": "group.trade.code", "script_title": "商户群：收款码每天看一眼",
         "script_href": "/c/library/group.trade.code", "why": "开门之前", "state_text": "没发", "state_kind": "danger"},
    ],
    "page": paging(41, "1–41", None),
}  # fmt: skip
GROUP: dict[str, Any] = {
    **shell("groups", "#A-88251"),
    "g": {"name": "青禾·翠湖社区福利群", "owner_name": "李敏", "unit_name": "翠湖支行", "purpose": "社区群", "created_at": date(2025, 9, 3), "members": 190, "external": 186,
          "flags": [{"text": "疑似广告 1", "kind": "danger"}]},
    "stats": [
        number("成员", "190", "人", "客户 186 · 员工 4", "现在在群里的", "#members"), number("已实名", "171", "人", "91.9%", "匹配到客户号的", "/c/customers?group=wr01"),
        number("7 日消息", "412", "条", "38 人发言", "存档里的消息", "/c/audit?room=wr01"), number("没回的问题", "2", "个", "最久 42 分钟", "超过 30 分钟", "/c/audit?room=wr01&unanswered=1", 0, bad=True),
        number("一致发送", "96.4", "%", "27 / 28 条", "与审核内容逐字一致", "/c/audit?room=wr01&wording=differs"),
    ],
    "span_text": "近 7 天",
    "talk_url": "/c/audit?room=wr01",
    "state": None,
    "days": [
        {"on": date(2026, 11, 20), "events": [
            happened("danger", "warn", "“小周优贷”发出外部链接，命中 R-030", at(20, 10, 23), parts=[("", "小周优贷：年化 8%，"), ("hit", "保本"), ("", "保息，名额有限")], href="/c/alerts/145", link="预警 145", badges=[{"text": "处理中", "kind": "warn"}]),
            happened("ok", "in", "“小周优贷”进群（扫码）", at(20, 10, 21)),
            happened("warn", "help", "2 个问题没有回", at(20, 10, 0), parts=[("", "存单能不能提前支取一部分？")], href="/c/audit?room=wr01&at=1284201", link="看会话"),
            happened("send", "send", "李敏发送“早安与网点营业时间”", at(20, 9, 0), badges=[{"text": "与审核一致", "kind": "ok"}]),
        ]},
        {"on": date(2026, 11, 19), "events": [
            happened("", "out", "1 位客户退群", at(19, 20, 14)),
            happened("", "people", "群主由 王芳 改为 李敏", at(19, 9, 30)),
        ]},
    ],
    "older_url": "/c/groups/wr01?before=2026-11-13",
    "coverage": {"ok": True, "title": "存档连续，没有缺号", "text": "最近一条 今天 10:23", "facts": [("存档成员", "李敏、王芳", ""), ("同意存档的客户", "171 / 186", "num"), ("没有同意", "15 人，消息仍存，本人可要求停用", "")], "actions": []},
    "findings_url": "/c/audit?room=wr01&hit=1",
    "findings": [{"rule": "R-030", "name": "疑似广告", "at": at(20, 10, 23), "by": "小周优贷", "state_text": "处理中", "kind": "danger", "href": "/c/alerts/145"}],
    "mix": MIX,
    "members": [
        {"name": "李敏", "href": None, "kind_text": "员工 · 群主", "joined_at": date(2025, 9, 3), "left_at": None, "messages": 61},
        {"name": "周*兰", "href": "/c/customers/9f2c", "kind_text": "客户 · 已实名", "joined_at": date(2025, 9, 4), "left_at": None, "messages": 12},
        {"name": "小周优贷", "href": None, "kind_text": "外部 · 未匹配", "joined_at": date(2026, 11, 20), "left_at": date(2026, 11, 20), "messages": 1},
    ],
    "members_url": "/c/groups/wr01?members=all",
}  # fmt: skip

PARTS = [("var", "客户称呼"), ("", "您好，我是青禾银行的"), ("var", "客户经理简称"), ("", "。您有一笔"), ("var", "产品名称"), ("", "将在"), ("var", "到期日"), ("", "到期，本金"), ("var", "本金"), ("", "。"),
         ("del", "现在续存利率很划算，错过就没有了。"), ("ins", "您方便时我帮您看看怎么安排更合适，到店或电话都可以。"), ("ins", "利率以网点公示为准。")]  # fmt: skip
SAMPLE = {"to": "周*兰（样本）", "by": "李敏", "parts": [("", "周阿姨您好，我是青禾银行的小李。您有一笔整存整取将在11月23日到期，本金20万元。您方便时我帮您看看怎么安排更合适，到店或电话都可以。利率以网点公示为准。")], "note": "样本客户，数据为示例"}  # fmt: skip
CHECKS = [
    {"level": "ok", "name": "禁用词", "text": "未发现。上一版的“错过就没有了”已删除", "href": None, "link": ""},
    {"level": "ok", "name": "承诺收益", "text": "未发现承诺收益、保本、排名等表述", "href": None, "link": ""},
    {"level": "ok", "name": "必备提示", "text": "涉及利率，已含“以网点公示为准”", "href": None, "link": ""},
    {"level": "warn", "name": "重复内容", "text": "与话术 1020 相似 92%，建议合并或停用其一", "href": "/c/library/1020", "link": "对比"},
    {"level": "note", "name": "图片文字", "text": "本条无图片", "href": None, "link": ""},
]  # fmt: skip
STEPS = [
    {"state": "done", "text": "张帆提交", "small": "11-19 16:20 · 总行零售"}, {"state": "done", "text": "刘洋业务复核通过", "small": "11-19 17:05 · “口径与通报一致”"},
    {"state": "cur", "text": "合规终审（你）", "small": "应在 11-20 16:20 前完成"}, {"state": "", "text": "发布到全行 27 个网点", "small": "316 位客户经理可用"},
]  # fmt: skip
HASH = "5e1c09d4a77b42f08d6b3f9a1c2e7d5544aa8801b2c3d4e5f60718293a4b5c6d"
REVIEW: dict[str, Any] = {
    **shell("review"),
    "filters": [choice("kind", "类型", [("", "全部"), ("single", "单聊话术"), ("group", "群话术")]), choice("unit", "提交机构", [("", "全部"), ("hq", "总行零售")])],
    "pace": "平均审核用时 3.2 小时 · 承诺 1 个工作日",
    "tabs": [tab("待我审", "/c/review", 12, current=True), tab("我已审", "/c/review?mine=done"), tab("全部", "/c/review?all=1")],
    "queue": [
        {"title": "定期到期提醒（简版）第 4 版", "kind": "话术", "by": "张帆 · 总行零售", "wait": "等了 18 小时", "late": False, "current": True, "href": "/c/review/1204"},
        {"title": "存单到期怎么办 · 直播预告", "kind": "图文", "by": "周晨 · 总行消保", "wait": "今天 17:00 前", "late": True, "current": False, "href": "/c/review/1211"},
        {"title": "代发客户专属活动页", "kind": "链接", "by": "滨江支行", "wait": "等了 1 天", "late": True, "current": False, "href": "/c/review/1198"},
    ],
    "item": {
        "title": "定期到期提醒（简版）", "badges": [{"text": "话术 1204", "kind": ""}, {"text": "第 4 版", "kind": "info"}, {"text": "单聊", "kind": ""}],
        "about": "适用客群 稳健养老、代发白领 · 不含产品推荐 · 提交理由：按监管通报统一到期提醒口径",
        "tabs": [tab("与第 3 版对比", "/c/review/1204", current=True), tab("全文", "/c/review/1204?view=full"), tab("全部版本", "/c/library/1204")],
        "parts": PARTS, "fields_note": "变量 5 个：客户称呼、客户经理简称、产品名称、到期日、本金。发送时由核心系统填，缺一个就不能发。", "sample": SAMPLE, "checks": CHECKS, "steps": STEPS, "template_hash": HASH,
        "decision": {"action": "/c/review/1204/decide", "valid_until": date(2026, 12, 31), "latest": date(2027, 11, 19), "options": [
            {"value": "approve", "text": "通过", "note": "发布后立即可用，第 3 版同时停用", "allowed": True}, {"value": "return", "text": "退回修改", "note": "回到提交人，保留本次检查结果", "allowed": True}, {"value": "reject", "text": "驳回", "note": "本版作废，需重新提交", "allowed": True}]},
        "rule_note": "提交人张帆、复核人刘洋不能终审本条。通过后生成内容指纹，发送时逐字比对。",
    },
}  # fmt: skip
REVIEW_OWN = {
    **REVIEW,
    "item": {**REVIEW["item"], "decision": None, "rule_note": "这一条是你提交的，要由另一个人审。"},
}
REVIEW_EMPTY = {
    **REVIEW,
    "queue": [],
    "item": None,
    "tabs": [tab("待我审", "/c/review", 0, current=True)],
}


VERSION: dict[str, Any] = {
    "version": 4, "href": "/c/library/1187?version=4", "state_text": "已发布", "state_kind": "ok", "author_name": "张帆", "created_at": at(2, 9, 12), "decided_by_name": "何静", "decided_at": at(3, 10, 4),
    "valid_from": date(2026, 11, 3), "valid_until": date(2026, 12, 31), "template_hash": HASH, "compare_url": "/c/library/1187?version=4&against=3",
}  # fmt: skip
SCRIPT: dict[str, Any] = {
    **shell("library"),
    "s": {"code": "1187", "title": "定期到期提醒", "state_text": "已发布", "state_kind": "ok", "new_version_url": "/c/library/1187/new"},
    "shown": {"version": 4, "compared_text": "与第 3 版对比", "tabs": [tab("全文", "/c/library/1187?version=4"), tab("与第 3 版对比", "/c/library/1187?version=4&against=3", current=True)], "parts": PARTS, "fields_note": "", "sample": SAMPLE},
    "versions": [VERSION, {**VERSION, "version": 3, "state_text": "已停用", "state_kind": "", "compare_url": None, "decided_by_name": "", "decided_at": None}],
    "facts": [("场景", "定期到期前 7 天", ""), ("用途", "服务", ""), ("形式", "单聊", ""), ("客群", "全部", ""), ("近 30 天发送", "2,104", "num"), ("回复率", "41.0%", "num"), ("与存档一致", "99.8%", "num")],
    "checks": CHECKS[:3],
    "used": [{"icon": "cal", "title": "每日计划 · 定期到期", "text": "到期前 7 天、1 天", "n": 1618, "href": "/c/plans"}],
    "steps": STEPS,
    "retire": {"action": "/c/library/1187/retire", "text": "316 位客户经理将不能再发送它，已发出的不受影响。"},
}  # fmt: skip
EDIT: dict[str, Any] = {
    **shell("library"),
    "boxes": [{"name": "tiers", "label": "只给哪些层级", "options": [("高端", "高端", True), ("私行", "私行", False)], "note": "不选就是不限层级"}],
    "heading": "话术 1187 的新版本",
    "back_url": "/c/library/1187",
    "action": "/c/library/1187/new",
    "error": None,
    "form": {"code": "1187", "code_fixed": True, "title": "定期到期提醒", "template": "{{customer_title}}您好，您有一笔{{product_name}}将在{{matures_on}}到期。", "reason": "", "valid_from": None, "valid_until": date(2027, 6, 30)},
    "fields": [{"name": "{{customer_title}}", "text": "客户称呼"}, {"name": "{{product_name}}", "text": "产品名称"}, {"name": "{{matures_on}}", "text": "到期日"}],
    "choices": [{"name": "scene", "label": "场景", "value": "maturity.deposit.t7", "options": [("maturity.deposit.t7", "定期到期前 7 天")]}, {"name": "purpose", "label": "用途", "value": "service", "options": [("service", "服务"), ("care", "关怀")]}, {"name": "form", "label": "形式", "value": "single", "options": [("single", "单聊")]}],
    "checks": CHECKS[:4],
}  # fmt: skip

PREVIEW: dict[str, Any] = {
    **shell("review"),
    "title": "稳健理财开放日", "version_text": "第 2 版", "back_url": "/c/review/1204", "about": "单聊 · 面向 老年", "summary": "2 位样本客户：1 位现在可以发，1 位不可以", "state": None, "note": "姓名已脱敏。",
    "customers": [
        {"name": "周*兰", "number": "****3821", "href": "/c/customers/1", "tier": "高端", "personas": "老年", "risk": "C2", "unit_name": "翠湖支行", "owner_name": "李敏", "verdict": "pass", "verdict_text": "可以发", "parts": [("var", "周*兰"), ("", "您好，天气转凉，记得添衣。")], "reasons": []},
        {"name": "陈*", "number": "****7742", "href": "/c/customers/2", "tier": "中端", "personas": "老年", "risk": "没有测评", "unit_name": "滨江支行", "owner_name": "郑凯", "verdict": "block", "verdict_text": "不可以发", "parts": [], "reasons": [{"code": "E-4013", "saying": "客户没有风险测评，不能收到投资类内容。", "detail": "R2"}]},
    ],
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_review_preview": (
        "console/review_preview.html",
        "GET /c/review/{version_id}/preview",
        PREVIEW,
    ),
    "console_groups": ("console/groups.html", "GET /c/groups", GROUPS),
    "console_group_rhythm": (
        "console/group_rhythm.html",
        "GET /c/groups/rhythm?unit=&on=&state=&after=",
        GROUP_RHYTHM,
    ),
    "console_group": ("console/group.html", "GET /c/groups/{chat_id}", GROUP),
    "console_review": ("console/review.html", "GET /c/review, GET /c/review/{version_id}", REVIEW),
    "console_review_own": ("console/review.html", "GET /c/review/{version_id}", REVIEW_OWN),
    "console_review_empty": ("console/review.html", "GET /c/review", REVIEW_EMPTY),
    "console_script": ("console/script.html", "GET /c/library/{code}?version=&against=", SCRIPT),
    "console_script_edit": (
        "console/script_edit.html",
        "GET /c/library/new, GET /c/library/{code}/new",
        EDIT,
    ),
    "console_checks": (
        "console/_checks.html",
        "POST /c/library/check (HX-Request)",
        {**shell("library"), "checks": CHECKS},
    ),
}
