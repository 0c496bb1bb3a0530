"""Contexts of the pages that are one table, of a campaign's preparation, of the day on the phone."""

from typing import Any

from console.tables import cell, column, page_form, row, row_form, table
from tests.unit.web.examples.console_shell import choice, paging, shell
from tests.unit.web.examples.h5 import CONTACT
from tests.unit.web.examples.h5 import SHELL as PHONE
from tests.unit.web.examples.moments import NOW

COUNTS: dict[str, Any] = {
    **shell("duty"),
    **table(
        "联络责任", "/c/duty",
        [column("机构"), column("户数", right=True), column("季度违约", right=True)],
        [row([cell("翠湖支行", "/c/duty?unit=0101&view=list", strong=True), cell("3,120"), cell("41", "/c/duty?show=breach&unit=0101&view=list", bad=True)])],
        total=[cell("合计"), cell("3,120"), cell("41")],
        places=[{"text": "联络责任", "href": "/c/duty", "n": None, "current": True}],
        stats=[{"name": "季度违约", "value": "41", "unit": "户", "note": "太久没有有效联络", "how": "超过季度规则的天数", "href": "/c/duty?show=breach&view=list", "direction": 0, "bad": True}],
        filters=[choice("unit", "机构", [("", "全行"), ("0101", "翠湖支行")])],
        tabs=[{"text": "按机构", "href": "/c/duty", "n": None, "current": True}],
        export_url="/c/daily/export.csv",
        notes=["A 类 14 天，B 类 30 天。"],
    ),
}  # fmt: skip
ROUNDS: dict[str, Any] = {
    **shell("duty", "access:hq#318"),
    **table(
        "盘活轮次", "/c/activation",
        [column("客户"), column("现在这一轮"), column("跳过", right=True), column("办理")],
        [row([cell("周*兰", "/c/customers/1", strong=True), cell("第 2 轮 加企业微信", sub="邀请加企业微信好友"), cell("有提醒", kind="warn")], form=row_form("/c/activation/7", "怎么做的，或为什么", [("done", "完成"), ("skip", "跳过"), ("stop", "停止")]))],
        sub="按次序一轮一轮来",
        forms=[page_form("/c/activation", "开始盘活", inputs=[("title", "名称", "例如：四季度", 60)], hidden=[("unit", "0101")], note="D 类和休眠的客户")],
        page=paging(1, "1 条"),
    ),
}  # fmt: skip
EMPTY: dict[str, Any] = {
    **shell("duty"),
    **table("暂停跟进", "/c/parked", [], [], state={"kind": "first_use", "title": "还没有暂停的客户", "text": "没有客户暂停跟进。", "code": "", "action": None}),
}  # fmt: skip
BOX: dict[str, Any] = {
    "name": "cares", "title": "客户在乎什么", "hint": "这批客户最在意的两三件事", "kind": "question", "action": "/c/preparations/7/cares",
    "filled": True, "content": "到期转存利率，\n和能不能提前支取", "by": "王珊", "at": NOW,
}  # fmt: skip
PREPARATION: dict[str, Any] = {
    **shell("playbooks"), "title": "四季度 5 万元达标有礼", "unit_name": "总行", "by": "王珊", "at": NOW, "ready": False, "missing": ["提升名单"], "may": True,
    "boxes": [BOX, {**BOX, "name": "list", "title": "提升名单", "kind": "preparation", "filled": False, "content": "", "by": "", "at": None}],
}  # fmt: skip
LINE: dict[str, Any] = {
    "id": 41, "place": 1, "name": "周桂兰", "tier": "高端", "why": "到期待办 1 件；生日 11月27日", "done": False, "result": "", "contact": CONTACT, "action": "/h5/day/41",
}  # fmt: skip
DAY: dict[str, Any] = {
    **PHONE, "tab": "todo", "progress": {"total": 2, "done": 1}, "state": None,
    "segments": [{"text": "全部", "n": 2, "href": "/h5/day?view=", "current": True}],
    "lines": [LINE, {**LINE, "id": 42, "place": 2, "done": True, "result": "电话 10:31", "contact": ""}],
    "ways": [("phone", "电话")], "results": [("deal", "成交"), ("no_deal", "没有成交")],
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_table_counts": ("console/table.html", "GET /c/duty", COUNTS),
    "console_table_forms": ("console/table.html", "GET /c/activation", ROUNDS),
    "console_table_empty": ("console/table.html", "GET /c/parked", EMPTY),
    "console_preparation": ("console/preparation.html", "GET /c/preparations/{number}", PREPARATION),
    "console_preparation_ready": ("console/preparation.html", "GET /c/preparations/{number}", {**PREPARATION, "ready": True, "missing": [], "may": False}),
    "h5_day": ("h5/day.html", "GET /h5/day", DAY),
    "h5_day_none": ("h5/day.html", "GET /h5/day", {**DAY, "lines": [], "progress": {"total": 0, "done": 0}, "state": {"kind": "first_use", "title": "今天没有联络计划", "text": "每个工作日早上 06:50 排好。", "code": "", "action": None}}),
}  # fmt: skip
