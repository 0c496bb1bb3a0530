"""Articles, materials and products of the content library: their form, and a product's page."""

from datetime import date
from typing import Any

from tests.unit.web.examples.console_shell import shell


def field(
    name: str, label: str, kind: str = "text", value: str = "", **more: Any
) -> dict[str, Any]:
    """One input of a form."""
    usual: dict[str, Any] = {
        "name": name, "label": label, "kind": kind, "value": value, "options": [], "longest": 120,
        "note": "", "fixed": False,
    }  # fmt: skip
    return {**usual, **more}


ITEM_EDIT: dict[str, Any] = {
    **shell("library"),
    "heading": "资讯 article.safety.refund 的新版本",
    "back_url": "/c/articles",
    "action": "/c/articles/new",
    "multipart": True,
    "error": {"what": "来源应为 1 到 120 个字；自己写的写本行名称", "do": "改好后重新保存", "code": "E-4201"},
    "fields": [
        field("code", "编号", value="article.safety.refund", fixed=True), field("title", "标题", value="接到“客服退款”电话，先做这三步"),
        field("body", "正文", "area", "# 先挂断\n再核实", longest=60_000, note="一行一段"), field("file", "文件", "file", note="按内容识别"),
    ],
    "aside": [
        field("topic", "栏目", "select", "safety", options=[("safety", "防诈与权益保护"), ("life", "生活服务")]),
        field("forms", "可用形式", "boxes", options=[("single", "单聊", True), ("group", "客户群", False)], note="不选就是三种都可以"),
        field("valid_until", "失效", "date", "2027-06-30"),
    ],
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    **shell("library"),
    "name": "青禾稳盈 90 天",
    "code": "QHWY90",
    "badges": [{"text": "在售", "kind": "ok"}, {"text": "在清单里", "kind": "ok"}],
    "back_url": "/c/catalog",
    "list_url": "/c/catalog/QHWY90/list",
    "suits_url": "/c/products/QHWY90",
    "facts": [("类别", "理财", ""), ("本行风险等级", "R2", ""), ("管理人评级", "R2", ""), ("起购或起存", "1 元", "num")],
    "listings": [
        {"title": "第 2 版", "href": "/c/library/product.qhwy90?version=2", "state_text": "在售清单", "state_kind": "ok", "from": None, "until": date(2027, 6, 30), "channels": "侧边栏、待办", "units": "全行", "audience": "全部客群", "raised_by": "张帆", "approved_by": "何静"},
    ],
    "navs": [{"on": date(2026, 11, 20), "nav": "1.0234", "total": "1.0834"}],
    "days": ["2026-12-01 至 2026-12-03"],
}  # fmt: skip
PRODUCT_BARE: dict[str, Any] = {
    **PRODUCT, "badges": [], "listings": [], "navs": [], "days": [], "list_url": None, "suits_url": None,
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_item_edit": ("console/item_edit.html", "GET /c/articles/new", ITEM_EDIT),
    "console_item_new": (
        "console/item_edit.html",
        "GET /c/materials/new",
        {**ITEM_EDIT, "error": None},
    ),
    "console_catalog_product": ("console/catalog_product.html", "GET /c/catalog/{code}", PRODUCT),
    "console_catalog_product_bare": (
        "console/catalog_product.html",
        "GET /c/catalog/{code}",
        PRODUCT_BARE,
    ),
}
