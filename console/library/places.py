"""The four libraries as tabs, and where an item of each is written anew."""

from typing import Any, Final
from urllib.parse import quote

from console.lists import tab, url
from content_library.facts import Library

SCRIPTS: Final = "/c/library"
ARTICLES: Final = "/c/articles"
CATALOG: Final = "/c/catalog"
MATERIALS: Final = "/c/materials"

_TABS: Final = (
    (Library.SCRIPT, "话术", SCRIPTS),
    (Library.ARTICLE, "资讯", ARTICLES),
    (Library.PRODUCT, "产品", CATALOG),
    (Library.MEDIA, "素材", MATERIALS),
)


def places(current: Library) -> list[dict[str, Any]]:
    """The tabs above every list of the content library."""
    return [tab(text, path, current=library == current) for library, text, path in _TABS]


def home_of(library: str) -> str:
    """The list in which an item of a library stands."""
    return next((path for one, _, path in _TABS if one == library), SCRIPTS)


def next_version_of(library: str, code: str, product: str | None) -> str:
    """Where the next version of an item is written."""
    if library == Library.SCRIPT:
        return f"{SCRIPTS}/{quote(code)}/new"
    if library == Library.PRODUCT:
        return f"{CATALOG}/{quote(product or '', safe='')}/list"
    return url(f"{home_of(library)}/new", code=code)
