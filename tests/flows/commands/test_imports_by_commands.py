"""Imports at the command line: from a database, taken back, asked where a value comes from."""

import sqlite3
from pathlib import Path

import pytest

from tests.flows.commands.conftest import Operator
from tests.flows.imports.given import CUSTOMERS, UNITS, written

MAPPING = """kind = "customers"
source = "core"
source_date = "2026-11-21"
[sql]
{sql}
[columns]
customer_no = "no"
name = "name"
unit_id = "unit"
"""


@pytest.fixture
def core(operator: Operator, tmp_path: Path) -> sqlite3.Connection:
    """A database of the bank that the settings name; five customers are in it."""
    connection = sqlite3.connect(tmp_path / "core.db", isolation_level=None)
    connection.execute("CREATE TABLE kehu (no TEXT, name TEXT, unit TEXT, version INTEGER)")
    connection.executemany(
        "INSERT INTO kehu VALUES (?, ?, '01', 1)", [(f"62{n}", f"客户{n}") for n in range(5)]
    )
    written(
        tmp_path / "customers.toml", MAPPING.format(sql='table = "kehu"\nwatermark = "version"')
    )
    operator.env["GENGYUN_SOURCES__CORE__URL"] = f"sqlite:///{tmp_path / 'core.db'}"
    operator.env["GENGYUN_SOURCES__CORE__MAPPINGS"] = str(tmp_path)
    operator.run("import", "units", written(tmp_path / "units.csv", UNITS))
    return connection


def test_a_database_is_pulled_by_watermark_and_as_a_whole_and_a_load_is_taken_back(
    operator: Operator, core: sqlite3.Connection
) -> None:
    first = operator.run("import", "customers", "--source", "core").one
    assert (first["counts"]["added"], first["source"]) == (5, "core")
    core.execute("UPDATE kehu SET name = '改名', version = 2 WHERE no = '620'")
    core.execute("DELETE FROM kehu WHERE no = '624'")
    newer = operator.run("import", "customers", "--source", "core")
    assert (newer.one["counts"]["updated"], newer.one["counts"]["removed"]) == (1, 0)
    whole = operator.run("import", "customers", "--source", "core", "--full").one
    assert whole["counts"]["removed"] == 1

    fields = operator.run("import", "provenance", "620").one["fields"]
    assert (fields["name"]["source"], fields["name"]["date"]) == ("core", "2026-11-21")
    assert fields["name"]["run_id"] == newer.one["run_id"]

    number = str(whole["run_id"])
    tried = operator.run("import", "revert", number, "--dry-run")
    assert (tried.one["state"], tried.one["brought_back"]) == ("dry_run", 1)
    done = operator.run("import", "revert", number)
    assert (done.one["reverted"], done.one["brought_back"]) == (whole["run_id"], 1)
    again = operator.run("import", "revert", number, code=2)
    assert again.one["error"]["code"] == "E-2306"
    assert operator.run("import", "provenance", "624").one["customer_no"] == "624"


def test_what_cannot_be_pulled_taken_back_or_told_is_refused_with_its_code(
    operator: Operator, core: sqlite3.Connection, tmp_path: Path
) -> None:
    file = written(tmp_path / "given.csv", CUSTOMERS)
    old = written(tmp_path / "old.json", '{"rows": 10, "source_date": "2026-11-20"}')
    new = written(tmp_path / "new.json", '{"rows": 10, "source_date": "2026-11-21"}')
    operator.run("import", "customers", file, "--manifest", new)
    refused = {
        ("customers", "--source", "nowhere"): "E-2313",
        ("holdings", "--source", "core"): "E-2101",
        ("customers",): "E-2101",
        ("clients", str(file)): "E-2302",
        ("customers", str(file), "--manifest", str(old)): "E-2315",
        ("revert", "abc"): "E-2308",
        ("revert", "999"): "E-2308",
        ("provenance", "999"): "E-2309",
    }
    for words, code in refused.items():
        said = operator.run("import", *words, code=2)
        assert said.one["error"]["code"] == code, words
        assert "Traceback" not in said.people
    core.execute("DROP TABLE kehu")
    gone = operator.run("import", "customers", "--source", "core", code=2)
    assert gone.one["error"]["code"] == "E-2312"
    accepted = operator.run("import", "customers", file, "--manifest", old, "--accept-older")
    assert accepted.one["counts"]["unchanged"] == 10
