"""The customer's own pages: the link to a real name."""

from datetime import date
from typing import Any

from tests.unit.web.examples.h5 import BRAND

NOTICE: dict[str, Any] = {
    "version": "link-2026-11",
    "title": "绑定前请看清楚",
    "lines": ["我们收集：微信身份标识、姓名与手机号。", "用来做什么：确认您是本行客户。"],
    "agree": "我已阅读，同意为上述用途处理我的信息",
    "choice": [{"purpose": "marketing", "text": "我愿意接收产品与活动信息"}],
}
EVERY: dict[str, Any] = {
    "brand": BRAND,
    "csrf_token": "t" * 64,
    "size": "",
    "hotline": "400-800-1234",
    "here": "/o/link",
}
BEGIN = {**EVERY, "notice": NOTICE, "open": True}
WHO = {**EVERY, "notice": NOTICE, "filled": {"name": "", "phone": ""}, "fault": ""}
CODE = {**EVERY, "digits": 6, "minutes": 5, "fault": ""}
TOLD = {**EVERY, "title": "请重新开始", "lines": ["这次操作已经结束。"], "icon": "clock"}

CHOOSE = {
    **EVERY,
    "token": "t" * 40,
    "choices": [("marketing", "不再接收产品与活动消息", "服务提醒照常")],
}
DONE = {**EVERY, "token": "t" * 40, "choice": "marketing", "title": "产品与活动消息"}

ARTICLE: dict[str, Any] = {
    **EVERY,
    "here": "/o/c",
    "a": {
        "title": "接到“客服退款”电话怎么办",
        "publisher": "青禾银行消费者权益保护部",
        "source": "青禾银行",
        "published_on": None,
        "blocks": [
            {"kind": kind, "text": "先挂断电话", "material": "poster.safety"}
            for kind in ("heading", "text", "item", "quote", "picture")
        ],
    },
    "token": "t" * 40,
    "visit": "",
    "notice": "reading-2026-1",
    "lines": ("用途：个性化推荐。",),
}

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "link_begin": ("link/begin.html", "/o/link", BEGIN),
    "link_closed": ("link/begin.html", "/o/link", {**BEGIN, "open": False, "hotline": ""}),
    "link_who": ("link/who.html", "/o/link/who", WHO),
    "link_who_refused": (
        "link/who.html",
        "/o/link/who",
        {
            **WHO,
            "size": "xl",
            "filled": {"name": "周", "phone": "138"},
            "fault": "请填写 11 位手机号",
        },
    ),
    "link_code": ("link/code.html", "/o/link/code", CODE),
    "link_code_wrong": (
        "link/code.html",
        "/o/link/code",
        {**CODE, "fault": "验证码不对，或已经失效。"},
    ),
    "link_done": ("link/done.html", "/o/link/done", {**EVERY, "bound": True}),
    "link_review": ("link/done.html", "/o/link/done", {**EVERY, "bound": False}),
    "link_told": ("link/told.html", "/o/link/who", TOLD),
    "article_asking": ("reading/article.html", "/o/c/x", {**ARTICLE, "face": "asking"}),
    "article_quiet": ("reading/article.html", "/o/c/x", {**ARTICLE, "face": "quiet"}),
    "article_kept": (
        "reading/article.html",
        "/o/c/x",
        {**ARTICLE, "face": "keeping", "visit": "v" * 40},
    ),
    "staff_card": (
        "staff_card/card.html",
        "/o/card/x",
        {
            **EVERY,
            "c": {
                "name": "李敏",
                "title": "贵宾理财经理",
                "unit_name": "翠湖支行",
                "specialties": ("养老规划",),
                "intro": "从业十二年。",
                "portrait": "portrait.limin",
                "certificates": [
                    {
                        "kind": "基金从业资格",
                        "number": "F3***7788",
                        "issuer": "中国证券投资基金业协会",
                        "valid_until": date(2027, 6, 30),
                    }
                ],
            },
        },
    ),
    "reading_told": (
        "reading/told.html",
        "/o/c/x",
        {**EVERY, "title": "好的", "line": "不记录。", "code": "E-2430", "back": "/o/c/x"},
    ),
    "optout_begin": ("optout/begin.html", "/o/optout", {**EVERY, "here": "/o/optout"}),
    "optout_choose": ("optout/choose.html", "/o/optout", CHOOSE),
    "optout_done": ("optout/done.html", "/o/optout", {**DONE, "heard": False, "proved": False}),
    "optout_undo": ("optout/done.html", "/o/optout", {**DONE, "heard": False, "proved": True}),
    "optout_heard": ("optout/done.html", "/o/optout", {**DONE, "heard": True, "proved": True}),
    "optout_told": (
        "optout/told.html",
        "/o/optout",
        {**EVERY, "title": "链接不完整，或已经失效", "line": "回复“退订”", "code": "E-7507"},
    ),
}
