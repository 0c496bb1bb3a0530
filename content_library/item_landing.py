"""Which files bring items of which library, and how their rows land."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from content_library.addresses import Addresses, own_address
from content_library.facts import Landed, ScriptDraft
from content_library.findings import Examiner
from content_library.importing import draft_from, import_scripts
from content_library.item_files import article_draft, listing_draft, material_draft
from content_library.item_rows import Rows, Unreadable
from content_library.material_files import kept_files

ITEMS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, object]], ScriptDraft]]]] = {
    "scripts": ("script", draft_from),
    "articles": ("article", article_draft),
    "listings": ("listing", listing_draft),
    "materials": ("material", material_draft),
}
"""Files that bring items of the content library: the name of an entry, and who reads it."""


async def land_items(
    session: AsyncSession,
    kind: str,
    found: Rows,
    read: Callable[[str], bytes | None],
    *,
    examiner: Examiner,
    allowed: Addresses,
    by: str,
    at: datetime,
) -> Landed:
    """Submit the rows of a file of one of ITEMS; ``read`` gives the files that materials name."""
    reader = ITEMS[kind][1]
    rows: list[Mapping[str, object] | Unreadable] = list(found.rows)
    if kind == "materials":
        rows = await kept_files(session, found.rows, read, by=by, at=at)
    return await import_scripts(
        session,
        rows,
        by,
        at,
        examiner=examiner,
        reader=lambda row: own_address(reader(row), allowed),
        first=found.first,
    )
