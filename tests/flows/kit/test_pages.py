"""A page of plain rows holds what the driver's own rows hold, on both databases."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Select, select
from sqlmodel import col

from crm_sync.models import Customer, Relation
from kit.db import Database
from kit.pages import plain_rows
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio


async def test_names_days_moments_numbers_and_nothing_are_read_alike_and_in_order(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        for number, aum in enumerate((3, 1, 2**60)):
            await bank.reached_customer(
                session, f"C{number}", owner="limin", aum_fen=aum, born_on=date(1960, 1, number + 1)
            )
        await bank.customer(session, "C9", born_on=None, aum_fen=None, phone="13800000009")
    query: Select[*tuple[Any, ...]] = (
        select(
            col(Customer.customer_no),
            col(Customer.name).label("sealed"),
            col(Customer.born_on),
            col(Customer.aum_fen),
            col(Customer.phone_hash).is_not(None).label("has_phone"),
            col(Relation.added_at),
        )
        .select_from(Customer)
        .outerjoin(Relation, col(Relation.external_userid) == "wm-" + col(Customer.customer_no))
        .order_by(col(Customer.aum_fen).is_(None), col(Customer.aum_fen).desc())
    )
    async with database.reading() as session:
        usual = (await session.execute(query)).all()
        page = await plain_rows(session, query)
        none = await plain_rows(session, query.where(col(Customer.customer_no) == "nobody"))
    assert [tuple(row) for row in page] == [tuple(row) for row in usual]
    assert [row.customer_no for row in page] == ["C2", "C0", "C1", "C9"]
    assert (page[0].aum_fen, page[0].born_on, page[3].born_on) == (2**60, date(1960, 1, 3), None)
    assert isinstance(page[0].sealed, bytes)
    assert (page[0].has_phone, page[3].has_phone) == (False, True)
    assert isinstance(page[0].added_at, datetime)
    assert page[0].added_at.astimezone(UTC) == usual[0].added_at
    assert list(none) == []
