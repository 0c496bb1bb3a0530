"""Row-level security of desks does not stand in the way of an import, nor the other way round."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from crm_sync import row_security
from crm_sync.models import Customer
from kit.db import Database
from tests.flows.imports.given import CUSTOMERS, LATER, bring, bring_bank

pytestmark = pytest.mark.anyio


async def test_an_import_writes_through_row_level_security(
    database: Database, tmp_path: Path
) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.run_sync(row_security.install)
    await bring_bank(database, tmp_path)
    report = await bring(
        database, "customers", CUSTOMERS.replace(",1.50,", ",9,"), tmp_path, at=LATER
    )
    assert (report.counts.updated, report.counts.unchanged) == (1, 9)
    if database.is_sqlite:
        return
    async with database.reading() as session:
        await session.execute(text(f"SET LOCAL ROLE {row_security.ROLE}"))
        seen = await session.execute(select(func.count(col(Customer.id))))
        assert seen.scalar_one() == 0
