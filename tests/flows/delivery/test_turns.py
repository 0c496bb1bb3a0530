"""Who is sent to first, and how fast: urgency, branches in turn, WeCom's limits to the brim."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from delivery.dispatcher import Dispatcher, Route, Sent
from delivery.models import OutboxState
from delivery.repository import outbox
from delivery.repository.outbox import Call, Claim
from kit.db import Database
from kit.pacing.facts import Limit, Urgency, urgency
from kit.pacing.service import Pacer
from tests.flows.kit.draining import PACE, PATH, START, Counter, least, limits
from tests.flows.kit.simulated_time import SimulatedTime

pytestmark = pytest.mark.anyio

AT = datetime.fromtimestamp(START, UTC)


async def _nothing(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    """Nothing follows."""


async def _queue(
    database: Database,
    units: str | Sequence[str],
    number: int,
    *,
    priority: int = 7,
    kind: str = "broadcast",
) -> None:
    units = [units] if isinstance(units, str) else units
    async with database.transaction() as session:
        calls = [
            Call(
                key=f"{unit}:{kind}:{priority}:{n}",
                kind=kind,
                payload={},
                due_at=AT,
                expires_at=AT + timedelta(days=1),
                unit_id=unit,
                priority=priority,
            )
            for unit in units
            for n in range(number)
        ]
        await outbox.put(session, calls, AT)


class Sender:
    """Notes whom it was asked to send for, with which urgency."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, Urgency]] = []

    async def __call__(self, claim: Claim) -> Sent:
        self.made.append((claim.unit_id, claim.key.split(":")[1], urgency()))
        return Sent()

    @property
    def units(self) -> list[str]:
        return [unit for unit, _, _ in self.made]


class Room:
    """Permits by path; others have none."""

    def __init__(self, **left: int) -> None:
        self.left = left

    async def room(self, path: str, level: Urgency, want: int) -> int:
        granted = min(want, self.left.get(path, 0))
        self.left[path] = self.left.get(path, 0) - granted
        return granted


def _dispatcher(database: Database, sender: Sender, **more: Any) -> Dispatcher:
    routes = {
        "broadcast": Route(sender, _nothing, path="tasks"),
        "staff_card": Route(sender, _nothing, path="cards"),
    }
    return Dispatcher(database, routes, lambda: AT, **more)


async def test_a_branch_with_hundreds_of_sends_does_not_starve_one_with_ten(
    database: Database,
) -> None:
    await _queue(database, "branch-large", 300)
    await _queue(database, "branch-small", 10)
    sender = Sender()
    assert await _dispatcher(database, sender).drain(most=20) == 20
    assert sender.units.count("branch-small") == 10
    assert sender.units[:4].count("branch-small") == 2


async def test_every_branch_has_its_turn_where_permits_are_few_and_branches_many(
    database: Database,
) -> None:
    names = [f"branch-{n:02}" for n in range(36)]
    await _queue(database, names, 2)
    sender = Sender()
    dispatcher = _dispatcher(database, sender, permits=(room := Room()))
    for _ in range(4):
        room.left["tasks"] = 9
        assert await dispatcher.drain() == 9
    assert {name: sender.units.count(name) for name in names} == dict.fromkeys(names, 1)


async def test_a_call_of_no_branch_has_its_turn_and_holds_nobody_up(database: Database) -> None:
    await _queue(database, [""], 2, priority=4)
    await _queue(database, [f"branch-{n:02}" for n in range(40)], 1)
    sender = Sender()
    assert await _dispatcher(database, sender).drain() == 42
    assert sender.units[:2] == ["", ""]


async def test_what_is_urgent_goes_before_what_was_queued_earlier(database: Database) -> None:
    await _queue(database, "branch-a", 40, priority=7)
    await _queue(database, "branch-b", 3, priority=4)
    await _queue(database, "branch-c", 2, priority=0, kind="staff_card")
    sender = Sender()
    await _dispatcher(database, sender).drain(most=10)
    assert sender.units[:5] == ["branch-c"] * 2 + ["branch-b"] * 3
    levels = [level for _, _, level in sender.made]
    assert levels == [Urgency.URGENT] * 2 + [Urgency.SERVICE] * 3 + [Urgency.MARKETING] * 5


async def test_a_closed_api_leaves_its_calls_queued_untouched_and_the_others_go_on(
    database: Database,
) -> None:
    await _queue(database, "branch-a", 30)
    await _queue(database, "branch-a", 5, kind="staff_card")
    sender = Sender()
    assert await _dispatcher(database, sender, permits=Room(cards=100)).drain() == 5
    assert {kind for _, kind, _ in sender.made} == {"staff_card"}
    async with database.reading() as session:
        waiting = await outbox.listed(session, states=[OutboxState.QUEUED])
    assert [row.attempts for row in waiting] == [0] * 30


async def test_calls_side_by_side_are_each_made_once(database: Database) -> None:
    await _queue(database, "branch-a", 30)
    sender = Sender()
    two = [_dispatcher(database, sender, side_by_side=4) for _ in range(2)]
    assert sum(await asyncio.gather(*(one.drain() for one in two))) == 30
    assert len(sender.made) == 30
    async with database.reading() as session:
        assert await outbox.counts(session) == {"sent": 30}


async def test_two_dispatchers_drain_the_outbox_at_the_limit_and_are_never_refused(
    database: Database,
) -> None:
    minute, hour, number = 10, 30, 44
    for unit in ("branch-a", "branch-b"):
        await _queue(database, unit, number // 2)
    time = SimulatedTime(START)
    counter = Counter(minute, hour, at_once=100)
    figures = limits(minute, hour)
    found = await asyncio.gather(*(_process(database, time, counter, figures) for _ in range(2)))
    assert sum(found) == number
    assert (counter.taken, counter.refused) == (number, [])
    assert counter.worst[60] <= minute
    assert counter.worst[3_600] <= hour
    assert counter.last - START <= 1.1 * least(number, minute, hour)


async def _process(
    database: Database, time: SimulatedTime, counter: Counter, figures: Sequence[Limit]
) -> int:
    """One process: its permits, its dispatcher, a look every two minutes."""
    pacer = Pacer(
        database,
        lambda _: figures,
        lambda: PACE,
        now=time.shared,
        steady=time.steady,
        sleep=time.sleep,
    )

    async def send(claim: Claim) -> Sent:
        async with pacer.passing(PATH):
            await counter.call(time, 0.05, 0.05)
        return Sent()

    routes = {"broadcast": Route(send, _nothing, path=PATH)}
    clock = lambda: datetime.fromtimestamp(time.at, UTC)  # noqa: E731
    dispatcher = Dispatcher(database, routes, clock, permits=pacer)
    made = 0
    with time.working():
        while time.at < START + 3_900:
            made += await dispatcher.drain()
            await pacer.flush()
            await time.sleep(120)
    return made
