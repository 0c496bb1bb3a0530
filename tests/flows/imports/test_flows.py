"""Flows of money land by customer, month and kind, on both databases."""

from datetime import date
from pathlib import Path

import pytest

from crm_sync.models import CustomerFlow
from kit.db import Database
from tests.flows.imports.given import LATER, bring, bring_bank, rows

pytestmark = pytest.mark.anyio

FLOWS = (
    "customer_no,month,kind,amount_yuan,count\n"
    "620001,2026-10-01,payroll_in,12800.50,1\n"
    "620001,2026-09-15,代发,12000,1\n"
    "620001,2026-10-01,转他行,9000,2\n"
)


async def test_flows_are_kept_by_customer_month_and_kind(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    wrong = (
        "999,2026-10-01,pos_in,1,1\n"  # nobody has this number
        "620001,2026-10-31,payroll_in,1,1\n"  # the month again
        "620002,2026-10-01,工资条,1,1\n"
        "620002,2027-01-01,pos_in,1,1\n"
        "620002,2026-10-01,pos_in,一万,1\n"
    )
    report = await bring(database, "flows", FLOWS + wrong, tmp_path)
    assert [(one.line, one.code) for one in report.rejects] == [
        (5, "E-2233"), (6, "E-2230"), (7, "E-2210"), (8, "E-2209"), (9, "E-2205"),
    ]  # fmt: skip
    found = await rows(database, CustomerFlow, "month", "kind")
    assert [(row["month"], row["kind"], row["amount_fen"]) for row in found] == [
        (date(2026, 9, 1), "payroll_in", 1_200_000),
        (date(2026, 10, 1), "out_other_bank", 900_000),
        (date(2026, 10, 1), "payroll_in", 1_280_050),
    ]
    again = await bring(database, "flows", FLOWS, tmp_path, at=LATER)
    assert (again.counts.unchanged, again.counts.added, again.counts.removed) == (3, 0, 0)
    more = "customer_no,month,kind,amount_yuan\n620001,2026-10-02,payroll_in,13000\n"
    changed = await bring(database, "flows", more, tmp_path, at=LATER)
    assert (changed.counts.updated, changed.counts.removed) == (1, 0)
    (newest,) = [
        row
        for row in await rows(database, CustomerFlow)
        if (row["month"], row["kind"]) == (date(2026, 10, 1), "payroll_in")
    ]
    assert (newest["amount_fen"], newest["count"], newest["changed_at"]) == (1_300_000, 1, LATER)
