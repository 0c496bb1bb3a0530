"""Whatever is wrong with a file, of whichever kind: it says so by a code and replaces nothing."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from sqlmodel import SQLModel

from compliance.models import ComplaintCase, Consent
from config.policy_shelf import Shelf
from crm_sync.imports import LAYOUTS, ImportReport
from crm_sync.models import (
    Coverage,
    Customer,
    CustomerEvent,
    CustomerFlow,
    CustomerSnapshot,
    FarmRecord,
    Holding,
    Product,
    Staff,
    StaffCertificate,
    Unit,
)
from delivery.models import Touch
from kit.db import Database
from kit.errors import InputRefused
from tests.flows.imports.given import (
    ASSIGNMENTS,
    CUSTOMERS,
    HOLDINGS,
    LATER,
    PRODUCTS,
    STAFF,
    UNITS,
    bring,
    bring_bank,
    rows,
    written,
)
from wiring.importing import land_complaints, land_consents, land_touches

pytestmark = pytest.mark.anyio


class Case(NamedTuple):
    """A good file of one kind; a cell that changes; the rows of another bank; where it lands."""

    good: str
    change: tuple[str, str]
    other: str
    table: type[SQLModel]


CASES: Final = {
    "units": Case(UNITS, ("翠湖支行", "改名"), "zz,别行,,hq\nz1,别行支行,zz,branch\n", Unit),
    "staff": Case(STAFF, ("客户经理", "柜员"), "9001,王五,wangwu,01,柜员,,rm\n", Staff),
    "customers": Case(
        CUSTOMERS, ("客户1,", "改名,"), "99001,赵六,15499999999,M,1970-01-01,01,C1,1,\n", Customer
    ),
    "products": Case(PRODUCTS, ("R2", "R5"), "ZZ1,别行产品,fund,R5,1,\n", Product),
    "holdings": Case(HOLDINGS, ("200000", "1"), "D1,99001,deposit,X,7,,,\n", Holding),
    "assignments": Case(ASSIGNMENTS, ("2024-05-06", "2020-01-01"), "99001,003127,\n", Coverage),
    "consents": Case(
        "customer_no,purpose,given,source,at\n620001,care,1,网点,2026-01-01 10:00:00\n"
        "620002,care,1,网点,2026-01-01 10:00:00\n",
        ("620001,care,1", "620001,care,0"),
        "99001,care,0,网点,2026-01-02 10:00:00\n",
        Consent,
    ),
    "snapshots": Case(
        "customer_no,on,aum_yuan\n620001,2026-11-20,100.00\n620002,2026-11-20,200.00\n",
        ("100.00", "1.00"),
        "99001,2026-11-20,7.00\n",
        CustomerSnapshot,
    ),
    "events": Case(
        "event_no,customer_no,kind,on,amount_yuan\nE1,620001,money_in,2026-12-15,500\n"
        "E2,620002,money_in,2026-12-15,600\n",
        ("500", "5"),
        "E1,99001,money_in,2026-12-15,7\n",
        CustomerEvent,
    ),
    "flows": Case(
        "customer_no,month,kind,amount_yuan\n620001,2026-10-01,payroll_in,100.00\n"
        "620002,2026-10-01,payroll_in,200.00\n",
        ("100.00", "1.00"),
        "99001,2026-10-01,payroll_in,7.00\n",
        CustomerFlow,
    ),
    "touches": Case(
        "touch_no,customer_no,channel,at\nT1,620001,phone,2026-11-18 09:00:00\n"
        "T2,620002,phone,2026-11-18 09:00:00\n",
        ("T1,620001,phone", "T1,620001,sms"),
        "T1,99001,phone,2026-11-18 09:00:00\n",
        Touch,
    ),
    "farming": Case(
        "farm_no,customer_no,kind,item,sow_month\nF1,620001,crop,玉米,3\nF2,620002,crop,玉米,3\n",
        ("玉米", "小麦"),
        "F1,99001,crop,花生,5\n",
        FarmRecord,
    ),
    "complaints": Case(
        "complaint_no,customer_no,about,opened_at,state\n"
        "K1,620001,service,2026-11-18 09:00:00,opened\nK2,620002,other,2026-11-18 09:00:00,opened\n",
        ("K1,620001,service", "K1,620001,product"),
        "K1,99001,service,2026-11-18 09:00:00,closed\n",
        ComplaintCase,
    ),
    "certificates": Case(
        "staff_id,kind,number,valid_until\n003127,基金从业资格,F3000117788,2027-06-30\n"
        "003101,基金从业资格,F3000117789,2027-06-30\n",
        ("2027-06-30", "2028-06-30"),
        "999999,基金从业资格,F3000117788,2027-01-01\n",
        StaffCertificate,
    ),
}


def table_of(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content)))


def text_of(table: list[list[str]]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(table)
    return made.getvalue()


def with_the_columns_in_another_order(content: str) -> str:
    return text_of([row[::-1] for row in table_of(content)])


def with_cells_under_the_wrong_names(content: str) -> str:
    header, *lines = table_of(content)
    return text_of([header, *(row[-1:] + row[:-1] for row in lines)])


def without_a_header(content: str) -> str:
    return content.partition("\n")[2]


def cut_in_its_last_line(content: str) -> str:
    whole, _, last = content.rstrip("\n").rpartition("\n")
    return f"{whole}\n{last.partition(',')[0]},"


def in_two_encodings(content: str) -> bytes:
    return content.encode().rstrip(b"\n") + b"\xff\xfe\n"


Spoil = Callable[[str], str | bytes]
REFUSED: Final[dict[Spoil, set[str]]] = {
    without_a_header: {"E-2109", "E-2110"},
    in_two_encodings: {"E-2105"},
    lambda content: content.encode("utf-16"): {"E-2105", "E-2106"},
}
PROMISES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"rows": 99, "source_date": "2026-11-22"}, "E-2112"),
    ({"sha256": "0" * 64, "source_date": "2026-11-22"}, "E-2112"),
    ({"source_date": "2026-11-20"}, "E-2315"),  # a day before that of what is there
]


def test_every_kind_of_file_has_its_case() -> None:
    # because net values and traces lean on rows of other kinds and have tests of their own
    assert set(CASES) == set(LAYOUTS) - {"navs", "signals"}


@pytest.mark.parametrize("kind", CASES)
async def test_a_wrong_file_of_any_kind_says_so_and_replaces_nothing(
    database: Database, tmp_path: Path, kind: str
) -> None:
    case = CASES[kind]
    changed = case.good.replace(*case.change)
    assert changed != case.good

    async def give(content: str | bytes, said: dict[str, Any] | None = None) -> ImportReport:
        more: dict[str, Any] = {"at": LATER}
        if said is not None:
            data = content.encode() if isinstance(content, str) else content
            promised = {"sha256": hashlib.sha256(data).hexdigest(), **said}
            more["manifest"] = written(tmp_path / "manifest.json", json.dumps(promised))
        return await bring(
            database, kind, content, tmp_path,
            land_consents=land_consents, land_touches=land_touches,
            land_complaints=land_complaints(Shelf()), **more,
        )  # fmt: skip

    await bring_bank(database, tmp_path)
    first = await give(case.good, {"source_date": "2026-11-21"})
    assert first.counts.rejected == 0
    before = await rows(database, case.table)

    moved = await give(with_the_columns_in_another_order(case.good))
    assert (moved.counts.unchanged, moved.counts.rejected) == (first.counts.read, 0)
    assert await rows(database, case.table) == before

    for spoil, codes in REFUSED.items():
        with pytest.raises(InputRefused) as refused:
            await give(spoil(changed))
        assert refused.value.code in codes
        assert await rows(database, case.table) == before
    for promise, code in PROMISES:
        with pytest.raises(InputRefused) as refused:
            await give(changed, promise)
        assert refused.value.code == code
        assert await rows(database, case.table) == before

    header = case.good.partition("\n")[0]
    for content in (with_cells_under_the_wrong_names(changed), f"{header}\n{case.other}"):
        try:
            report = await give(content)
        except InputRefused as refusal:
            assert refusal.code == "E-2301"  # too much of what is there would go  # noqa: PT017
        else:
            assert report.counts.rejected == report.counts.read > 0
            assert all(one.code.startswith("E-22") for one in report.rejects)
        assert await rows(database, case.table) == before

    cut = await give(cut_in_its_last_line(case.good))
    assert [one.code for one in cut.rejects] == ["E-2213"]
    assert cut.counts.removed == 0
    assert await rows(database, case.table) == before
