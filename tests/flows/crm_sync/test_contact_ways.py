"""A code made for one customer tells who scanned it, even when its answer was lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_sync.contact_ways import find_lost_ways, issue_way
from crm_sync.contacts import land_contact
from crm_sync.errors import BindingRefused
from crm_sync.models import ContactWay
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT
from tests.flows.wecom_world import wecom_world
from wecom import contacts
from wecom.errors import OutcomeUnknown

pytestmark = pytest.mark.anyio

LI = [{"userid": "li", "name": "李"}]
ASK = {"staff_id": "li", "purpose": "翠湖支行大堂", "actor": "staff:head", "at": AT}


async def _bank(database: Database) -> int:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        await bank.staff(session, "offline", userid=None)
        return await bank.customer(session, "A", owner="li")


async def test_whoever_scans_a_customers_code_is_that_customer(database: Database) -> None:
    customer_id = await _bank(database)
    async with wecom_world(members=LI) as world:
        way = await issue_way(database, world.client, customer_id=customer_id, **ASK)  # type: ignore[arg-type]
        assert len(way.state) <= 30
        added = await world.act("add", userid="li", config_id=way.config_id)
        external = added["external_userid"]
        detail = await contacts.get(world.client, external)
    async with database.transaction() as session:
        landed = await land_contact(session, detail, AT)
    [outcome] = landed.bindings
    assert (landed.customer_id, outcome.method) == (customer_id, "state")
    assert outcome.evidence[0].facts == {"userid": "li", "state": way.state}


async def test_a_code_whose_answer_was_lost_is_found_by_its_state(database: Database) -> None:
    customer_id = await _bank(database)
    async with wecom_world(members=LI) as world:
        await world.post("clock", {"freeze": AT.isoformat()})
        await world.fault(
            kind="drop", path="externalcontact/add_contact_way", when="after", count=1
        )
        with pytest.raises(OutcomeUnknown):
            await issue_way(database, world.client, customer_id=customer_id, **ASK)  # type: ignore[arg-type]
        later = AT + timedelta(hours=1)
        assert await find_lost_ways(database, world.client, later) == 1
        assert await find_lost_ways(database, world.client, later) == 0
    async with database.reading() as session:
        row = (
            await session.execute(select(col(ContactWay.config_id), col(ContactWay.customer_id)))
        ).one()
    assert row.config_id != ""
    assert row.customer_id == customer_id


async def test_a_member_without_wecom_or_an_unknown_customer_gets_no_code(
    database: Database,
) -> None:
    await _bank(database)
    async with wecom_world(members=LI) as world:
        with pytest.raises(BindingRefused, match="企业微信账号"):
            await issue_way(database, world.client, **(ASK | {"staff_id": "offline"}))  # type: ignore[arg-type]
        with pytest.raises(BindingRefused, match="没有这位客户"):
            await issue_way(database, world.client, customer_id=404, **ASK)  # type: ignore[arg-type]
        assert await world.called("externalcontact/add_contact_way") == []
