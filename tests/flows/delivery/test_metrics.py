"""What the monitoring hears of the outbox is what stands in the database, in every process."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from delivery import jobs
from delivery.repository import outbox
from delivery.repository.outbox import Call
from kit.db import Database

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def _call(key: str, minutes: int) -> Call:
    due_at = AT - timedelta(minutes=minutes)
    return Call(key, "broadcast", {"text": "您好"}, due_at, AT + timedelta(hours=8))


async def test_the_age_of_the_oldest_waiting_call_is_measured(database: Database) -> None:
    await jobs.measure(database, at=AT)
    assert REGISTRY.get_sample_value("outbox_oldest") == 0
    async with database.transaction() as session:
        await outbox.put(session, [_call("later", -30), _call("a", 3), _call("b", 7)], AT)
    await jobs.measure(database, at=AT)
    assert REGISTRY.get_sample_value("outbox_oldest") == 7 * 60
    async with database.transaction() as session:
        await session.execute(text("UPDATE outbox SET state = 'sent' WHERE key = 'b'"))
    await jobs.measure(database, at=AT)
    assert REGISTRY.get_sample_value("outbox_oldest") == 3 * 60


async def test_calls_without_an_answer_are_counted_until_somebody_knows(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await outbox.put(session, [_call("a", 3), _call("b", 7)], AT)
        await session.execute(text("UPDATE outbox SET state = 'unknown'"))
    await jobs.measure(database, at=AT)
    assert REGISTRY.get_sample_value("uncertain_open") == 2
    async with database.transaction() as session:
        await session.execute(text("UPDATE outbox SET state = 'failed' WHERE key = 'a'"))
    await jobs.measure(database, at=AT)
    assert REGISTRY.get_sample_value("uncertain_open") == 1


async def test_what_waits_is_counted_by_how_urgent_it_is(database: Database) -> None:
    rows = {"welcome": 0, "answer": 4, "care": 6, "offer": 7, "notice": 9}
    calls = [replace(_call(key, 3), priority=priority) for key, priority in rows.items()]
    async with database.transaction() as session:
        await outbox.put(session, [*calls, replace(_call("later", -30), priority=0)], AT)
    await jobs.measure(database, at=AT)
    found = {
        level: REGISTRY.get_sample_value("outbox_waiting", {"urgency": level})
        for level in ("urgent", "service", "marketing")
    }
    assert found == {"urgent": 1, "service": 2, "marketing": 2}
