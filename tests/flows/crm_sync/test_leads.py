"""Lead finders: a hit and a near miss on each threshold, on both databases, and who leads."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import lead_policy, standing_policy, tier_policy
from config.lead_policy import LeadPolicy
from crm_sync.errors import RuleForbidden
from crm_sync.leads.finding import find, find_changed
from crm_sync.leads.measures import measured
from crm_sync.models import Customer, CustomerFlow, CustomerStanding, ImportRun, Lead
from crm_sync.repository.subjects import Window
from crm_sync.rules.leads import finds, reasons
from crm_sync.rules.standing import months_before
from crm_sync.standing.evaluation import evaluate
from kit.clock import bank_date
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio

POLICY = lead_policy.load()
TODAY = bank_date(AT)
YUAN = 100
WAN = 10_000 * YUAN
Flows = Mapping[tuple[str, int], int]  # kind, months back: 分


async def person(
    session: AsyncSession,
    name: str,
    aum: int | None,
    flows: Flows | None = None,
    *,
    loan: str = "",
    wealth: bool = False,
    peak: int | None = None,
    peak_days: int = 700,
    **fields: Any,
) -> int:
    """A customer with what a finder looks at."""
    number = await bank.customer(session, name, aum_fen=aum, **fields)
    for (kind, back), amount in (flows or {}).items():
        await bank.flow(session, number, months_before(TODAY, back), kind, amount)
    if loan:
        await bank.holding(session, number, f"L{name}", "loan", product_name=loan)
    if wealth:
        await bank.holding(session, number, f"W{name}", "fund")
    if peak is not None:
        await bank.snapshot(session, number, TODAY - timedelta(days=peak_days), peak)
    return number


async def search(database: Database) -> dict[str, set[str]]:
    """Who stands as a lead of each finder, after a search."""
    await evaluate(database, standing_policy.load(), AT)
    await find(database, POLICY, AT, window=3)
    return await standing(database)


async def standing(database: Database) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in await rows(database):
        if row.state in ("open", "taken"):
            found.setdefault(row.finder, set()).add(row.customer_no)
    return found


async def rows(database: Database) -> list[Any]:
    table = Lead.__table__  # type: ignore[attr-defined]
    async with database.reading() as session:
        found = await session.execute(
            select(col(Customer.customer_no), table)
            .join(Customer, col(Customer.id) == table.c.customer_id)
            .order_by(table.c.place, table.c.amount_fen.desc(), table.c.customer_id)
        )
        return list(found.all())


def paid(yuan: int, months: int = 12, start: int = 1) -> dict[tuple[str, int], int]:
    """``yuan`` in all, over so many months."""
    each = yuan * YUAN // months
    flows = {("payroll_in", back): each for back in range(start, start + months)}
    flows["payroll_in", start] += yuan * YUAN - each * months
    return flows


@pytest.mark.mission("D1")
async def test_loan_customers_whose_assets_are_elsewhere(database: Database) -> None:
    away = {("out_other_bank", 2): WAN}
    async with database.transaction() as session:
        for loan in ("个人住房按揭贷款", "消费贷", "信用贷"):
            await person(session, f"hit-{loan[:2]}", 5 * WAN - 1, away, loan=loan)
        await person(session, "kept-here", 5 * WAN, away, loan="个人住房按揭贷款")
        await person(session, "no-loan", WAN, away)
        await person(session, "farm-loan", WAN, away, loan="农户贷")
        await person(session, "nothing-left", WAN, {("out_other_bank", 2): WAN - 1}, loan="消费贷")
    assert (await search(database))["loan"] == {"hit-个人", "hit-消费", "hit-信用"}


@pytest.mark.mission("D2")
async def test_payroll_customers_who_keep_little(database: Database) -> None:
    async with database.transaction() as session:
        await person(session, "hit", 18_000 * YUAN, paid(60_000))
        await person(session, "paid-less", 5_000 * YUAN, paid(59_999))
        await person(session, "keeps-more", 18_000 * YUAN + 600 * YUAN, paid(60_000))
        await person(session, "rich-hit", 5 * WAN - 1, paid(170_000))
        await person(session, "rich", 5 * WAN, paid(170_000))
        await person(session, "paid-long-ago", 1_000 * YUAN, paid(60_000, start=13))
        await person(session, "assets-unknown", None, paid(60_000))
    assert (await search(database))["payroll"] == {"hit", "rich-hit"}


@pytest.mark.mission("D3")
async def test_settlement_customers_whose_money_goes_elsewhere(database: Database) -> None:
    both = {("out_other_bank", 12): 15 * WAN, ("out_third_party", 1): 5 * WAN}
    async with database.transaction() as session:
        await person(session, "hit", 5 * WAN - 1, both)
        await person(session, "on-target", 5 * WAN, both)
        await person(session, "a-fen-short", WAN, both | {("out_third_party", 1): 5 * WAN - 1})
        old = {("out_other_bank", 13): 15 * WAN, ("out_third_party", 1): 5 * WAN}
        await person(session, "longer-ago", WAN, old)
    assert (await search(database))["settlement"] == {"hit"}


@pytest.mark.mission("D4")
async def test_securities_traders_without_a_wealth_product(database: Database) -> None:
    def monthly(total: int) -> Flows:
        return {
            ("custody_trade", back): total // 3 + (total % 3) * (back == 1) for back in (1, 2, 3)
        }

    async with database.transaction() as session:
        await person(session, "hit", 80 * WAN, monthly(15 * WAN + 3))
        await person(session, "exactly", 80 * WAN, monthly(15 * WAN))
        await person(session, "has-a-fund", 80 * WAN, monthly(30 * WAN), wealth=True)
        await person(session, "this-month-alone", WAN, {("custody_trade", 0): 90 * WAN})
        await person(session, "four-months-ago", WAN, {("custody_trade", 4): 90 * WAN})
    assert (await search(database))["custody"] == {"hit"}


@pytest.mark.mission("D5")
async def test_merchants_whose_takings_do_not_stay(database: Database) -> None:
    async with database.transaction() as session:
        await person(session, "hit", 5 * WAN - 1, {("pos_in", 1): 30 * WAN + 3})
        await person(session, "exactly", WAN, {("pos_in", 1): 30 * WAN})
        await person(session, "stays", 5 * WAN, {("pos_in", 1): 60 * WAN})
    assert (await search(database))["pos"] == {"hit"}


@pytest.mark.mission("D6")
async def test_customers_who_once_had_much(database: Database) -> None:
    async with database.transaction() as session:
        await person(session, "hit", 5 * WAN - 1, peak=10 * WAN + 1, peak_days=1826)
        await person(session, "exactly", WAN, peak=10 * WAN)
        await person(session, "six-years-ago", WAN, peak=90 * WAN, peak_days=1827)
        await person(session, "still-has", 5 * WAN, peak=90 * WAN)
    assert (await search(database))["potential"] == {"hit"}


@pytest.mark.mission("D8")
async def test_who_leads_follows_the_payroll_per_head(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)

        async def works(name: str, yuan: int, employer: str = "", unit: str = "0101") -> None:
            await person(
                session, name, WAN, paid(yuan), unit_id=unit,
                attributes={"employer": employer} if employer else {},
            )  # fmt: skip

        await works("chip-1", 240_000, "芯片厂")
        await works("chip-2", 60_002, "芯片厂")  # 150 001 a head: the branch, whatever one earns
        await works("school-1", 200_000, "中学")
        await works("school-2", 100_000, "中学", "02")  # 150 000 a head is not more than 150 000
        await works("own-high", 150_001, unit="0201")
        await works("own-mid", 60_000)
        await works("small-1", 60_000, "小店")
        await works("small-2", 39_998, "小店")  # 49 999 a head
    await search(database)
    assert {(row.customer_no, row.level, row.unit_id) for row in await rows(database)} == {
        ("chip-1", "branch", "01"),
        ("chip-2", "branch", "01"),
        ("school-1", "subbranch", "01"),
        ("school-2", "subbranch", "02"),
        ("own-high", "branch", "02"),
        ("own-mid", "subbranch", "01"),
        ("small-1", "outlet", "0101"),
    }


@pytest.mark.mission("A14")
async def test_the_queue_is_stable_and_every_lead_says_why(database: Database) -> None:
    async with database.transaction() as session:
        await person(session, "pos", WAN, {("pos_in", 1): 60 * WAN})
        first = await person(session, "pay-1", WAN, paid(60_000))
        second = await person(session, "pay-2", WAN, paid(60_000))
        await person(session, "pay-more", WAN, paid(90_000))
    await search(database)
    queue = await rows(database)
    assert first < second
    assert [row.customer_no for row in queue] == ["pay-more", "pay-1", "pay-2", "pos"]
    assert queue[1].facts == {
        "aum": WAN, "payroll_year": 6 * WAN, "retention": 16,
    }  # fmt: skip
    finder = POLICY.finder[0]
    assert reasons(finder, queue[1].facts, TODAY) == (
        "近一年代发：6 万元，不低于 6 万元",
        "留存率（资产占近一年代发）：16%，不超过 30%",
        "时点金融资产：1 万元，低于 5 万元",
    )
    again = await find(database, POLICY, AT + timedelta(hours=1))
    assert (again.written, again.gone) == (0, 0)
    assert await rows(database) == queue


async def test_the_sql_finds_whom_the_pure_rule_finds(database: Database) -> None:
    async with database.transaction() as session:
        for place, aum in enumerate((None, 0, 4 * WAN, 5 * WAN, 20 * WAN)):
            await person(session, f"A{place}", aum, paid(70_000), loan="消费贷", peak=30 * WAN)
            flows = {("pos_in", 2): 40 * WAN, ("custody_trade", 1): 20 * WAN}
            flows["out_other_bank", 3] = 25 * WAN
            await person(session, f"B{place}", aum, flows, wealth=place % 2 == 0, loan="信用贷")
    found = await search(database)
    async with database.reading() as session:
        query = measured(session, Window(0, 10**9), tier_policy.load().flows, TODAY)
        facts = [dict(row) for row in (await session.execute(query)).mappings()]
        numbers = await session.execute(select(col(Customer.id), col(Customer.customer_no)))
        names = {number: name for number, name in numbers}  # noqa: C416
    told = {
        finder.name: {names[one["customer_id"]] for one in facts if finds(finder, one, TODAY)}
        for finder in POLICY.finder
    }
    assert all(told.values())
    assert told == found


async def test_a_finder_may_ask_anything_that_a_segment_may(database: Database) -> None:
    raw = POLICY.model_dump()
    raw["finder"] = [
        {
            "name": "bench", "title": "职场", "says": "职场客户，钱在走", "amount": "away_year",
            "when": {"all": [
                {"dim": "away_year", "op": "ge", "value": 10_000},
                {"dim": "holding", "op": "has", "where": {"kind": ["loan"]}},
                {"dim": "age", "op": "between", "value": [30, 45]},
                {"not": {"dim": "grade", "op": "in", "value": ["A"]}},
            ]},
        }
    ]  # fmt: skip
    policy = LeadPolicy.model_validate(raw)
    away = {("out_other_bank", 2): WAN}
    async with database.transaction() as session:
        born = date(1990, 5, 1)
        await person(session, "hit", WAN, away, loan="农户贷", born_on=born)
        await person(session, "no-loan", WAN, away, born_on=born)
        await person(session, "too-old", WAN, away, loan="农户贷", born_on=date(1980, 11, 22))
        number = await person(session, "class-a", WAN, away, loan="农户贷", born_on=born)
        stood = {"customer_id": number, "grade": "A", "changed_at": AT}
        await bank.insert_rows(session, CustomerStanding, [stood])
    await find(database, policy, AT)
    (row,) = await rows(database)
    assert row.customer_no == "hit"
    assert reasons(policy.finder[0], row.facts, TODAY) == (
        "近一年转他行和第三方支付：1 万元，不低于 100 元",
        "持有贷款 1 笔",
        "1990 年出生，36 岁，满 30 岁、不超过 45 岁",
        "客户分类：未登记",
    )
    assert (await find(database, policy, AT)).written == 0
    raw["finder"][0]["when"] = {"dim": "occupation", "op": "contains", "value": ["党员"]}
    with pytest.raises(RuleForbidden):
        await find(database, LeadPolicy.model_validate(raw), AT)
    for dim, where in (("interest", {"interest": ["长跑"]}), ("lead", None)):
        asked = {"dim": dim, "op": "has" if where else "known"} | (
            {"where": where} if where else {}
        )
        raw["finder"][0]["when"] = asked
        with pytest.raises(ValueError, match="不能问"):
            LeadPolicy.model_validate(raw)


async def test_a_lead_closes_itself_and_comes_back_when_its_facts_do(database: Database) -> None:
    async with database.transaction() as session:
        number = await person(session, "N1", WAN, {("pos_in", 1): 60 * WAN})
        other = await person(session, "N2", WAN, {("pos_in", 1): 60 * WAN})
    await search(database)
    async with database.transaction() as session:
        await session.execute(
            update(Lead).where(col(Lead.customer_id) == other).values(state="done", closed_at=AT)
        )
        await session.execute(
            update(Lead)
            .where(col(Lead.customer_id) == number)
            .values(state="taken", taken_by="staff:limin")
        )
        await session.execute(update(Customer).values(aum_fen=5 * WAN))
    gone = await find(database, POLICY, AT + timedelta(days=1))
    assert (gone.gone, gone.written) == (1, 0)
    assert [row.state for row in await rows(database)] == ["gone", "done"]
    async with database.transaction() as session:
        await session.execute(update(Customer).values(aum_fen=4 * WAN))
    back = await find(database, POLICY, AT + timedelta(days=2))
    assert (back.gone, back.written) == (0, 1)
    first, second = await rows(database)
    assert (first.state, first.taken_by, first.closed_at) == ("open", "", None)
    assert (first.found_at, second.state) == (AT + timedelta(days=2), "done")
    third = AT + timedelta(days=3)
    async with database.transaction() as session:
        long_ago = third - timedelta(days=POLICY.quiet_days)
        await session.execute(
            update(Lead).where(col(Lead.state) == "done").values(closed_at=long_ago)
        )
    await find(database, POLICY, third)
    assert (await rows(database))[1].state == "done"
    await find(database, POLICY, third + timedelta(seconds=1))
    assert (await rows(database))[1].state == "open"
    async with database.transaction() as session:
        await session.execute(update(Customer).values(removed_at=AT))
    assert (await find(database, POLICY, AT + timedelta(days=100))).gone == 2


async def test_after_a_load_only_what_it_touched_is_searched(database: Database) -> None:
    async with database.transaction() as session:
        for place in range(10):
            await person(session, f"N{place}", WAN, {("pos_in", 1): 60 * WAN})
    await search(database)
    later = AT + timedelta(hours=1)
    assert (await find_changed(database, POLICY, later)).standing.total() == 0
    async with database.transaction() as session:
        row = {
            "kind": "flows", "file_name": "f.csv", "sha256": "", "state": "applied", "by": "x",
            "started_at": later, "finished_at": later,
        }  # fmt: skip
        await bank.insert_rows(session, ImportRun, [row])
        one = (await session.execute(select(Customer).limit(1))).scalar_one()
        assert one.id is not None
        await session.execute(delete(CustomerFlow).where(col(CustomerFlow.customer_id) == one.id))
        row = {
            "customer_id": one.id, "month": date(2026, 10, 1), "kind": "pos_in",
            "amount_fen": WAN, "changed_at": later,
        }  # fmt: skip
        await bank.insert_rows(session, CustomerFlow, [row])
    report = await find_changed(database, POLICY, later)
    assert (report.gone, report.whole) == (1, False)
    assert len((await standing(database))["pos"]) == 9
