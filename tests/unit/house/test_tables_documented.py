"""docs/data.md names every table of the bank's database, each in the chapter of its package."""

import re

from tests.unit.house.sources import ROOT
from tests.unit.house.tables import TABLES, package_of

CHAPTER = (ROOT / "docs" / "data.md").read_text(encoding="utf-8").split("## 库里的表", 1)[1]
IMAGES = "_image"
"""What an import would put back: named once for all of them."""


def _documented() -> list[tuple[str, str]]:
    found = []
    for section in CHAPTER.split("\n### ")[1:]:
        package = section.splitlines()[0].split()[-1]
        found += [(package, name) for name in re.findall(r"^\| `([a-z_]+)` \| \S", section, re.M)]
    return found


def test_every_table_is_in_the_chapter_of_its_package_once() -> None:
    wanted = {
        (package_of(name), name)
        for name in TABLES
        if not (name.endswith(IMAGES) and name.removesuffix(IMAGES) in TABLES)
    }
    found = _documented()
    assert len(wanted) > 100
    missing = sorted(wanted - set(found))
    assert not missing, f"docs/data.md, chapter 库里的表, lacks: {missing}"
    assert not set(found) - wanted, f"docs/data.md invents: {sorted(set(found) - wanted)}"
    assert len(found) == len(set(found))
