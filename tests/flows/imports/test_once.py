"""The same file twice changes nothing, whatever its form; what leaves it is never deleted."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from sqlmodel import SQLModel

from crm_sync.models import (
    Coverage,
    Customer,
    Grant,
    Holding,
    Product,
    ProductOpenDay,
    Staff,
    Unit,
)
from kit.db import Database
from kit.errors import InputRefused
from kit.tabular import Limits
from tests.flows.imports.given import (
    ASSIGNMENTS,
    AT,
    CUSTOMERS,
    HOLDINGS,
    LATER,
    PRODUCTS,
    STAFF,
    UNITS,
    bring,
    bring_bank,
    rows,
)

pytestmark = pytest.mark.anyio

FILES = {
    "units": UNITS,
    "staff": STAFF,
    "products": PRODUCTS,
    "customers": CUSTOMERS,
    "holdings": HOLDINGS,
    "assignments": ASSIGNMENTS,
}
TABLES: tuple[type[SQLModel], ...] = (
    Unit, Staff, Grant, Product, ProductOpenDay, Customer, Holding, Coverage,
)  # fmt: skip


async def picture(database: Database) -> list[list[dict[str, object]]]:
    return [await rows(database, model) for model in TABLES]


async def test_every_file_a_second_time_writes_nothing(database: Database, tmp_path: Path) -> None:
    for kind, content in FILES.items():
        await bring(database, kind, content, tmp_path)
    before = await picture(database)
    for kind, content in FILES.items():
        report = await bring(database, kind, content, tmp_path, at=LATER)
        counts = report.counts
        assert (counts.added, counts.updated, counts.removed) == (0, 0, 0), kind
        assert counts.unchanged == counts.read == content.count("\n") - 1
    assert await picture(database) == before


async def test_every_encoding_and_parquet_are_the_same_rows(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = await rows(database, Customer)
    wide = CUSTOMERS.replace(",", "\t").encode("gb18030")
    parquet = tmp_path / "customers.parquet"
    plain = tmp_path / "plain.csv"
    plain.write_text(CUSTOMERS, encoding="utf-8")
    texts = {name: pa.string() for name in CUSTOMERS.split("\n")[0].split(",")}
    pq.write_table(
        pa_csv.read_csv(plain, convert_options=pa_csv.ConvertOptions(column_types=texts)), parquet
    )
    for content in (
        CUSTOMERS.encode("gb18030"),
        b"\xef\xbb\xbf" + CUSTOMERS.encode(),
        wide,
        parquet,
    ):
        report = await bring(database, "customers", content, tmp_path, at=LATER)
        assert report.counts.unchanged == 10
    assert await rows(database, Customer) == before


async def test_a_first_import_from_gb18030_equals_one_from_utf8(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    await bring(database, "customers", CUSTOMERS.encode("gb18030"), tmp_path)
    report = await bring(database, "customers", CUSTOMERS, tmp_path)
    assert (report.counts.unchanged, report.encoding) == (10, "utf-8-sig")


async def test_only_changed_rows_are_sealed_and_written_anew(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = {row["customer_no"]: row["name"] for row in await rows(database, Customer)}
    changed = CUSTOMERS.replace("客户7,", "客户七,") + "620011,新客,,M,,01,,,\n"
    report = await bring(database, "customers", changed, tmp_path, at=LATER)
    counts = report.counts
    assert (counts.added, counts.updated, counts.unchanged) == (1, 1, 9)
    after = {row["customer_no"]: row["name"] for row in await rows(database, Customer)}
    assert {no for no in before if after[no] != before[no]} == {"620007"}


async def test_a_row_that_leaves_is_marked_and_comes_back(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    shorter = "\n".join(CUSTOMERS.split("\n")[:-2]) + "\n"
    report = await bring(database, "customers", shorter, tmp_path, at=LATER)
    assert (report.counts.removed, report.counts.unchanged) == (1, 9)
    gone = [row for row in await rows(database, Customer) if row["removed_at"]]
    assert [(row["customer_no"], row["removed_at"]) for row in gone] == [("620010", LATER)]
    again = await bring(database, "customers", shorter, tmp_path, at=LATER)
    assert again.counts.removed == 0
    report = await bring(database, "customers", CUSTOMERS, tmp_path, at=LATER)
    assert (report.counts.updated, report.counts.unchanged) == (1, 9)
    assert not [row for row in await rows(database, Customer) if row["removed_at"]]


async def test_a_file_that_loses_a_fifth_is_refused_unless_accepted(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = await rows(database, Customer)
    lines = CUSTOMERS.split("\n")
    eight, seven = "\n".join(lines[:9]) + "\n", "\n".join(lines[:8]) + "\n"
    with pytest.raises(InputRefused) as refused:
        await bring(database, "customers", seven, tmp_path, at=LATER)
    assert refused.value.code == "E-2301"
    assert (refused.value.facts["present"], refused.value.facts["missing"]) == (10, 3)
    assert "--accept-drop" in refused.value.sentence()
    assert await rows(database, Customer) == before
    dry = await bring(database, "customers", eight, tmp_path, at=LATER, dry_run=True)
    assert dry.counts.removed == 2
    report = await bring(database, "customers", seven, tmp_path, at=LATER, accept_drop=True)
    assert report.counts.removed == 3


async def test_a_refused_drop_takes_back_what_it_brought(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = await rows(database, Customer)
    header = CUSTOMERS.split("\n")[0]
    others = header + "\n" + "".join(f"7{n},他行客户,,,,01,,,\n" for n in range(50))
    with pytest.raises(InputRefused):
        await bring(database, "customers", others, tmp_path, at=LATER)
    assert await rows(database, Customer) == before


async def test_a_partial_file_removes_nothing(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    one = "\n".join(CUSTOMERS.split("\n")[:2]).replace(",1.50,", ",7,") + "\n"
    report = await bring(database, "customers", one, tmp_path, at=LATER, partial=True)
    assert (report.counts.updated, report.counts.removed) == (1, 0)
    assert not [row for row in await rows(database, Customer) if row["removed_at"]]


async def test_a_row_on_a_rejected_line_is_neither_changed_nor_removed(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = await rows(database, Customer)
    broken = CUSTOMERS.replace("15400000004", "154").replace("15400000005", "154")
    report = await bring(database, "customers", broken, tmp_path, at=LATER)
    assert (report.counts.rejected, report.counts.removed, report.counts.unchanged) == (2, 0, 8)
    assert await rows(database, Customer) == before


async def test_nothing_is_removed_while_a_line_cannot_be_read(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    broken = CUSTOMERS.replace("620010,客户10,", "620010,客户10,,,,,,")
    report = await bring(database, "customers", broken, tmp_path, at=LATER)
    assert (report.counts.rejected, report.counts.removed, report.counts.withheld) == (1, 0, 1)
    assert any("没有标记移除" in note for note in report.notes)


async def test_rows_of_another_source_are_not_missed(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    mapping = tmp_path / "other.toml"
    mapping.write_text(
        'kind = "customers"\nsource = "other"\n[columns]\ncustomer_no = "id"\nunit_id = "unit"\n'
    )
    path = tmp_path / "other.csv"
    path.write_text("id,unit\nA1,01\nA2,01\n")
    report = await bring(database, "customers", path, tmp_path, mapping=mapping)
    assert (report.counts.added, report.counts.removed, report.present_before) == (2, 0, 0)
    again = await bring(database, "customers", CUSTOMERS, tmp_path)
    assert (again.counts.unchanged, again.counts.removed) == (10, 0)


@pytest.mark.parametrize("batch_rows", [3, 10_000])
async def test_a_key_that_comes_twice_is_refused_at_the_later_line(
    database: Database, tmp_path: Path, batch_rows: int
) -> None:
    limits = Limits(batch_rows=batch_rows, chunk_rows=3)
    await bring(database, "units", UNITS, tmp_path)
    lines = CUSTOMERS.split("\n")
    twice = CUSTOMERS + lines[1].replace("客户1", "冒名") + "\n" + lines[10] + "\n"
    report = await bring(database, "customers", twice, tmp_path, limits=limits)
    assert [(one.line, one.code) for one in report.rejects] == [(12, "E-2230"), (13, "E-2230")]
    assert (report.counts.added, report.counts.duplicates, report.counts.read) == (10, 2, 12)
    again = await bring(database, "customers", twice, tmp_path, limits=limits, at=LATER)
    assert (again.counts.unchanged, again.counts.duplicates, again.counts.updated) == (10, 2, 0)
    changed = twice.replace(",1.50,", ",9,")
    report = await bring(database, "customers", changed, tmp_path, limits=limits, at=LATER)
    assert (report.counts.updated, report.counts.duplicates) == (1, 2)


async def test_new_and_changed_rows_of_one_batch_land_together(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    mixed = CUSTOMERS.replace(",5.50,", ",55,").replace(",6.50,", ",66,") + "".join(
        f"63{n:04d},新客{n},,,,01,,,\n" for n in range(5)
    )
    report = await bring(
        database,
        "customers",
        mixed + "630001,重复,,,,01,,,\n620005,重复,,,,01,,,\n",
        tmp_path,
        at=LATER,
    )
    counts = report.counts
    assert (counts.added, counts.updated, counts.unchanged, counts.duplicates) == (5, 2, 8, 2)
    aum = {row["customer_no"]: row["aum_fen"] for row in await rows(database, Customer)}
    assert (aum["620005"], aum["620006"], aum["630004"], len(aum)) == (5_500, 6_600, None, 15)


async def test_a_unit_that_does_not_exist_rejects_its_rows(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    content = "customer_no,unit_id,account_unit_id\n1,1,\n2,01,77\n3,01,0101\n"
    report = await bring(database, "customers", content, tmp_path)
    assert [(one.line, one.code, one.column) for one in report.rejects] == [
        (2, "E-2231", "unit_id"),
        (3, "E-2231", "account_unit_id"),
    ]
    assert "机构表里有 01" in report.rejects[0].reason
    assert report.counts.added == 1


async def test_dates_after_today_are_judged_by_the_day_of_the_import(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    content = "customer_no,unit_id,born_on\n1,01,2026-11-22\n2,01,2026-11-23\n"
    report = await bring(database, "customers", content, tmp_path, at=AT)
    assert [(one.line, one.code) for one in report.rejects] == [(3, "E-2209")]
