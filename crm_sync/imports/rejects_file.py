"""Writes the rejected lines of a run to a file that can be mended and imported again."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from crm_sync.imports.runs import RejectedLine

MARKS: Final = ("#行号", "#编号", "#列", "#原因")
"""Columns that the next import passes over: their names start with ``#``."""


def write_rejects(path: Path, header: Sequence[str], lines: Iterable[RejectedLine]) -> int:
    """Write rejected lines as CSV (UTF-8 with BOM) under the file's own header; returns how many.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front, which the
    next import takes off again. Mend the cells, then import the file with ``partial``.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, *MARKS])
        for line in lines:
            cells = [*line.cells[: len(header)], *[""] * (len(header) - len(line.cells))]
            marks = [line.line, line.code, line.column, line.reason]
            writer.writerow([*map(_harmless, cells), *map(_harmless, map(str, marks))])
            count += 1
    return count


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r＝＋－＠" and cell[:1] else cell
