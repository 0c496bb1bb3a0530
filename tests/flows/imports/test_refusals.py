"""A refused file changes nothing and is on record; rejected lines are kept, sealed, and mended."""

from pathlib import Path

import pytest
from sqlalchemy import text

from crm_sync.imports import rejected_lines, runs, write_rejects
from crm_sync.imports.report import Counts
from crm_sync.models import Customer, ImportReject, ImportRun, Unit
from kit.db import Database
from kit.errors import Conflict, InputRefused
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from kit.tabular import Limits
from tests.flows.imports.given import (
    AT,
    BY,
    CUSTOMERS,
    LATER,
    UNITS,
    Decisions,
    bring,
    bring_bank,
    rows,
    written,
)

pytestmark = pytest.mark.anyio

BAD = CUSTOMERS + "620011,=公式,154,F,2030-01-01,77,C9,-1,\n620012,李四,15400000012,M,,09,,,\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E-2103"),
        (b"PK\x03\x04....", "E-2104"),
        (CUSTOMERS.encode("utf-16"), "E-2105"),
        ((CUSTOMERS + "1,\0,,,,,,,\n").encode(), "E-2106"),
        ((CUSTOMERS + '1,"a,,,,,,,\n').encode(), "E-2107"),
        (CUSTOMERS.replace("phone", "name").encode(), "E-2109"),
        (CUSTOMERS.replace("unit_id", "branch").encode(), "E-2110"),
    ],
)
async def test_a_broken_file_changes_nothing_and_is_on_record(
    database: Database, tmp_path: Path, content: bytes, code: str
) -> None:
    await bring_bank(database, tmp_path)
    before = await rows(database, Customer)
    with pytest.raises(InputRefused) as refused:
        await bring(database, "customers", content, tmp_path, at=LATER)
    assert refused.value.code == code
    assert await rows(database, Customer) == before
    run = (await rows(database, ImportRun))[-1]
    assert (run["id"], run["state"]) == (refused.value.facts["run"], "refused")
    assert run["refusal"]["code"] == code
    async with database.reading() as session:
        (entry,) = await page(session, Wanted(kind="import"), limit=1)
        assert (entry.act, entry.actor) == ("import.refused", BY)
        assert entry.object == f"run:{run['id']}"
        assert (await verify(session)).sound


async def test_a_file_that_breaks_off_after_good_batches_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    lines = "".join(f"7{n:05d},甲,,,,01,,,\n" for n in range(3_000))
    content = CUSTOMERS + lines + '8,"乙,,,,01,,,\n'
    with pytest.raises(InputRefused):
        await bring(database, "customers", content, tmp_path, limits=Limits(batch_rows=500))
    assert await rows(database, Customer) == []


