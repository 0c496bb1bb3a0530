"""One voice a day: a campaign, a reminder and another campaign never all speak to one customer."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from campaigns.waves import jobs, sources
from campaigns.waves.facts import WaveAsked, Who
from delivery import jobs as delivery_jobs
from kit.db import Database
from reminders.jobs import plan_day
from reminders.report import PlanReport
from tests.flows.campaigns.winter import (
    DAY,
    KNOWN,
    POLICY,
    approved,
    asked,
    morning,
    one,
    rows,
    run,
    winter_bank,
    write,
)
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, T7, approved_script, desk

pytestmark = pytest.mark.anyio
SAID = (
    "SELECT customer_id, trigger, campaign FROM todo WHERE planned_on = :d AND state <> 'cancelled'"
    " UNION ALL SELECT r.customer_id, b.trigger, b.campaign FROM broadcast_recipient r"
    " JOIN broadcast b ON b.id = r.broadcast_id WHERE b.planned_on = :d"
)
TOUCHES = "SELECT customer_id, outcome, reasons, tries FROM campaign_touch WHERE campaign_id = :c"


async def _plan(database: Database, days: int = 0) -> PlanReport:
    """The day's plan at half past six, with what campaigns have to say."""
    at = morning(days, hour=6)
    await jobs.begin(database, known=KNOWN, policy=POLICY, at=at)
    due = await sources.due(database, day=DAY + timedelta(days=days), at=at, policy=POLICY)
    return await plan_day(
        database, day=DAY + timedelta(days=days), at=at, policy=REMINDERS, desk=desk(),
        content=lambda _: (), others=[each.source() for each in due],
    )  # fmt: skip


async def _said(database: Database, days: int = 0) -> dict[int, list[Any]]:
    day: Any = DAY + timedelta(days=days)
    told: dict[int, list[Any]] = {}
    for row in (await rows(database, SAID, d=day if not database.is_sqlite else str(day))).found:
        told.setdefault(row[0], []).append((row[1], row[2]))
    return told


@pytest.mark.mission("E11", "H1")
async def test_a_customer_with_a_maturity_hears_of_it_and_the_campaign_waits_for_another_day(
    database: Database,
) -> None:
    ids = await winter_bank(database, 6, 2)
    async with database.transaction() as session:
        for place in (0, 1, 6):
            await bank.holding(
                session, ids[place], f"D{place}", "deposit", product_name="三年期整存整取",
                amount_fen=20_000_000, matures_on=DAY + timedelta(days=7),
            )  # fmt: skip
        await approved_script(session, "maturity.deposit.t7", T7, product_kind=None)
    first = await approved(database, asked(hold_out_percent=0, per_day=20))
    other = asked(
        title="另一个活动", hold_out_percent=0, waves=(WaveAsked("winter.all", "broadcast", DAY),)
    )
    second = await approved(database, other)
    await _plan(database)
    assert await run(database) == {"queued": 5, "outranked": 11}
    said = await _said(database)
    assert set(said) == set(ids)
    assert {len(each) for each in said.values()} == {1}  # one voice
    mature = {ids[place] for place in (0, 1, 6)}
    heard = Counter(each[0] for each in said.values())
    assert heard == {("maturity.deposit", ""): 3, ("campaign", str(first)): 5}
    lost = (await rows(database, TOUCHES, c=first)).found
    assert {row[0] for row in lost if row[1] == "outranked"} == mature
    assert all("maturity.deposit" in row[2] for row in lost if row[1] == "outranked")
    assert {row[1] for row in (await rows(database, TOUCHES, c=second)).found} == {"outranked"}
    # The next day: whoever heard of the maturity hears the first campaign, the others the second.
    await _plan(database, 1)
    await run(database, 1)
    told = await _said(database, 1)
    assert {len(each) for each in told.values()} == {1}
    assert {who for who, each in told.items() if each[0][1] == str(first)} == mature
    assert {who for who, each in told.items() if each[0][1] == str(second)} == set(ids) - mature


@pytest.mark.mission("E11")
async def test_what_a_manager_left_undone_is_tried_again_and_nobody_gets_more_than_a_day_allows(
    database: Database,
) -> None:
    await winter_bank(database, 12, 0)
    number = await approved(database, asked(hold_out_percent=0, per_day=5))
    given: Counter[int] = Counter()
    left: set[int] = set()
    done: list[int] = []
    for day in range(5):
        await _plan(database, day)
        await run(database, day)
        said = await _said(database, day)
        assert len(said) <= 5
        given.update(list(said))
        if day == 0:
            left = set(said)
            done = sorted(left)[:2]
            for each in done:
                await write(
                    database, "UPDATE todo SET state = 'done' WHERE customer_id = :i", i=each
                )
        else:
            await write(database, "UPDATE todo SET state = 'done' WHERE state = 'open'")
        await delivery_jobs.expire(database, at=morning(day, hour=22))
    assert len(given) == 12
    again = {who for who, many in given.items() if many == 2}
    assert again == left - set(done)
    tries = {row[0]: row[3] for row in (await rows(database, TOUCHES, c=number)).found}
    assert {who for who, many in tries.items() if many == 2} == again


@pytest.mark.mission("E11")
async def test_the_second_wave_is_for_whom_the_first_was_handed_over_and_who_kept_silent(
    database: Database,
) -> None:
    ids = await winter_bank(database, 6, 0)
    waves = (
        WaveAsked("winter.todo", "todo", DAY),
        WaveAsked("winter.all", "broadcast", DAY + timedelta(days=3), Who.SILENT),
    )
    number = await approved(database, asked(hold_out_percent=0, per_day=2, waves=waves))
    heard: list[set[int]] = []
    for day in range(6):
        await run(database, day)
        await write(database, "UPDATE todo SET state = 'done' WHERE state = 'open'")
        query = "SELECT customer_id FROM broadcast_recipient"
        heard.append(set((await rows(database, query)).column()))
    first = {row[0]: row[1] for row in (await rows(
        database, "SELECT customer_id, planned_on FROM campaign_touch WHERE wave = 1"
    )).found}  # fmt: skip
    by_day = Counter(str(day) for day in first.values())
    assert sorted(by_day.values()) == [2, 2, 2]
    assert [len(each) for each in heard] == [0, 0, 0, 2, 4, 6]
    assert {who for who, day in first.items() if str(day) == str(DAY)} == heard[3]
    assert (await one(database, number)).state == "running"
    assert heard[5] == set(ids)
