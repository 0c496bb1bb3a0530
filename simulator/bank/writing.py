"""Writes the synthetic bank as the files a bank would send, streaming, with a manifest."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from simulator.bank.people import Person, person
from simulator.bank.products import PRODUCTS
from simulator.bank.shape import Bank, found

ATTRIBUTES: Final = (
    "pension_payroll", "passbook", "children_account", "hobby", "merchant", "legal_person",
    "third_party_custody", "agri_loan", "agri_subsidy",
)  # fmt: skip
HEADERS: Final = {
    "units": ("unit_id", "name", "parent_id", "kind", "department_id"),
    "staff": (
        "staff_id", "name", "userid", "unit_id", "position", "active", "licences", "personas", "roles",
    ),
    "products": (
        "product_code", "name", "kind", "risk_level", "issuer", "private", "on_sale", "open_days",
    ),
    "customers": (
        "customer_no", "name", "phone", "unionid", "gender", "born_on", "unit_id",
        "account_unit_id", "risk_level", "risk_assessed_on", "tier", "aum_yuan",
        "aum_average_yuan", "occupation", "opened_on",
        *(f"attributes.{name}" for name in ATTRIBUTES),
    ),
    "holdings": (
        "holding_no", "customer_no", "kind", "product_code", "product_name", "amount_yuan",
        "opened_on", "matures_on", "due_day", "instalment_yuan", "risk_level",
    ),
    "assignments": ("customer_no", "staff_id", "kind", "since"),
    "consents": ("customer_no", "purpose", "given", "source", "at"),
    "snapshots": ("customer_no", "on", "aum_yuan"),
    "events": ("event_no", "customer_no", "kind", "on", "amount_yuan", "note"),
}  # fmt: skip
SOURCES: Final = ("手机银行授权页", "网点签署", "客户经理代录并回访")
Cell = str | int | date | None


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
    encoding: str = "utf-8-sig",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write a synthetic bank into ``directory``; returns (and writes) its manifest.

    One CSV a kind of import, plus ``manifest.json`` with rows and SHA-256 a file and the grants
    that a person gives at head office. Memory does not grow with ``customers``; the same
    arguments write the same bytes. ``progress`` is told (done, all) each 1,000 customers.
    """
    bank = found(seed=seed, customers=customers, branches=branches, staff=staff, today=today)
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_files:
        sheets = {
            kind: open_files.enter_context(_Sheet(directory, kind, encoding)) for kind in HEADERS
        }
        _write_bank(bank, sheets)
        for number in range(1, customers + 1):
            _write_person(bank, person(bank, number), sheets)
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


def _write_bank(bank: Bank, sheets: dict[str, _Sheet]) -> None:
    sheets["units"].add(
        (unit.unit_id, unit.name, unit.parent_id, unit.kind, unit.department_id)
        for unit in bank.units
    )
    sheets["staff"].add(
        (
            member.staff_id, member.name, member.userid, member.unit_id, member.position,
            int(member.active), ";".join(member.licences), ";".join(member.personas),
            ";".join(member.roles),
        )
        for member in bank.members
    )  # fmt: skip
    sheets["products"].add(
        (
            product.code, product.name, product.kind, f"R{product.risk}" if product.risk else "",
            product.issuer, int(product.private), int(product.on_sale),
            ";".join(f"{first}~{last}" for first, last in product.open_days(bank.today)),
        )
        for product in PRODUCTS
    )  # fmt: skip


def _write_person(bank: Bank, one: Person, sheets: dict[str, _Sheet]) -> None:
    sheets["customers"].add(
        [
            (
                one.customer_no, one.name, one.phone, one.unionid if one.has_unionid else "",
                one.gender, one.born_on, one.unit_id, one.unit_id,
                f"C{one.risk_level}" if one.risk_level else "", one.assessed_on, one.tier,
                _yuan(one.aum_fen), _yuan(one.average_fen), one.occupation, one.opened_on,
                *(one.attributes.get(name, "") for name in ATTRIBUTES),
            )
        ]
    )  # fmt: skip
    sheets["holdings"].add(
        (
            held.holding_no, one.customer_no, held.kind, held.product_code, held.product_name,
            _yuan(held.amount_fen), held.opened_on, held.matures_on, held.due_day,
            _yuan(held.instalment_fen), f"R{held.risk}" if held.risk else "",
        )
        for held in one.holdings
    )  # fmt: skip
    sheets["assignments"].add([(one.customer_no, one.owner, "owner", one.opened_on)])
    sheets["consents"].add(
        (
            one.customer_no, purpose, int(given), SOURCES[one.number % 3],
            f"{day} 10:{one.number % 60:02d}:00",
        )
        for purpose, given, day in one.consents
    )  # fmt: skip
    sheets["snapshots"].add(_snapshots(bank, one))
    sheets["events"].add(_events(bank, one))


def _snapshots(bank: Bank, one: Person) -> Iterator[Sequence[Cell]]:
    """Month ends of the last quarter: one customer in fifty loses a good part of the money."""
    leaving = one.number % 50 == 7
    for back in (90, 60, 30):
        share = 100 + (back if leaving else (one.number * back) % 7)
        yield (
            one.customer_no, bank.today - timedelta(days=back), _yuan(one.aum_fen * share // 100)
        )  # fmt: skip


def _events(bank: Bank, one: Person) -> Iterator[Sequence[Cell]]:
    """One customer in twenty has money coming in within six weeks; 陈建国 has moved money out."""
    if one.number == 2:
        yield (
            f"E{bank.today:%Y%m%d}OUT{one.number:08d}", one.customer_no, "money_out",
            bank.today - timedelta(days=1), "350000.00", "大额转出至他行",
        )  # fmt: skip
    if one.number % 20 == 3 and one.aum_fen > 1_000_000:
        day = bank.today + timedelta(days=3 + one.number % 40)
        yield (
            f"E{bank.today:%Y%m%d}{one.number:08d}", one.customer_no, "bonus", day,
            _yuan(one.aum_fen // 10 // 100 * 100), "年终分红",
        )  # fmt: skip


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"
