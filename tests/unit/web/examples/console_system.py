"""Health, set-up, people, and the refusals of the desk."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import SEAL, SHELL, UNITS, choice, paging, shell, words
from tests.unit.web.examples.moments import NOW, at


def check(name: str, what: str, text: str, **more: Any) -> dict[str, Any]:
    """One dependency or job."""
    usual: dict[str, Any] = {
        "name": name,
        "what": what,
        "state_text": "正常",
        "state_kind": "ok",
        "at": NOW,
        "took_ms": 84,
        "trend": [80, 82, 79, 90, 84, 86, 83, 84],
        "text": text,
        "do": "",
        "command": "",
        "href": None,
        "link": "",
    }
    return {**usual, **more}


STEP_NAMES = [
    "企业与应用凭证",
    "可信域名与 IP 白名单",
    "通讯录与客户联系权限",
    "回调地址",
    "聊天工具栏页面",
    "客户数据导入",
    "会话存档密钥",
    "角色与机构",
    "新私钥（版本 4）",
]
STEP_NOTES = [
    "ww0000…demo",
    "scrm.qinghe.example",
    "316 位客户经理",
    "已验签",
    "客户、群 2 个入口",
    "字段映射 14/14",
    "版本 3",
    "5 种角色，27 个网点",
    "11-29 前完成",
]
HEALTH: dict[str, Any] = {
    **shell("health"),
    "summary": {"text": "1 项要看", "kind": "warn"},
    "checked_at": NOW,
    "checks": [
        check("会话存档", "按序号续传、逐条解密", "收到第 1,284,966 号，缺号待确认 3，隔离 0。", do="看原因：", command="gengyun archive status", state_text="要看一下", state_kind="warn", at=at(20, 10, 36), took_ms=None, trend=[]),
        check("数据库 · 业务库", "PostgreSQL", "结构版本 0001", at=None, took_ms=None, trend=[]),
        check("客户数据", "行内文件", "各类最近一次共拒收 3 行。", href="/c/imports/903", link="看拒收", at=at(20, 7, 18), took_ms=None, trend=[]),
        check("任务 · 编排当天提醒", "plan", "上次用时 41.3 秒，近 24 小时没有失败", at=at(20, 6, 30), took_ms=41_300),
        check("会话存档", "按序号续传、逐条解密", "没有设置会话存档的密钥", state_text="没有启用", state_kind="", at=None, took_ms=None, trend=[]),
    ],
    "inbox": [{"text": "在等", "n": 0, "bad": False, "command": "gengyun inbox list --state new", "href": None}, {"text": "五次没成，等人看", "n": 2, "bad": True, "command": "gengyun inbox list --state dead", "href": None}],
    "outbox": [{"text": "结果不明", "n": 1, "bad": True, "command": "gengyun outbox list --state unknown", "href": "/c/work?kind=send_unknown"}],
    "archive": [("存入", "1,284,963 条", "num"), ("没有下落", "0 个", "num")],
    "setup_url": "/c/setup",
    "steps": [{"state": "done" if i < 8 else "", "text": name, "small": note} for i, (name, note) in enumerate(zip(STEP_NAMES, STEP_NOTES, strict=True))],
    "seal": {**SEAL, "title": "1,284,966 条全部一致", "text": "今天 06:00 全量核验，用时 42 秒", "actions": []},
}  # fmt: skip
HEALTH_IT: dict[str, Any] = {
    **HEALTH, "summary": {"text": "一切正常", "kind": "ok"}, "archive": [], "setup_url": None,
    "seal": {**SEAL, "ok": False, "title": "send:0101 第 12 条：这一条被删除", "actions": [{"text": "看它前面的一条", "href": "/c/interactions/send%3A0101/11", "kind": "danger", "icon": "right"}]},
}  # fmt: skip
SETUP_STEP: dict[str, Any] = {
    "name": "企业 ID", "note": "ww0000…demo", "state": "done", "state_text": "好了", "state_kind": "ok", "seen_at": NOW, "missing": "",
    "settings": [
        {"name": "企业 ID", "setting": "GENGYUN_WECOM__CORP_ID", "value": "ww0000…demo", "where": "管理后台 → 我的企业 → 企业信息 → 最下方", "copy_text": ""},
        {"name": "回调地址", "setting": "填到企业微信", "value": "https://scrm.qinghe.example/wecom/callback", "where": "本应用 → 接收消息", "copy_text": "https://scrm.qinghe.example/wecom/callback"},
    ],
}  # fmt: skip
SETUP: dict[str, Any] = {
    **shell("setup"),
    "summary": {"text": "缺 1 步", "kind": "danger"},
    "environment": "生产",
    "steps": [
        SETUP_STEP,
        {**SETUP_STEP, "name": "自建应用", "state": "bad", "state_text": "缺", "state_kind": "danger", "missing": "缺 AgentId 或 Secret。", "settings": [{"name": "Secret", "setting": "GENGYUN_WECOM__SECRET", "value": "没有设置", "where": "应用管理 → 自建应用 → Secret", "copy_text": ""}, {"name": "Token", "setting": "GENGYUN_WECOM__CALLBACK_TOKEN", "value": "已设置", "where": "本应用 → 接收消息", "copy_text": ""}]},
        {**SETUP_STEP, "name": "侧边栏", "state": "", "state_text": "还没见到效果", "state_kind": "warn", "seen_at": None},
    ],
    "keys": [("字段加密密钥", "版本 1、2", ""), ("检索密钥", "已设置", "")],
    "limits": [("不动多久要重新登录", "30 分钟", "num")],
}  # fmt: skip
GRANT: dict[str, Any] = {"text": "合规审计", "kind": "ok", "scope": "青禾银行", "by": "高远", "at": date(2026, 3, 2), "until": None, "soon": False, "over": False}  # fmt: skip
PERSON: dict[str, Any] = {
    "name": "何静", "staff_id": "003901", "active": True, "unit_name": "总行", "position": "合规经理", "grants": [GRANT], "licences": "", "in_wecom": True, "signed_in_at": NOW, "sign_out_url": "/c/people/003901/sign-out",
}  # fmt: skip
PEOPLE: dict[str, Any] = {
    **shell("people", "access:hq#88290"),
    "filters": [words("q", "找人", "姓名、工号或企业微信账号"), UNITS, choice("role", "角色", [("", "全部"), ("rm", "客户经理"), ("compliance", "合规审计")])],
    "state": None,
    "people": [
        PERSON,
        {**PERSON, "name": "李敏", "staff_id": "003127", "licences": "基金 2027-05", "grants": [{**GRANT, "text": "网点负责人", "kind": "info", "scope": "翠湖支行", "until": date(2026, 11, 21), "soon": True}, {**GRANT, "until": date(2026, 11, 1), "over": True}], "sign_out_url": None},
        {**PERSON, "name": "周晨", "staff_id": "002777", "active": False, "position": "", "in_wecom": False, "grants": [{**GRANT, "text": "客户经理", "kind": "", "scope": "本人管户", "by": "人员文件", "at": None}], "signed_in_at": None, "sign_out_url": None},
    ],
    "page": paging(331, "50 条", "/c/people?after=003150"),
    "roles": [{"text": "客户经理", "n": 316, "href": "/c/people?role=rm"}, {"text": "合规审计", "n": 4, "href": "/c/people?role=compliance"}],
    "units": [{"name": "青禾银行", "depth": 0, "kind_text": "总行", "people": 12, "href": "/c/people?unit=hq"}, {"name": "翠湖支行", "depth": 1, "kind_text": "支行", "people": 14, "href": "/c/people?unit=0101"}, {"name": "翠湖社区网点", "depth": 2, "kind_text": "网点", "people": 3, "href": "/c/people?unit=010101"}],
}  # fmt: skip
PEOPLE_NONE: dict[str, Any] = {
    **PEOPLE, "people": [], "units": [],
    "state": {"kind": "no_result", "title": "没有符合条件的人", "text": "试试放宽或去掉一个条件。", "code": "", "action": {"text": "去掉全部条件", "href": "/c/people"}},
}  # fmt: skip
DENIED: dict[str, Any] = {
    **shell(""),
    "state": {
        "kind": "no_permission",
        "title": "你不能查看这段会话",
        "text": "翠湖支行的会话只对本支行和总行审计开放。可申请 24 小时临时授权，由何静审批。",
        "code": "E-3110",
        "action": {"text": "申请临时授权", "href": "/c/people?ask=1"},
    },
}
OVER: dict[str, Any] = {
    **{key: SHELL[key] for key in ("brand", "csrf_token")},
    "state": {"kind": "session_over", "title": "请重新登录", "text": "30 分钟没有操作，为保护客户信息已退出。没有提交的内容已保存为草稿。", "code": "E-3001", "action": {"text": "重新登录", "href": "/c/sign-in"}},
}  # fmt: skip

REFUSAL: dict[str, Any] = {"brand": SHELL["brand"], "state": DENIED["state"]}

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_health": ("console/health.html", "GET /c/health", HEALTH),
    "console_health_it": ("console/health.html", "GET /c/health", HEALTH_IT),
    "console_people_none": ("console/people.html", "GET /c/people", PEOPLE_NONE),
    "console_setup": ("console/setup.html", "GET /c/setup", SETUP),
    "console_people": ("console/people.html", "GET /c/people", PEOPLE),
    "console_denied": ("console/state.html", "4xx, 5xx of a console page", DENIED),
    "console_error": ("console/state.html", "5xx", {**DENIED, "state": {"kind": "error", "title": "核心系统没有响应", "text": "客户资产暂时取不到，其他内容不受影响。", "code": "E-2031", "action": {"text": "现在重试", "href": "/c/"}}}),
    "console_state_fragment": ("console/_state.html", "4xx, 5xx (HX-Request)", DENIED),
    "refusal": ("refusal.html", "a refusal of any page", {**REFUSAL, "surface": "c", "sheet": "console.css"}),
    "refusal_h5": ("refusal.html", "a refusal of any h5 page", {**REFUSAL, "surface": "h5", "sheet": "h5.css"}),
    "refusal_fragment": ("refusal_fragment.html", "a refusal (HX-Request)", REFUSAL),
    "console_session_over": ("console/state_outside.html", "401, or refusals before sign-in", OVER),
}  # fmt: skip
