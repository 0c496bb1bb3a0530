"""Every kind of row comes by query and by push as it does by file, or is refused with a reason."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crm_sync.imports import LAYOUTS, Wanted
from tests.flows.feed.pushing import AT, KEYS, System, given
from tests.flows.imports.given import written
from tests.flows.site import SiteUnderTest, open_site
from wiring.importing import ORDER
from wiring.sources import pull

pytestmark = pytest.mark.anyio
PARTIAL = Wanted(partial=True)
SPOILT = {
    "customer_no": "不是 号",
    "unit_id": "不是 号",
    "staff_id": "不是 号",
    "kind": "别的",
    "nav": "不是数",
}
"""A value that the field cannot have; every kind has one of these."""


def examples(kind: str) -> list[dict[str, str]]:
    """The rows that docs/data.md gives as examples; an amount is given once, in yuan."""
    fields = [one for one in LAYOUTS[kind].fields if not one.name.endswith("_fen")]
    rows = [{one.name: one.example for one in fields}]
    if kind == "units":
        above = {"name": "翠湖支行", "kind": "branch", "parent_id": "hq", "department_id": ""}
        rows.append(rows[0] | above | {"unit_id": "01"})
        rows.append(rows[0] | above | {"unit_id": "hq", "kind": "hq", "parent_id": ""})
    return rows


def as_table(kind: str, rows: list[dict[str, str]], folder: Path) -> None:
    """The rows as a table of the bank's database, and the mapping that reads it."""
    names = list(rows[0])
    columns = ", ".join(f'"{name}" TEXT' for name in names)
    with sqlite3.connect(folder / "core.db") as connection:
        connection.execute(f'DROP TABLE IF EXISTS "t_{kind}"')
        connection.execute(f'CREATE TABLE "t_{kind}" ({columns})')
        marks = ", ".join("?" * len(names))
        connection.executemany(
            f'INSERT INTO "t_{kind}" VALUES ({marks})',  # noqa: S608 — the test's own names
            [list(row.values()) for row in rows],
        )
    connection.close()
    listed = "\n".join(f'{name} = "{name}"' for name in names)
    written(
        folder / f"{kind}.toml",
        f'kind = "{kind}"\nsource = "core"\n[sql]\ntable = "t_{kind}"\n[columns]\n{listed}\n',
    )


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    more = {
        "GENGYUN_FEEDS__CORE__KEYS": given(KEYS),
        "GENGYUN_FEEDS__CORE__KINDS": ",".join(LAYOUTS),
        "GENGYUN_SOURCES__CORE__URL": f"sqlite:///{tmp_path / 'core.db'}",
        "GENGYUN_SOURCES__CORE__MAPPINGS": str(tmp_path),
    }
    async with open_site(database_url, tmp_path, now=lambda: AT, **more) as site:
        yield site


async def test_every_kind_comes_by_query_and_again_by_push_and_a_wrong_row_has_its_reason(
    site: SiteUnderTest, tmp_path: Path
) -> None:
    core = System(site)
    assert set(ORDER) == set(LAYOUTS)
    for kind in ORDER:
        rows = examples(kind)
        as_table(kind, rows, tmp_path)
        pulled = await pull(site.parts, "core", kind, by="system:test", at=AT)
        assert (pulled.counts.added, pulled.counts.rejected) == (len(rows), 0), pulled.rejects
        pushed = await core.push({"rows": rows}, f"{kind}-1", kind=kind)
        assert pushed.status_code == 200, pushed.text
        counts: dict[str, Any] = pushed.json()["counts"]
        assert (counts["added"], counts["rejected"]) == (0, 0), (kind, counts)
        assert counts["unchanged"] == len(rows), (kind, counts)

        name = next(name for name in SPOILT if name in rows[0])
        wrong = [rows[0] | {name: SPOILT[name]}]
        again = (await core.push({"rows": wrong}, f"{kind}-2", kind=kind)).json()
        assert again["counts"]["rejected"] == 1, (kind, again)
        assert again["rejects"][0]["column"] == name
        assert again["rejects"][0]["code"].startswith("E-22")
        as_table(kind, wrong, tmp_path)
        report = await pull(site.parts, "core", kind, by="system:test", at=AT, wanted=PARTIAL)
        assert [one.column for one in report.rejects] == [name], kind
