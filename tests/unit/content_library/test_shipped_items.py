"""The articles, materials and listings that ship can be kept, and nothing in them is forbidden."""

import hashlib
from pathlib import Path

import pytest

from compliance.content_check import ContentCheck
from compliance.policy import GatePolicy
from compliance.screening import Screener
from content_library.facts import Library, ScriptDraft
from content_library.findings import blocks, examine
from content_library.item_files import article_draft, listing_draft, material_draft
from content_library.item_rows import read_toml
from content_library.material_files import known

SHIPPED = Path(__file__).parents[3] / "samples"
CHECK = ContentCheck(GatePolicy.load(), Screener.from_rulebook())


def _material(row: dict[str, object]) -> ScriptDraft:
    content = (SHIPPED / "materials" / str(row["source_file"])).read_bytes()
    assert known(content).kind == "image"
    digest = hashlib.sha256(content).hexdigest()
    rest = {name: value for name, value in row.items() if name != "source_file"}
    return material_draft({**rest, "file": digest})


DRAFTS = {
    draft.code: draft
    for draft in (
        *map(article_draft, read_toml(SHIPPED / "articles.toml", "article")),
        *map(listing_draft, read_toml(SHIPPED / "listings.toml", "listing")),
        *map(_material, read_toml(SHIPPED / "materials.toml", "material")),
    )
}


@pytest.mark.mission("F1")
def test_there_is_something_of_every_library() -> None:
    assert {draft.library for draft in DRAFTS.values()} == {
        Library.ARTICLE,
        Library.PRODUCT,
        Library.MEDIA,
    }


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_no_check_stops_it(draft: ScriptDraft) -> None:
    _, findings = examine(draft, CHECK)
    assert not blocks(findings), [one for one in findings if one.level == "block"]
