"""The phone pages that do not need a chat: to-dos, outcomes, library, me, branch, refusals."""

from datetime import date
from typing import Any

from tests.unit.web.examples.h5 import CARE, CHAT, CONTACT, LEAFLET, SHELL, script, send
from tests.unit.web.examples.moments import NOW, at


def task(number: int, title: str, line: str, why: str, **more: Any) -> dict[str, Any]:
    """One to-do with the usual ways to do it."""
    usual: dict[str, Any] = {
        "id": number, "title": title, "line": line, "why": why, "due_text": "3 天后到期", "due_kind": "warn",
        "done": False, "result": "", "result_kind": "", "outcome_url": f"/h5/todo/{number}", "call": None,
        "actions": [
            {"text": "去聊天", "primary": True, "contact": CONTACT, "chat": None, "href": None},
            {"text": "已电话", "primary": False, "contact": None, "chat": None, "href": f"/h5/todo/{number}?by=phone"},
            {"text": "改日", "primary": False, "contact": None, "chat": None, "href": f"/h5/todo/{number}"},
        ],
    }  # fmt: skip
    return {**usual, **more}


TASK = task(
    9001,
    "周桂兰 · 定期到期衔接",
    "整存整取 2 年 20.00 万元 · 高端 · 稳健养老",
    "总行活动“岁末到期衔接”· 话术已备好",
)
DIAL: dict[str, Any] = {
    "todo_id": 9005, "text": "上一次没有接通", "going": False, "offered": True, "phone": "138****2071", "objections": [],
}  # fmt: skip
TODO: dict[str, Any] = {
    **SHELL,
    "tab": "todo",
    "plan": {"planned": 18, "done": 3},
    "progress": {"left": 7, "done": 5, "total": 12, "minutes": 25},
    "segments": [
        {"text": "今天", "n": 5, "href": "/h5/todo", "current": True, "late": False},
        {"text": "逾期", "n": 2, "href": "/h5/todo?view=late", "current": False, "late": True},
        {"text": "本周", "n": 9, "href": "/h5/todo?view=week", "current": False, "late": False},
        {"text": "已完成", "n": 5, "href": "/h5/todo?view=done", "current": False, "late": False},
    ],
    "state": None,
    "groups": [
        {"title": "今天", "note": "按到期时间排序", "tasks": [
            TASK,
            task(9002, "陈建国 · 大额转出回访", "昨日转出 35.00 万元至他行 · 高端 · 商贸经营", "流失预警 · 近 3 个月净流出 52 万元", due_text="今天 18:00 前"),
            task(9005, "孙丽 · 定期到期衔接", "整存整取 1 年 8.00 万元", "没有企业微信好友关系，走电话", call=DIAL,
                 actions=[{"text": "已电话", "primary": False, "contact": None, "chat": None, "href": "/h5/todo/9005?by=phone"}]),
            task(9003, "翠湖社区福利群 · 反诈第 14 期", "186 人 · 图文已审核", "总行消保部统一发送", due_text="今天 15:00", due_kind="",
                 actions=[{"text": "去群里发", "primary": True, "contact": None, "chat": CHAT, "href": None}]),
            task(9004, "吴秀英 · 生日关怀", "关怀话术，不含产品", "生日当天 · 每年一次", due_text="今天", due_kind="", done=True,
                 result="已发送 09:12，存档已核对一致", actions=[]),
        ]},
    ],
    "posts": [
        {"name": "翠湖社区福利群", "chat": CHAT, "at": "09:30", "why": "每周一句防骗话，赶在出门之前", "done": False},
        {"name": "翠湖长跑团", "chat": CHAT, "at": "18:00", "why": "周末晨跑之前", "done": True},
    ],
    "moments": [{"title": "晚安一句", "words": "孩子睡了，轮到你了。", "readers": 16, "until": "17:00"}],
    "campaigns": [{"name": "岁末到期衔接行动（第 2 周）", "done": 18, "total": 31, "note": "支行第 3 名，共 9 人 · 本周日 18:00 截止"}],
}  # fmt: skip
TODO_DONE = {
    **TODO, "progress": {"left": 0, "done": 12, "total": 12, "minutes": None}, "todo_count": 0, "groups": [], "campaigns": [], "moments": [], "posts": [],
    "state": {"kind": "done", "title": "今天的事做完了", "text": "明天有 4 件，最早 09:00。", "code": "", "action": None},
}  # fmt: skip

