"""Materials that hang on a message: each approved, live in WeCom, and fit for where it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.policy import GatePolicy
from config.library_policy import LibraryPolicy
from content_library.addresses import Addresses, require_own
from content_library.errors import MaterialNotReady, MaterialRefused
from content_library.facts import ApprovedScript, Library
from content_library.material_rules import UPLOADED
from content_library.materials import MaterialFacts, in_use
from content_library.uploads import MESSAGE, MOMENT, live
from wecom.attachments import Attachment, File, Image, Link, MiniProgram, Video

FORM_OF: Final = {"sidebar": "single", "todo": "single", "group": "group", "moment": "moment"}
"""The form in which a material goes over a channel; the others write to many, one by one."""
DESCRIPTION: Final = 512
"""UTF-8 bytes of the description of a link card (official page 92135)."""
TO_MANY: Final = frozenset({"broadcast", "welcome", "group", "moment"})


@dataclass(frozen=True, slots=True)
class Hung:
    """A material with the media id that may be used now; a link card has none."""

    material: MaterialFacts
    media_id: str = ""


def addresses_of(policy: GatePolicy) -> Addresses:
    """To which hosts a card may lead, by the policy that holds now."""
    return Addresses(policy.hosts, frozenset(policy.outreach.links.app_hosts))


def named_by(script: ApprovedScript) -> tuple[str, ...]:
    """The codes of the materials that hang on a script."""
    return tuple(str(code) for code in script.detail.get("materials") or ())


def carried_by(item: ApprovedScript) -> tuple[str, ...]:
    """The materials that go when an item is sent: its own code where it is a material itself."""
    return (item.code,) if item.library == Library.MEDIA else named_by(item)


async def hung(
    session: AsyncSession,
    codes: Sequence[str],
    *,
    channel: str,
    at: datetime,
    policy: LibraryPolicy,
    allowed: Addresses,
) -> tuple[Hung, ...]:
    """The materials of ``codes`` in their order, each with a media id that lives long enough.

    Raises MaterialRefused for one that was recalled or may not go over this channel,
    AddressForeign for a card whose host is not ``allowed`` any more, and MaterialNotReady for one
    whose media id has ended or soon ends: never is such an id used.
    """
    if not codes:
        return ()
    found = await in_use(session, codes, at)
    for code in codes:
        _check(code, found.get(code), channel)
        if found[code].url:
            require_own(found[code].url, allowed, selling=found[code].selling)
    wanted = [found[code] for code in codes]
    files = {one.digest for one in wanted if one.digest}
    use = MOMENT if channel == "moment" else MESSAGE
    ids = await live(session, files, at, policy, use=use)
    ready = []
    for one in wanted:
        media_id = ids.get(one.digest, "")
        if one.digest and one.kind != "link" and not media_id:
            raise MaterialNotReady(
                "素材还没有传到企业微信，或编号快要失效",
                saw=one.code,
                do="等后台续传完（每半小时一次），或在素材页点“立即上传”",
            )
        ready.append(Hung(one, media_id))
    return tuple(ready)


def _check(code: str, found: MaterialFacts | None, channel: str) -> None:
    if found is None:
        raise MaterialRefused("素材已停用、过期或没有通过审核", saw=code, do="换一份在用的素材")
    if channel in TO_MANY and not found.words_known:
        raise MaterialRefused(
            "素材上的文字没有写出来，不能群发",
            saw=code,
            do="为素材新建一版，写出上面的文字，审核通过后再用",
        )
    form = FORM_OF.get(channel)
    if form is not None and form not in found.forms:
        raise MaterialRefused("素材不能用在这里", saw=f"{code} → {channel}", do="换一份素材")


def attachments(ready: Sequence[Hung]) -> tuple[Attachment, ...]:
    """What hangs on a broadcast or a welcome, in WeCom's words."""
    return tuple(map(_attachment, ready))


def _attachment(one: Hung) -> Attachment:
    material = one.material
    match UPLOADED.get(material.kind, material.kind):
        case "image":
            return Image(media_id=one.media_id)
        case "video":
            return Video(one.media_id)
        case "file":
            return File(one.media_id)
        case "miniprogram":
            return MiniProgram(material.title, material.appid, material.page, one.media_id)
        case _:
            return Link(material.title, material.url, _description(material))


def payloads(ready: Sequence[Hung], public_url: str) -> list[dict[str, Any]]:
    """What the phone's sendChatMessage takes, one message a material (official page 100749).

    A card carries its picture by address: that of our own page of approved pictures below
    ``public_url``, because the phone takes no media id there.
    """
    return [_payload(one, public_url) for one in ready]


def _payload(one: Hung, public_url: str) -> dict[str, Any]:
    material = one.material
    kind = UPLOADED.get(material.kind, material.kind)
    if kind in ("image", "video", "file"):
        return {"msgtype": kind, kind: {"mediaid": one.media_id}}
    if kind == "miniprogram":
        card = {
            "appid": material.appid,
            "title": material.title,
            "imgUrl": _picture(material, public_url),
            "page": material.page,
        }
        return {"msgtype": "miniprogram", "miniprogram": card}
    news = {
        "link": material.url,
        "title": material.title,
        "desc": _description(material),
        "imgUrl": _picture(material, public_url),
    }
    return {"msgtype": "news", "news": {name: value for name, value in news.items() if value}}


def _picture(material: MaterialFacts, public_url: str) -> str:
    """The address of the picture on a card; empty for a card without one."""
    return f"{public_url}/o/m/{quote(material.code)}" if material.digest else ""


def _description(material: MaterialFacts) -> str:
    """The words on a link card, as many as WeCom shows below its title."""
    words = " ".join(material.words.split())
    return words.encode()[:DESCRIPTION].decode(errors="ignore")
