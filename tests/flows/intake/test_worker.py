"""The inbox worker: in order per contact, nobody waits for a poisoned event, nothing is lost."""

import asyncio
import hashlib
from datetime import datetime, timedelta

import pytest

from bot.inbox import repository
from bot.inbox.keeping import Arrival, keep
from bot.inbox.models import InboxState
from bot.inbox.worker import InboxWorker
from kit import clock
from kit.db import Database
from kit.ids import new_id
from tests.flows.intake.sealing import contact_event
from wecom.events import Event

pytestmark = pytest.mark.anyio

START = clock.now()


class Wall:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


async def _arrive(database: Database, xmls: list[str], at: datetime = START) -> None:
    arrivals = []
    for xml in xmls:
        digest = hashlib.sha256(xml.encode()).hexdigest()
        key = (
            "contact:" + xml.split("ExternalUserID><![CDATA[")[1].split("]")[0]
            if "ExternalUserID" in xml
            else ""
        )
        arrivals.append(
            Arrival(new_id(), digest, key, database.cipher.seal("inbox.body", digest, xml), at)
        )
    await keep(database, arrivals)


async def _states(database: Database) -> list[str]:
    async with database.reading() as session:
        return [row.state for row in await repository.listed(session)]


async def test_events_of_one_contact_are_handled_in_the_order_they_came(
    database: Database,
) -> None:
    await _arrive(
        database,
        [contact_event(contact=f"wm{n % 3}", at=1_700_000_000 + n) for n in range(30)],
    )
    seen: dict[str, list[int]] = {}

    async def handle(event: Event, digest: str, at: datetime) -> bool:
        await asyncio.sleep(0)
        seen.setdefault(event.ordering_key or "", []).append(
            int(event.at.timestamp()) if event.at else 0
        )
        return True

    workers = [InboxWorker(database, handle, Wall()) for _ in range(3)]
    await asyncio.gather(*(worker.drain() for worker in workers))
    for worker in workers:
        await worker.drain()
    assert {len(times) for times in seen.values()} == {10}
    assert all(times == sorted(times) for times in seen.values())
    assert set(await _states(database)) == {"handled"}


async def test_a_poisoned_event_is_quarantined_after_five_tries_and_others_go_on(
    database: Database,
) -> None:
    await _arrive(
        database,
        [contact_event(contact="wmPoison"), contact_event(contact="wmFine")],
    )
    tries: list[str] = []

    async def handle(event: Event, digest: str, at: datetime) -> bool:
        tries.append(event.ordering_key or "")
        if event.ordering_key == "contact:wmPoison":
            raise RuntimeError("broken")
        return True

    wall = Wall()
    worker = InboxWorker(database, handle, wall)
    await worker.drain()
    assert tries.count("contact:wmFine") == 1
    for _ in range(6):
        wall.at += timedelta(minutes=2)
        await worker.drain()
    assert tries.count("contact:wmPoison") == 5
    assert sorted(await _states(database)) == ["dead", "handled"]

    async with database.transaction() as session:
        assert await repository.replay(session, ids=None, at=wall.at) == 1
    await worker.drain()
    assert tries.count("contact:wmPoison") == 6


async def test_a_later_event_waits_for_the_earlier_one_of_its_contact(database: Database) -> None:
    await _arrive(
        database,
        [
            contact_event("add_external_contact", contact="wmA", at=1_700_000_000),
            contact_event("del_follow_user", contact="wmA", at=1_700_000_001),
        ],
    )
    fail = True
    handled: list[str] = []

    async def handle(event: Event, digest: str, at: datetime) -> bool:
        if fail:
            raise RuntimeError("WeCom is away")
        handled.append(event.kind)
        return True

    wall = Wall()
    worker = InboxWorker(database, handle, wall)
    await worker.drain()
    assert await _states(database) == ["new", "new"]
    fail = False
    wall.at += timedelta(minutes=1)
    await worker.drain()
    assert handled == ["contact.added", "contact.follow_user_deleted"]


async def test_unknown_events_are_kept_as_unhandled_and_unreadable_ones_quarantined(
    database: Database,
) -> None:
    unknown = (
        "<xml><ToUserName>c</ToUserName><MsgType>event</MsgType><Event>brand_new</Event></xml>"
    )
    await _arrive(database, [unknown, "not xml at all"])

    async def handle(event: Event, digest: str, at: datetime) -> bool:
        raise AssertionError("nothing to handle")

    await InboxWorker(database, handle, Wall()).drain()
    assert sorted(await _states(database)) == ["dead", "unhandled"]


async def test_a_worker_that_lost_its_lease_cannot_settle(database: Database) -> None:
    await _arrive(database, [contact_event()])
    async with database.transaction() as session:
        [first] = await repository.claim(
            session, worker="sleepy", at=START, lease=timedelta(seconds=60), limit=1
        )
    later = START + timedelta(seconds=90)
    async with database.transaction() as session:
        [second] = await repository.claim(
            session, worker="awake", at=later, lease=timedelta(seconds=60), limit=1
        )
    assert first.id == second.id
    async with database.transaction() as session:
        assert not await repository.settle(
            session, first, InboxState.DEAD, worker="sleepy", at=later
        )
        assert await repository.settle(
            session, second, InboxState.HANDLED, worker="awake", at=later
        )
