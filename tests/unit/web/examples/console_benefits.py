"""Contexts of the pages about benefits, events and referrals."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import paging, shell
from tests.unit.web.examples.moments import NOW

PAGE = paging(1, "1 条")
ROW: dict[str, Any] = {
    "title": "达标有礼：学习积分", "href": "/c/benefits/3", "kind_text": "积分", "form_text": "积分",
    "condition": "参加活动", "value": "500 分", "tiers": "各层级", "from": date(2026, 11, 1),
    "until": date(2026, 12, 31), "held_on": date(2026, 12, 5), "place": "翠湖支行", "seats": 30,
    "granted": 12, "budget": "60 / 5,000 元", "state_text": "可发放", "state_kind": "ok",
    "registered": 4, "attended": 0, "absent": 0,
}  # fmt: skip
LIST: dict[str, Any] = {
    **shell("benefits"),
    "heading": "权益", "is_event": False, "path": "/c/benefits", "filters": [],
    "tabs": [{"text": "全部", "href": "/c/benefits", "n": 1, "current": True}],
    "new_url": "/c/benefits/new?kind=point", "state": None, "benefits": [ROW], "page": PAGE,
}  # fmt: skip
EVENTS: dict[str, Any] = {
    **LIST, **shell("events"), "heading": "活动", "is_event": True, "path": "/c/events", "new_url": None,
}  # fmt: skip
LINE: dict[str, Any] = {
    "customer": "张**", "href": "/c/customers/9", "unit_name": "翠湖支行", "at": NOW,
    "state_text": "有效", "state_kind": "ok", "value": "500 分", "occasion": "推荐亲友", "settle": None,
}  # fmt: skip
ONE: dict[str, Any] = {
    **shell("benefits", "access:hq#12"),
    "benefit": ROW, "is_event": False, "words": "听完一场理财讲座得 500 积分。", "back": "/c/benefits",
    "here": "/c/benefits/3", "facts": [("条件", "参加活动", ""), ("批准的指纹", "ab12", "mono")],
    "findings": ["缺少：退订方式"], "deciding": {"refused": ""}, "withdrawing": True, "most": 200, "giving": True,
    "state": None, "lines": [LINE], "page": PAGE,
}  # fmt: skip
EVENT: dict[str, Any] = {
    **ONE, **shell("events", "access:hq#13"), "is_event": True, "back": "/c/events", "here": "/c/events/3",
    "deciding": {"refused": "您申请的，要由另一位同事批准。"},
    "lines": [{**LINE, "settle": "/c/events/3/places/1"}],
}  # fmt: skip
NEW: dict[str, Any] = {
    **shell("benefits"),
    "back": "/c/benefits",
    "error": {"what": "权益不得以存款为条件", "saw": "存满20万元", "where": "银保监办发〔2018〕48号", "do": "改成参与类的权益", "code": "E-2702"},
    "kinds": [("point", "积分")], "forms": [("points", "积分")], "conditions": [("attend_event", "参加活动")],
    "tiers": [("私行", True), ("高端", False)], "given": {**dict.fromkeys(("form", "condition", "points", "value", "budget", "valid_from", "valid_until", "held_on", "place", "seats"), ""), "kind": "point", "title": "有礼", "words": "存满20万元"},
    "caps": {"grant": "200", "year": "600", "benefit": "200000", "point": 1},
}  # fmt: skip
REFERRALS: dict[str, Any] = {
    **shell("referrals", "access:hq#14"),
    "tabs": [{"text": "全部", "href": "/c/referrals", "n": 1, "current": True}], "state": None,
    "referrals": [{"href": "/c/referrals/1", "referrer": "张**", "referred": "李**", "unit_name": "翠湖支行", "by": "王珊", "at": NOW, "state_text": "待记积分", "state_kind": "warn"}],
    "recording": True, "page": PAGE,
}  # fmt: skip
REFERRAL: dict[str, Any] = {
    **shell("referrals", "access:hq#15"),
    "referral": REFERRALS["referrals"][0], "facts": [("推荐人", "张**", "")], "benefit_url": None,
    "chain": [{"name": "张**", "href": "/c/referrals?person=9"}, {"name": "李**", "href": "/c/referrals?person=10"}],
    "crediting": {"action": "/c/referrals/1/credit", "refused": "", "options": [("3", "推荐积分（500 分）")]},
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "benefits": ("console/benefits.html", "GET /c/benefits", LIST),
    "events": ("console/benefits.html", "GET /c/events", EVENTS),
    "benefit": ("console/benefit.html", "GET /c/benefits/{benefit_id}", ONE),
    "event": ("console/benefit.html", "GET /c/events/{benefit_id}", EVENT),
    "benefit_new": ("console/benefit_new.html", "GET /c/benefits/new", NEW),
    "referrals": ("console/referrals.html", "GET /c/referrals", REFERRALS),
    "referral": ("console/referral.html", "GET /c/referrals/{referral_id}", REFERRAL),
}
