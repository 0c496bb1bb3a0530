"""Tiers follow the assets; a move is an entry, the first placement a count."""

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from config import tier_policy
from crm_sync import tiers
from crm_sync.models import Customer
from crm_sync.rules.tiers import tier_of
from crm_sync.tiers import assign_tiers, bands
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio

POLICY = tier_policy.load()
AMOUNTS = [None, 0, 999_999, 1_000_000, 4_999_999, 5_000_000, 50_000_000, 600_000_000, 600_000_001]


@pytest.mark.mission("A1")
async def test_every_customer_gets_the_tier_the_rule_says_and_moves_are_recorded(
    database: Database,
) -> None:
    async with database.transaction() as session:
        for number, amount in enumerate(AMOUNTS):
            await bank.customer(session, f"N{number}", aum_fen=amount)
    report = await assign_tiers(database, POLICY, AT, window=4)
    assert dict(report.placed) == {"潜力": 2, "有效": 2, "中端": 1, "高端": 2, "私行": 1}
    async with database.reading() as session:
        rows = (await session.execute(select(col(Customer.aum_fen), col(Customer.tier)))).all()
        assert [row.tier for row in rows] == [tier_of(row.aum_fen, POLICY) for row in rows]
    again = await assign_tiers(database, POLICY, AT)
    assert not again.placed
    assert not again.moved
    async with database.transaction() as session:
        richer = update(Customer).where(col(Customer.customer_no) == "N1")
        await session.execute(richer.values(aum_fen=5_000_000))
    moved = await assign_tiers(database, POLICY, AT)
    assert dict(moved.moved) == {"中端": 1}
    async with database.reading() as session:
        [entry] = await page(session, Wanted(acts=frozenset({"customer.tier_moved"})))
    assert (entry.payload["was"], entry.payload["now"]) == ("潜力", "中端")


EDGES = {  # 元: the tier by 招行, by 民生
    9_999: ("潜力", "潜力"),
    10_000: ("有效", "潜力"),
    19_999: ("有效", "潜力"),
    20_000: ("有效", "有效"),
    49_999: ("有效", "有效"),
    50_000: ("中端", "中端"),
    499_999: ("中端", "中端"),
    500_000: ("高端", "高端"),
    6_000_000: ("高端", "高端"),
    6_000_001: ("私行", "私行"),
}


@pytest.mark.mission("A1")
async def test_the_edges_of_both_profiles_are_where_the_paper_has_them(database: Database) -> None:
    async with database.transaction() as session:
        for yuan in EDGES:
            await bank.customer(session, f"{yuan}", aum_fen=yuan * 100)
    for place, profile in enumerate(("招行", "民生", "招行")):
        await assign_tiers(database, POLICY.with_profile(profile), AT, window=3)
        async with database.reading() as session:
            rows = await session.execute(select(col(Customer.customer_no), col(Customer.tier)))
            assert dict(rows.all()) == {str(yuan): EDGES[yuan][place % 2] for yuan in EDGES}


async def test_a_crowd_that_moves_is_counted_by_unit(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "MOVES_NAMED", 2)
    async with database.transaction() as session:
        for number in range(3):
            await bank.customer(session, f"N{number}", aum_fen=1_500_000)
    await assign_tiers(database, POLICY, AT)
    report = await assign_tiers(database, POLICY.with_profile("民生"), AT)
    assert dict(report.moved) == {"潜力": 3}
    async with database.reading() as session:
        assert not await page(session, Wanted(acts=frozenset({"customer.tier_moved"})))
        [entry] = await page(session, Wanted(acts=frozenset({"customer.tiers_moved"})))
    assert entry.payload["moved"] == [{"was": "有效", "now": "潜力", "customers": 3}]


async def test_another_profile_moves_exactly_those_between_the_edges(database: Database) -> None:
    async with database.transaction() as session:
        for number, amount in enumerate(AMOUNTS):
            await bank.customer(session, f"N{number}", aum_fen=amount)
    await assign_tiers(database, POLICY, AT)
    report = await assign_tiers(database, POLICY.with_profile("民生"), AT)
    assert dict(report.moved) == {"潜力": 1}


@pytest.mark.mission("A2")
async def test_bands_count_a_customer_in_each_they_stand_in(database: Database) -> None:
    async with database.transaction() as session:
        for number, amount in enumerate((40_000_000, 5_000_000, 100_000_000, 4_999_999, None)):
            await bank.customer(session, f"N{number}", aum_fen=amount)
    async with database.reading() as session:
        assert await bands(session, POLICY) == {
            "5万以上": 3,
            "5万到100万": 2,
            "5万到50万": 2,
            "30万到50万直营": 1,
        }