REFUSAL: dict[str, Any] = {
    **SHELL,
    "tab": "customer",
    "contact": CONTACT,
    "name": "周桂兰",
    "choices": [("marketing", "不要产品和活动", "服务提醒照常"), ("all", "什么都不要", "只应答")],
}
LIFE: dict[str, Any] = {
    **SHELL,
    "tab": "customer",
    "contact": CONTACT,
    "name": "周桂兰",
    "choices": [("买房", "前 30 天、当天"), ("生子", "当天"), ("纪念日", "当天")],
    "coming": [
        {"what": "买房", "on": date(2026, 12, 20), "by": "李敏登记", "number": "hand:7:2026-12-20:买房"},
        {"what": "结婚", "on": date(2027, 1, 3), "by": "导入", "number": ""},
    ],
}  # fmt: skip
OUTCOME: dict[str, Any] = {
    **SHELL,
    "tab": "todo",
    "by": "phone",
    "task": {**TASK, "latest_on": date(2026, 11, 23)},
    "outcomes": [
        {"value": "renewed", "text": "已续作", "note": "续存或转购，核心系统会再核对"},
        {"value": "thinking", "text": "考虑中", "note": "2 天后自动再提醒你"},
        {"value": "left", "text": "转他行", "note": "说一下去了哪里、为什么"},
        {"value": "unreachable", "text": "联系不上", "note": "明天换个时间再提醒"},
    ],
    "postpone_days": [date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)],
    "recorded": None,
}
RECORDED = {
    **OUTCOME,
    "postpone_days": [],
    "recorded": {"text": "考虑中", "at": NOW, "by": "电话", "note": "下周二上午到店再谈"},
}

SCRIPTS: dict[str, Any] = {
    **SHELL,
    "tab": "scripts",
    "q": "",
    "scene": "",
    "target": {"contact": CONTACT, "chat": None, "label": "周桂兰", "query": f"contact={CONTACT}"},
    "scenes": [
        {"text": "全部", "n": 126, "href": f"/h5/scripts?contact={CONTACT}", "current": True},
        {"text": "到期", "n": 18, "href": f"/h5/scripts?scene=maturity&contact={CONTACT}", "current": False},
        {"text": "关怀", "n": 32, "href": f"/h5/scripts?scene=care&contact={CONTACT}", "current": False},
        {"text": "预约来访", "n": 6, "href": f"/h5/scripts?scene=appointment&contact={CONTACT}", "current": False},
    ],
    "scripts": [CARE, LEAFLET],
    "nearest": [],
    "hidden_count": 12,
    "state": None,
}  # fmt: skip
NO_SCRIPT = {
    **SCRIPTS, "q": "基金定投", "scripts": [], "hidden_count": 0,
    "nearest": [{"text": "关怀", "n": 32, "href": "/h5/scripts?scene=care", "current": False}],
    "state": {"kind": "no_result", "title": "没有找到“基金定投”", "text": "可以换个说法，或看看相近的场景。", "code": "", "action": None},
}  # fmt: skip

UNMATCHED: dict[str, Any] = {
    **SHELL,
    "contact": CONTACT,
    "nick": "向阳而生",
    "added_on": date(2026, 11, 18),
    "way": "翠湖支行大堂活码",
    "match": {"badge": "未匹配", "kind": "warn", "title": "还不知道这是哪位客户", "work_item": None,
              "text": "手机号和姓名都没有对上行内客户。请客户自己点实名链接，同意后自动匹配。"},
    "invite": script(301, "实名链接", [("", "您好，我是青禾银行客户经理李敏。为了给您提供准确的服务，请点这里确认身份，大约 1 分钟。")], send=send(301)),
    "scripts": [CARE],
}  # fmt: skip
CONFLICT = {
    **UNMATCHED, "invite": None,
    "match": {"badge": "待核对", "kind": "danger", "title": "可能是两位客户中的一位", "work_item": "W-0231",
              "text": "手机号对上一位，实名信息对上另一位。网点核对前不显示任何客户资料。"},
}  # fmt: skip

ME: dict[str, Any] = {
    **SHELL,
    "tab": "me",
    "numbers": [
        {"name": "按时完成", "value": "92.4", "unit": "%", "how": "本月按时完成 ÷ 应完成"},
        {"name": "有效覆盖", "value": "76.1", "unit": "%", "how": "本季度至少一次有效触达 ÷ 好友客户"},
        {"name": "好友客户", "value": "436", "unit": "人", "how": "去重后的外部联系人"},
    ],
    "sends": [
        {"title": "定期到期提醒", "to": "周桂兰", "code": "话术 1187 第 4 版", "at": NOW, "state_text": "待存档核对", "state_kind": "info"},
        {"title": "换季关怀", "to": "陈建国", "code": "话术 0932 第 2 版", "at": at(19, 16, 5), "state_text": "一致", "state_kind": "ok"},
    ],
    "reveals": [{"to": "周桂兰", "at": at(20, 10, 40)}],
}  # fmt: skip

