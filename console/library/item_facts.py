"""What the page of an item says besides what it says of a script."""

from typing import Any
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from console.library.places import MATERIALS
from console.library.wording import CHANNELS, SPREAD
from content_library import uploads
from content_library.facts import ApprovedScript, Library, State
from content_library.item_rules import TOPICS, forms_of
from content_library.material_files import fact
from content_library.material_rules import KINDS
from content_library.uploads import Alive

USES = {uploads.MESSAGE: "消息", uploads.MOMENT: "朋友圈"}


def item_facts(one: ApprovedScript) -> list[tuple[str, str, str]]:
    """Facts of an article, a material or a listing; of a script what hangs on it."""
    detail = one.detail
    found: list[tuple[str, str, str]] = []
    if one.library == Library.SCRIPT:
        named = "、".join(map(str, detail.get("materials") or ()))
        return [("附带素材", named, "")] if named else []
    if one.library == Library.ARTICLE:
        found += [
            ("栏目", TOPICS.get(str(detail.get("topic")), ""), ""),
            ("摘要", str(detail.get("summary", "")), ""),
            ("发布人", str(detail.get("publisher", "")), ""),
            ("来源", str(detail.get("source", "")), ""),
            ("来源网址", str(detail.get("source_url") or "—"), ""),
            ("发布日期", str(detail.get("published_on") or "—"), ""),
        ]
    if one.library == Library.PRODUCT:
        channels = [CHANNELS[name] for name in detail.get("channels") or () if name in CHANNELS]
        found += [
            ("渠道", "、".join(channels) or "全部渠道", ""),
            ("机构", "、".join(map(str, detail.get("units") or ())) or "全行", ""),
        ]
    if one.library in (Library.ARTICLE, Library.MEDIA):
        forms = forms_of(detail)
        named = "、".join(text for name, text in SPREAD.items() if name in forms)
        found.append(("可用形式", named, ""))
    return found


async def material_panel(
    session: AsyncSession, one: ApprovedScript, *, may_upload: bool
) -> dict[str, Any] | None:
    """The file of a material and how it stands in WeCom; None for what is no material."""
    if one.library != Library.MEDIA:
        return None
    digest = str(one.detail.get("file") or "")
    known = await fact(session, digest) if digest else None
    there = f"{MATERIALS}/files/{digest}"
    link = one.detail.get("url") or " ".join(
        str(one.detail[name]) for name in ("appid", "page") if one.detail.get(name)
    )
    return {
        "kind_text": KINDS.get(str(one.detail.get("kind")), ""),
        "picture": there if known is not None and known.kind == "image" else None,
        "file_url": there if known is not None and known.kind != "image" else None,
        "link": link or "",
        "uploads": [_upload(each) for each in await uploads.standing(session, digest)],
        "upload_action": f"{MATERIALS}/{quote(one.code)}/upload"
        if may_upload and digest and one.state == State.APPROVED
        else None,
    }


def _upload(one: Alive) -> dict[str, Any]:
    return {
        "use": USES.get(one.use, one.use),
        "media_id": one.media_id,
        "expires_at": one.expires_at,
        "note": f"连续 {one.failures} 次失败：{one.problem}" if one.failures else "在用",
    }
