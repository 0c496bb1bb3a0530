"""The sidebar of a relationship manager: customer, group, scripts beside the chat."""

from datetime import date
from typing import Any

from kit.web.brand import Brand
from tests.unit.web.examples.moments import NOW, TODAY, at

BRAND = Brand(bank="青禾银行")
CONTACT = "wmqXcQDwAA7nZgY3oM2example01"
CHAT = "wrqXcQDwAAexample0186"
SHELL: dict[str, Any] = {
    "brand": BRAND,
    "csrf_token": "5f0c0b1d",
    "size": "",
    "today": TODAY,
    "now": NOW,
    "sdk": {"script": "fake-ww.js", "corp_id": "ww0000000000000000", "agent_id": "1000002", "demo_post": ""},
    "me": {"name": "李敏", "unit_name": "翠湖支行", "role": "rm", "role_name": "客户经理"},
    "tab": "customer",
    "todo_count": 7,
}  # fmt: skip


def send(
    version_id: int,
    *,
    contact: str | None = CONTACT,
    chat: str | None = None,
    todo: int | None = None,
) -> dict[str, Any]:
    """What the send form posts to /h5/sends."""
    return {"script_version_id": version_id, "todo_id": todo, "contact": contact, "chat": chat}


def script(
    version_id: int, title: str, parts: list[tuple[str, str]], **more: Any
) -> dict[str, Any]:
    """A script card; sendable unless told otherwise."""
    card: dict[str, Any] = {
        "id": version_id, "state": "sendable", "title": title, "kind": "关怀", "kind_style": "ok",
        "code": f"话术 {version_id}", "version": 4, "valid_until": date(2026, 12, 31), "parts": parts,
        "used": "", "media": None, "picture": None, "send": send(version_id), "sent_at": None, "objections": [],
        "preview_url": f"/h5/preview?script_version_id={version_id}&contact={CONTACT}",
    }  # fmt: skip
    return {**card, **more}


MATURITY = script(
    1187,
    "定期到期提醒",
    [
        ("", "周阿姨您好，我是青禾银行的小李。您有一笔"), ("var", "整存整取"), ("", "将在 "), ("var", "11月23日"),
        ("", " 到期，本金 "), ("var", "20 万元"), ("", "。您方便时我帮您看看怎么安排更合适，到店或电话都可以。"),
    ],
    kind="到期", kind_style="warn", send=send(1187, todo=9001),
)  # fmt: skip
CARE = script(
    932, "换季关怀（不含产品）",
    [("", "周阿姨，这两天降温，早晚出门记得添件衣服。青禾网点 11 月起上门为行动不便的老人办业务，需要的话随时告诉我。")],
    valid_until=date(2027, 3, 31), used="你用过 6 次，4 次有回复",
)  # fmt: skip
LEAFLET = script(416, "11 月存款产品一览", [("", "本月在售定期、大额存单期限与利率，以网点公示为准。")],
                 kind="图文", kind_style="info", media="img", code="素材 0416", valid_until=date(2026, 11, 30))  # fmt: skip
FUND = script(
    871, "稳健增利“固收+”基金", [], kind="产品", kind_style="", state="blocked", send=None,
    objections=[{"code": "E-4015", "saying": "产品风险等级高于客户的风险承受等级。请换等级相符的产品，或只发关怀内容。"}],
)  # fmt: skip

NOW_CARD: dict[str, Any] = {
    "todo_id": 9001, "title": "3 天后到期", "kind": "warn", "place": 1, "total": 2,
    "headline": "整存整取 2 年 20.00 万元",
    "why": "11月23日（周一）到期 · 来自核心系统 · 规则“定期到期前 7 天”",
    "script": MATURITY,
    "next_url": f"/h5/customer/now?contact={CONTACT}&place=2",
    "another_url": f"/h5/customer/now?contact={CONTACT}&place=1&other=1188",
    "call_url": "/h5/todo/9001?by=phone",
    "call": None,
}  # fmt: skip

