"""What a material must be to be kept, and what its reviewer is told. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from content_library.facts import Finding, Form, ScriptDraft

KINDS: Final = {
    "image": "图片",
    "poster": "海报",
    "video": "视频",
    "file": "文件",
    "miniprogram": "小程序卡片",
    "link": "图文卡片",
}
"""What a material may be."""
UPLOADED: Final = {"image": "image", "poster": "image", "video": "video", "file": "file"}
"""Kinds that are a file of their own, with the kind under which WeCom takes it."""
TITLES: Final = {"miniprogram": 64, "link": 128}
"""UTF-8 bytes of the title of a card, as WeCom takes them (official page 92135)."""
_DETAIL: Final = frozenset({"kind", "file", "wordless", "url", "appid", "page", "forms"})
_MANY: Final = {Form.GROUP: "客户群", Form.MOMENT: "朋友圈"}


def words_known(words: str, detail: Mapping[str, Any]) -> bool:
    """Whether somebody wrote down the words on a material, or stated that there are none."""
    return bool(words.strip()) or detail.get("wordless") is True or detail.get("kind") == "link"


def material_faults(draft: ScriptDraft) -> Iterator[str]:
    """Why a material cannot be kept."""
    detail = draft.detail
    kind = detail.get("kind")
    unknown = sorted(detail.keys() - _DETAIL)
    if unknown:
        yield f"素材没有“{unknown[0]}”这一项"
    if kind not in KINDS:
        yield f"素材种类应为 {'、'.join(KINDS)} 之一"
    if draft.form != Form.ATTACHMENT:
        yield "素材的形式应为 attachment"
    if not re.fullmatch(r"[0-9a-f]{64}", str(detail.get("file") or "")) and kind != "link":
        yield "还没有上传文件（小程序卡片要有封面图）"
    if kind == "link" and not re.fullmatch(
        r"https://[^\s\"'<>]{4,400}", str(detail.get("url", ""))
    ):
        yield "图文卡片要有 https:// 开头的网址"
    most = TITLES.get(str(kind))
    if most is not None and len(draft.title.encode()) > most:
        yield f"{KINDS[str(kind)]}的标题客户看得到，不能超过 {most} 字节（约 {most // 3} 个汉字）"
    if kind == "miniprogram" and not (
        re.fullmatch(r"wx[0-9a-f]{16}", str(detail.get("appid", "")))
        and re.fullmatch(
            r"[A-Za-z0-9_\-/]{1,120}\.html(\?[^\s]{0,200})?", str(detail.get("page", ""))
        )
    ):
        yield "小程序卡片要有 wx 开头的 AppID 和以 .html 结尾的页面路径"
    if not words_known(draft.template, detail) and set(detail.get("forms") or ()) != {Form.SINGLE}:
        yield (
            "没有写出素材上的文字，也没有声明“没有文字”：看不到字就核对不了，只能用于单聊，"
            "可用形式请只写 single"
        )


def material_findings(draft: ScriptDraft) -> list[Finding]:
    """What the reviewer of a material must look at."""
    detail = draft.detail
    if draft.template.strip():
        said = "素材上的文字由提交人写出，已逐字检查；请对照素材看有没有漏写"
    elif detail.get("wordless") is True:
        said = "提交人声明素材上没有文字；请对照素材确认"
    elif detail.get("kind") == "link":
        said = "图文卡片只有标题与网址"
    else:
        return [Finding("素材文字", "warn", "没有写出素材上的文字，只能用于单聊，不能群发")]
    many = set(detail.get("forms") or _MANY)
    named = "、".join(text for form, text in _MANY.items() if form in many)
    note = f"；会进{named}，人人看得到" if named else "；只用于单聊"
    return [Finding("素材文字", "note", said + note)]
