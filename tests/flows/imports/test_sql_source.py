"""A database of the bank as a source: only read, streamed, by watermark, never a wrong answer."""

import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from config.import_policy import ImportPolicy
from crm_sync.imports import import_rows, revert_load
from crm_sync.imports.report import ImportReport
from crm_sync.imports.taking import Wanted
from crm_sync.models import Customer, ImportRun, ImportWatermark
from crm_sync.sources import SqlOpening, watermark_of
from crm_sync.sources.errors import (
    AnswerRefused,
    SourceUnreachable,
    SourceUnusable,
)
from kit.db import Database
from kit.errors import AppError, InputRefused
from kit.tabular import Limits
from tests.flows.imports.given import AT, BY, LATER, UNITS, bring, rows, written
from wiring.sources import due

pytestmark = pytest.mark.anyio

# ruff: noqa: S608 — the statements are this test's own
TABLE = (
    "CREATE TABLE kehu (no VARCHAR(20), name VARCHAR(40), unit VARCHAR(10), aum NUMERIC(15, 2),"
    " born DATE, version BIGINT, changed TIMESTAMP)"
)
MAPPING = """kind = "customers"
source = "core"
[sql]
{sql}
[columns]
customer_no = "no"
name = "name"
unit_id = "unit"
aum_yuan = "aum"
born_on = "born"
"""


