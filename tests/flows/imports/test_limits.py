"""What the operator allows a file is what a file may ask."""

from pathlib import Path

import pytest

from config.settings import ImportSettings
from kit.errors import AppError
from kit.tabular import Limits
from tests.flows.imports.given import AT, CUSTOMERS, LATER, UNITS, written
from tests.flows.wiring.installation import processes
from wiring.importing import bring, limits

pytestmark = pytest.mark.anyio

NINE = "".join(CUSTOMERS.splitlines(keepends=True)[:-1])


async def _second_file(database_url: str, directory: Path, content: str, **more: str) -> str:
    """The code with which a second file of customers is refused; empty when it lands."""
    async with processes(database_url, directory, 1, world=None, **more) as [parts]:
        for kind, text in (("units", UNITS), ("customers", CUSTOMERS)):
            file = written(directory / f"{kind}.csv", text)
            await bring(parts, kind, file, by="system:test", at=AT)
        second = written(directory / "second.csv", content)
        try:
            await bring(parts, "customers", second, by="system:test", at=LATER)
        except AppError as refusal:
            return refusal.code
    return ""


async def test_a_tenth_less_is_a_drop_only_where_the_operator_says_so(
    database_url: str, tmp_path: Path
) -> None:
    strict = {"GENGYUN_IMPORTS__MAX_DROP_PERCENT": "9"}
    assert await _second_file(database_url, tmp_path, NINE, **strict) == "E-2301"
    assert await _second_file(database_url, tmp_path, NINE) == ""


async def test_a_file_above_the_operators_limit_is_refused(
    database_url: str, tmp_path: Path
) -> None:
    most = {"GENGYUN_IMPORTS__MAX_BYTES": str(len(CUSTOMERS.encode()))}
    larger = CUSTOMERS + "620011,客户11,15400000011,F,1960-02-29,01,C2,11.50,1\n"
    assert await _second_file(database_url, tmp_path, larger, **most) == "E-2102"
    assert await _second_file(database_url, tmp_path, larger) == ""


def test_every_limit_of_the_settings_is_one_of_the_importer() -> None:
    given = limits(ImportSettings(max_bytes=11, max_drop_percent=12, batch_rows=13))
    assert (given.file_bytes, given.drop_percent, given.batch_rows) == (11, 12, 13)
    assert limits(ImportSettings()) == Limits()
