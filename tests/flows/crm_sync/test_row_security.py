"""On PostgreSQL the scope holds even where a query forgets to ask for it."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from crm_sync import access
from crm_sync.models import IMAGES
from crm_sync.row_security import HANGING, ROLE, DeskRoleMissing, install, restrict
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.conftest import CIPHER
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, BEFORE
from tests.flows.crm_sync.test_access import MATRIX, _bank
from wiring import schema

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


async def _secured(database: Database) -> dict[str, int]:
    customers = await _bank(database)
    async with database.transaction() as session:
        for name, customer_id in customers.items():
            await bank.holding(session, customer_id, f"H-{name}", "deposit")
            values = {"customer": customer_id, "at": BEFORE}
            await session.execute(
                text(
                    "INSERT INTO persona_membership (customer_id, persona, source, confidence,"
                    " evidence, rule_version, is_primary, by_hand, heard, since)"
                    " VALUES (:customer, '老年', 'crm', 100, '[]', '1', true, false, false, :at)"
                ),
                values,
            )
    async with database.engine.begin() as connection:
        await connection.run_sync(install)
        await connection.run_sync(install)
    return customers


@pytest.mark.parametrize("staff_id", sorted(MATRIX))
async def test_a_query_without_any_condition_sees_the_scope_and_nothing_else(
    database: Database, staff_id: str
) -> None:
    await _secured(database)
    visible = len(MATRIX[staff_id])
    async with database.reading() as session:
        await restrict(session, await access.viewer(session, staff_id, AT))
        seen = await session.execute(text("SELECT customer_no FROM customer ORDER BY id"))
        assert "".join(seen.scalars()) == MATRIX[staff_id]
        for table in ("holding", "persona_membership"):
            count = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert count.scalar_one() == visible, table
        covered = await session.execute(text("SELECT count(*) FROM coverage"))
        assert covered.scalar_one() == len(set(MATRIX[staff_id]) & set("ABC"))


async def test_a_restricted_desk_writes_its_traces_and_changes_nobody_elses_rows(
    database: Database,
) -> None:
    customers = await _secured(database)
    async with database.transaction() as session:
        li = await access.viewer(session, "li", AT)
        await restrict(session, li)
        await access.open_customer(session, li, customers["A"], at=AT, reason="侧边栏")
        touched = await session.execute(
            text("UPDATE customer SET tier = 'x' RETURNING customer_no")
        )
        assert sorted(touched.scalars()) == ["A", "B"]
        with pytest.raises(DBAPIError, match="row-level security"):
            async with session.begin_nested():
                await bank.holding(session, customers["C"], "H-smuggled", "deposit")
    async with database.reading() as session:
        [entry] = await page(session, Wanted(kind="access"))
        everyone = await session.execute(text("SELECT count(*) FROM customer"))
        assert everyone.scalar_one() == 4
    assert entry.act == "customer.viewed"


async def test_every_table_that_hangs_on_a_customer_has_its_policy(database: Database) -> None:
    await _secured(database)
    async with database.reading() as session:
        found = await session.execute(text("SELECT tablename FROM pg_policies"))
        protected = set(found.scalars())
        columns = await session.execute(
            text(
                "SELECT DISTINCT table_name FROM information_schema.columns"
                " WHERE column_name = 'customer_id' AND table_schema = 'public'"
            )
        )
        ours = set(columns.scalars()) & {*HANGING}
    images = {one.name for one in IMAGES.values()}
    assert protected == {"customer", *HANGING, *images}
    assert ours == set(HANGING)


@pytest.fixture
async def plain_user(postgres_server: URL) -> AsyncIterator[tuple[URL, Any]]:
    """A database whose owner is nobody special, as a bank gives one; and its administrator."""
    name, password = f"gengyun_plain_{secrets.token_hex(4)}", secrets.token_hex(8)
    as_admin = postgres_server.set(drivername="postgresql")
    admin: Any = await asyncpg.connect(as_admin.render_as_string(hide_password=False))
    await admin.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEROLE PASSWORD '{password}'")
    await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
    yield postgres_server.set(username=name, password=password, database=name), admin
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE {name}")
    await admin.close()


async def test_an_owner_who_is_nobody_special_is_restricted_as_well(
    database: Database, plain_user: tuple[URL, Any]
) -> None:
    """``database`` only makes sure that the role is there, as another installation leaves it."""
    url, admin = plain_user
    plain = Database(url.render_as_string(hide_password=False), CIPHER)
    try:
        with pytest.raises(DeskRoleMissing) as refused:
            await schema.migrate(plain)
        assert f"GRANT {ROLE} TO" in refused.value.do
        assert await schema.revision(plain) is None  # whole or not at all
        await admin.execute(f"GRANT {ROLE} TO {url.username}")
        await schema.migrate(plain)
        await _bank(plain)
        async with plain.reading() as session:
            await restrict(session, await access.viewer(session, "wang", AT))
            seen = await session.execute(text("SELECT customer_no FROM customer"))
            assert list(seen.scalars()) == ["C"]
        async with plain.reading() as session:
            everyone = await session.execute(text("SELECT count(*) FROM customer"))
            assert everyone.scalar_one() == 4
        await admin.execute(f"REVOKE {ROLE} FROM {url.username}")
        async with plain.reading() as session:
            wang = await access.viewer(session, "wang", AT)
            with pytest.raises(DeskRoleMissing):  # rather no page than one that sees everybody
                await restrict(session, wang)
    finally:
        await plain.close()