BRANCH: dict[str, Any] = {
    **SHELL,
    "me": {"name": "孙涛", "unit_name": "翠湖支行", "role": "branch", "role_name": "网点负责人"},
    "tab": "home",
    "todo_count": 3,
    "unit": {"name": "翠湖支行", "rank": 1, "of": 27},
    "data_as_of": at(20, 7, 30),
    "numbers": [
        {"name": "任务按时", "value": "96.2", "unit": "%", "how": "按时完成 ÷ 到期应完成"},
        {"name": "有效覆盖", "value": "74.1", "unit": "%", "how": "本季度至少一次有效触达 ÷ 好友客户"},
        {"name": "到期衔接", "value": "88.0", "unit": "%", "how": "到期后 3 日内续作或转购 ÷ 到期笔数"},
    ],
    "spans": [
        {"text": "今天", "href": "/h5/branch", "current": True},
        {"text": "本周", "href": "/h5/branch?span=week", "current": False},
        {"text": "本月", "href": "/h5/branch?span=month", "current": False},
    ],
    "state": None,
    "watch": [
        {"icon": "warn", "kind": "danger", "title": "李敏 1 条高风险预警", "text": "“保本”表述，总行已要求整改，今天 18:00 前回复", "action": "查看", "href": "/h5/todo/9200"},
        {"icon": "clock", "kind": "warn", "title": "3 笔明天到期还没联系", "text": "合计 56.00 万元 · 赵磊 2 笔、陈晨 1 笔", "action": "提醒", "href": "/h5/branch/unreached"},
    ],
    "people": [
        {"name": "王芳", "href": "/h5/branch/staff/003101", "done": 11, "total": 12, "late": 0, "coverage": 0.82, "retention": 0.91, "contacts": 412},
        {"name": "李敏", "href": "/h5/branch/staff/003127", "done": 5, "total": 12, "late": 2, "coverage": 0.761, "retention": 0.89, "contacts": 436},
    ],
}  # fmt: skip

OUTSIDE: dict[str, Any] = {
    **SHELL,
    "tab": "",
    "reason": "这个页面要知道你在和哪位客户聊天，才能显示内容。",
    "code": "",
}


def refused(
    kind: str, title: str, text: str, code: str, action: dict[str, str] | None = None
) -> dict[str, Any]:
    """A whole page that refuses."""
    return {
        **SHELL,
        "tab": "",
        "signed_in": kind != "session_over",
        "state": {"kind": kind, "title": title, "text": text, "code": code, "action": action},
    }


PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "h5_todo": ("h5/todo.html", "GET /h5/todo?view=", TODO),
    "h5_todo_done": ("h5/todo.html", "GET /h5/todo?view=", TODO_DONE),
    "h5_refusal": ("h5/refusal.html", "GET /h5/refusal?contact=", REFUSAL),
    "h5_life": ("h5/life.html", "GET /h5/life?contact=", LIFE),
    "h5_dial": ("h5/_dial.html", "GET /h5/todo/{id}/call", {**SHELL, "d": DIAL}),
    "h5_dial_going": ("h5/_dial.html", "POST /h5/todo/{id}/call", {**SHELL, "d": {**DIAL, "text": "电话平台正在接通", "going": True, "offered": False}}),
    "h5_dial_blocked": ("h5/_dial.html", "409 of POST /h5/todo/{id}/call", {**SHELL, "d": {**DIAL, "text": "", "offered": False, "objections": [
        {"code": "E-4027", "saying": "现在不是可以联系客户的时段。"}]}}),
    "h5_outcome": ("h5/outcome.html", "GET /h5/todo/{id}?by=", OUTCOME),
    "h5_outcome_recorded": ("h5/outcome.html", "POST /h5/todo/{id}/outcome", RECORDED),
    "h5_scripts": ("h5/scripts.html", "GET /h5/scripts?q=&scene=&contact=|chat=", SCRIPTS),
    "h5_scripts_fragment": ("h5/_scripts.html", "GET /h5/scripts (HX-Request)", NO_SCRIPT),
    "h5_scripts_none": ("h5/scripts.html", "GET /h5/scripts", NO_SCRIPT),
    "h5_unmatched": ("h5/unmatched.html", "GET /h5/customer?contact=", UNMATCHED),
    "h5_unmatched_fragment": ("h5/_unmatched.html", "GET /h5/customer?contact= (HX-Request)", UNMATCHED),
    "h5_conflict": ("h5/unmatched.html", "GET /h5/customer?contact=", CONFLICT),
    "h5_me": ("h5/me.html", "GET /h5/me", ME),
    "h5_branch": ("h5/branch.html", "GET /h5/branch?span=", BRANCH),
    "h5_outside": ("h5/outside.html", "GET /h5/outside?why=", OUTSIDE),
    "h5_denied": ("h5/state.html", "403 of any h5 page",
                  refused("no_permission", "这位客户不归你管", "只有管户客户经理和网点负责人能看。要接手，请网点负责人在后台做划转。", "E-3110")),
    "h5_error": ("h5/state.html", "5xx of any h5 page",
                 refused("error", "核心系统没有响应", "客户资产暂时取不到，其他内容不受影响。", "E-2031", {"text": "现在重试", "href": "/h5/"})),
    "h5_session_over": ("h5/state.html", "401 of any h5 page",
                        refused("session_over", "请从企业微信重新打开", "登录超过 8 小时，为保护客户信息已退出。", "E-3001", {"text": "重新登录", "href": "/h5/"})),
    "h5_state_fragment": ("h5/_state.html", "4xx, 5xx of a fragment (HX-Request)",
                          refused("error", "核心系统没有响应", "客户资产暂时取不到，其他内容不受影响。", "E-2031")),
}  # fmt: skip