class Bank:
    """The bank's own database, written by its owner."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def run(self, *statements: str) -> None:
        if self.url.startswith("sqlite"):
            with sqlite3.connect(make_url(self.url).database or "") as connection:
                for statement in statements:
                    connection.execute(statement)
            connection.close()
            return
        connection = await asyncpg.connect(self.url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def holds(self, number: int, *, version: int = 1, name: str = "客户") -> None:
        """The customers up to ``number``."""
        await self.run(
            *(
                f"INSERT INTO kehu VALUES ('62{n:04d}', '{name}{n}', '01', {n}.50, '1960-02-29',"
                f" {version}, '2026-11-2{version} 10:00:00')"
                for n in range(1, number + 1)
            )
        )


@pytest.fixture
async def bank(database: Database, tmp_path: Path) -> Bank:
    """On the same kind of server as ours, in tables of its own."""
    url = (
        f"sqlite:///{tmp_path / 'core.db'}"
        if database.is_sqlite
        else database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    bank = Bank(url)
    await bank.run(TABLE)
    await bring(database, "units", UNITS, tmp_path)
    return bank


async def pulled(
    database: Database, bank: Bank, folder: Path, sql: str, *, full: bool = False, **more: Any
) -> ImportReport:
    """What ``gengyun import customers --source core`` does."""
    mapping = written(folder / "customers.toml", MAPPING.format(sql=sql))
    since = None
    if not full:
        async with database.reading() as session:
            since = await watermark_of(session, "core", "customers")
    opening = SqlOpening(
        "core", "customers", bank.url, mapping, since=since, manifest=more.pop("manifest", None)
    )

    async def keep(session: Any, report: ImportReport) -> None:
        await opening.keep(session, report, LATER)

    return await import_rows(
        database, "customers", opening, by=BY, at=more.pop("at", AT), also=keep,
        wanted=Wanted(partial=since is not None, **more), limits=Limits(batch_rows=4, chunk_rows=2),
    )  # fmt: skip


async def test_a_table_of_another_database_comes_in_like_a_file(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    await bank.holds(10)
    report = await pulled(database, bank, tmp_path, 'table = "kehu"')
    assert (report.counts.read, report.counts.added, report.counts.rejected) == (10, 10, 0)
    (first, *_) = await rows(database, Customer, "customer_no")
    assert (first["customer_no"], first["aum_fen"], f"{first['born_on']}") == (
        "620001", 150, "1960-02-29",
    )  # fmt: skip
    assert database.cipher.open("customer.name", "620001", first["name"]) == "客户1"
    again = await pulled(database, bank, tmp_path, 'table = "kehu"', at=LATER)
    assert (again.counts.unchanged, again.counts.updated) == (10, 0)
    run = (await rows(database, ImportRun))[-1]
    assert (run["origin"], run["file_name"], run["source"]) == ("sql", "core/customers", "core")


async def test_a_query_of_ones_own_may_join_and_cast(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    await bank.holds(3)
    query = (
        "WITH few AS (SELECT * FROM kehu WHERE aum < 3) -- update nothing; \n"
        "SELECT no, name, unit, aum, CAST(born AS VARCHAR(10)) AS born FROM few"
        " WHERE name <> 'delete; a:b' ;"
    )
    report = await pulled(database, bank, tmp_path, f'query = """{query}"""')
    assert report.counts.added == 2


@pytest.mark.parametrize(
    ("column", "next_version"), [("version", 2), ("changed", 2)], ids=["by number", "by moment"]
)
async def test_by_watermark_only_what_is_new_comes_and_nothing_is_removed(
    database: Database, bank: Bank, tmp_path: Path, column: str, next_version: int
) -> None:
    sql = f'table = "kehu"\nwatermark = "{column}"'
    await bank.holds(5)
    assert (await pulled(database, bank, tmp_path, sql)).counts.added == 5
    await bank.run("DELETE FROM kehu WHERE no <> '620001'")
    await bank.run("UPDATE kehu SET version = 3, changed = '2026-11-23 08:00:00', name = '改名'")
    await bank.holds(7, version=next_version)
    await bank.run("DELETE FROM kehu WHERE version = 2 AND no < '620006'")
    report = await pulled(database, bank, tmp_path, sql, at=LATER)
    assert (report.counts.read, report.counts.added, report.counts.updated) == (3, 2, 1)
    assert report.counts.removed == 0
    assert len([row for row in await rows(database, Customer) if row["removed_at"] is None]) == 7
    quiet = await pulled(database, bank, tmp_path, sql, at=LATER)
    assert (quiet.counts.read, quiet.counts.unchanged) == (1, 1)  # the one at the watermark
    whole = await pulled(database, bank, tmp_path, sql, full=True, accept_drop=True, at=LATER)
    assert (whole.counts.read, whole.counts.removed) == (3, 4)


async def test_the_overlap_reads_again_what_came_late(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    sql = 'table = "kehu"\nwatermark = "changed"\noverlap = {0}'
    await bank.holds(2, version=3)
    await pulled(database, bank, tmp_path, sql.format(0))
    await bank.run(
        "INSERT INTO kehu VALUES ('629999', '晚到', '01', 1, '1970-01-01', 9, '2026-11-23 09:30:00')"
    )
    assert (await pulled(database, bank, tmp_path, sql.format(60))).counts.added == 0
    assert (await pulled(database, bank, tmp_path, sql.format(3600))).counts.added == 1
    (mark,) = await rows(database, ImportWatermark)
    assert "2026-11-23" in mark["value"]
    assert "10:00:00" in mark["value"]


async def test_the_watermark_rises_only_with_a_committed_load_and_falls_back_with_a_revert(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    sql = 'table = "kehu"\nwatermark = "version"'
    await bank.holds(2)
    await pulled(database, bank, tmp_path, sql)
    await bank.holds(4, version=2)
    await bank.run("DELETE FROM kehu WHERE version = 1")
    await pulled(database, bank, tmp_path, sql, dry_run=True)
    bad = sql.replace('"version"', '"version"\nrows = "SELECT nothing FROM nowhere"')
    with pytest.raises(AppError):
        await pulled(database, bank, tmp_path, bad, full=True)
    (mark,) = await rows(database, ImportWatermark)
    assert mark["value"] == "number:1"
    load = await pulled(database, bank, tmp_path, sql)
    assert (await rows(database, ImportWatermark))[0]["value"] == "number:2"
    await revert_load(database, load.run_id, by=BY, at=LATER)
    assert (await rows(database, ImportWatermark))[0]["value"] == "number:1"
    assert (await pulled(database, bank, tmp_path, sql)).counts.updated == 2


async def test_an_answer_with_fewer_rows_than_promised_changes_nothing(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    await bank.holds(5)
    sql = "query = \"SELECT * FROM kehu WHERE version = 1 AND no <> '620003'\"\n"
    with pytest.raises(InputRefused) as refused:
        await pulled(database, bank, tmp_path, sql + 'rows = "SELECT count(*) FROM kehu"')
    assert refused.value.code == "E-2112"
    assert await rows(database, Customer) == []
    whole = 'table = "kehu"\nrows = "SELECT count(*) FROM kehu"'
    report = await pulled(database, bank, tmp_path, whole)
    assert report.counts.added == 5
    manifest = written(tmp_path / "m.json", f'{{"rows": 5, "sha256": "{report.sha256}"}}')
    assert (await pulled(database, bank, tmp_path, whole, manifest=manifest)).counts.unchanged == 5
    await bank.run("UPDATE kehu SET name = '改名' WHERE no = '620001'")
    with pytest.raises(InputRefused) as changed:
        await pulled(database, bank, tmp_path, whole, manifest=manifest)
    assert changed.value.code == "E-2112"


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM kehu",
        "SELECT 1; DELETE FROM kehu",
        "WITH gone AS (DELETE FROM kehu RETURNING *) SELECT * FROM gone",
        "SELECT * INTO other FROM kehu",
        "SELECT * FROM kehu FOR UPDATE",
        "EXPLAIN SELECT 1",
        "SELECT 'open",
        "PRAGMA user_version",
        "",
    ],
)
async def test_anything_but_one_select_is_refused_before_it_is_asked(
    database: Database, bank: Bank, tmp_path: Path, query: str
) -> None:
    await bank.holds(1)
    with pytest.raises(InputRefused) as refused:
        await pulled(database, bank, tmp_path, f'query = """{query}"""')
    assert refused.value.code in ("E-2310", "E-2120")


async def test_what_slips_past_the_words_meets_a_transaction_that_cannot_write(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    await bank.holds(1)
    if database.is_sqlite:
        query = "SELECT load_extension('/tmp/x')"
    else:
        await bank.run("CREATE SEQUENCE step")
        query = "SELECT nextval('step') AS no"
    with pytest.raises(AppError) as refused:
        await pulled(database, bank, tmp_path, f'query = """{query}"""')
    assert refused.value.code in ("E-2312", "E-2314")


async def test_a_source_that_cannot_be_read_says_why_without_its_address(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    away = Bank(
        f"sqlite:///{tmp_path / 'nowhere.db'}"
        if database.is_sqlite
        else "postgresql://nobody:s3cret@127.0.0.1:1/core"
    )
    with pytest.raises(SourceUnreachable) as gone:
        await pulled(database, away, tmp_path, 'table = "kehu"')
    for url in ("mysql://nobody:s3cret@db/core", "s3cret"):
        with pytest.raises(SourceUnusable) as unusable:
            await pulled(database, Bank(url), tmp_path, 'table = "kehu"')
        assert "s3cret" not in unusable.value.sentence()
    assert "s3cret" not in gone.value.sentence()
    assert "nowhere" not in gone.value.sentence()
    with pytest.raises(AnswerRefused) as missing:
        await pulled(database, bank, tmp_path, 'table = "kehu2"')
    assert "kehu2" in missing.value.saw
    await bank.holds(1)
    with pytest.raises(AnswerRefused, match="水位列"):
        await pulled(database, bank, tmp_path, 'table = "kehu"\nwatermark = "gone"')
    for run in await rows(database, ImportRun):
        assert "s3cret" not in str(run)


async def test_a_cell_that_is_no_text_rejects_its_row(
    database: Database, bank: Bank, tmp_path: Path
) -> None:
    blob = "x'00ff'" if database.is_sqlite else "decode('00ff', 'hex')"
    await bank.holds(2)
    query = (
        "SELECT no, unit, aum, born, name FROM kehu WHERE no = '620001' UNION ALL "
        "SELECT no, unit, aum, born, NULL FROM kehu WHERE no = '620002'"
    )
    report = await pulled(database, bank, tmp_path, f'query = "{query}"')
    assert report.counts.added == 2
    query = f"SELECT no, unit, aum, born, {blob} AS name FROM kehu"
    report = await pulled(
        database, bank, tmp_path, f'query = "{query}"', at=LATER, accept_drop=True
    )
    assert [one.code for one in report.rejects] == ["E-2217", "E-2217"]


def test_pulls_are_due_at_their_hours_in_the_order_of_a_banks_files() -> None:
    policy = ImportPolicy.model_validate(
        {
            "keep_images_days": 30,
            "pull": [
                {"source": "core", "kind": "holdings", "hours": [9], "full_weekdays": [7]},
                {"source": "core", "kind": "customers", "hours": [9]},
                {"source": "core", "kind": "units", "hours": [1]},
            ],
        }
    )
    assert [(one.kind, full) for one, full in due(policy, AT)] == [  # Sunday 09:00 in Shanghai
        ("customers", False), ("holdings", True),
    ]  # fmt: skip
