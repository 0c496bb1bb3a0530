"""docs/data.md and the error pages say all that the code knows, and no more."""

import re
from pathlib import Path

import pytest

from crm_sync.imports import LAYOUTS, errors
from crm_sync.imports.errors import ImportCode
from kit.errors import AppError
from kit.tabular import errors as file_errors
from kit.tabular.functions import FUNCTIONS
from kit.tabular.refusals import RowCode

ROOT = Path(__file__).resolve().parents[3]
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_every_column_of_a_kind_is_documented(kind: str) -> None:
    section = DATA.split(f"### {kind} ", 1)[1].split("\n### ", 1)[0]
    for field in LAYOUTS[kind].fields:
        row = next(line for line in section.splitlines() if line.startswith(f"| `{field.name}` |"))
        assert field.title in row
        assert ("| 是 |" in row) == field.required
        assert row.rstrip().endswith(f"{field.example} |")
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
    assert documented == set(LAYOUTS[kind].names)


def test_every_function_of_expressions_is_documented() -> None:
    section = DATA.split("### 表达式", 1)[1]
    for name in [*FUNCTIONS, "lookup", "col"]:
        assert f"{name}(" in section


def test_every_code_has_its_heading() -> None:
    pages = [ROOT / "docs" / "errors.d" / "imports.md", ROOT / "docs" / "errors.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    classes = [
        one.code
        for module in (errors, file_errors)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, AppError) and one.__module__ == module.__name__
    ]
    codes = {*classes, *map(str, RowCode), *map(str, ImportCode)}
    missing = sorted(code for code in codes if f"## {code} " not in text)
    assert not missing
    assert len(classes) == len(set(classes))
