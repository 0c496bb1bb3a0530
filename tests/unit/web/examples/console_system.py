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
    "summary": {"text": "1 项需要处理", "kind": "warn"},
    "checked_at": NOW,
    "diagnostics_url": "/c/health/diagnostics",
    "notices": [{"kind": "warn", "title": "会话存档的企业微信公钥将在 9 天后更换。", "text": "请在 11-29 前上传新私钥，旧私钥保留用于历史消息解密。", "href": "/c/setup#step-7", "link": "去更换"}],
    "checks": [
        check("企业微信接口", "access_token、客户联系", "每 110 分钟自动换取凭证"),
        check("事件回调", "加好友、进群、标签变更", "今天收到 4,812 个事件，验签失败 0 个", took_ms=12),
        check("会话存档拉取", "按序号续传", "企业微信侧限频，积压 1,204 条，预计 10:50 追平。", do="不用处理；", command="gengyun archive pull", state_text="延迟 6 分钟", state_kind="warn", at=at(20, 10, 36), took_ms=1900, trend=[1, 1, 2, 2, 4, 6, 6, 6]),
        check("客户数据", "每日文件，07:30 前", "128,640 行，拒收 3 行", href="/c/imports/903", link="看拒收", at=at(20, 7, 18), took_ms=252_000),
        check("任务队列", "提醒、群日历、导出", "等待 3 个，最久等了 2 秒", took_ms=None, trend=[]),
        check("备份", "每日 01:00", "11-18 做过恢复演练，用时 26 分钟", at=at(20, 1, 9), took_ms=580_000),
    ],
    "steps": [{"state": "done" if i < 8 else "cur", "text": name, "small": note} for i, (name, note) in enumerate(zip(STEP_NAMES, STEP_NOTES, strict=True))],
    "seal": {**SEAL, "title": "1,284,966 条全部一致", "text": "今天 06:00 全量核验，用时 42 秒", "actions": []},
}  # fmt: skip
SETUP_STEP: dict[str, Any] = {
    "name": "企业与应用凭证", "state": "done", "state_text": "通过", "state_kind": "ok", "checked_at": NOW, "error": None,
    "settings": [
        {"name": "企业 ID", "setting": "GENGYUN_WECOM__CORP_ID", "value": "ww0000…demo", "where": "企业微信管理后台 → 我的企业 → 企业信息 → 最下方", "copy_text": ""},
        {"name": "回调地址", "setting": "填到企业微信", "value": "https://scrm.qinghe.example/wecom/callback", "where": "应用管理 → 自建应用 → 接收消息", "copy_text": "https://scrm.qinghe.example/wecom/callback"},
    ],
    "test_url": "/c/setup/credentials/test", "test_text": "当场测试", "test_note": "只读取，不改动任何数据",
}  # fmt: skip
SETUP: dict[str, Any] = {
    **shell("setup"),
    "summary": {"text": "1 步没通过", "kind": "danger"},
    "steps": [
        SETUP_STEP,
        {**SETUP_STEP, "name": "可信域名与 IP 白名单", "state": "bad", "state_text": "没通过", "state_kind": "danger", "error": {"what": "企业微信拒绝了这台服务器的 IP", "saw": "60020", "where": "应用管理 → 企业可信 IP", "do": "把 203.0.113.8 加进去，再点“当场测试”", "code": "E-5020"}},
        {**SETUP_STEP, "name": "会话存档密钥", "state": "", "state_text": "还没做", "state_kind": "", "checked_at": None, "settings": [], "test_url": None},
    ],
}  # fmt: skip
PEOPLE: dict[str, Any] = {
    **shell("people"),
    "error": None,
    "filters": [words("q", "找人", "姓名或工号"), UNITS, choice("role", "角色", [("", "全部"), ("rm", "客户经理"), ("compliance", "合规审计")])],
    "state": None,
    "people": [
        {"name": "何静", "staff_id": "003901", "active": True, "roles": [{"text": "合规审计", "kind": "info"}], "scope_text": "全行", "licences": "", "expires_on": None, "expires_soon": False, "signed_in_at": NOW, "sign_out_url": "/c/people/003901/sign-out"},
        {"name": "李敏", "staff_id": "003127", "active": True, "roles": [{"text": "客户经理", "kind": ""}, {"text": "临时 · 网点", "kind": "warn"}], "scope_text": "翠湖支行", "licences": "基金 2027-05", "expires_on": date(2026, 11, 21), "expires_soon": True, "signed_in_at": at(20, 8, 31), "sign_out_url": "/c/people/003127/sign-out"},
        {"name": "周晨", "staff_id": "002777", "active": False, "roles": [], "scope_text": "—", "licences": "", "expires_on": None, "expires_soon": False, "signed_in_at": None, "sign_out_url": None},
    ],
    "page": paging(331, "1–50", "/c/people?after=003150"),
    "grant": {"action": "/c/people/grants", "roles": [("rm", "客户经理"), ("branch", "网点负责人"), ("compliance", "合规审计")], "units": [("hq", "全行"), ("0101", "翠湖支行")]},
    "pending": [{"text": "郑凯 → 临时网点负责人（滨江支行，到 11-27）", "by_name": "孙涛", "at": at(20, 9, 40), "reason": "负责人休假", "action": "/c/people/grants/71"}, {"text": "马超 → 客户经理", "by_name": "何静", "at": at(20, 9, 50), "reason": "新入职", "action": None}],
    "units": [{"name": "青禾银行", "depth": 0, "kind_text": "总行", "people": 12}, {"name": "翠湖支行", "depth": 1, "kind_text": "支行", "people": 14}, {"name": "翠湖社区网点", "depth": 2, "kind_text": "网点", "people": 3}],
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
