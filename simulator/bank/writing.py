"""Writes the synthetic bank as the files a bank would send, streaming, with a manifest."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator.bank.people import person
from simulator.bank.rows import HEADERS, Cell, bank_rows, person_rows
from simulator.bank.shape import found


class _Sheet:
    """One CSV file that is counted and hashed while it is written."""

    def __init__(self, directory: Path, kind: str, encoding: str) -> None:
        self.kind = kind
        self.rows = 0
        self._file = (directory / f"{kind}.csv").open("wb")
        self._hash = hashlib.sha256()
        self._encoding = encoding
        self._text = io.StringIO()
        self._writer = csv.writer(self._text)
        self._writer.writerow(HEADERS[kind])
        self._first = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self.flush()
        self._file.close()

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows."""
        before = self.rows
        for row in rows:
            self._writer.writerow(row)
            self.rows += 1
        if self.rows // 5_000 != before // 5_000:
            self.flush()

    def flush(self) -> None:
        """Put what is written so far into the file."""
        encoding = self._encoding if self._first else self._encoding.removesuffix("-sig")
        block = self._text.getvalue().encode(encoding)
        self._first = False
        self._hash.update(block)
        self._file.write(block)
        self._text.seek(0)
        self._text.truncate()

    def described(self, today: date) -> dict[str, Any]:
        """The file's part of the manifest."""
        return {
            "rows": self.rows,
            "sha256": self._hash.hexdigest(),
            "source_date": today.isoformat(),
        }


def generate(
    directory: Path,
    *,
    seed: int,
    customers: int,
    branches: int = 27,
    staff: int | None = None,
    today: date,
    managed: bool = False,
    encoding: str = "utf-8-sig",
    kinds: Sequence[str] = tuple(HEADERS),
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write a synthetic bank into ``directory``; returns (and writes) its manifest.

    One CSV a kind of import, plus ``manifest.json`` with rows and SHA-256 a file and the grants
    that a person gives at head office. Memory does not grow with ``customers``; the same
    arguments write the same bytes. ``kinds`` leaves files out. ``progress`` is told (done, all) each 1,000 customers.
    """
    bank = found(
        seed=seed,
        customers=customers,
        branches=branches,
        staff=staff,
        today=today,
        managed=managed,
    )
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_files:
        sheets = {
            kind: open_files.enter_context(_Sheet(directory, kind, encoding)) for kind in kinds
        }
        _write(sheets, bank_rows(bank))
        for number in range(1, customers + 1):
            _write(sheets, person_rows(bank, person(bank, number)))
            if progress is not None and (number % 1_000 == 0 or number == customers):
                progress(number, customers)
        for sheet in sheets.values():
            sheet.flush()
    manifest = {
        "bank": "青禾银行",
        "synthetic": True,
        "seed": seed,
        "today": today.isoformat(),
        "files": {f"{kind}.csv": sheet.described(today) for kind, sheet in sheets.items()},
        "grants": [
            {"staff_id": member.staff_id, "role": role, "unit_id": member.unit_id}
            for member in bank.members
            for role in member.grants
        ],
    }
    (directory / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return manifest


def _write(sheets: Mapping[str, _Sheet], rows: Mapping[str, Iterable[Sequence[Cell]]]) -> None:
    for kind, sheet in sheets.items():
        if kind in rows:
            sheet.add(rows[kind])
