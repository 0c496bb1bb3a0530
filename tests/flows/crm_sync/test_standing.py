"""Where customers stand: class, activity, file, on both databases, as the pure rules say."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import standing_policy
from crm_sync.models import Customer, CustomerStanding, Holding, ImportRun
from crm_sync.repository.subjects import Window
from crm_sync.rules.standing import judge, months_before
from crm_sync.standing.evaluation import evaluate, evaluate_changed
from crm_sync.standing.expressions import COLUMNS
from crm_sync.standing.measures import known, measured
from kit.clock import bank_date
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio

POLICY = standing_policy.load()
TODAY = bank_date(AT)
WAN = 1_000_000  # 一万元, in 分


async def standings(database: Database) -> dict[str, Any]:
    """The standing of every customer by number."""
    table = CustomerStanding.__table__  # type: ignore[attr-defined]
    async with database.reading() as session:
        rows = await session.execute(
            select(col(Customer.customer_no), table).join(
                table, table.c.customer_id == col(Customer.id)
            )
        )
        return {row.customer_no: row for row in rows}


async def maturing(session: AsyncSession, customer_id: int, days: int = 10) -> None:
    await bank.holding(
        session,
        customer_id,
        f"M{customer_id}",
        "deposit",
        opened_on=TODAY - timedelta(days=400),
        matures_on=TODAY + timedelta(days=days),
    )


@pytest.mark.mission("A5")
async def test_class_comes_from_the_size_of_assets_and_the_intent_to_buy(
    database: Database,
) -> None:
    cases = [
        ("big-intent", 50 * WAN, True, 2, "A", ""),
        ("big-quiet", 50 * WAN, False, None, "B", "big_no_intent"),
        ("mid-intent", 5 * WAN, True, None, "B", "mid_intent"),
        ("below-big-intent", 50 * WAN - 1, True, 3, "B", "mid_intent"),
        ("below-mid-intent", 5 * WAN - 1, True, 3, "C", ""),
        ("mid-quiet", 20 * WAN, False, 3, "C", ""),
        ("small-quiet", 1, False, 1, "C", ""),
        ("never-rated", 20 * WAN, False, None, "D", ""),
        ("no-assets-known", None, True, 3, "D", ""),
    ]
    async with database.transaction() as session:
        for name, aum, intent, risk, _, _ in cases:
            number = await bank.customer(session, name, aum_fen=aum, risk_level=risk)
            if intent:
                await maturing(session, number)
    report = await evaluate(database, POLICY, AT, window=4)
    assert (report.customers, report.written) == (9, 9)
    found = await standings(database)
    assert {(no, one.grade, one.grade_kind) for no, one in found.items()} == {
        (name, grade, kind) for name, _, _, _, grade, kind in cases
    }
    again = await evaluate(database, POLICY, AT)
    assert (again.customers, again.written, again.gone) == (9, 0, 0)


@pytest.mark.mission("A5")
async def test_each_sign_of_intent_has_its_edge(database: Database) -> None:
    async with database.transaction() as session:
        ids = {
            name: await bank.customer(session, name, aum_fen=10 * WAN, risk_level=3)
            for name in (
                "due-30", "due-31", "bought-180", "bought-181", "in-5", "in-under", "in-old",
                "coming-60", "coming-61", "up-10", "up-9", "loan-due",
            )
        }  # fmt: skip
        await maturing(session, ids["due-30"], 30)
        await maturing(session, ids["due-31"], 31)
        for days in (180, 181):
            await bank.holding(
                session,
                ids[f"bought-{days}"],
                f"B{days}",
                "fund",
                opened_on=TODAY - timedelta(days),
            )
        await bank.holding(session, ids["loan-due"], "L", "loan", matures_on=TODAY + timedelta(3))
        await bank.flow(session, ids["in-5"], months_before(TODAY, 3), "large_in", 5 * WAN)
        await bank.flow(session, ids["in-under"], months_before(TODAY, 3), "large_in", 5 * WAN - 1)
        await bank.flow(session, ids["in-old"], months_before(TODAY, 4), "large_in", 5 * WAN)
        for days in (60, 61):
            day = TODAY + timedelta(days)
            await bank.event(session, ids[f"coming-{days}"], "bonus", day, WAN)
        await bank.snapshot(session, ids["up-10"], TODAY - timedelta(90), 10 * WAN * 100 // 110)
        await bank.snapshot(session, ids["up-9"], TODAY - timedelta(90), 10 * WAN * 100 // 110 + 1)
    await evaluate(database, POLICY, AT)
    assert {no: one.signs for no, one in (await standings(database)).items() if one.signs} == {
        "due-30": "maturing",
        "bought-180": "bought",
        "in-5": "large_in",
        "coming-60": "coming",
        "up-10": "rising",
    }


@pytest.mark.mission("A16")
async def test_activity_is_told_from_snapshots_flows_and_holdings(database: Database) -> None:
    old = TODAY - timedelta(days=2000)
    async with database.transaction() as session:

        async def one(name: str, aum: int | None = 10 * WAN, opened: date | None = old) -> int:
            return await bank.customer(session, name, aum_fen=aum, opened_on=opened, risk_level=2)

        await one("nothing-known", None, None)
        zero, ten = await one("zero-card", 999), await one("ten-yuan", 1000)
        for number in (zero, ten):
            await bank.holding(session, number, f"C{number}", "card", opened_on=old)
        await bank.snapshot(session, await one("fell-20", 8 * WAN), TODAY - timedelta(90), 10 * WAN)
        await bank.snapshot(
            session, await one("fell-19", 8 * WAN + 1), TODAY - timedelta(90), 10 * WAN
        )
        await bank.flow(
            session, await one("left"), months_before(TODAY, 1), "out_other_bank", 3 * WAN
        )
        await bank.flow(
            session, await one("left-less"), months_before(TODAY, 1), "out_third_party", 3 * WAN - 1
        )
        moved = await one("moved")
        for days, amount in ((60, 10 * WAN), (30, 10 * WAN + 1)):
            await bank.snapshot(session, moved, TODAY - timedelta(days), amount)
        await one("opened-90", opened=TODAY - timedelta(90))
        await one("opened-91", opened=TODAY - timedelta(91))
        await one("opened-180", opened=TODAY - timedelta(180))
        await one("opened-181", opened=TODAY - timedelta(181))
        await bank.flow(session, await one("paid"), months_before(TODAY, 3), "payroll_in", WAN)
        await bank.flow(session, await one("paid-long-ago"), months_before(TODAY, 4), "pos_in", WAN)
        await bank.flow(
            session, await one("paid-last-year"), months_before(TODAY, 12), "pos_in", WAN
        )
    await evaluate(database, POLICY, AT)
    found = {
        no: f"{one.activity}/{one.dormant_kind}" for no, one in (await standings(database)).items()
    }
    assert found == {
        "nothing-known": "/",
        "zero-card": "dormant/zero_card",
        "ten-yuan": "dormant/dead_card",
        "fell-20": "wavering/",
        "fell-19": "dormant/dead_card",
        "left": "wavering/",
        "left-less": "active/",
        "moved": "active/",
        "opened-90": "active/",
        "opened-91": "wavering/",
        "opened-180": "wavering/",
        "opened-181": "dormant/dead_card",
        "paid": "active/",
        "paid-long-ago": "wavering/",
        "paid-last-year": "dormant/dead_card",
    }


@pytest.mark.mission("A8")
async def test_the_file_says_how_whole_it_is_and_what_is_missing(database: Database) -> None:
    async with database.transaction() as session:
        whole = await bank.customer(
            session, "whole", phone="13800000001", gender="F", born_on=date(1960, 1, 1),
            occupation="教师", risk_level=2, aum_fen=WAN, opened_on=date(2010, 1, 1),
            attributes={"family": "三代同住"},
        )  # fmt: skip
        await bank.holding(session, whole, "H1", "deposit")
        await bank.flow(session, whole, months_before(TODAY, 1), "payroll_in", WAN)
        await bank.customer(session, "bare")
        half = await bank.customer(
            session, "half", gender="M", born_on=date(1990, 1, 1), aum_fen=WAN,
            attributes={"children_account": "1", "family": ""},
        )  # fmt: skip
    contacted = select(col(Customer.id)).where(col(Customer.customer_no) == "whole")
    await evaluate(database, POLICY, AT, contacted=contacted)
    found = await standings(database)
    assert (found["whole"].completeness, found["whole"].missing) == (100, "")
    assert (found["bare"].completeness, found["bare"].missing) == (
        5,  # the name alone: a sixth of thirty
        "basic,family,assets,history,contact",
    )
    assert (found["half"].completeness, found["half"].missing) == (
        15 + 15 + 10,  # half of the basics, the family, half of the assets
        "basic,assets,history,contact",
    )
    async with database.transaction() as session:
        await session.execute(
            update(Customer).where(col(Customer.id) == half).values(removed_at=AT)
        )
    report = await evaluate(database, POLICY, AT, contacted=contacted)
    assert (report.written, report.gone) == (0, 1)
    assert "half" not in await standings(database)


async def test_assets_over_time_are_averaged_counted_and_their_peak_is_kept(
    database: Database,
) -> None:
    async with database.transaction() as session:
        number = await bank.customer(session, "N1", aum_fen=3)
        for days, amount in ((0, 10), (29, 5), (30, 1000), (1826, 2000), (1827, 9000), (3, None)):
            await bank.snapshot(session, number, TODAY - timedelta(days), amount)
        await bank.customer(session, "N2", aum_fen=50, aum_average_fen=40)
    await evaluate(database, POLICY, AT)
    found = await standings(database)
    assert (found["N1"].average_fen, found["N1"].snapshots, found["N1"].peak_fen) == (7, 2, 2000)
    assert (found["N2"].average_fen, found["N2"].snapshots, found["N2"].peak_fen) == (40, 0, 50)


async def test_the_sql_says_what_the_pure_rules_say(database: Database) -> None:
    random = Random(7)
    async with database.transaction() as session:
        for place in range(150):
            number = await bank.customer(
                session,
                f"R{place}",
                aum_fen=random.choice([None, 0, 900, 2 * WAN, 5 * WAN, 49 * WAN, 80 * WAN]),
                aum_average_fen=random.choice([None, WAN]),
                risk_level=random.choice([None, 1, 3]),
                occupation=random.choice(["", "教师"]),
                opened_on=TODAY - timedelta(random.choice([10, 120, 700])),
                attributes=random.choice([{}, {"family": "单身"}, {"family": ""}]),
            )
            for at_place in range(random.randrange(4)):
                day = TODAY - timedelta(random.choice([5, 40, 89, 95, 400]) + at_place)
                await bank.snapshot(session, number, day, random.choice([None, WAN, 6 * WAN]))
            for kind in random.sample(["payroll_in", "out_other_bank", "large_in"], 2):
                month = months_before(TODAY, random.choice([0, 2, 4, 7, 14]))
                await bank.flow(session, number, month, kind, random.choice([1, 2 * WAN, 9 * WAN]))
            if random.random() < 0.5:
                await bank.holding(
                    session, number, f"H{place}", random.choice(["card", "fund", "deposit"]),
                    opened_on=TODAY - timedelta(random.choice([3, 130, 190])),
                    matures_on=TODAY + timedelta(random.choice([-3, 9, 50])),
                )  # fmt: skip
    await evaluate(database, POLICY, AT, window=40)
    found = {one.customer_id: one for one in (await standings(database)).values()}
    seen: set[str] = set()
    async with database.reading() as session:
        query = measured(session, Window(0, 10**9), POLICY, TODAY)
        rows = (await session.execute(query)).all()
    assert len(rows) == len(found) == 150
    for row in rows:
        stood, kept = judge(known(row, POLICY), POLICY, TODAY), found[row.customer_id]
        told = {name: getattr(stood, name) for name in COLUMNS}
        told |= {name: ",".join(told[name]) for name in ("signs", "missing")}
        assert told == {name: getattr(kept, name) for name in COLUMNS}
        seen |= {stood.grade, stood.grade_kind, stood.activity, stood.dormant_kind}
    assert seen == {
        "A", "B", "C", "D", "mid_intent", "big_no_intent", "active", "wavering", "dormant",
        "zero_card", "dead_card", "",
    }  # fmt: skip


async def imported(session: AsyncSession, number: int, *, began: Any, kind: str = "flows") -> None:
    row = {
        "id": number, "kind": kind, "file_name": "f.csv", "sha256": "", "state": "applied",
        "by": "staff:x", "started_at": began, "finished_at": began,
    }  # fmt: skip
    await bank.insert_rows(session, ImportRun, [row])


async def test_after_a_load_only_those_are_evaluated_of_whom_something_was_written(
    database: Database,
) -> None:
    async with database.transaction() as session:
        ids = [
            await bank.customer(session, f"N{n}", aum_fen=10 * WAN, risk_level=3) for n in range(10)
        ]
        await imported(session, 1, began=AT - timedelta(hours=1), kind="customers")
    assert (await evaluate(database, POLICY, AT)).customers == 10
    assert (await evaluate_changed(database, POLICY, AT)).customers == 0
    later = AT + timedelta(hours=1)
    async with database.transaction() as session:  # began before the evaluation, ended after it
        began = AT - timedelta(minutes=5)
        await imported(session, 2, began=began, kind="holdings")
        await maturing(session, ids[3])
        await session.execute(update(Holding).values(changed_at=began))
    report = await evaluate_changed(database, POLICY, later)
    assert (report.customers, report.written, report.whole) == (1, 1, False)
    assert (await standings(database))["N3"].grade == "B"
    assert (await evaluate_changed(database, POLICY, later)).customers == 0
    async with database.transaction() as session:
        await imported(session, 3, began=later, kind="customers")
        await session.execute(update(Customer).values(changed_at=later))
    assert (await evaluate_changed(database, POLICY, later)).whole
    async with database.reading() as session:
        entries = await page(session, Wanted(acts=frozenset({"customer.standing_evaluated"})))
    assert [one.payload["written"] for one in entries] == [1, 10]
