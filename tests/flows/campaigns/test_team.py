"""H7: a campaign has an owner, a budget that is spent, a measure that is counted, a review day."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns.waves import budget, counting, progress, service
from campaigns.waves.errors import CampaignRefused, CampaignState, OverBudget
from campaigns.waves.progress import Progress
from crm_sync.models import Relation
from kit.clock import bank_date
from kit.db import Database
from tests.flows.campaigns.winter import (
    DAY,
    ONE,
    TWO,
    approved,
    asked,
    morning,
    one,
    proposed,
    rows,
    run,
    winter_bank,
    write,
)
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio


async def _spend(database: Database, number: int, fen: int, **change: Any) -> int:
    given: dict[str, Any] = {
        "what": "手写贺卡", "spent_on": DAY, "by": ONE, "at": morning(), "units": None,
    }  # fmt: skip
    async with database.transaction() as session:
        return await budget.spend(session, number, amount_fen=fen, **(given | change))


async def _no(error: type[Exception], work: Awaitable[object]) -> None:
    with pytest.raises(error):
        await work


@pytest.mark.mission("H7")
async def test_money_goes_up_to_the_budget_and_the_overrun_that_was_approved(
    database: Database,
) -> None:
    await winter_bank(database, 2, 0)
    async with database.transaction() as session:
        waiting = await proposed(session)
    await _no(CampaignState, _spend(database, waiting, 100))  # nobody has approved it
    number = await approved(database)  # 1,000 元, and 5 % over it
    assert await _spend(database, number, 100_000) == 100_000
    await _no(OverBudget, _spend(database, number, 5_001))
    assert await _spend(database, number, 5_000) == 105_000
    assert await _spend(database, number, -10_000) == 95_000  # taken back
    for wrong in (
        {"fen": 0}, {"fen": -95_001}, {"fen": 1, "what": " "},
        {"fen": 1, "spent_on": DAY + timedelta(days=9)}, {"fen": 1, "spent_on": DAY - timedelta(days=9)},
    ):  # fmt: skip
        await _no(CampaignRefused, _spend(database, number, **wrong))
    async with database.reading() as session:
        assert await budget.spent(session, number) == 95_000
        told = await budget.expenses(session, number)
    assert [each.amount_fen for each in told] == [-10_000, 5_000, 100_000]
    found = await rows(database, "SELECT COUNT(*) FROM ledger_entry WHERE act = 'campaign.spent'")
    assert found.column() == [3]


@pytest.mark.mission("H7")
async def test_each_measure_is_counted_of_the_contacted_and_its_customers_can_be_listed(
    database: Database,
) -> None:
    ids = await winter_bank(database, 8, 2)
    await write(database, "UPDATE customer SET aum_fen = 10000000")
    number = await approved(database, asked(hold_out_percent=0, per_day=20))
    await run(database)
    for who, state in ((ids[0], "claimed"), (ids[1], "done"), (ids[9], "confirmed")):
        await write(database, "UPDATE todo SET state = :s WHERE customer_id = :i", s=state, i=who)
    await write(database, "UPDATE todo SET outcome = 'thinking' WHERE customer_id = :i", i=ids[1])
    await write(database, "UPDATE customer SET aum_fen = 12500000 WHERE id = :i", i=ids[2])
    await write(database, "UPDATE customer SET aum_fen = 9000000 WHERE id = :i", i=ids[3])
    async with database.transaction() as session:
        for who, opened, fen in ((ids[4], DAY + timedelta(days=2), 3_000_000), (ids[5], None, 1)):
            await bank.holding(
                session, who, f"M{who}", "deposit", matures_on=DAY + timedelta(days=1)
            )
            if opened:
                await bank.holding(
                    session, who, f"N{who}", "wealth", opened_on=opened, amount_fen=fen
                )
        relation = {"userid": "zhengkai", "external_userid": "wm-C6", "added_at": morning(1)}
        await bank.insert_rows(session, Relation, [relation])
    await run(database, 7)  # the second wave asks who has answered
    drawn = await one(database, number)
    today = DAY + timedelta(days=7)
    wanted = {
        "reached": (Progress(3, 3), {ids[0], ids[1], ids[9]}),
        "answered": (Progress(1, 1), {ids[1]}),
        "aum": (Progress(1, 1), {ids[2]}),  # 2.5 万 up, 1 万 down
        "kept": (Progress(3, 1), {ids[4]}),
        "added": (Progress(1, 1), {ids[6]}),
    }
    async with database.reading() as session:
        for measure, (far, customers) in wanted.items():
            told = replace(drawn, measure=measure)
            assert await progress.progress(session, told, None, today) == far, measure
            listed = await counting.lines(
                session, number, None, arm="treated", behind=progress.behind(told, today)
            )
            assert {line.customer_id for line in listed} == customers, measure
        mine = await progress.progress(
            session, replace(drawn, measure="reached"), frozenset({"0201"}), today
        )
        assert mine == Progress(1, 1)  # an outlet's own part
        other = replace(drawn, measure="luck")
        assert await progress.progress(session, other, None, today) is None


@pytest.mark.mission("H7")
async def test_the_owner_is_reminded_before_the_review_and_no_more_once_it_is_written(
    database: Database,
) -> None:
    await winter_bank(database, 2, 0)
    number = await approved(database)
    await run(database)
    assert (await run(database, 37)).get("reviews") is None  # the review is on the fortieth day
    assert (await run(database, 38))["reviews"] == 1
    assert (await run(database, 39)).get("reviews") is None
    query = "SELECT kind, staff_id, state FROM work_item WHERE kind = 'campaign_review'"
    assert [tuple(row) for row in (await rows(database, query)).found] == [
        ("campaign_review", "wangshan", "open")
    ]
    async with database.transaction() as session:
        await service.review(
            session, number, result="两户都见到了", by=TWO, at=morning(40), units=None
        )
    assert (await rows(database, query)).column(2) == ["closed"]
    assert bank_date(morning(40)) == (await one(database, number)).review_on