CUSTOMER: dict[str, Any] = {
    **SHELL,
    "contact": CONTACT,
    "c": {
        "name": "周桂兰", "nick": "桂兰花开", "age": 63, "managed_years": 8, "tier": "高端", "aum_band": "50–100",
        "risk": "C2", "risk_name": "稳健型", "risk_expired": False, "last_contact_on": date(2026, 11, 8),
    },
    "personas": [
        {"name": "稳健养老", "c": "p2", "primary": True, "why": "63 岁，定期存款占资产 82%，近 12 个月没有买过权益类产品",
         "since": date(2026, 3, 2), "source": "核心系统持仓、出生日期"},
    ],
    "tags": [
        {"name": "定期为主", "why": "持仓：定期 3 笔，合计占 82%"},
        {"name": "带孙辈", "why": "客户经理李敏 2026-05-11 标记"},
        {"name": "喜欢语音", "why": "近 90 天客户消息中语音占 6 成"},
    ],
    "rights": [
        {"ok": True, "text": "已实名", "why": "2026-03-12 通过实名链接匹配客户号"},
        {"ok": True, "text": "可存档", "why": "2026-03-12 客户同意会话存档"},
        {"ok": True, "text": "可营销", "why": "2026-03-12 客户在“服务授权”同意"},
        {"ok": None, "text": "本月 1/4 次", "why": "营销类每月最多 4 次，服务类另计"},
    ],
    "reads": ["看了《冬天读什么》2 次，最近 11 月 20 日，读到一半"],
    "flow": {
        "place": 3,
        "total": 6,
        "steps": [{"title": "联系计划", "state": "done"}, {"title": "邀约", "state": "now"}],
        "title": "邀约",
        "do": "约一个时间。",
        "why": ["11 月 20 日排进联络计划"],
        "wait": "",
        "scripts_url": "/h5/scripts?contact=wm&step=invite",
        "n": 2,
    },
    "state": None,
    "now_card": NOW_CARD,
    "quiet_note": "没有到期、生日或总行任务。想聊聊天，可以从下面选一条关怀。",
    "scripts": [CARE, LEAFLET, FUND],
    "scripts_total": 126,
    "hidden_count": 31,
    "data_as_of": at(20, 7, 30),
}  # fmt: skip

BLOCKED_NOW = {
    **NOW_CARD,
    "script": {**MATURITY, "state": "blocked", "send": None, "objections": [
        {"code": "E-4027", "saying": "现在不在可以打扰客户的时段。请在时段内再发，或改为明天的待办。"}]},
}  # fmt: skip
SENT_NOW = {**NOW_CARD, "script": {**MATURITY, "state": "sent", "sent_at": NOW}}

PREVIEW: dict[str, Any] = {
    **SHELL,
    "s": MATURITY,
    "checks": [
        {"ok": True, "name": "适当性", "value": "不含产品推荐"},
        {"ok": True, "name": "客户授权", "value": "服务通知 2026-03-12"},
        {"ok": True, "name": "本月触达次数", "value": "服务类第 2 次，上限 8 次"},
        {"ok": True, "name": "发送时段", "value": "08:30–21:00"},
        {"ok": True, "name": "变量来自核心系统", "value": "今天 07:30"},
    ],
}

