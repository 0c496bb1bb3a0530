"""What planners are given: exactly those who are due, once, with their owner's live relation."""

from collections.abc import AsyncIterator
from datetime import date
from typing import TypeVar

import pytest

from crm_sync import selection
from crm_sync.models import PersonaMembership, ProductOpenDay
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, BEFORE

pytestmark = pytest.mark.anyio
T = TypeVar("T")
DAY = date(2026, 11, 29)


async def _all(pages: AsyncIterator[list[T]]) -> list[T]:
    return [one async for page in pages for one in page]


async def test_maturities_of_a_day_come_once_each_whatever_the_page_size(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        for number in range(7):
            customer_id = await bank.reached_customer(session, f"N{number}", owner="li")
            await bank.holding(
                session, customer_id, f"D{number}", "deposit", matures_on=DAY, amount_fen=100
            )
            await bank.holding(session, customer_id, f"W{number}", "wealth", matures_on=DAY)
            await bank.holding(
                session, customer_id, f"L{number}", "deposit", matures_on=date(2026, 11, 30)
            )
        gone = await bank.reached_customer(session, "gone", owner="li", removed_at=AT)
        await bank.holding(session, gone, "Dgone", "deposit", matures_on=DAY)
        kept = await bank.reached_customer(session, "kept", owner="li")
        await bank.holding(session, kept, "Dclosed", "deposit", matures_on=DAY, removed_at=AT)
    async with database.reading() as session:
        for page in (1, 3, 5_000):
            found = await _all(
                selection.maturing(session, on=[DAY], kinds=["deposit", "wealth"], page=page)
            )
            assert sorted(due.holding_no for due in found) == sorted(
                [f"D{n}" for n in range(7)] + [f"W{n}" for n in range(7)]
            )
            assert found[0].reach is not None
            assert found[0].reach.external_userid == f"wm-{found[0].customer.customer_no}"
            assert found[0].customer.owner_staff_id == "li"


async def test_a_customer_with_two_contacts_and_two_followers_is_due_once(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        await bank.staff(session, "wang")
        customer_id = await bank.customer(session, "A", owner="li")
        await bank.contact(session, "wm-1", customer_id=customer_id)
        await bank.contact(session, "wm-2", customer_id=customer_id)
        await bank.relation(session, "wang", "wm-1")
        await bank.relation(session, "wang", "wm-2")
        await bank.relation(session, "li", "wm-2")
        await bank.holding(session, customer_id, "D1", "deposit", matures_on=DAY)
    async with database.reading() as session:
        for page in (1, 2, 10):
            [due] = await _all(selection.maturing(session, on=[DAY], kinds=["deposit"], page=page))
            assert due.reach is not None
            assert (due.reach.userid, due.reach.external_userid) == ("li", "wm-2")


@pytest.mark.parametrize(
    ("ended_at", "half", "active"), [(AT, False, True), (None, True, True), (None, False, False)]
)
async def test_an_ended_half_or_staffless_relation_is_no_way_to_reach_anybody(
    database: Database, ended_at: object, half: bool, active: bool
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li", active=active)
        customer_id = await bank.customer(session, "A", owner="li")
        await bank.contact(session, "wm-1", customer_id=customer_id)
        await bank.relation(session, "li", "wm-1", ended_at=ended_at, half=half)
    async with database.reading() as session:
        assert await selection.reaches(session, [customer_id]) == {}
        facts = await selection.customer_facts(session, [customer_id, 404])
    assert facts[customer_id].owner_staff_id == "li"
    assert list(facts) == [customer_id]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2027, 2, 28), ["27", "28", "29"]),
        (date(2028, 2, 28), ["27", "28"]),
        (date(2028, 2, 29), ["29"]),
    ],
)
async def test_a_leap_day_birthday_falls_on_the_28th_in_short_years(
    database: Database, on: date, expected: list[str]
) -> None:
    born = {"27": date(1958, 2, 28), "28": date(1990, 2, 28), "29": date(1960, 2, 29)}
    async with database.transaction() as session:
        for name, day in born.items():
            await bank.customer(session, name, born_on=day)
        await bank.customer(session, "march", born_on=date(1960, 3, 1))
    async with database.reading() as session:
        for page in (1, 5_000):
            found = await _all(selection.birthdays(session, on=on, page=page))
            assert [fact.customer_no for fact, _ in found] == expected


async def test_holders_hear_of_an_open_day_of_their_product(database: Database) -> None:
    async with database.transaction() as session:
        for number, code in enumerate(("P1", "P1", "P2", "P3")):
            customer_id = await bank.customer(session, f"N{number}")
            await bank.holding(session, customer_id, f"H{number}", "wealth", product_code=code)
        await bank.insert_rows(
            session,
            ProductOpenDay,
            [
                {"product_code": "P1", "opens_on": DAY},
                {"product_code": "P2", "opens_on": date(2026, 12, 1)},
                {"product_code": "P3", "opens_on": date(2026, 12, 9)},
            ],
        )
    async with database.reading() as session:
        found = await _all(selection.opening_soon(session, on=[DAY, date(2026, 12, 1)], page=1))
    assert [(due.holding_no, day) for due, day in found] == [
        ("H0", DAY),
        ("H1", DAY),
        ("H2", date(2026, 12, 1)),
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 15), ["15"]),
        (date(2026, 11, 30), ["30", "31"]),
        (date(2026, 12, 30), ["30"]),
        (date(2026, 12, 31), ["31"]),
    ],
)
async def test_an_instalment_on_a_day_the_month_lacks_falls_on_its_last(
    database: Database, on: date, expected: list[str]
) -> None:
    async with database.transaction() as session:
        customer_id = await bank.customer(session, "A")
        for due_day in (15, 30, 31):
            await bank.holding(
                session,
                customer_id,
                str(due_day),
                "loan",
                due_day=due_day,
                matures_on=date(2030, 1, 1),
                opened_on=date(2020, 1, 1),
            )
        await bank.holding(
            session, customer_id, "over", "loan", due_day=on.day, matures_on=date(2026, 11, 1)
        )
        await bank.holding(session, customer_id, "new", "loan", due_day=on.day, opened_on=on)
    async with database.reading() as session:
        found = await _all(selection.instalments(session, on=[on]))
    assert [due.holding_no for due, _ in found] == expected


async def test_members_of_a_persona_come_with_all_their_personas_primary_first(
    database: Database,
) -> None:
    async with database.transaction() as session:
        customers = [await bank.customer(session, f"N{number}") for number in range(5)]
        await bank.insert_rows(
            session,
            PersonaMembership,
            [
                {
                    "customer_id": customer_id,
                    "persona": persona,
                    "source": "crm",
                    "confidence": 100,
                    "evidence": [],
                    "rule_version": "1",
                    "is_primary": persona == "senior",
                    "since": BEFORE,
                }
                for customer_id in customers[:3]
                for persona in ("reading", "senior")
            ],
        )
    async with database.reading() as session:
        for page in (1, 2, 100):
            found = await _all(selection.persona_members(session, "reading", page=page))
            assert [fact.customer_id for fact, _ in found] == customers[:3]
            assert {fact.personas for fact, _ in found} == {("senior", "reading")}
