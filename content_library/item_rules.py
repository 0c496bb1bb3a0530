"""What each library asks of its items besides what it asks of scripts. Pure.

``detail`` of an item holds what only its library knows:

* article: summary, publisher, source, source_url, published_on (ISO), topic, cover, forms
* media: see ``content_library.materials``
* product: see ``content_library.listing``
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from content_library.article_text import blocks, plain
from content_library.facts import Finding, Form, Library, ScriptDraft
from content_library.fields import clean
from content_library.material_rules import material_faults, material_findings
from content_library.render import PLACE
from content_library.timing import WHEN

PLAIN: Final = frozenset({Library.ARTICLE, Library.MEDIA})
"""Libraries whose items are the same for everybody who sees them: no fields."""
TITLED: Final = PLAIN
"""Libraries whose title a customer reads: there it is part of what is approved."""
LONGEST: Final[dict[str, int]] = {Library.ARTICLE: 60_000, Library.MEDIA: 4000}
"""UTF-8 bytes of the words of an item; a library without its own takes those of a broadcast."""
MOST_ATTACHED: Final = 9
"""As many attachments as WeCom takes on one message (official page 92135)."""
SPREAD: Final = frozenset({Form.SINGLE, Form.GROUP, Form.MOMENT})
"""The three forms in which an article or a material may be passed on."""
TOPICS: Final = {
    "market": "市场观察",
    "policy": "政策解读",
    "products": "产品知识",
    "safety": "防诈与权益保护",
    "life": "生活服务",
    "bank": "本行动态",
}
"""What articles are about."""

CHANNELS: Final = frozenset({"sidebar", "broadcast", "group", "moment", "welcome", "todo", "phone"})
"""Where a listing may hold, as the gate names its channels."""

_TYPED: Final = re.compile(
    r"[RＲ][1-5]|[0-9０-９]+(?:\.[0-9]+)?\s*[%％]|[0-9]+(?:\.[0-9]+)?\s*万?元"
)
_ARTICLE: Final = frozenset(
    {"summary", "publisher", "source", "source_url", "published_on", "topic", "cover", "forms"}
)
_CODE: Final = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


def item_faults(draft: ScriptDraft) -> Iterator[str]:
    """Why the library of a draft cannot keep it."""
    if draft.library not in set(Library):
        yield f"库应为 {'、'.join(Library)} 之一"
    unknown = sorted(draft.timing - WHEN.keys())
    if unknown:
        yield f"没有“{unknown[0]}”这个时机，可以写 {'、'.join(WHEN)}"
    if draft.library in PLAIN and "{{" in draft.template:
        yield "资讯和素材人人看到的一样，不能写变量"
    if draft.library == Library.SCRIPT:
        if draft.form in (Form.PAGE, Form.ATTACHMENT):
            yield "话术的形式不能是资讯页或素材"
        yield from _attached_faults(draft)
    if draft.library == Library.ARTICLE:
        yield from _article_faults(draft)
    if draft.library == Library.PRODUCT:
        yield from _listing_faults(draft)
    if draft.library == Library.MEDIA:
        yield from forms_faults(draft)
        yield from material_faults(draft)


def _attached_faults(draft: ScriptDraft) -> Iterator[str]:
    """Materials that hang on a script: ``detail`` is empty or names them under ``materials``."""
    attached = draft.detail.get("materials") or []
    if draft.detail.keys() - {"materials"} or not isinstance(attached, list):
        yield "话术的附加信息只有 materials（素材编号）"
    elif len(attached) > MOST_ATTACHED or not all(_CODE.fullmatch(str(one)) for one in attached):
        yield f"素材编号写不清，或超过 {MOST_ATTACHED} 个"
    elif attached and draft.form == Form.MOMENT:
        yield "朋友圈的图片在发表时选，不挂在话术上"


def forms_of(detail: Mapping[str, Any]) -> frozenset[str]:
    """The forms in which an article or a material may be passed on; none written: all three."""
    return frozenset(detail.get("forms") or SPREAD)


def forms_faults(draft: ScriptDraft) -> Iterator[str]:
    """Forms that an article or a material cannot take."""
    unknown = sorted(forms_of(draft.detail) - SPREAD)
    if unknown:
        yield f"可用形式“{unknown[0]}”不对，只能是 single、group、moment"


def _article_faults(draft: ScriptDraft) -> Iterator[str]:
    detail = draft.detail
    unknown = sorted(detail.keys() - _ARTICLE)
    if unknown:
        yield f"资讯没有“{unknown[0]}”这一项"
    if draft.form != Form.PAGE:
        yield "资讯的形式应为 page"
    for name, label, most in (("summary", "摘要", 120), ("publisher", "发布人", 60)):
        text = detail.get(name)
        if not isinstance(text, str) or not clean(text) or len(text) > most:
            yield f"{label}应为 1 到 {most} 个字"
    source = detail.get("source")
    if not isinstance(source, str) or not clean(source) or len(source) > 120:
        yield "来源应为 1 到 120 个字；自己写的写本行名称"
    if detail.get("topic") not in TOPICS:
        yield f"栏目应为 {'、'.join(TOPICS)} 之一"
    url = detail.get("source_url") or ""
    if not isinstance(url, str) or (url and not re.fullmatch(r"https://[^\s\"'<>]{4,400}", url)):
        yield "来源网址应以 https:// 开头"
    if detail.get("published_on"):
        try:
            date.fromisoformat(str(detail["published_on"]))
        except ValueError:
            yield "发布日期应写成 2026-11-22 这样"
    pictures = [one.material for one in blocks(draft.template) if one.kind == "picture"]
    for code in (*pictures, str(detail.get("cover") or "")):
        if code and not _CODE.fullmatch(code):
            yield f"图片“{code[:40]}”应写素材编号"
    yield from forms_faults(draft)


def _listing_faults(draft: ScriptDraft) -> Iterator[str]:
    detail = draft.detail
    if draft.product_code is None:
        yield "上架要写产品代码"
    if draft.form != Form.SINGLE or draft.purpose != "marketing":
        yield "产品卡的形式应为 single，用途应为 marketing"
    if detail.keys() - {"channels", "units"}:
        yield "上架的附加信息只有 channels 和 units"
    unknown = sorted(set(detail.get("channels") or ()) - CHANNELS)
    if unknown:
        yield f"渠道“{unknown[0]}”不对，可以写 {'、'.join(sorted(CHANNELS))}"
    typed = _TYPED.search(PLACE.sub("", draft.template))
    if typed is not None:
        yield f"“{typed[0]}”是产品数据，要写成变量由产品库填，不能手写"


def seen_text(draft: ScriptDraft) -> str:
    """Everything that a reader of an article or a viewer of a material sees as words."""
    if draft.library == Library.ARTICLE:
        summary = str(draft.detail.get("summary", ""))
        return "\n".join((draft.title, summary, plain(draft.template)))
    url = str(draft.detail.get("url") or "")
    return "\n".join(part for part in (draft.title, draft.template, url) if part)


def item_findings(draft: ScriptDraft) -> list[Finding]:
    """What the reviewer is told of an item because of its library."""
    if draft.library == Library.ARTICLE:
        source, publisher = draft.detail.get("source", ""), draft.detail.get("publisher", "")
        return [Finding("来源", "note", f"来源：{source}；发布：{publisher}。转载的请确认有授权")]
    if draft.library == Library.MEDIA:
        return material_findings(draft)
    return []