GROUP_SCRIPT = script(
    655, "提前支取规则说明",
    [("", "定期存款可以部分提前支取一次，支取部分按支取日活期利率计息，剩余部分仍按原利率。具体以存单约定为准，请带身份证和存单到网点办理。")],
    kind="答疑", send=send(655, contact=None, chat=CHAT), preview_url=f"/h5/preview?script_version_id=655&chat={CHAT}",
)  # fmt: skip
GROUP: dict[str, Any] = {
    **SHELL,
    "chat": CHAT,
    "g": {
        "name": "青禾·翠湖社区福利群", "members": 190, "external": 186, "owner_name": "李敏", "purpose": "社区群",
        "known": 171, "speakers_7d": 38, "joined_today": 4, "left_today": 1,
    },
    "mix": [
        {"name": "稳健养老", "n": 78, "c": "p2"}, {"name": "亲子教育", "n": 41, "c": "p3"}, {"name": "代发白领", "n": 33, "c": "p1"},
        {"name": "商贸经营", "n": 19, "c": "p4"}, {"name": "未识别", "n": 15, "c": "p0"},
    ],
    "state": None,
    "can_send": True,
    "now_post": {
        "at": at(20, 15), "scope": "全行 612 个群", "icon": "shield", "title": "反诈小课堂 第 14 期",
        "text": "图文 · 总行消保部 · 素材 0398 已审核",
        "script": script(398, "反诈小课堂 第 14 期", [("", "接到自称客服退款的电话，先挂断，再拨官方号码核实。")], kind="图文", kind_style="info", media="img",
                         send=send(398, contact=None, chat=CHAT), preview_url=f"/h5/preview?script_version_id=398&chat={CHAT}"),
    },
    "issues": [
        {"icon": "help", "kind": "warn", "title": "2 个问题 30 分钟没回", "text": "“存单能不能提前支取一部分？”等", "action": "看问题", "href": "/h5/todo/9107"},
        {"icon": "warn", "kind": "danger", "title": "疑似广告：外部链接", "text": "“小周优贷”10:21 进群，10:23 发出", "action": "处理", "href": "/h5/todo/9108"},
    ],
    "calendar": [
        {"at": at(20, 9), "state": "done", "title": "早安与网点营业时间", "text": "话术 0210 · 12 人互动"},
        {"at": at(20, 15), "state": "next", "title": "反诈小课堂 第 14 期", "text": "图文 · 总行消保部"},
        {"at": at(20, 19), "state": "wait", "title": "直播预告：存单到期", "text": "预计 17:00 前审完"},
    ],
    "scripts": [GROUP_SCRIPT],
    "scripts_total": 41,
    "hidden_count": 23,
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "h5_index": ("h5/index.html", "GET /h5/", SHELL),
    "h5_customer": ("h5/customer.html", "GET /h5/customer?contact=", CUSTOMER),
    "h5_customer_fragment": ("h5/_customer.html", "GET /h5/customer?contact= (HX-Request)", CUSTOMER),
    "h5_customer_xl": ("h5/customer.html", "GET /h5/customer?contact=", {**CUSTOMER, "size": "xl"}),
    "h5_customer_sent": ("h5/customer.html", "GET /h5/customer?contact=", {**CUSTOMER, "now_card": SENT_NOW}),
    "h5_customer_blocked": ("h5/customer.html", "GET /h5/customer?contact=", {**CUSTOMER, "now_card": BLOCKED_NOW}),
    "h5_customer_quiet": ("h5/customer.html", "GET /h5/customer?contact=", {**CUSTOMER, "now_card": None, "scripts": []}),
    "h5_now": ("h5/_now.html", "GET /h5/customer/now (HX-Request)", {**SHELL, "n": NOW_CARD}),
    "h5_card": ("h5/_card.html", "409 of POST /h5/sends", {**SHELL, "s": FUND}),
    "h5_amount": ("h5/_amount.html", "POST /h5/customer/amount (HX-Request)",
                  {**SHELL, "aum_fen": 86_214_533, "hide_after_seconds": 300, "toast": "已显示 5 分钟，本次查看已留痕"}),
    "h5_preview": ("h5/_sheet.html", "GET /h5/preview (HX-Request)", PREVIEW),
    "h5_group": ("h5/group.html", "GET /h5/group?chat=", GROUP),
    "h5_group_fragment": ("h5/_group.html", "GET /h5/group?chat= (HX-Request)", GROUP),
}  # fmt: skip
