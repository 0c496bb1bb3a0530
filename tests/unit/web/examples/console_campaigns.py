"""Contexts of the pages about campaigns."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import paging, shell
from tests.unit.web.examples.moments import NOW

HERE = "/c/campaigns/3"
ERROR = {
    "what": "准备还没有做齐，活动不能提交", "saw": "还差 需求排查", "where": "/c/preparations/1",
    "do": "把三个问题和四项准备写清楚再提交", "code": "E-2722",
}  # fmt: skip
STAT: dict[str, Any] = {
    "name": "触达组", "value": "360", "unit": "户", "note": "", "how": "按波次联系的客户",
    "href": f"{HERE}?arm=treated#list", "direction": 0, "bad": False,
}  # fmt: skip
WAVE: dict[str, Any] = {
    "number": 1, "on": date(2026, 11, 20), "channel": "待办", "who": "全部客户",
    "words": [("var", "客户称呼"), ("", "，天冷了，出门记得添衣。")], "over": True, "script": "winter.todo", "version": 1,
    "script_href": "/c/library/winter.todo", "ran_on": date(2026, 11, 20),
    "outcomes": [{"text": "已交给经理", "kind": "ok", "n": 45, "href": f"{HERE}?wave=1&outcome=queued#list"}],
    "others": [("winter.more", "换个说法")], "asked": None, "action": f"{HERE}/waves/1",
}  # fmt: skip
LINE: dict[str, Any] = {
    "customer": "张**", "href": "/c/customers/9", "member": "李敏", "unit_name": "翠湖支行",
    "arm_text": "触达组", "arm_kind": "info", "outcome_text": "已交给经理", "outcome_kind": "ok",
    "why": "", "answered_at": NOW,
}  # fmt: skip
SHARE: dict[str, Any] = {
    "name": "翠湖支行", "customers": 400, "treated": 360, "handed": 45, "answered": 3,
    "ratio": 0.125, "href": f"{HERE}?unit=01#list", "treated_href": f"{HERE}?unit=01&arm=treated#list",
    "handed_href": f"{HERE}?unit=01&outcome=queued#list",
    "answered_href": f"{HERE}?unit=01&arm=treated&answered=1#list",
}  # fmt: skip
MEANS: dict[str, Any] = {
    "numbers": [("客户", "400 户", "num"), ("触达组", "约 360 户", "num")],
    "waves": ["第 1 波 11-20 待办：全部触达组，每位经理一天最多 15 件，最忙的一位要 8 天"],
    "warnings": ["3 户没有管户经理，谁也不会联系他们。"], "more": 2,
    "rows": [{"member": "李敏", "unit_name": "翠湖支行", "customers": 130, "treated": 117,
              "friends": 90, "waiting": 6, "days": 8}],
}  # fmt: skip
ONE: dict[str, Any] = {
    **shell("campaigns", "access:hq#31"),
    "title": "冬季关怀", "state_text": "进行中", "state_kind": "info", "cause": "",
    "goal": "让客户见到客户经理一次", "back": "/c/campaigns", "here_path": HERE, "stats": [STAT] * 5,
    "tabs": [{"text": "全部客户", "href": f"{HERE}#list", "n": 400, "current": True}],
    "lines": [LINE], "state": None, "page": paging(1, "1 条"),
    "waves": [
        WAVE,
        {**WAVE, "number": 2, "others": [], "ran_on": None, "outcomes": [],
         "asked": {"script": "winter.all", "reason": "换个说法", "refused": ""}},
    ],
    "facts": [("类型", "渗透", ""), ("抽签种子", "ab12", "mono")],
    "team": [("项目负责人", "王珊", ""), ("复盘日", "2026-12-31", "num")], "tasks": [],
    "standing": {"title": "触达客户", "value": 45, "target": 300, "unit": "户", "ratio": 0.15,
                 "customers": 45, "href": f"{HERE}?arm=treated&kpi=1#list"},
    "money": {"spent": "1,280.00", "budget": "5,000.00", "most": "5,250.00", "over": False,
              "ratio": 0.256, "rows": [{"on": date(2026, 11, 21), "what": "贺卡 300 张",
                                        "amount": "1,280.00", "by": "王珊"}]},
    "not_done": [{"text": "打开了没有做", "n": 4, "href": "/c/todos?view=list&campaign=cmp.1&why=opened#list"}],
    "units": [SHARE, SHARE], "managers": [{**SHARE, "name": "李敏", "unit_name": "翠湖支行"}],
    "spending": True, "means": None, "in_wave": True, "preparation": "/c/preparations/1",
    "estimate": f"{HERE}/estimate", "deciding": None, "stopping": True, "reviewing": False, "result": "",
}  # fmt: skip
STOPPED: dict[str, Any] = {
    **ONE, "state_text": "已停止", "state_kind": "danger", "cause": "口径有误", "stopping": False,
    "reviewing": True, "lines": [{**LINE, "outcome_text": "", "answered_at": None, "why": "客户退订"}],
    "tasks": [{"member": "李敏", "unit_name": "翠湖支行", "customers": 8, "at": NOW, "cause": "活动停止，已在企业微信取消"}],
}  # fmt: skip
WAITING: dict[str, Any] = {
    **ONE, "state_text": "待批准", "state_kind": "warn", "stats": [],
    "deciding": {"refused": "您提交的，要由另一位同事批准。"}, "result": "做得不错",
    "means": MEANS, "standing": None, "units": [], "managers": [], "not_done": [], "in_wave": False,
}  # fmt: skip
ESTIMATE: dict[str, Any] = {
    **shell("campaigns"),
    "title": "冬季关怀", "back": HERE, "says": "每位客户每天最多 1 次，谁发的都算。",
    "waves": [("第 2 波 2026-12-02", f"{HERE}/estimate?wave=2", True)], "stats": [STAT],
    "list_title": "到不了的客户", "state": None, "page": paging(1, "1 条"),
    "lines": [{
        "customer": "张**", "href": "/c/customers/9", "member": "李敏", "unit_name": "翠湖支行",
        "fate_text": "别处用完", "fate_kind": "warn", "why": "别处的群发已把企业微信的次数用完",
        "outside": 1, "ours": 0,
    }],
}  # fmt: skip
NEW: dict[str, Any] = {
    **shell("campaigns"),
    "back": "/c/campaigns", "error": ERROR,
    "given": {
        **dict.fromkeys(("kind", "measure", "target", "starts_on", "ends_on", "review_on", "segment", "preparation"), ""),
        "title": "冬季关怀", "goal": "见一次", "owner": "000101", "budget": "0", "overrun": "0",
        "hold_out": "10", "per_day": "15",
    },
    "kinds": [("penetrate", "渗透")], "measures": [("reached", "触达客户（户）")],
    "segments": [("grown", "成年客户")], "preparations": [("1", "四季度准备")],
    "departments": [("retail", "零售部", True)],
    "units": [{"id": "01", "name": "翠湖支行", "on": False}],
    "waves": [
        {"number": 1, "script": "todo:winter.todo", "day": "2026-11-25"},
        {"number": 2, "script": "", "day": ""}, {"number": 3, "script": "", "day": ""},
    ],
    "scripts": [("待办", [("todo:winter.todo", "天冷添衣")]), ("群发", [])],
    "means": None, "seen": "",
    "limits": {"hold_out": "0% 到 50%", "per_day": 60, "budget": "5,000,000", "gap": 3},
}  # fmt: skip
SEEN: dict[str, Any] = {**NEW, "error": None, "means": MEANS, "seen": "ab" * 16}
SEASONS: dict[str, Any] = {
    **shell("campaigns"),
    "year": 2026, "back": "/c/campaigns", "before_url": "/c/campaigns/seasons?year=2025",
    "after_url": "/c/campaigns/seasons?year=2027",
    "seasons": [
        {"title": "3 季度 · 体验", "span": "07-01 至 09-30", "now": False, "campaigns": []},
        {"title": "4 季度 · 提升", "span": "10-01 至 12-31", "now": True, "campaigns": [
            {"title": "冬季关怀", "href": HERE, "kind": "渗透", "span": "11-20 至 12-20", "waves": "11-20、11-27", "state_text": "进行中", "state_kind": "info"},
        ]},
    ],
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "campaign": ("console/campaign.html", "GET /c/campaigns/{campaign_id}", ONE),
    "campaign_stopped": ("console/campaign.html", "GET /c/campaigns/{campaign_id}", STOPPED),
    "campaign_waiting": ("console/campaign.html", "GET /c/campaigns/{campaign_id}", WAITING),
    "campaign_estimate": (
        "console/campaign_estimate.html",
        "GET /c/campaigns/{campaign_id}/estimate",
        ESTIMATE,
    ),
    "campaign_new": ("console/campaign_new.html", "GET /c/campaigns/new", NEW),
    "campaign_seen": ("console/campaign_new.html", "POST /c/campaigns", SEEN),
    "campaign_seasons": ("console/campaign_seasons.html", "GET /c/campaigns/seasons", SEASONS),
}
