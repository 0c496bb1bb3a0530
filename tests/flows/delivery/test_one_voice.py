"""Two transactions at one moment never both speak to a customer: the second waits for the first."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from crm_sync.repository.people import people
from delivery import door, merging
from delivery.intents import Intent, Outcome, Submission
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 2, tzinfo=UTC)  # ten in the morning at the bank
WORDS = (
    "{{customer_title}}您好，我是{{bank_name}}的{{staff_name}}。账户上的事有不清楚的，随时问我。"
)


async def _customers(database: Database, many: int) -> tuple[list[int], int]:
    """李敏's customers, and the version of words that may be said to any of them."""
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        ids = [
            await bank.reached_customer(
                session, f"C{number}", owner="limin", born_on=date(1980, 1, 1)
            )
            for number in range(many)
        ]
        return ids, await approved_script(session, "any", WORDS, purpose="service")


async def _intent(
    database: Database, customer_id: int, script: int, key: str, purpose: Purpose
) -> Intent:
    async with database.reading() as session:
        customer, reach = (await people(session, [customer_id]))[customer_id]
    return Intent(
        key=f"{key}:{customer_id}",
        trigger=key,
        channel=Channel.TODO,
        purpose=purpose,
        customer=customer,
        reach=reach,
        script_version_id=script,
        fields={},
        title=key,
        why=key,
        due_on=DAY,
        expires_at=datetime(2026, 11, 25, 13, tzinfo=UTC),
    )


async def _submit(
    database: Database, intents: Sequence[Intent], *, as_of: datetime = AT
) -> list[Submission]:
    async with database.transaction() as session:
        return await door.submit(
            session, intents, at=AT, as_of=as_of, desk=desk(), by="system:test"
        )


@pytest.mark.mission("E11")
async def test_what_another_process_is_about_to_say_is_waited_for_and_outranks(
    database: Database,
) -> None:
    (who,), script = await _customers(database, 1)
    first = await _intent(database, who, script, "loan.due", Purpose.SERVICE)
    second = await _intent(database, who, script, "birthday", Purpose.CARE)
    async with database.transaction() as session:
        (kept,) = await door.submit(session, [first], at=AT, desk=desk(), by="system:planner")
        waiting = asyncio.create_task(_submit(database, [second]))
        await asyncio.wait({waiting}, timeout=0.2)
        assert not waiting.done()
    (late,) = await waiting
    assert kept.outcome is Outcome.QUEUED
    assert (late.outcome, late.detail) == (Outcome.OUTRANKED, first.key)
    async with database.reading() as session:
        keys = (await session.execute(text("SELECT key FROM todo"))).scalars().all()
        winners = (await session.execute(text("SELECT key, winner FROM outranked"))).all()
    assert keys == [first.key]
    assert [tuple(row) for row in winners] == [(second.key, first.key)]


async def test_the_same_candidate_from_two_processes_takes_one_slot_and_one_todo(
    database: Database,
) -> None:
    (who,), script = await _customers(database, 1)
    one = await _intent(database, who, script, "loan.due", Purpose.SERVICE)
    done = await asyncio.gather(*(_submit(database, [one]) for _ in range(3)))
    assert sorted(each[0].outcome for each in done) == ["queued", "repeated", "repeated"]
    async with database.reading() as session:
        slots = text("SELECT family, slot FROM quota_slot WHERE family IN ('service', 'total')")
        found = {tuple(row) for row in (await session.execute(slots)).all()}
    assert found == {("service", 0), ("total", 0)}


async def test_only_the_same_share_of_the_customers_waits(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer: everything waits for it")
    (who, neighbour), script = await _customers(database, 2)
    first = await _intent(database, who, script, "loan.due", Purpose.SERVICE)
    beside = await _intent(database, neighbour, script, "loan.due", Purpose.SERVICE)
    assert merging.share_of(first) != merging.share_of(beside)
    async with database.transaction() as session:
        await merging.in_turn(session, [first], DAY)
        (done,) = await asyncio.wait_for(_submit(database, [beside]), 5)
    assert done.outcome is Outcome.QUEUED
    async with database.transaction() as session:
        await merging.whole_day(session, DAY)
        waiting = asyncio.create_task(_submit(database, [first]))
        await asyncio.wait({waiting}, timeout=0.2)
        assert not waiting.done()
    assert (await waiting)[0].outcome is Outcome.QUEUED


async def test_an_answer_and_another_days_plan_do_not_wait_for_the_merge(
    database: Database,
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer: everything waits for it")
    (who, asker, other), script = await _customers(database, 3)
    first = await _intent(database, who, script, "loan.due", Purpose.SERVICE)
    asked = await _intent(database, asker, script, "asked", Purpose.SERVICE)
    later = await _intent(database, other, script, "loan.due", Purpose.SERVICE)
    tomorrow = datetime(2026, 11, 26, 2, tzinfo=UTC)
    async with database.transaction() as session:
        await merging.in_turn(session, [first], DAY)
        (answer,) = await asyncio.wait_for(_submit(database, [replace(asked, solicited=True)]), 5)
        (planned,) = await asyncio.wait_for(_submit(database, [later], as_of=tomorrow), 5)
    assert (answer.outcome, planned.outcome) == (Outcome.QUEUED, Outcome.QUEUED)
