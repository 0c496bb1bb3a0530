"""The four libraries of the demo: articles, materials and listings, approved by a second person."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from content_library.findings import Examiner
from content_library.importing import import_scripts, seed
from content_library.item_files import article_draft, listing_draft, material_draft
from content_library.item_rows import read_toml
from content_library.material_files import beside, keep, kept_files

AGO: Final = timedelta(days=9)
SAMPLES: Final = Path(__file__).resolve().parents[2] / "samples"
OPINION: Final = "随系统提供，逐条看过，同意使用。"


async def fill_library(
    session: AsyncSession,
    *,
    author: str,
    checker: str,
    approver: str,
    at: datetime,
    examiner: Examiner,
) -> int:
    """Bring what ``samples/`` has beside scripts; returns how many items are in use."""
    then = at - AGO
    materials = await kept_files(
        session,
        read_toml(SAMPLES / "materials.toml", "material"),
        beside(SAMPLES / "materials"),
        by=author,
        at=then,
    )
    landed = 0
    for rows, reader in (
        (materials, material_draft),
        (read_toml(SAMPLES / "articles.toml", "article"), article_draft),
        (read_toml(SAMPLES / "listings.toml", "listing"), listing_draft),
    ):
        done = await seed(
            session, rows, author=author, checker=checker, approver=approver, at=then, examiner=examiner,
            opinion=OPINION, reader=reader,
        )  # fmt: skip
        landed += len(done.submitted)
    winter = await keep(
        session, (SAMPLES / "materials" / "winter.png").read_bytes(), by=author, at=then
    )
    waiting = {
        "code": "poster.newyear", "title": "新年海报", "kind": "poster", "forms": ["single"],
        "file": winter.digest,
    }  # fmt: skip
    await import_scripts(
        session, [waiting], author, at - timedelta(hours=2), examiner=examiner,
        reason="新年要用，上面的字还没写出来", reader=material_draft,
    )  # fmt: skip
    return landed
