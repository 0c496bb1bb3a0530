"""Whatever features submit, in whatever order and batches, a day has the policy's voices."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from compliance.service import give_consents
from crm_sync.facts import CustomerFact, Reach
from crm_sync.repository.people import people
from delivery import door
from delivery.intents import Intent, Outcome
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit.db import Database
from tests.conftest import CIPHER
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, approved_script, desk

DAY = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 2, tzinfo=UTC)  # ten in the morning at the bank
WORDS = {
    Purpose.SERVICE: "{{customer_title}}您好，我是{{bank_name}}的{{staff_name}}。账户上的事有不清楚的，随时问我。",
    Purpose.CARE: "{{customer_title}}您好，早晚温差大，出门记得添衣，路上慢一点。",
    Purpose.MARKETING: "青禾银行周末在网点举办读书分享会，欢迎来坐坐。不想再收到此类消息，回复“退订”即可。",
}
PLACE = {purpose: place for place, purpose in enumerate(REMINDERS.merge.order)}
CANDIDATE = st.tuples(
    st.sampled_from(list(Purpose)), st.sampled_from(["", "spring", "autumn"]), st.integers(0, 3)
)


@dataclass
class _Bank:
    path: Path
    customer: CustomerFact
    reach: Reach | None
    scripts: dict[Purpose, int]


@pytest.fixture
def prepared(sqlite_template: Path, tmp_path: Path) -> _Bank:
    """A bank of one customer, in a file that each example copies."""
    path = tmp_path / "prepared.db"
    shutil.copy(sqlite_template, path)
    return asyncio.run(_one_customer(path))


async def _one_customer(path: Path) -> _Bank:
    """She agreed to marketing and was cared for a week ago: nothing but the merge stands between."""
    database = Database(f"sqlite:///{path}", CIPHER)
    before = AT - timedelta(days=7)
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        number = await bank.reached_customer(session, "C1", owner="limin", born_on=date(1980, 1, 1))
        await give_consents(
            session, [(number, "marketing", True, "网点签字", before)], before, "system:test"
        )
        heard = ("limin", "0101", "sidebar", "care", "care", "claimed", before)
        await touches.record(session, [Touched("t:1", number, *heard)])
        scripts = {
            purpose: await approved_script(session, purpose.value, words, purpose=purpose.value)
            for purpose, words in WORDS.items()
        }
        customer, reach = (await people(session, [number]))[number]
    await database.close()
    return _Bank(path, customer, reach, scripts)


def _intent(of: _Bank, number: int, purpose: Purpose, campaign: str, priority: int) -> Intent:
    return Intent(
        key=f"feature{number}:1",
        trigger=f"feature{number}",
        channel=Channel.TODO,
        purpose=purpose,
        customer=of.customer,
        reach=of.reach,
        script_version_id=of.scripts[purpose],
        fields={},
        title="候选",
        why="候选",
        due_on=DAY,
        expires_at=datetime(2026, 11, 25, 13, tzinfo=UTC),
        priority=priority,
        campaign=campaign if purpose is Purpose.MARKETING else "",
    )


@pytest.mark.mission("E11")
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(candidates=st.lists(CANDIDATE, min_size=2, max_size=7), sizes=st.lists(st.integers(1, 4)))
def test_a_customer_hears_the_policys_voices_and_every_loser_names_what_was_said(
    candidates: Sequence[tuple[Purpose, str, int]],
    sizes: Sequence[int],
    prepared: _Bank,
) -> None:
    asyncio.run(
        _day([_intent(prepared, n, *one) for n, one in enumerate(candidates)], sizes, prepared)
    )


async def _day(intents: list[Intent], sizes: Sequence[int], of: _Bank) -> None:
    path = of.path.with_name("bank.db")
    shutil.copy(of.path, path)
    database = Database(f"sqlite:///{path}", CIPHER)
    try:
        await _submitted(intents, sizes, database)
    finally:
        await database.close()


async def _submitted(waiting: list[Intent], sizes: Sequence[int], database: Database) -> None:
    spoken: list[Intent] = []
    lost: dict[str, str] = {}
    of_key = {one.key: one for one in waiting}
    for size in (*sizes, len(waiting)):
        batch, waiting = waiting[:size], waiting[size:]
        async with database.transaction() as session:
            done = await door.submit(session, batch, at=AT, desk=desk(), by="system:test")
        said = [
            one for one, each in zip(batch, done, strict=True) if each.outcome is Outcome.QUEUED
        ]
        before = min((PLACE[one.purpose.value] for one in spoken), default=len(PLACE))
        for one in said:  # nothing follows what is more urgent, or as urgent and of another kind
            assert PLACE[one.purpose.value] <= before
            alike = {each.campaign for each in spoken if each.purpose is one.purpose}
            assert alike <= {one.campaign}
        assert len({(one.purpose, one.campaign) for one in said}) <= 1
        if batch and not spoken:  # the first batch of a day says the most urgent it has
            best = min(PLACE[one.purpose.value] for one in batch)
            assert {PLACE[one.purpose.value] for one in said} == {best}
        lost |= {one.key: one.detail for one in done if one.outcome is Outcome.OUTRANKED}
        spoken += said
    most = {str(name): many for name, many in REMINDERS.merge.most_per_day.items()}
    counted = Counter(one.purpose.value for one in spoken)
    assert 1 <= len(spoken) <= most["total"]
    assert all(many <= most[purpose] for purpose, many in counted.items())
    assert lost.keys() == of_key.keys() - {one.key for one in spoken}  # nothing else was in the way
    assert {of_key[winner].key for winner in lost.values()} <= {one.key for one in spoken}
    async with database.reading() as session:
        todos = (await session.execute(text("SELECT key FROM todo"))).scalars().all()
        named = (await session.execute(text("SELECT key, winner FROM outranked"))).all()
    assert sorted(todos) == sorted(one.key for one in spoken)
    assert {row.key: row.winner for row in named} == lost
