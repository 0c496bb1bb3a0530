"""Five follow-ups without a deal, and the customer is left in peace until somebody has a reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery import outcomes
from delivery.repository import todos
from kit.db import Database
from kit.ledger.reading import Wanted as Entries
from kit.ledger.reading import page as entries
from portfolio.followups import parking
from portfolio.followups.errors import NotParked
from portfolio.models import Parking
from tests.flows.console import scenes
from tests.flows.console.office import AT
from tests.flows.crm_sync import bank
from tests.flows.portfolio.books import FOLLOW_UPS, days_ago, touch

pytestmark = pytest.mark.anyio


async def _customer(session: AsyncSession) -> int:
    await bank.units(session)
    await bank.staff(session, "limin")
    return await bank.customer(session, "C1", owner="limin")


async def _parked(database: Database) -> list[int]:
    async with database.reading() as session:
        query = select(col(Parking.customer_id)).where(col(Parking.unparked_at).is_(None))
        return list((await session.execute(query)).scalars())


async def _round(database: Database, hours: int = 0) -> parking.Round:
    async with database.transaction() as session:
        return await parking.apply(session, FOLLOW_UPS, AT + timedelta(hours=hours))


@pytest.mark.mission("B4")
async def test_the_fifth_miss_parks_and_the_fourth_does_not(database: Database) -> None:
    async with database.transaction() as session:
        one = await _customer(session)
        for days in (50, 40, 30, 20):
            await touch(session, one, days_ago(days), outcome="no_deal")
    assert (await _round(database)).parked == 0
    async with database.transaction() as session:
        number = await scenes.todo(session, one, at=AT - timedelta(hours=2))
        found = await todos.one(session, number)
        assert found is not None
        await outcomes.record(
            session, found, outcome="thinking", note="", by="phone", staff_id="limin",
            at=AT - timedelta(hours=1),
        )  # fmt: skip
    assert (await _round(database)).parked == 1
    assert (await _round(database)).parked == 0
    assert await _parked(database) == [one]
    async with database.reading() as session:
        [entry] = await entries(session, Entries(acts=frozenset({"customer.parked"})))
    assert (entry.object, entry.payload["misses"]) == (f"customer:{one}", 5)


@pytest.mark.mission("B4")
async def test_a_deal_resets_the_count_and_brings_a_parked_customer_back(
    database: Database,
) -> None:
    async with database.transaction() as session:
        one = await _customer(session)
        for days in (50, 40, 30, 20):
            await touch(session, one, days_ago(days), outcome="no_deal")
        await touch(session, one, days_ago(15), outcome="deal")
        for days in (14, 13, 12, 11):
            await touch(session, one, days_ago(days), outcome="unreached")
    assert (await _round(database)).parked == 0
    async with database.transaction() as session:
        await touch(session, one, days_ago(10), outcome="left")
    assert (await _round(database)).parked == 1
    async with database.transaction() as session:
        await touch(session, one, AT + timedelta(hours=1), outcome="deal")
    assert await _round(database, 2) == parking.Round(parked=0, resumed=1)
    assert await _parked(database) == []


@pytest.mark.mission("B4")
async def test_a_person_takes_a_customer_up_again_with_a_reason_and_the_count_begins_anew(
    database: Database,
) -> None:
    async with database.transaction() as session:
        one = await _customer(session)
        for days in (50, 40, 30, 20, 10):
            await touch(session, one, days_ago(days), outcome="no_deal")
    await _round(database)
    async with database.transaction() as session:
        with pytest.raises(NotParked):
            await parking.unpark(
                session, one, units=frozenset({"0201"}), by="staff:zhaolei", reason="来了", at=AT
            )
        await parking.unpark(
            session,
            one,
            units=frozenset({"0101"}),
            by="staff:suntao",
            reason="客户来电咨询",
            at=AT + timedelta(hours=1),
        )
        with pytest.raises(NotParked):
            await parking.unpark(session, one, units=None, by="staff:suntao", reason="再", at=AT)
    assert (await _round(database, 2)).parked == 0
    async with database.transaction() as session:
        for hours in range(3, 8):
            await touch(session, one, AT + timedelta(hours=hours), outcome="no_deal")
    assert (await _round(database, 9)).parked == 1
    async with database.reading() as session:
        assert await parking.count(session, units=None) == 1
        [ended] = await parking.page(session, units=None, live=False)
        [entry] = await entries(session, Entries(acts=frozenset({"customer.unparked"})))
    assert (ended.unparked_by, ended.reason) == ("staff:suntao", "客户来电咨询")
    assert (entry.actor, entry.reason) == ("staff:suntao", "客户来电咨询")


async def test_only_the_named_customers_are_looked_at_when_asked(database: Database) -> None:
    async with database.transaction() as session:
        one = await _customer(session)
        other = await bank.customer(session, "C2", owner="limin")
        for who in (one, other):
            for days in (50, 40, 30, 20, 10):
                await touch(session, who, days_ago(days), outcome="no_deal")
        assert (await parking.apply(session, FOLLOW_UPS, AT, customer_ids=[other])).parked == 1
    assert await _parked(database) == [other]
