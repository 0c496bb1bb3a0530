"""素材: pictures, posters, videos, files and cards, approved as every item is.

``template`` of a material holds the words on it, written down, because nothing here reads
pictures: what is not written down cannot be screened, so a material without its words goes to
one customer at a time and never to many (rules.md, chapter 3: pictures). ``detail``:

* kind: image | poster | video | file | miniprogram | link
* file: digest of the picture, video or document; of a card the picture on it
* wordless: True where somebody states that there are no words on it
* url (link), appid and page (mini program), forms
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from content_library.addresses import sells
from content_library.facts import ApprovedScript, Library
from content_library.item_rules import forms_of
from content_library.material_rules import words_known
from content_library.repository import approved_by_code


@dataclass(frozen=True, slots=True)
class MaterialFacts:
    """A material in use. ``words`` are those on it as somebody wrote them down."""

    code: str
    version_id: int
    version: int
    title: str
    kind: str
    digest: str
    words: str
    words_known: bool
    url: str
    appid: str
    page: str
    forms: frozenset[str]
    selling: bool = False


async def in_use(
    session: AsyncSession, codes: Iterable[str], at: datetime
) -> dict[str, MaterialFacts]:
    """The materials of ``codes`` that may be used at ``at``: approved, valid, unchanged."""
    found = await approved_by_code(session, codes, at, library=Library.MEDIA)
    return {
        code: material_of(item)
        for code, item in found.items()
        if item.approved_hash == item.template_hash
    }


def material_of(item: ApprovedScript) -> MaterialFacts:
    """A version of the material library as others use it."""
    detail = item.detail
    return MaterialFacts(
        code=item.code,
        version_id=item.version_id,
        version=item.version,
        title=item.title,
        kind=str(detail.get("kind", "")),
        digest=str(detail.get("file") or ""),
        words=item.template,
        words_known=words_known(item.template, detail),
        url=str(detail.get("url") or ""),
        appid=str(detail.get("appid") or ""),
        page=str(detail.get("page") or ""),
        forms=forms_of(detail),
        selling=sells(item.purpose, item.product_code or item.product_kind),
    )
