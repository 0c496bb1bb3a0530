"""Contexts of the pages about segments."""

from typing import Any

from console.segments import form
from crm_sync.rules.conditions import parse, sentence
from tests.unit.web.examples.console_shell import shell
from tests.unit.web.examples.moments import NOW

DUE: dict[str, Any] = {"all": [
    {"dim": "holding", "op": "has", "where": {"kind": ["deposit"], "due_within": 30}},
    {"any": [{"dim": "friend", "op": "is", "value": True}, {"dim": "aum", "op": "between", "value": [5_000_000, 50_000_000]}]},
    {"dim": "gender", "op": "in", "value": ["F"]},
    {"dim": "opened_on", "op": "ge", "value": "2020-01-01"},
    {"dim": "attribute:club", "op": "any", "value": ["书画"]},
]}  # fmt: skip
SENTENCE = sentence(parse(DUE))
ROW: dict[str, Any] = {
    "code": "due-deposits", "title": "定期快到期", "href": "/c/segments/due-deposits", "sentence": SENTENCE,
    "state": {"text": "启用", "kind": "ok"}, "version": 3, "changed_at": NOW, "customers": 1284,
    "customers_url": "/c/segments/due-deposits#list", "uses": 2, "uses_url": "/c/segments/due-deposits#uses",
}  # fmt: skip
PACK: dict[str, Any] = {
    "code": "elders", "title": "老年客户", "sentence": "满 60 岁", "href": "/c/segments/packs#elders",
    "installed": "/c/segments/elders", "install": "/c/segments/packs/elders", "customers": 30_214,
    "customers_url": "/c/segments/elders#list", "ceiling": "R2", "source": "S1",
    "lists": [("需要什么", ["资金安全"]), ("怎么经营", ["储蓄为主"]), ("从哪里来", ["厅堂"]), ("要避免什么", ["不主推 R3 及以上"])],
}  # fmt: skip
NOT_YET = {**PACK, "code": "growers", "title": "农村种养殖户", "installed": ""}
SEGMENTS: dict[str, Any] = {
    **shell("segments"),
    "segments": [ROW, {**ROW, "code": "old", "title": "旧的", "state": {"text": "停用", "kind": "warn"}}],
    "filters": [], "state": None, "may_edit": True, "packs": [PACK, NOT_YET],
    "templates": [{"title": "某产品持有人，快到期", "about": "续接话术用", "code": "product-due", "parameters": [{"name": "p.product", "title": "产品代码", "default": "QHDC1Y"}]}],
    "personas_url": "/c/personas",
}  # fmt: skip
SAMPLE: dict[str, Any] = {
    "name": "周*兰", "customer_no": "****3821", "unit_name": "翠湖支行", "why": "持有存款（30 天内到期） 1 笔",
}  # fmt: skip
PREVIEW: dict[str, Any] = {
    "sentence": SENTENCE, "error": None, "customers": 1284, "samples": [SAMPLE] * 5,
}  # fmt: skip
EDITOR: dict[str, Any] = {
    "rows": form.shown(form.rows_of(parse(DUE)) or []), "families": form.families(), "text": "", "preview": PREVIEW,
}  # fmt: skip
EDIT: dict[str, Any] = {
    **shell("segments"), **EDITOR, "heading": "新建客群规则", "back_url": "/c/segments", "action": "/c/segments/new",
    "form": {"code": "due-deposits", "fixed": False, "title": "定期快到期", "reason": ""}, "error": None,
}  # fmt: skip
REFUSED: dict[str, Any] = {
    **EDIT,
    "text": form.as_text(parse({"not": DUE})),
    "preview": {"sentence": "", "customers": None, "samples": [], "error": {"code": "E-2420", "what": "没有这个维度", "saw": "zodiac", "where": "all[0]", "do": "可用：age"}},
    "error": {"code": "E-3322", "what": "编号写错了", "saw": "A B", "where": "", "do": "用小写字母", "facts": {}},
}  # fmt: skip
ONE: dict[str, Any] = {
    **shell("segments"), "code": "due-deposits", "title": "定期快到期", "path": "/c/segments/due-deposits",
    "back_url": "/c/segments", "badge": {"text": "启用", "kind": "ok"}, "sentence": SENTENCE, "number": 2,
    "customers": 1284, "members": [{**SAMPLE, "href": "/c/customers/7"}], "state": None,
    "page": {"total": 1284, "more_than": False, "shown": "1 条", "next": "/c/segments/due-deposits?after=7", "first": None},
    "versions": [
        {"number": 2, "by": "王珊", "at": NOW, "reason": "放宽到 30 天", "sentence": [("", "持有存款（"), ("del", "7"), ("ins", "30"), ("", " 天内到期）")], "renamed": "快到期"},
        {"number": 1, "by": "王珊", "at": NOW, "reason": "新建", "sentence": [("", SENTENCE)], "renamed": ""},
    ],
    "uses": [{"title": "年末续存活动", "at": NOW}], "may_edit": True, "edit_url": "/c/segments/due-deposits/edit",
    "acts": [("retire", "停用")], "state_url": "/c/segments/due-deposits/state",
}  # fmt: skip

PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "console_segments": ("console/segments.html", "GET /c/segments", SEGMENTS),
    "console_segment_packs": (
        "console/segment_packs.html", "GET /c/segments/packs",
        {**shell("segments"), "packs": [PACK, NOT_YET], "back_url": "/c/segments", "may_edit": True},
    ),
    "console_segment_edit": ("console/segment_edit.html", "GET /c/segments/new", EDIT),
    "console_segment_refused": ("console/segment_edit.html", "POST /c/segments/new", REFUSED),
    "console_segment": ("console/segment.html", "GET /c/segments/{code}", ONE),
}  # fmt: skip
