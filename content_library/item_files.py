"""Articles and listings out of files: a row becomes a draft, which waits for a second person."""

from collections.abc import Mapping

from content_library.article_text import from_html, looks_like_html
from content_library.facts import Form, Library, ScriptDraft
from content_library.row_values import day_of, known_columns, names_of, text_of
from content_library.rules import checked

SHARED = (
    "code", "title", "purpose", "persona", "personas", "tiers", "timing", "licence",
    "product_kind", "product_code", "valid_from", "valid_until",
)  # fmt: skip
ARTICLE_COLUMNS = (
    *SHARED, "topic", "summary", "publisher", "source", "source_url", "published_on", "cover",
    "forms", "body",
)  # fmt: skip


def article_draft(row: Mapping[str, object]) -> ScriptDraft:
    """A row of an ``[[article]]`` file as a draft. Raises ScriptRefused with every reason."""
    known_columns(row, ARTICLE_COLUMNS)
    return checked(article(row))


def article(row: Mapping[str, object]) -> ScriptDraft:
    """A row as a draft that nobody has looked at yet; HTML in ``body`` is reduced to lines."""
    body = text_of(row, "body").replace("\r\n", "\n")
    day = day_of(row, "published_on")
    topic = text_of(row, "topic")
    return ScriptDraft(
        code=text_of(row, "code"),
        title=text_of(row, "title"),
        scene=f"article.{topic}" if topic else "article",
        purpose=text_of(row, "purpose") or "care",
        template=from_html(body) if looks_like_html(body) else body,
        form=Form.PAGE,
        persona=text_of(row, "persona") or None,
        product_kind=text_of(row, "product_kind") or None,
        product_code=text_of(row, "product_code") or None,
        tiers=names_of(row, "tiers"),
        personas=names_of(row, "personas"),
        licence=text_of(row, "licence") or None,
        valid_from=day_of(row, "valid_from"),
        valid_until=day_of(row, "valid_until"),
        library=Library.ARTICLE,
        timing=names_of(row, "timing"),
        detail={
            "summary": text_of(row, "summary"),
            "publisher": text_of(row, "publisher"),
            "source": text_of(row, "source"),
            "source_url": text_of(row, "source_url"),
            "published_on": day.isoformat() if day else "",
            "topic": topic,
            "cover": text_of(row, "cover"),
            "forms": sorted(names_of(row, "forms")),
        },
    )


LISTING_COLUMNS = (*SHARED, "channels", "units", "template")


def listing_draft(row: Mapping[str, object]) -> ScriptDraft:
    """A row of a ``[[listing]]`` file: a product put forward for the on-sale list.

    ``valid_from`` and ``valid_until`` are the first and last day on sale; ``template`` is the
    card's text, its figures as fields. Raises ScriptRefused with every reason.
    """
    known_columns(row, LISTING_COLUMNS)
    return checked(
        ScriptDraft(
            code=text_of(row, "code"),
            title=text_of(row, "title"),
            scene="product.card",
            purpose=text_of(row, "purpose") or "marketing",
            template=text_of(row, "template"),
            product_kind=text_of(row, "product_kind") or None,
            product_code=text_of(row, "product_code") or None,
            persona=text_of(row, "persona") or None,
            tiers=names_of(row, "tiers"),
            personas=names_of(row, "personas"),
            licence=text_of(row, "licence") or None,
            valid_from=day_of(row, "valid_from"),
            valid_until=day_of(row, "valid_until"),
            library=Library.PRODUCT,
            timing=names_of(row, "timing"),
            detail={
                "channels": sorted(names_of(row, "channels")),
                "units": sorted(names_of(row, "units")),
            },
        )
    )


MATERIAL_COLUMNS = (
    *SHARED, "kind", "file", "words", "wordless", "url", "appid", "page", "forms",
)  # fmt: skip


def material_draft(row: Mapping[str, object]) -> ScriptDraft:
    """A row of a ``[[material]]`` file as a draft; ``file`` is the digest of a kept file.

    Raises ScriptRefused with every reason.
    """
    known_columns(row, MATERIAL_COLUMNS)
    return checked(material(row))


def material(row: Mapping[str, object]) -> ScriptDraft:
    """A row as a draft that nobody has looked at yet; ``words`` are those on the material."""
    kind = text_of(row, "kind")
    detail: dict[str, object] = {"kind": kind, "forms": sorted(names_of(row, "forms"))}
    for name in ("file", "url", "appid", "page"):
        if text_of(row, name):
            detail[name] = text_of(row, name)
    if row.get("wordless") in (True, "true", "1", "是"):
        detail["wordless"] = True
    return ScriptDraft(
        code=text_of(row, "code"),
        title=text_of(row, "title"),
        scene=f"media.{kind}" if kind else "media",
        purpose=text_of(row, "purpose") or "care",
        template=text_of(row, "words").replace("\r\n", "\n"),
        form=Form.ATTACHMENT,
        persona=text_of(row, "persona") or None,
        product_kind=text_of(row, "product_kind") or None,
        product_code=text_of(row, "product_code") or None,
        tiers=names_of(row, "tiers"),
        personas=names_of(row, "personas"),
        licence=text_of(row, "licence") or None,
        valid_from=day_of(row, "valid_from"),
        valid_until=day_of(row, "valid_until"),
        library=Library.MEDIA,
        timing=names_of(row, "timing"),
        detail=detail,
    )
