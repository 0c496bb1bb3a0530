"""What pages ask: counts that agree with their lists, contacts without a customer, conflicts."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync import access
from crm_sync.binding import bind_contact
from crm_sync.models import PersonaMembership
from crm_sync.repository.counts import (
    BookCount,
    book_counts,
    persona_counts,
    tier_counts,
    unit_counts,
)
from crm_sync.repository.links import conflicts, conflicts_of, contact_counts, links_of, unmatched
from kit.db import Database, cipher_of
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, BEFORE

pytestmark = pytest.mark.anyio

PHONE = "13812340001"


async def _people(session: AsyncSession) -> None:
    await bank.units(session)
    await bank.staff(session, "li", unit_id="0101")
    await bank.staff(session, "wang", unit_id="0201")
    await bank.staff(session, "head", unit_id="01")
    await bank.staff(session, "ops", unit_id="hq")
    await bank.grant(session, "head", "branch", "01")
    await bank.grant(session, "ops", "ops", "hq")


@pytest.mark.mission("A15")
async def test_a_unit_counts_whom_it_manages_and_whose_account_it_holds(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        for number, (unit_id, account) in enumerate(
            [("0101", "0101"), ("0101", "0201"), ("0102", "0101"), ("0201", "0101")]
        ):
            await bank.customer(
                session, f"N{number}", unit_id=unit_id, account_unit_id=account, aum_fen=100
            )
        await bank.customer(session, "gone", unit_id="0101", removed_at=AT)
        head = await access.viewer(session, "head", AT)
        counts = {one.unit_id: one for one in await unit_counts(session, head)}
        everything = await unit_counts(session, await access.viewer(session, "ops", AT))
    assert set(counts) == {"01", "0101", "0102"}
    outlet = counts["0101"]
    assert (outlet.managed, outlet.accounts, outlet.aum_fen) == (2, 3, 200)
    assert sum(one.managed for one in everything) == 4


async def test_personas_and_tiers_are_counted_within_the_scope(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        for number, (unit_id, tier) in enumerate(
            [("0101", "有效"), ("0102", "有效"), ("0201", "高端")]
        ):
            customer_id = await bank.customer(
                session, f"N{number}", unit_id=unit_id, tier=tier, aum_fen=1_000
            )
            rows = [
                {
                    "customer_id": customer_id,
                    "persona": persona,
                    "source": "crm",
                    "confidence": 100,
                    "evidence": [],
                    "rule_version": "1",
                    "is_primary": persona == "老年",
                    "since": BEFORE,
                }
                for persona in ("老年", "读书")[: number + 1]
            ]
            await bank.insert_rows(session, PersonaMembership, rows)
        head = await access.viewer(session, "head", AT)
        ops = await access.viewer(session, "ops", AT)
        li = await access.viewer(session, "li", AT)
        mine = {one.persona: one for one in await persona_counts(session, head)}
        assert {name: one.customers for name, one in mine.items()} == {"老年": 2, "读书": 1}
        assert (mine["老年"].primary, mine["读书"].primary, mine["老年"].aum_fen) == (2, 0, 2_000)
        assert await persona_counts(session, li) == []
        whole = await persona_counts(session, ops)
        assert [(one.persona, one.customers) for one in whole] == [("老年", 3), ("读书", 2)]
        below = await persona_counts(session, ops, unit_path="/hq/02/")
        assert {one.persona: one.customers for one in below} == {"老年": 1, "读书": 1}
        assert await tier_counts(session, head) == {"有效": 2}
        assert await tier_counts(session, ops) == {"有效": 2, "高端": 1}


@pytest.mark.mission("B9")
async def test_a_book_counts_who_is_assigned_bound_and_in_reach(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        await bank.reached_customer(session, "A", owner="li")
        bound = await bank.customer(session, "B", owner="li")
        await bank.contact(session, "wm-B", customer_id=bound)
        await bank.relation(session, "wang", "wm-B")
        await bank.customer(session, "C", owner="li")
        await bank.customer(session, "D", owner="li", removed_at=AT)
        found = await book_counts(session, ["li", "wang"])
    assert found == {"li": BookCount("li", 3, 2, 1), "wang": BookCount("wang", 0, 0, 0)}


async def test_contacts_nobody_knows_are_listed_to_those_who_follow_them(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        known = await bank.customer(session, "A")
        for number in range(5):
            await bank.contact(session, f"wm-{number}", customer_id=known if number == 0 else None)
            await bank.relation(session, "li" if number < 4 else "wang", f"wm-{number}")
        await bank.relation(session, "wang", "wm-3")
        await bank.contact(session, "wm-left")
        await bank.relation(session, "li", "wm-left", ended_at=AT)
        li = await access.viewer(session, "li", AT)
        wang = await access.viewer(session, "wang", AT)
        head = await access.viewer(session, "head", AT)
        seen = []
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            page, after = await unmatched(session, li, after=after, limit=2)
            seen += [one.external_userid for one in page]
        assert seen == ["wm-1", "wm-2", "wm-3"]
        theirs, _ = await unmatched(session, wang)
        assert [one.external_userid for one in theirs] == ["wm-3", "wm-4"]
        assert theirs[0].nick == "昵称wm-3"
        branch, _ = await unmatched(session, head)
        assert [(one.external_userid, one.staff_id) for one in branch] == [
            ("wm-1", "li"),
            ("wm-2", "li"),
            ("wm-3", "li"),
        ]
        assert await contact_counts(session, li) == {"contacts": 4, "bound": 1, "conflicts": 0}


async def test_conflicts_show_their_rivals_to_the_branch_and_stay_in_the_history(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        first = await bank.customer(session, "A", phone=PHONE)
        second = await bank.customer(session, "B", phone=PHONE)
        await bank.contact(session, "wm-1")
        await bank.relation(
            session, "li", "wm-1", remark_phone_hashes=[cipher_of(session).blind("phone", PHONE)]
        )
        await bind_contact(session, "wm-1", AT)
        head = await access.viewer(session, "head", AT)
        wang = await access.viewer(session, "wang", AT)
        [conflict], following = await conflicts(session, head)
        assert following is None
        assert (conflict.bound_to, conflict.reason) == (None, "several_customers")
        assert sorted(link.customer_id for link in conflict.rivals) == [first, second]
        assert await conflicts(session, wang) == ([], None)
        assert (await contact_counts(session, head))["conflicts"] == 1
        assert [one.external_userid for one in await conflicts_of(session, ["wm-1"])] == ["wm-1"]
        assert {link.state for link in await links_of(session, "wm-1")} == {"conflict"}
