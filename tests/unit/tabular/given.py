"""Small files and a small layout for the tests of kit.tabular."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kit.tabular import Batch, Field, Layout, Limits, Mapping, Type, default_mapping, open_table
from kit.tabular.mapping_file import read_mapping

TODAY = date(2026, 11, 22)
PEOPLE = Layout(
    kind="people",
    title="客户",
    key=("no",),
    free="attributes",
    fields=(
        Field("no", "客户号", Type.KEY, required=True, longest=20),
        Field("name", "姓名", personal=True, distinct=True),
        Field("amount_yuan", "金额（元）", Type.YUAN, into="amount_fen"),
        Field("amount_fen", "金额（分）", Type.FEN),
        Field("on", "日期", Type.DATE),
    ),
)


def read(
    path: Path, mapping: Mapping | None = None, limits: Limits | None = None
) -> tuple[Batch, Any]:
    """The whole file as one batch, and the opened file after its pass."""
    chosen = mapping or default_mapping(PEOPLE)
    with open_table(path, chosen, PEOPLE, today=TODAY, limits=limits) as opened:
        return Batch.joined(list(opened.batches())), opened


def written(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def mapped(folder: Path, lines: Sequence[str] | str) -> Mapping:
    """A mapping read from a file with these lines after kind and source."""
    text = lines if isinstance(lines, str) else "\n".join(lines)
    path = folder / "people.toml"
    path.write_text(f'kind = "people"\nsource = "test"\n{text}\n', encoding="utf-8")
    return read_mapping(path, PEOPLE)
