"""Each value of a customer keeps its source and its date (A11)."""

from pathlib import Path

import pytest

from crm_sync.models import Customer
from crm_sync.repository.provenance import provenance
from kit.db import Database
from tests.flows.console.office import office, small_bank
from tests.flows.imports.given import LATER, UNITS, bring, rows, written

pytestmark = [pytest.mark.anyio, pytest.mark.mission("A11")]

CORE = (
    'kind = "customers"\nsource = "core"\nsource_date = "2026-11-20"\n[columns]\n'
    'customer_no = "no"\nname = "name"\nunit_id = "unit"\nrisk_level = "risk"\n'
    'occupation = "job"\nattributes.family = "family"\nattributes.purchase_frequency = "often"\n'
)
TAX = (
    'kind = "customers"\nsource = "tax"\nmode = "supplement"\nsource_date = "2026-10-31"\n'
    '[columns]\ncustomer_no = "no"\nattributes.annual_income = "income"\n'
)
SOCIAL = (
    'kind = "customers"\nsource = "social-security"\nmode = "supplement"\n[columns]\n'
    'customer_no = "no"\noccupation = "employer"\nattributes.pension = "pension"\n'
)


async def brought(database: Database, folder: Path) -> int:
    await bring(database, "units", UNITS, folder)
    for name, mapping, content in (
        ("core", CORE, "no,name,unit,risk,job,family,often\n1,甲,01,C2,教师,三口之家,每月\n"),
        ("tax", TAX, "no,income\n1,180000\n"),
        ("social", SOCIAL, "no,employer,pension\n1,青禾小学,3200\n"),
    ):
        await bring(
            database, "customers", content, folder,
            mapping=written(folder / f"{name}.toml", mapping), at=LATER,
        )  # fmt: skip
    (customer,) = [row for row in await rows(database, Customer) if row["customer_no"] == "1"]
    return int(customer["id"])


async def test_social_security_and_tax_fill_columns_with_their_own_source_and_date(
    database: Database, tmp_path: Path
) -> None:
    number = await brought(database, tmp_path)
    async with database.reading() as session:
        found = await provenance(session, number)
    told = {name: (one.source, one.date) for name, one in found.items()}
    assert told == {
        "name": ("core", "2026-11-20"),
        "unit_id": ("core", "2026-11-20"),
        "risk_level": ("core", "2026-11-20"),
        "occupation": ("social-security", "2026-11-23"),
        "attributes.family": ("core", "2026-11-20"),
        "attributes.purchase_frequency": ("core", "2026-11-20"),
        "attributes.annual_income": ("tax", "2026-10-31"),
        "attributes.pension": ("social-security", "2026-11-23"),
    }


async def test_the_customers_own_file_coming_again_leaves_what_others_filled(
    database: Database, tmp_path: Path
) -> None:
    number = await brought(database, tmp_path)
    await bring(
        database, "customers",
        "no,name,unit,risk,job,family,often\n1,甲,01,C3,退休教师,,每月\n", tmp_path,
        mapping=tmp_path / "core.toml", at=LATER,
    )  # fmt: skip
    (customer,) = await rows(database, Customer)
    assert customer["attributes"] == {
        "purchase_frequency": "每月", "annual_income": "180000", "pension": "3200",
    }  # fmt: skip
    async with database.reading() as session:
        found = await provenance(session, number)
    assert found["occupation"].source == "core"
    assert found["attributes.pension"].source == "social-security"
    assert found["attributes.annual_income"].source == "tax"
    assert "attributes.family" not in found


async def test_the_customers_page_says_where_its_values_come_from(
    database_url: str, tmp_path: Path
) -> None:
    async with office(database_url, tmp_path / "keys") as desk_office:
        database = desk_office.database
        async with database.transaction() as session:
            await small_bank(session)
        number = await brought(database, tmp_path)
        desk = await desk_office.sit("wangshan")
        html = await desk.page(f"/c/customers/{number}")
    panel = html.split("<h2>数据来源</h2>")[1].split("</section>")[0]
    for words in ("core", "姓名", "2026-11-20", "social-security", "pension", "2026-11-23", "tax"):
        assert words in panel


async def test_nobody_has_no_provenance(database: Database) -> None:
    async with database.reading() as session:
        assert await provenance(session, 1) == {}
