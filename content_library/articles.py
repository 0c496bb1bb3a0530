"""资讯: articles, approved as scripts are, read on a page of their own behind a link card."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from content_library.article_text import blocks
from content_library.facts import ApprovedScript, ArticleFacts, Library
from content_library.item_rules import forms_of
from content_library.repository import approved_by_code


async def published(session: AsyncSession, code: str, at: datetime) -> ArticleFacts | None:
    """The article in use under ``code`` at ``at``; None where there is none that may be read.

    None also where the stored words are not those that were approved: a page shows nothing then.
    """
    return (await published_among(session, [code], at)).get(code)


async def published_among(
    session: AsyncSession, codes: Iterable[str], at: datetime
) -> dict[str, ArticleFacts]:
    """The articles of ``codes`` that may be read at ``at``, by code, in one query."""
    found = await approved_by_code(session, codes, at, library=Library.ARTICLE)
    return {
        code: article_of(item)
        for code, item in found.items()
        if item.approved_hash == item.template_hash
    }


def article_of(item: ApprovedScript) -> ArticleFacts:
    """A version of the article library as its page shows it."""
    detail = item.detail
    day = detail.get("published_on")
    return ArticleFacts(
        code=item.code,
        version_id=item.version_id,
        version=item.version,
        title=item.title,
        summary=str(detail.get("summary", "")),
        publisher=str(detail.get("publisher", "")),
        source=str(detail.get("source", "")),
        source_url=str(detail.get("source_url") or ""),
        published_on=date.fromisoformat(str(day)) if day else None,
        cover=str(detail.get("cover") or ""),
        blocks=blocks(item.template),
        purpose=item.purpose,
        topic=str(detail.get("topic", "")),
        forms=forms_of(detail),
        personas=item.personas,
        tiers=item.tiers,
        timing=item.timing,
        licence=item.licence,
        product_kind=item.product_kind,
        product_code=item.product_code,
        valid_from=item.valid_from,
        valid_until=item.valid_until,
        template_hash=item.template_hash,
    )
