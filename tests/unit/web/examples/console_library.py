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
        field("body", "正文", "area", "# 先挂断\n再核实", longest=60_000, note="一行一段"), field("file", "文件", "file", note="按内容识别"), field("digest", "", "hidden", "0" * 64),
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


def seen(text: str, kind: str = "", why: str = "") -> dict[str, str]:
    """What one form says to one kind of customer."""
    return {"verdict_text": text, "verdict_kind": kind, "why": why}


TIER_REASON = {"code": "E-4007", "saying": "这条内容不是给这个层级的。请换一条。", "detail": ""}
PREVIEW: dict[str, Any] = {
    **shell("library"),
    "title": "私行读书沙龙邀约",
    "code": "salon.reading",
    "badges": [{"text": "第 2 版", "kind": "info"}, {"text": "审核中", "kind": "warn"}],
    "back_url": "/c/library/salon.reading?version=2",
    "here_path": "/c/library/salon.reading/preview",
    "kept": [{"name": "version", "value": "2"}],
    "about": "单聊 · 面向 私行",
    "filters": [
        {"name": "tier", "label": "层级", "kind": "select", "value": "私行", "options": [("高端", "高端"), ("私行", "私行")], "hint": ""},
        {"name": "beginning", "label": "试一句问候", "kind": "text", "value": "", "options": [], "hint": "试一句问候，看能不能加"},
    ],
    "forms": [
        {"name": "一对一", "to": "私行客户", **seen("可以发", "ok"), "parts": [("var", "周女士"), ("", "您好，冬日读书沙龙。")], "reasons": [], "stranger": [], "picture": None, "without": "没有为这种形式写的文字；要用，请另写一条。"},
        {"name": "客户群", "to": "客户群", **seen("不可以发", "danger"), "parts": [("", "冬日读书沙龙。")], "reasons": [TIER_REASON], "stranger": [TIER_REASON], "picture": "/c/materials/files/" + "0" * 64, "without": ""},
        {"name": "朋友圈", "to": "朋友圈", **seen("不是为朋友圈写的"), "parts": [], "reasons": [], "stranger": [], "picture": None, "without": "没有为这种形式写的文字；要用，请另写一条。"},
    ],
    "variants": [
        {"label": "称呼：女士", "said": "周女士", **seen("可以发", "ok"), "reasons": []},
        {"label": "试的问候", "said": "这款理财真不错", **seen("不能加", "danger"), "reasons": [{"code": "E-4216", "saying": "问候里不能有网址、数字和产品字样", "detail": ""}]},
    ],
    "greet_note": "发送人可以在前面加一句问候，最多 40 个字；其余一个字也不能改。",
    "tiers": [
        {"name": "高端", "href": "/c/library/salon.reading/preview?tier=%E9%AB%98%E7%AB%AF", "current": False, "n": 12, "n_url": "/c/customers?tier=%E9%AB%98%E7%AB%AF", "cells": [seen("不可以发", "danger", "这条内容不是给这个层级的"), seen("不是为客户群写的"), seen("不是为朋友圈写的")]},
        {"name": "私行", "href": "/c/library/salon.reading/preview?tier=%E7%A7%81%E8%A1%8C", "current": True, "n": 3, "n_url": "/c/customers?tier=%E7%A7%81%E8%A1%8C", "cells": [seen("可以发", "ok"), seen("不是为客户群写的"), seen("不是为朋友圈写的")]},
    ],
    "personas": [
        {"name": "读书客群", "href": "/c/library/salon.reading/preview?persona=%E8%AF%BB%E4%B9%A6", "current": False, "cells": [seen("可以发", "ok"), seen("不是为客户群写的"), seen("不是为朋友圈写的")]},
    ],
    "note": "按 2026 年 11 月 23 日 10:00 判断。",
}  # fmt: skip
PREVIEW_BARE: dict[str, Any] = {**PREVIEW, "variants": [], "kept": []}

IMPORT: dict[str, Any] = {
    **shell("library"),
    "title": "素材",
    "kind": "materials",
    "back_url": "/c/materials",
    "action": "/c/library/import",
    "sample": "samples/materials.toml",
    "with_files": True,
    "material_kinds": "图片、海报",
    "most": {"rows": 200, "files": 50, "megabytes": 64},
    "tabs": [{"text": "话术", "href": "/c/library/import?kind=scripts", "n": None, "current": False}, {"text": "素材", "href": "/c/library/import?kind=materials", "n": None, "current": True}],
    "error": None,
    "result": {
        "name": "materials.csv",
        "counts": [{"text": "已提交，等人审核", "kind": "ok", "n": 1}, {"text": "拒绝", "kind": "danger", "n": 1}],
        "rows": [
            {"number": 3, "code": "poster.video", "href": None, "text": "拒绝", "kind": "danger", "saying": "海报要用图片文件。现在是“视频文件”（编号 E-4212）"},
            {"number": 2, "code": "poster.winter", "href": "/c/library/poster.winter", "text": "已提交，等人审核", "kind": "ok", "saying": ""},
        ],
    },
}  # fmt: skip
IMPORT_REFUSED: dict[str, Any] = {
    **IMPORT, "result": None, "with_files": False,
    "error": {"what": "文件里没有 [[script]]", "saw": "", "do": "照 samples 里同类文件的样子写", "code": "E-4201"},
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
    "console_library_preview": (
        "console/library_preview.html", "GET /c/library/{code}/preview", PREVIEW,
    ),
    "console_library_preview_bare": (
        "console/library_preview.html", "GET /c/library/{code}/preview", PREVIEW_BARE,
    ),
    "console_library_import": ("console/library_import.html", "POST /c/library/import", IMPORT),
    "console_library_import_form": (
        "console/library_import.html", "GET /c/library/import", IMPORT_REFUSED,
    ),
}  # fmt: skip
