"""Contacts become customers by evidence; whatever disagrees waits for a person."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding import BindingOutcome, bind_contact, bind_new
from crm_sync.binding_by_hand import bind_by_hand, dismiss_conflict, undo
from crm_sync.contacts import land_contact
from crm_sync.errors import BindingRefused, ContactUnknown
from crm_sync.models import Binding, Contact, ContactWay
from kit.db import Database, cipher_of
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, detail, follow

pytestmark = pytest.mark.anyio

PHONE = "13812340001"
HAND = {"actor": "staff:head", "reason": "到店核对身份证", "at": AT}


async def _people(session: AsyncSession) -> None:
    await bank.units(session)
    await bank.staff(session, "li", unit_id="0101")
    await bank.staff(session, "wang", unit_id="0102")


async def _bound(session: AsyncSession, external_userid: str = "wm-1") -> int | None:
    query = select(col(Contact.customer_id)).where(col(Contact.external_userid) == external_userid)
    return (await session.execute(query)).scalar_one()


async def _landed(session: AsyncSession, *args: object, **fields: object) -> list[BindingOutcome]:
    landed = await land_contact(session, detail(*args, **fields), AT)  # type: ignore[arg-type]
    return list(landed.bindings)


async def test_the_same_unionid_is_the_same_person(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", owner="li", unionid="u-1")
        [outcome] = await _landed(session, "wm-1", follow("li"), unionid="u-1")
        assert await _bound(session) == customer
    assert (outcome.state, outcome.method, outcome.confidence) == ("confirmed", "unionid", 100)
    assert not outcome.owner_mismatch


async def test_a_phone_in_the_remark_binds_and_says_whose_remark_it_was(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", owner="li", phone=PHONE)
        [outcome] = await _landed(session, "wm-1", follow("li", remark=f"周{PHONE}"))
        assert await _bound(session) == customer
        row = (await session.execute(select(Binding))).scalar_one()
        [entry] = await page(session, Wanted(acts=frozenset({"contact.bound"})))
    assert (outcome.method, outcome.confidence) == ("phone", 90)
    assert row.evidence["facts"] == [{"method": "phone", "userid": "li"}]
    assert (entry.object, entry.unit) == ("contact:wm-1", "0101")
    assert entry.payload["customer_id"] == customer
    assert PHONE not in str(entry)


async def test_a_code_made_for_one_customer_says_who_scanned_it(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", owner="li")
        way = {"state": "c-77", "customer_id": customer, "staff_id": "li", "created_at": AT}
        anybody = {"state": "hall", "customer_id": None, "staff_id": "li", "created_at": AT}
        await bank.insert_rows(session, ContactWay, [way, anybody])
        assert await _landed(session, "wm-2", follow("li", state="hall")) == []
        [outcome] = await _landed(session, "wm-1", follow("li", state="c-77"))
        assert await _bound(session) == customer
    assert (outcome.method, outcome.confidence) == ("state", 95)


async def test_a_person_binds_with_a_reason_and_not_without(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", owner="li")
        await _landed(session, "wm-1", follow("li"))
        with pytest.raises(BindingRefused, match="原因"):
            await bind_by_hand(session, "wm-1", customer, actor="staff:li", reason=" ", at=AT)
        with pytest.raises(ContactUnknown):
            await bind_by_hand(session, "wm-9", customer, **HAND)  # type: ignore[arg-type]
        with pytest.raises(BindingRefused, match="没有这位客户"):
            await bind_by_hand(session, "wm-1", 999_999, **HAND)  # type: ignore[arg-type]
        outcome = await bind_by_hand(session, "wm-1", customer, **HAND)  # type: ignore[arg-type]
        assert await _bound(session) == customer
        [entry] = await page(session, Wanted(acts=frozenset({"contact.bound"})))
    assert (outcome.method, outcome.confidence, outcome.news) == ("hand", 100, True)
    assert (entry.actor, entry.reason) == ("staff:head", "到店核对身份证")


async def test_a_phone_that_two_customers_share_waits_for_a_person_once(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        first = await bank.customer(session, "A", phone=PHONE)
        second = await bank.customer(session, "B", phone=PHONE)
        [outcome] = await _landed(session, "wm-1", follow("li", remark=PHONE))
        assert await _bound(session) is None
        again = await bind_contact(session, "wm-1", AT)
        rows = (await session.execute(select(Binding))).scalars().all()
    assert (outcome.state, outcome.reason) == ("conflict", "several_customers")
    assert (outcome.news, again.news) == (True, False)
    assert {one.customer_id for one in outcome.rivals} == {first, second}
    assert sorted((row.customer_id, row.state) for row in rows) == [
        (first, "conflict"),
        (second, "conflict"),
    ]


async def test_new_evidence_never_moves_a_contact_that_is_bound(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        bound = await bank.customer(session, "A", unionid="u-1")
        rival = await bank.customer(session, "B", phone=PHONE)
        await _landed(session, "wm-1", follow("li"), unionid="u-1")
        seen = detail("wm-1", follow("li", remark=PHONE), unionid="u-1")
        landed = await land_contact(session, seen, AT)
        [outcome] = landed.bindings
        assert await _bound(session) == bound
    assert (outcome.state, outcome.reason) == ("conflict", "bound_elsewhere")
    assert (landed.customer_id, outcome.customer_id) == (bound, bound)
    assert [one.customer_id for one in outcome.rivals] == [rival]


async def test_a_rival_that_was_dismissed_does_not_come_back(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        bound = await bank.customer(session, "A", unionid="u-1")
        await bank.customer(session, "B", phone=PHONE)
        [outcome] = await _landed(session, "wm-1", follow("li", remark=PHONE), unionid="u-1")
        assert outcome.reason == "several_customers"
        await bind_by_hand(session, "wm-1", bound, **HAND)  # type: ignore[arg-type]
        assert (await bind_contact(session, "wm-1", AT)).state == "none"
        with pytest.raises(BindingRefused, match="没有待处理"):
            await dismiss_conflict(session, "wm-1", **HAND)  # type: ignore[arg-type]


async def test_a_dismissed_conflict_leaves_the_contact_as_it_was(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        await bank.customer(session, "A", phone=PHONE)
        await bank.customer(session, "B", phone=PHONE)
        await _landed(session, "wm-1", follow("li", remark=PHONE))
        assert await dismiss_conflict(session, "wm-1", **HAND) == 2  # type: ignore[arg-type]
        assert (await bind_contact(session, "wm-1", AT)).state == "none"
        assert await _bound(session) is None


async def test_a_conflict_ends_when_its_evidence_does(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", phone=PHONE)
        await bank.customer(session, "B", phone="13912340002")
        both = follow("li", remark=f"{PHONE} 13912340002")
        [outcome] = await _landed(session, "wm-1", both)
        assert outcome.state == "conflict"
        [outcome] = await _landed(session, "wm-1", follow("li", remark=PHONE))
        assert (outcome.state, outcome.customer_id) == ("confirmed", customer)
        states = (await session.execute(select(col(Binding.state)))).scalars().all()
    assert sorted(states) == ["confirmed", "undone", "undone"]


async def test_what_a_person_undid_is_not_bound_again_by_the_same_evidence(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", phone=PHONE)
        await _landed(session, "wm-1", follow("li", remark=PHONE))
        assert await undo(session, "wm-1", **HAND) == customer  # type: ignore[arg-type]
        assert await _bound(session) is None
        assert (await bind_contact(session, "wm-1", AT)).state == "none"
        with pytest.raises(BindingRefused, match="没有绑定"):
            await undo(session, "wm-1", **HAND)  # type: ignore[arg-type]
        await bind_by_hand(session, "wm-1", customer, **HAND)  # type: ignore[arg-type]
        assert await _bound(session) == customer
        acts = [entry.act for entry in await page(session, Wanted(kind="contact"))]
    assert {"contact.unbound", "contact.bound"} <= set(acts)


async def test_a_contact_bound_to_one_is_not_handed_to_another_without_undoing(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        await bank.customer(session, "A", phone=PHONE)
        other = await bank.customer(session, "B")
        await _landed(session, "wm-1", follow("li", remark=PHONE))
        with pytest.raises(BindingRefused, match="已绑定另一位"):
            await bind_by_hand(session, "wm-1", other, **HAND)  # type: ignore[arg-type]


async def test_a_second_wechat_of_a_customer_waits_for_a_word(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        customer = await bank.customer(session, "A", phone=PHONE)
        await _landed(session, "wm-1", follow("li", remark=PHONE))
        [outcome] = await _landed(session, "wm-2", follow("li", remark=PHONE))
        assert (outcome.state, outcome.reason) == ("conflict", "customer_has_contact")
        assert await _bound(session, "wm-2") is None
        await bind_by_hand(session, "wm-2", customer, **HAND)  # type: ignore[arg-type]
        assert await _bound(session, "wm-2") == customer


async def test_an_owner_who_does_not_follow_the_contact_is_reported(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        await bank.customer(session, "A", owner="wang", phone=PHONE)
        await bank.customer(session, "B", phone="13912340002")
        [mismatch] = await _landed(session, "wm-1", follow("li", remark=PHONE))
        [nobody] = await _landed(session, "wm-2", follow("li", remark="13912340002"))
    assert mismatch.owner_mismatch
    assert (mismatch.owner_staff_id, mismatch.follower_staff_ids) == ("wang", ("li",))
    assert nobody.owner_mismatch
    assert nobody.owner_staff_id is None


async def test_an_ended_relation_and_a_removed_customer_are_no_evidence(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        await bank.customer(session, "A", phone=PHONE, removed_at=AT)
        assert await _landed(session, "wm-1", follow("li", remark=PHONE)) == []
        await bank.customer(session, "B", phone="13912340002")
        await bank.contact(session, "wm-2")
        await bank.relation(
            session,
            "li",
            "wm-2",
            ended_at=AT,
            remark_phone_hashes=[cipher_of(session).blind("phone", "13912340002")],
        )
        assert (await bind_contact(session, "wm-2", AT)).state == "none"
        assert (await bind_contact(session, "wm-none", AT)).state == "none"


async def test_after_the_first_synchronisation_all_contacts_are_judged_page_by_page(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        cipher = cipher_of(session)
        for number in range(9):
            phone = f"1381234{number:04d}"
            await bank.customer(session, f"N{number}", owner="li", phone=phone)
            await bank.contact(session, f"wm-{number}")
            await bank.relation(
                session, "li", f"wm-{number}", remark_phone_hashes=[cipher.blind("phone", phone)]
            )
        await bank.customer(session, "twin", phone="13812340003")
        await bank.contact(session, "wm-stranger")
    outcomes: list[BindingOutcome] = []
    after: str | None = ""
    while after is not None:
        async with database.transaction() as session:
            found = await bind_new(session, AT, after=after, limit=4)
        outcomes += found.outcomes
        after = found.last
    assert len(outcomes) == 9
    assert [one.external_userid for one in outcomes if one.state == "conflict"] == ["wm-3"]
    async with database.transaction() as session:
        again = await bind_new(session, AT)
    assert (again.judged, again.outcomes, again.last) == (10, (), None)
