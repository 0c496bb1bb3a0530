"""The demo: a simulated WeCom window around the real sidebar page."""

from typing import Any

from tests.unit.web.examples.console_shell import SHELL
from tests.unit.web.examples.h5 import CHAT, CONTACT
from tests.unit.web.examples.moments import at

BARE = {key: SHELL[key] for key in ("brand", "csrf_token", "size", "today", "now")}


def step(
    title: str, text: str, state: str = "", href: str | None = None, **more: Any
) -> dict[str, Any]:
    """One step of the guide."""
    return {
        "title": title,
        "text": text,
        "state": state,
        "href": href,
        "new_window": False,
        "action": None,
        **more,
    }


CHAT_PART: dict[str, Any] = {
    "chat": {"name": "周桂兰", "group": False, "members": 2, "url": f"/demo/chat?contact={CONTACT}", "speakers": [("customer", "周桂兰"), ("staff", "李敏")]},
    "messages": [
        {"me": False, "when": at(20, 10, 30), "by": "周桂兰", "text": "小李，在不在", "note": "", "note_kind": ""},
        {"me": True, "when": None, "by": "李敏", "text": "在的周阿姨，您说", "note": "", "note_kind": ""},
        {"me": False, "when": None, "by": "周桂兰", "text": "我那 20 万到期了，你说放哪儿好", "note": "", "note_kind": ""},
    ],
}  # fmt: skip
BEHIND = [
    {"title": "服务端复核", "text": "适当性、授权、频次、时段、有效期：5 项通过", "href": None},
    {"title": "调用企业微信 sendChatMessage", "text": "返回 ok，用时 0.3 秒", "href": None},
    {
        "title": "写入日志 #1284310",
        "text": "摘要 7be2…04d1，接上一条 b1c0…77e2",
        "href": "/c/interactions/1284310",
    },
    {"title": "会话存档比对", "text": "原文与话术 1187 第 4 版逐字一致", "href": None},
]
DEMO: dict[str, Any] = {
    **BARE,
    "steps": [
        step("客户经理：一键发到期提醒", "点右侧“发送”，看聊天窗口", "cur"), step("客户经理：处理总行任务", "待办 7 件，做完一件"),
        step("总行运营：审核一条话术", "看版本对比和自动检查", action={"url": "/demo/role", "text": "换成何静去审核", "fields": [("staff_id", "000104"), ("then", "/c/review")]}), step("合规审计：找到违规承诺", "检索“保本”，导出证据包", "", "/c/audit?q=保本", new_window=True),
        step("动手改一条日志", "看系统怎样指出是哪一条", action={"url": "/demo/tamper", "text": "改一条日志", "fields": []}),
    ],
    "guide_url": f"/demo/steps?contact={CONTACT}",
    "roles": [{"staff_id": "003127", "name": "李敏", "role_name": "客户经理", "current": True}, {"staff_id": "003902", "name": "孙涛", "role_name": "网点负责人", "current": False}, {"staff_id": "003900", "name": "王珊", "role_name": "总行运营", "current": False}, {"staff_id": "003901", "name": "何静", "role_name": "合规审计", "current": False}, {"staff_id": "003903", "name": "高远", "role_name": "科技部", "current": False}],
    "behind": [],
    "chats": [
        {"id": CONTACT, "name": "周桂兰", "group": False, "current": True, "href": "/demo?contact=" + CONTACT, "at": at(20, 10, 36), "last": "我那 20 万到期了，你说放哪儿好"},
        {"id": CHAT, "name": "翠湖社区福利群", "group": True, "current": False, "href": "/demo?chat=" + CHAT, "at": at(20, 10, 23), "last": "小周优贷：[链接]"},
        {"id": "wm2", "name": "陈建国", "group": False, "current": False, "href": "/demo?contact=wm2", "at": None, "last": "好，回头联系"},
    ],
    **CHAT_PART,
    "sidebar_url": f"/h5/?ww_entry=single_chat_tools&ww_contact={CONTACT}&ww_answer=ok",
}  # fmt: skip
SENT = {**DEMO, "behind": BEHIND, "messages": [*CHAT_PART["messages"], {"me": True, "when": None, "by": "李敏", "text": "周阿姨您好，我是青禾银行的小李。您有一笔整存整取将在 11月23日 到期，本金 20 万元。", "note": "✓ 与话术 1187 第 4 版一致，已留痕 #1284310", "note_kind": "ok"}]}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "demo": ("demo/index.html", "GET /demo?contact=|chat=", DEMO),
    "demo_sent": ("demo/index.html", "GET /demo", SENT),
    "demo_chat_fragment": (
        "demo/_chat.html",
        "GET and POST /demo/chat?contact=|chat= (HX-Request)",
        {**BARE, **CHAT_PART},
    ),
    "demo_resetting": ("demo/resetting.html", "POST /demo/reset", BARE),
    "demo_guide_fragment": (
        "demo/_guide.html",
        "GET /demo/steps?contact=|chat= (HX-Request)",
        {**BARE, "steps": DEMO["steps"]},
    ),
    "demo_behind_fragment": (
        "demo/_behind.html",
        "GET /demo/behind (HX-Request)",
        {**BARE, "behind": BEHIND},
    ),
}
