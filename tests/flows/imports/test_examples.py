"""The example that the documents and the help give for each field is one that can be imported."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from config import persona_policy
from crm_sync.imports.layouts import LAYOUTS
from kit.tabular.fields import Layout
from tests.flows.imports.given import AT
from tests.flows.wiring.installation import processes
from wiring.importing import ORDER, bring

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).resolve().parents[3] / "docs"


def _example(layout: Layout, path: Path) -> Path:
    """A file with the example of every field; an amount is given once, in yuan."""
    fields = [one for one in layout.fields if not one.name.endswith("_fen")]
    rows = [{one.name: one.example for one in fields}]
    if layout.kind == "units":
        above = {"name": "翠湖支行", "kind": "branch", "parent_id": "hq", "department_id": ""}
        rows.append(rows[0] | above | {"unit_id": "01"})
        rows.append(rows[0] | above | {"unit_id": "hq", "kind": "hq", "parent_id": ""})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [one.name for one in fields])
        writer.writeheader()
        writer.writerows(rows)
    return path


async def test_a_file_made_of_the_examples_is_imported_whole(
    database_url: str, tmp_path: Path
) -> None:
    async with processes(database_url, tmp_path) as [parts]:
        for kind in ORDER:
            file = _example(LAYOUTS[kind], tmp_path / f"{kind}.csv")
            report = await bring(parts, kind, file, by="system:test", at=AT)
            assert not report.rejects, (kind, report.rejects)
            assert report.counts.added >= 1, kind


def test_the_example_personas_are_personas_of_the_bank() -> None:
    [field] = [one for one in LAYOUTS["staff"].fields if one.name == "personas"]
    known = {one.name for one in persona_policy.load().persona}
    assert set(field.example.split(";")) <= known


def test_the_page_shows_the_example_of_every_field() -> None:
    text = (DOCS / "data.md").read_text(encoding="utf-8")
    for layout in LAYOUTS.values():
        for one in layout.fields:
            lines = [line for line in text.splitlines() if line.startswith(f"| `{one.name}` |")]
            assert any(line.endswith(f"| {one.example} |") for line in lines), one.name


def test_the_help_names_every_kind_that_can_be_imported() -> None:
    shown = CliRunner().invoke(cli.app, ["import", "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for kind in (*LAYOUTS, "scripts", "holidays"):
        assert kind in shown.output
