"""Benefits are approved by two, given to the entitled, and never beyond their caps."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from campaigns import benefits, events, grants, referrals
from campaigns.errors import (
    AttendanceState,
    BenefitDecided,
    BenefitRefused,
    NoRoom,
    NotApproved,
    PersonUnknown,
    ReferralCredited,
    SecondPerson,
    SelfReferral,
    WordsBlocked,
)
from campaigns.facts import GrantReport, Proposal
from compliance.content_check import Remark
from config import benefit_policy
from crm_sync.models import Customer
from kit.db import Database
from kit.ledger.reading import Wanted, count
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
POLICY = benefit_policy.load()
ONE, TWO = "staff:wangshan", "staff:hejing"
POINTS = Proposal(
    "point", "points", "学习有礼", "听完一场理财讲座得积分。", "attend_event",
    date(2026, 11, 1), date(2026, 12, 31), points=500, budget_fen=1_500,
)  # fmt: skip
TALK = replace(
    POINTS, kind="event", form="lecture", title="反诈讲座", points=0, value_fen=0, budget_fen=0,
    held_on=date(2026, 12, 5), place="翠湖支行", seats=1, condition="open_to_all",
)  # fmt: skip


def _fine(text: str, **_: Any) -> list[Remark]:
    bad = text.find("保证收益")
    return [Remark("合规用语", "block", "承诺收益", "R-PRM-01", bad, bad + 4)] if bad >= 0 else []


async def _people(database: Database, *tiers: str) -> list[int]:
    async with database.transaction() as session:
        await bank.units(session)
        return [
            await bank.customer(session, f"K{number}", tier=tier)
            for number, tier in enumerate(tiers)
        ]


async def _approved(database: Database, terms: Proposal) -> int:
    async with database.transaction() as session:
        number = await benefits.propose(session, terms, POLICY, examiner=_fine, by=ONE, at=AT)
        await benefits.decide(session, number, agree=True, opinion="已核对", by=TWO, at=AT)
        return number


async def _give(database: Database, number: int, *customers: int, **more: Any) -> GrantReport:
    async with database.transaction() as session:
        return await grants.grant(session, number, customers, POLICY, by=ONE, at=AT, **more)


@pytest.mark.mission("F8", "F11")
async def test_a_sign_up_gift_is_given_only_after_a_second_persons_word(
    database: Database,
) -> None:
    (customer,) = await _people(database, "有效")
    async with database.transaction() as session:
        number = await benefits.propose(
            session, replace(POINTS, condition="sign_up"), POLICY, examiner=_fine, by=ONE, at=AT
        )
    with pytest.raises(NotApproved):
        await _give(database, number, customer)
    async with database.transaction() as session:
        with pytest.raises(SecondPerson):
            await benefits.decide(session, number, agree=True, opinion="好", by=ONE, at=AT)
        with pytest.raises(BenefitRefused):
            await benefits.decide(session, number, agree=True, opinion=" ", by=TWO, at=AT)
        await benefits.decide(session, number, agree=True, opinion="已核对", by=TWO, at=AT)
        with pytest.raises(BenefitDecided):
            await benefits.decide(session, number, agree=False, opinion="再议", by=TWO, at=AT)
    assert (await _give(database, number, customer, customer)).granted == (customer,)
    assert (await _give(database, number, customer)).refused == {customer: grants.HAD}
    async with database.transaction() as session:
        await session.execute(text("UPDATE benefit SET points = 5000"))
    with pytest.raises(NotApproved, match="不一致"):
        await _give(database, number, customer, occasion="x")


async def test_words_that_promise_do_not_become_a_benefit(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(WordsBlocked, match="R-PRM-01"):
            await benefits.propose(
                session,
                replace(POINTS, words="来听，保证收益"),
                POLICY,
                examiner=_fine,
                by=ONE,
                at=AT,
            )


@pytest.mark.mission("F8")
async def test_only_the_entitled_tier_within_budget_and_time_gets_it(database: Database) -> None:
    rich, poor, late = await _people(database, "私行", "有效", "私行")
    lounge = replace(
        POINTS, kind="right", form="lounge", condition="tier_service", points=0, value_fen=500,
        budget_fen=500, tiers=("私行",),
    )  # fmt: skip
    number = await _approved(database, lounge)
    report = await _give(database, number, rich, poor, late, 10**9)
    assert report.granted == (rich,)
    assert report.refused == {poor: grants.TIER, late: grants.BUDGET, 10**9: grants.UNKNOWN}
    async with database.transaction() as session:
        assert await grants.withdraw_expired(session, date(2026, 12, 31), AT) == 0
        assert await grants.withdraw_expired(session, date(2027, 1, 1), AT) == 1
        await benefits.withdraw(session, number, reason="不再办", by=TWO, at=AT)
    with pytest.raises(NotApproved):
        await _give(database, number, rich, occasion="again")


@pytest.mark.mission("F8")
async def test_no_cap_is_passed_by_eight_who_give_at_once(database: Database) -> None:
    (customer,) = await _people(database, "有效")
    dear = replace(POINTS, points=20_000, budget_fen=20_000_000)
    number = await _approved(database, dear)
    done = await asyncio.gather(
        *(_give(database, number, customer, occasion=f"once:{one}") for one in range(8))
    )
    assert sum(len(one.granted) for one in done) == 3
    assert sum(one.refused == {customer: grants.YEAR} for one in done) == 5
    async with database.reading() as session:
        sums = await session.execute(text("SELECT granted_fen FROM benefit"))
        assert sums.scalar_one() == POLICY.caps.per_customer_year_fen


@pytest.mark.mission("F11")
async def test_an_event_has_places_and_says_who_came(database: Database) -> None:
    first, second = await _people(database, "有效", "中端")
    number = await _approved(database, TALK)
    async with database.transaction() as session:
        place = await events.register(session, number, first, by=ONE, at=AT)
        with pytest.raises(AttendanceState):
            await events.register(session, number, first, by=ONE, at=AT)
        with pytest.raises(NoRoom):
            await events.register(session, number, second, by=ONE, at=AT)
        with pytest.raises(AttendanceState):
            await events.settle(session, place, came=True, by=ONE, at=AT, units=["0201"])
        await events.settle(session, place, came=True, by=ONE, at=AT)
        with pytest.raises(AttendanceState):
            await events.settle(session, place, came=False, by=ONE, at=AT)


@pytest.mark.mission("F11")
async def test_six_thousand_customers_are_registered_in_one_go(database: Database) -> None:
    many = 6_000  # more than one statement of PostgreSQL takes as bound values
    async with database.transaction() as session:
        await bank.units(session)
        customer = {"unit_id": "0101", "tier": "有效", "changed_at": AT}
        await bank.insert_rows(
            session, Customer, [{**customer, "customer_no": f"K{n}"} for n in range(many)]
        )
        ids = sorted((await session.execute(text("SELECT id FROM customer"))).scalars())
    number = await _approved(database, replace(TALK, seats=many))
    async with database.transaction() as session:
        places = await events.register_all(session, number, ids, by=ONE, at=AT)
        rows = await session.execute(text("SELECT id, customer_id FROM attendance"))
        whose = {row.id: row.customer_id for row in rows}
        assert [whose[place] for place in places] == ids
        assert await count(session, Wanted(acts=frozenset({"event.registered"}))) == many
        assert await events.register_all(session, number, [], by=ONE, at=AT) == []


@pytest.mark.mission("F9")
async def test_a_referral_is_between_two_persons_once_and_never_in_a_circle(
    database: Database,
) -> None:
    first, second, third = await _people(database, "有效", "有效", "中端")
    async with database.transaction() as session:
        await bank.contact(session, "wm-a", customer_id=first)
        await bank.contact(session, "wm-b", customer_id=first)
        await bank.contact(session, "wm-c", customer_id=second)
        await bank.contact(session, "wm-d")
        with pytest.raises(SelfReferral):
            await referrals.record_by_contact(session, "wm-a", "wm-b", by=ONE, at=AT)
        with pytest.raises(PersonUnknown):
            await referrals.record_by_contact(session, "wm-a", "wm-d", by=ONE, at=AT)
        await referrals.record_by_contact(session, "wm-a", "wm-c", by=ONE, at=AT)
        await referrals.record(session, second, third, by=ONE, at=AT)
        for above in (second, third):
            with pytest.raises(SelfReferral, match="圈"):
                await referrals.record(session, above, first, by=ONE, at=AT)
        with pytest.raises(ReferralCredited):
            await referrals.record(session, first, third, by=ONE, at=AT)
        assert sorted(await referrals.ancestors(session, third)) == sorted([first, second])


@pytest.mark.mission("F9")
async def test_a_referral_is_credited_once_by_a_second_person_even_by_two_at_once(
    database: Database,
) -> None:
    first, second = await _people(database, "有效", "有效")
    thanks = await _approved(database, replace(POINTS, condition="referral"))
    lecture = await _approved(database, POINTS)
    async with database.transaction() as session:
        number = await referrals.record(session, first, second, by=ONE, at=AT)
        with pytest.raises(SecondPerson):
            await referrals.credit(session, number, thanks, POLICY, by=ONE, at=AT)
        with pytest.raises(BenefitRefused):
            await referrals.credit(session, number, lecture, POLICY, by=TWO, at=AT)

    async def credited() -> int:
        async with database.transaction() as session:
            return await referrals.credit(session, number, thanks, POLICY, by=TWO, at=AT)

    both = await asyncio.gather(credited(), credited(), return_exceptions=True)
    assert [one for one in both if one == 500] == [500]
    assert sum(isinstance(one, ReferralCredited) for one in both) == 1
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM benefit_grant"))).scalar_one() == 1
