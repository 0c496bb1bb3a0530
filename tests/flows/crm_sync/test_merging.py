"""Two WeChats of one customer: a person says which of them hears from us; undo takes it back."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import adds_policy
from crm_sync.binding_by_hand import bind_by_hand, undo
from crm_sync.errors import BindingRefused, ContactUnknown, MergeRefused
from crm_sync.merging import merge
from crm_sync.models import Binding, Contact, Coverage
from crm_sync.repository import mismatches
from crm_sync.repository.people import people
from delivery import binding_work, worklist
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio
HAND = {"actor": "staff:head", "reason": "两个微信同一人", "at": AT}


async def _two(session: AsyncSession) -> int:
    await bank.units(session)
    for staff_id in ("li", "wang"):
        await bank.staff(session, staff_id)
    customer = await bank.customer(session, "A", owner="li")
    for external in ("wm-1", "wm-2"):
        await bank.contact(session, external, customer_id=customer)
        await bank.relation(session, "li", external)
    return customer


async def _reach(session: AsyncSession, customer: int) -> str | None:
    _, way = (await people(session, [customer]))[customer]
    return way.external_userid if way else None


@pytest.mark.mission("C1")
async def test_after_a_merge_messages_go_to_the_primary_and_history_stays(
    database: Database,
) -> None:
    async with database.transaction() as session:
        customer = await _two(session)
        await merge(session, "wm-2", "wm-1", **HAND)  # type: ignore[arg-type]
        assert await _reach(session, customer) == "wm-2"
        await merge(session, "wm-1", "wm-2", **HAND)  # type: ignore[arg-type]
        assert await _reach(session, customer) == "wm-1"
        bound = (
            await session.execute(select(col(Contact.external_userid), col(Contact.customer_id)))
        ).all()
        entries = await page(session, Wanted(acts=frozenset({"contact.merged"})))
    assert {one.customer_id for one in bound} == {customer}
    assert [(one.object, one.reason) for one in entries] == [
        ("contact:wm-2", "两个微信同一人"),
        ("contact:wm-1", "两个微信同一人"),
    ]


async def test_a_contact_of_nobody_is_bound_by_the_merge(database: Database) -> None:
    async with database.transaction() as session:
        customer = await _two(session)
        await bank.contact(session, "wm-3")
        await merge(session, "wm-1", "wm-3", **HAND)  # type: ignore[arg-type]
        row = (
            await session.execute(
                select(col(Binding.customer_id), col(Binding.method), col(Binding.state))
            )
        ).one()
    assert tuple(row) == (customer, "hand", "confirmed")


async def test_a_merge_that_makes_no_sense_is_refused_and_says_why(database: Database) -> None:
    async with database.transaction() as session:
        await _two(session)
        other = await bank.customer(session, "B")
        await bank.contact(session, "wm-b", customer_id=other)
        await bank.contact(session, "wm-0")
        with pytest.raises(MergeRefused, match="同一个"):
            await merge(session, "wm-1", "wm-1", **HAND)  # type: ignore[arg-type]
        with pytest.raises(MergeRefused, match="不是同一位"):
            await merge(session, "wm-1", "wm-b", **HAND)  # type: ignore[arg-type]
        with pytest.raises(MergeRefused, match="还没有绑定"):
            await merge(session, "wm-0", "wm-1", **HAND)  # type: ignore[arg-type]
        with pytest.raises(ContactUnknown):
            await merge(session, "wm-1", "wm-none", **HAND)  # type: ignore[arg-type]
        with pytest.raises(BindingRefused, match="原因"):
            await merge(session, "wm-1", "wm-2", actor="staff:li", reason=" ", at=AT)


async def test_when_the_primary_is_undone_the_second_stands_again(database: Database) -> None:
    async with database.transaction() as session:
        customer = await _two(session)
        await merge(session, "wm-1", "wm-2", **HAND)  # type: ignore[arg-type]
        await undo(session, "wm-1", **HAND)  # type: ignore[arg-type]
        assert await _reach(session, customer) == "wm-2"


@pytest.mark.mission("C1")
async def test_the_night_finds_owners_who_are_no_friends_and_closes_what_settled(
    database: Database,
) -> None:
    policy = adds_policy.load()
    async with database.transaction() as session:
        customer = await _two(session)
        stranger = await bank.customer(session, "C", owner="wang")
        await bank.contact(session, "wm-c", customer_id=stranger)
        await bank.relation(session, "li", "wm-c")
        nobody = await bank.customer(session, "D")
        await bank.contact(session, "wm-d", customer_id=nobody)
        await bank.relation(session, "li", "wm-d")
        assert await mismatches.count(session) == 2
        assert await mismatches.count(session, ["02"]) == 0
    assert await binding_work.sweep(database, policy, AT) == {"opened": 2, "settled": 0, "left": 0}
    assert (await binding_work.sweep(database, policy, AT))["opened"] == 0
    async with database.transaction() as session:
        items = await worklist.work_items(session, units=None)
        await bank.relation(session, "wang", "wm-c")
        await session.execute(
            Coverage.__table__.update()  # type: ignore[attr-defined]
            .where(col(Coverage.customer_id) == customer)
            .values(staff_id="wang")
        )
    by_contact = {one.external_userid: one for one in items}
    assert (by_contact["wm-c"].staff_id, by_contact["wm-c"].facts["friends"]) == ("wang", ["li"])
    assert "还没有管户经理" in by_contact["wm-d"].why
    swept = await binding_work.sweep(database, policy, AT)
    assert (swept["opened"], swept["settled"]) == (2, 1)  # wm-1 and wm-2 now, wm-c no more


async def test_a_night_opens_no_more_than_the_policy_says(database: Database) -> None:
    shipped = adds_policy.load()
    policy = shipped.model_copy(
        update={"mismatch": shipped.mismatch.model_copy(update={"at_once": 2})}
    )
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        for number in range(5):
            customer = await bank.customer(session, f"N{number}")
            await bank.contact(session, f"wm-{number}", customer_id=customer)
            await bank.relation(session, "li", f"wm-{number}")
    assert await binding_work.sweep(database, policy, AT) == {"opened": 2, "settled": 0, "left": 3}
    assert await binding_work.sweep(database, policy, AT) == {"opened": 2, "settled": 0, "left": 1}


async def test_a_hand_that_binds_tells_of_the_owner_who_is_no_friend(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        for staff_id in ("li", "wang"):
            await bank.staff(session, staff_id)
        customer = await bank.customer(session, "A", owner="wang")
        await bank.contact(session, "wm-1")
        await bank.relation(session, "li", "wm-1")
        done = await bind_by_hand(session, "wm-1", customer, **HAND)  # type: ignore[arg-type]
        await binding_work.follow(session, done, by="staff:head", resolution="核对", at=AT)
        [item] = await worklist.work_items(session, units=None)
        assert (item.kind, item.facts["friends"]) == ("owner_mismatch", ["li"])
        await undo(session, "wm-1", **HAND)  # type: ignore[arg-type]
        await binding_work.forget(
            session, "wm-1", customer, by="staff:head", resolution="看错了", at=AT
        )
        assert await worklist.count_work(session, units=None) == 0
