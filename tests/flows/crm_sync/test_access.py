"""Nobody knows of a customer outside their coverage, their units and their role."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_sync import access
from crm_sync.errors import ContactUnknown, NotCovered, StaffUnknown
from crm_sync.models import Customer
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio


async def _bank(database: Database) -> dict[str, int]:
    """li covers A and B at outlet 0101, wang covers C at 0201; D is nobody's, account at 0101."""
    async with database.transaction() as session:
        await bank.units(session)
        for staff_id, unit_id in (
            ("li", "0101"),
            ("wang", "0201"),
            ("head0101", "0101"),
            ("head01", "01"),
            ("ops", "hq"),
            ("ops02", "02"),
            ("audit", "hq"),
            ("tech", "hq"),
        ):
            await bank.staff(session, staff_id, unit_id=unit_id)
        await bank.grant(session, "head0101", "branch", "0101")
        await bank.grant(session, "head01", "branch", "01")
        await bank.grant(session, "ops", "ops", "hq")
        await bank.grant(session, "ops02", "ops", "02")
        await bank.grant(session, "audit", "compliance", "hq")
        await bank.grant(session, "tech", "it", "hq")
        return {
            "A": await bank.reached_customer(session, "A", owner="li", unit_id="0101"),
            "B": await bank.reached_customer(session, "B", owner="li", unit_id="0102"),
            "C": await bank.reached_customer(session, "C", owner="wang", unit_id="0201"),
            "D": await bank.customer(session, "D", unit_id="0201", account_unit_id="0101"),
        }


MATRIX = {
    "li": "AB",  # rm: own customers, wherever they are managed
    "wang": "C",
    "head0101": "AD",  # branch: managed here, or with an account here
    "head01": "ABD",
    "ops": "ABCD",
    "ops02": "CD",
    "audit": "ABCD",
    "tech": "",
}


@pytest.mark.parametrize("staff_id", sorted(MATRIX))
async def test_each_role_opens_and_lists_exactly_its_own_customers(
    database: Database, staff_id: str
) -> None:
    customers = await _bank(database)
    async with database.reading() as session:
        who = await access.viewer(session, staff_id, AT)
        listed = await session.execute(
            select(col(Customer.customer_no))
            .where(access.scope_condition(who))
            .order_by(col(Customer.id))
        )
        assert "".join(listed.scalars()) == MATRIX[staff_id]
        for name, customer_id in customers.items():
            if name in MATRIX[staff_id]:
                fact = await access.customer_for(session, who, customer_id=customer_id)
                assert fact.customer_no == name
                assert fact.name == f"客户{name}"
            else:
                with pytest.raises(NotCovered):
                    await access.customer_for(session, who, customer_id=customer_id)


@pytest.mark.mission("I4")
async def test_a_customer_out_of_scope_answers_exactly_like_one_that_does_not_exist(
    database: Database,
) -> None:
    customers = await _bank(database)
    async with database.reading() as session:
        li = await access.viewer(session, "li", AT)
        with pytest.raises(NotCovered) as hidden:
            await access.customer_for(session, li, customer_id=customers["C"])
        with pytest.raises(NotCovered) as absent:
            await access.customer_for(session, li, customer_id=999_999)
        with pytest.raises(NotCovered) as by_contact:
            await access.customer_for(session, li, external_userid="wm-C")
        with pytest.raises(NotCovered) as by_number:
            await access.customer_for(session, li, customer_no="C")
    answers = {str(found.value.as_dict()) for found in (hidden, absent, by_contact, by_number)}
    assert len(answers) == 1


async def test_a_customer_is_found_by_the_contact_bound_to_them(database: Database) -> None:
    customers = await _bank(database)
    async with database.reading() as session:
        li = await access.viewer(session, "li", AT)
        fact = await access.customer_for(session, li, external_userid="wm-A")
    assert fact.customer_id == customers["A"]


async def test_a_grant_that_ran_out_and_a_colleague_who_left_open_nothing(
    database: Database,
) -> None:
    customers = await _bank(database)
    async with database.transaction() as session:
        await bank.staff(session, "deputy", unit_id="01")
        await bank.grant(session, "deputy", "branch", "01", expires_at=AT)
        await bank.staff(session, "gone", unit_id="01", active=False)
        await bank.grant(session, "gone", "branch", "01")
    async with database.reading() as session:
        still = await access.viewer(session, "deputy", AT - timedelta(seconds=1))
        fact = await access.customer_for(session, still, customer_id=customers["A"])
        assert fact.customer_no == "A"
        late = await access.viewer(session, "deputy", AT)
        assert (late.role, late.unit_paths) == ("rm", ())
        with pytest.raises(NotCovered):
            await access.customer_for(session, late, customer_id=customers["A"])
        with pytest.raises(StaffUnknown):
            await access.viewer(session, "gone", AT)
        with pytest.raises(StaffUnknown):
            await access.viewer(session, "nobody", AT)


async def test_roles_add_up_and_the_widest_names_the_person(database: Database) -> None:
    await _bank(database)
    async with database.transaction() as session:
        await bank.grant(session, "li", "branch", "02")
    async with database.reading() as session:
        li = await access.viewer(session, "li", AT)
        assert (li.role, li.roles, li.unit_paths) == ("branch", ("branch", "rm"), ("/hq/02/",))
        listed = await session.execute(
            select(col(Customer.customer_no))
            .where(access.scope_condition(li))
            .order_by(col(Customer.id))
        )
        assert "".join(listed.scalars()) == "ABCD"


async def test_a_removed_customer_is_gone_for_everybody(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "ops", unit_id="hq")
        await bank.grant(session, "ops", "ops", "hq")
        removed = await bank.customer(session, "X", unit_id="0101", removed_at=AT)
    async with database.reading() as session:
        ops = await access.viewer(session, "ops", AT)
        with pytest.raises(NotCovered):
            await access.customer_for(session, ops, customer_id=removed)


async def test_looking_at_a_customer_leaves_a_trace_and_looking_in_vain_leaves_none(
    database: Database,
) -> None:
    customers = await _bank(database)
    async with database.transaction() as session:
        li = await access.viewer(session, "li", AT)
        await access.open_customer(session, li, customers["A"], at=AT, reason="侧边栏")
        with pytest.raises(NotCovered):
            await access.open_customer(session, li, customers["C"], at=AT, reason="侧边栏")
    async with database.reading() as session:
        [entry] = await page(session, Wanted(kind="access"))
    assert (entry.act, entry.actor) == ("customer.viewed", "staff:li")
    assert (entry.object, entry.unit) == (f"customer:{customers['A']}", "0101")


async def test_a_contact_shows_itself_to_the_member_who_follows_it_alone(
    database: Database,
) -> None:
    await _bank(database)
    async with database.reading() as session:
        li = await access.viewer(session, "li", AT)
        seen = await access.contact_for(session, li, "wm-A")
        assert (seen.name, seen.userid) == ("昵称wm-A", "li")
        with pytest.raises(ContactUnknown):
            await access.contact_for(session, li, "wm-C")
        found = await access.staff_by_userid(session, "LI")
        assert found is not None
        assert found.staff_id == "li"