async def test_a_manifest_that_does_not_fit_refuses_the_file(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    manifest = written(tmp_path / "manifest.json", '{"files": {"customers.csv": {"rows": 11}}}')
    with pytest.raises(InputRefused) as refused:
        await bring(database, "customers", CUSTOMERS, tmp_path, manifest=manifest)
    assert refused.value.code == "E-2112"
    assert await rows(database, Customer) == []
    right = written(tmp_path / "right.json", '{"rows": 10, "source_date": "2026-11-21"}')
    report = await bring(database, "customers", CUSTOMERS, tmp_path, manifest=right)
    assert (report.counts.added, report.source_date) == (10, "2026-11-21")
    assert {row["source_date"] for row in await rows(database, Customer)} == {"2026-11-21"}


async def test_a_dry_run_says_everything_and_writes_nothing(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    report = await bring(database, "customers", BAD, tmp_path, dry_run=True)
    assert (report.state, report.counts.added, report.counts.rejected) == ("dry_run", 10, 2)
    assert await rows(database, Customer) == []
    assert [row["state"] for row in await rows(database, ImportRun)] == ["applied", "dry_run"]
    assert (await bring(database, "customers", BAD, tmp_path)).counts.added == 10


async def test_units_that_cannot_land_are_known_to_a_dry_run_too(
    database: Database, tmp_path: Path
) -> None:
    report = await bring(database, "units", UNITS + "09,孤岛,88,branch\n", tmp_path, dry_run=True)
    assert (report.counts.added, report.counts.rejected) == (3, 1)
    assert await rows(database, Unit) == []


async def test_rejected_lines_are_sealed_and_open_again(database: Database, tmp_path: Path) -> None:
    await bring(database, "units", UNITS, tmp_path)
    report = await bring(database, "customers", BAD, tmp_path)
    assert [(one.line, one.code) for one in report.rejects] == [(12, "E-2203"), (13, "E-2231")]
    kept = await rows(database, ImportReject)
    assert all("公式".encode() not in row["line_text"] for row in kept)
    assert all("=公式" not in row["reason"] and "15400000012" not in row["reason"] for row in kept)
    async with database.reading() as session:
        lines = await rejected_lines(session, report.run_id)
    assert [line.cells[1] for line in lines] == ["=公式", "李四"]


async def test_the_rejects_file_is_mended_and_imported_alone(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    report = await bring(database, "customers", BAD, tmp_path)
    async with database.reading() as session:
        lines = await rejected_lines(session, report.run_id)
    path = tmp_path / "rejects.csv"
    assert write_rejects(path, report.header, lines) == 2
    content = path.read_bytes().decode("utf-8-sig")
    assert "'=公式" in content
    assert "E-2231" in content
    mended = content.replace(
        "'=公式,154,F,2030-01-01,77,C9,'-1", "王五,15400000011,F,1990-01-01,01,C3,1"
    )
    mended = mended.replace(",M,,09,", ",M,,01,")
    again = await bring(database, "customers", written(path, mended), tmp_path, partial=True)
    assert (again.counts.added, again.counts.rejected, again.counts.removed) == (2, 0, 0)
    assert len(await rows(database, Customer)) == 12


async def test_the_report_for_programs_holds_no_personal_cell(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    report = await bring(database, "customers", BAD, tmp_path)
    said = str(report.as_dict())
    assert "15400000012" not in said
    assert "李四" not in said
    assert report.as_dict()["counts"]["rejected"] == 2


async def test_every_run_has_one_ledger_entry(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    await bring(database, "customers", CUSTOMERS, tmp_path, dry_run=True)
    async with database.reading() as session:
        entries = await page(session, Wanted(kind="import"), limit=10)
        assert (await verify(session)).sound
    assert [entry.act for entry in entries] == ["import.dry_run", *["import.applied"] * 3]
    assert entries[1].payload["counts"]["added"] == 10


async def test_an_unknown_kind_names_the_kinds(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="customers") as refused:
        await bring(database, "clients", CUSTOMERS, tmp_path)
    assert refused.value.code == "E-2302"
    assert await rows(database, ImportRun) == []


async def test_only_customers_can_be_supplemented(database: Database, tmp_path: Path) -> None:
    mapping = written(
        tmp_path / "m.toml",
        'kind = "units"\nsource = "x"\nmode = "supplement"\n[columns]\nunit_id = "unit_id"\n',
    )
    with pytest.raises(InputRefused) as refused:
        await bring(database, "units", UNITS, tmp_path, mapping=mapping)
    assert refused.value.code == "E-2304"


async def test_a_run_that_compared_with_an_older_picture_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        first = await runs.start(session, kind="customers", name="a", mapping="", by=BY, at=AT)
        seen = await runs.picture(session, "customers")
        second = await runs.start(session, kind="customers", name="b", mapping="", by=BY, at=AT)
        ending = runs.Ending("applied", Counts())
        await runs.finish(session, first, ending, (), kind="customers", by=BY, at=AT)
    for late in (first, second):
        with pytest.raises(Conflict) as refused:
            async with database.transaction() as session:
                await runs.guard(session, kind="customers", run_id=late, seen=seen)
        assert refused.value.code == "E-2305"
    async with database.transaction() as session:
        await runs.guard(session, kind="holdings", run_id=first, seen=0)
        await runs.guard(session, kind="customers", run_id=second, seen=seen + 1)


async def test_an_unexpected_failure_is_on_record_and_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)

    class Broken(Decisions):
        async def __call__(self, *_: object) -> int:
            raise RuntimeError("the other side is down")

    with pytest.raises(RuntimeError):
        await bring(
            database,
            "consents",
            "customer_no,purpose,given,source,at\n620001,care,1,网点,2026-01-01\n",
            tmp_path,
            land_consents=Broken(),
        )
    run = (await rows(database, ImportRun))[-1]
    assert (run["state"], run["refusal"]) == ("failed", {"what": "RuntimeError"})


async def test_progress_is_told_and_nothing_stays_behind(
    database: Database, tmp_path: Path
) -> None:
    told: list[tuple[int, int, int]] = []
    await bring(database, "units", UNITS, tmp_path)
    await bring(
        database,
        "customers",
        CUSTOMERS,
        tmp_path,
        limits=Limits(batch_rows=4, chunk_rows=4),
        progress=lambda done, read, size: told.append((done, read, size)),
    )
    assert told[-1][0] == 10
    assert told[-1][1] == told[-1][2]
    async with database.transaction() as session:
        if database.is_sqlite:
            listed = await session.execute(text("SELECT name FROM pragma_database_list"))
            assert set(listed.scalars()) == {"main"}
        else:
            found = await session.execute(text("SELECT to_regclass('import_stage')"))
            assert found.scalar_one() is None
