"""In doubt WeCom is asked, and what is found belongs to one attempt of one broadcast."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from crm_sync import selection
from delivery import broadcasts, door, jobs, lookup
from delivery.dispatcher import LEASE, Dispatcher
from delivery.facts import STAFF_CARD
from delivery.intents import Intent
from delivery.models import OutboxState
from delivery.phrasing import routes
from delivery.repository import outbox
from delivery.repository.outbox import Call, Claim
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AGENT, World, wecom_world

from tests.flows.delivery.test_dispatch import (  # isort: skip
    CARE,
    Wall,
    _dispatcher,
    _freeze,
    _states,
)

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]

MEMBERS = ("limin", "sunyue")
OF = {"limin": ("C1", "C2"), "sunyue": ("C3",)}
PEOPLE = [
    {"external_userid": f"wm-{name}", "name": name, "followers": [{"userid": member}]}
    for member, names in OF.items()
    for name in names
]
STAFF = tuple({"userid": one, "name": one} for one in MEMBERS)
CREATE = "externalcontact/add_msg_template"


async def _two_broadcasts(database: Database, wall: Wall) -> None:
    """One text, two members: two tasks with the same words."""
    async with database.transaction() as session:
        await bank.units(session)
        version = await approved_script(
            session, "care.cold", CARE, purpose="care", form="broadcast"
        )
        ids = []
        for member, names in OF.items():
            await bank.staff(session, member)
            ids += [
                await bank.reached_customer(session, name, owner=member, born_on=date(1980, 1, 1))
                for name in names
            ]
        people = await selection.customer_facts(session, ids)
        ways = await selection.reaches(session, ids)
        day, until = date(2026, 11, 25), wall.at + timedelta(hours=8)
        intents = [
            Intent(
                key=f"care:{number}",
                trigger="persona.content",
                channel=Channel.BROADCAST,
                purpose=Purpose.CARE,
                customer=people[number],
                reach=ways[number],
                script_version_id=version,
                fields={},
                title="关怀",
                why="换季",
                due_on=day,
                expires_at=until,
            )
            for number in ids
        ]
        await door.submit(session, intents, at=wall.at, desk=desk(), by="system:test")
        made = await broadcasts.close(session, day, at=wall.at, due_at=wall.at, expires_at=until)
    assert made == len(MEMBERS)


async def _told(database: Database, world: World) -> list[str]:
    """Everybody who is reached when both members confirm whatever tasks they have."""
    async with database.reading() as session:
        msgids = list((await session.execute(text("SELECT msgid FROM broadcast"))).scalars())
    for row in (await world.people.get("/_sim/broadcasts")).json()["broadcasts"]:
        await world.act("confirm_all_broadcast", msgid=row["msgid"])
        assert row["msgid"] in msgids
    return sorted(row["external_userid"] for row in await world.seen("broadcast"))


async def _open_items(database: Database) -> list[str]:
    query = text("SELECT title FROM work_item WHERE state = 'open' ORDER BY key")
    async with database.reading() as session:
        return list((await session.execute(query)).scalars())


async def test_the_same_words_of_another_member_are_not_taken_for_ours(
    database: Database,
) -> None:
    wall = Wall()
    await _two_broadcasts(database, wall)
    async with wecom_world(members=STAFF, customers=PEOPLE) as world:
        await _freeze(world, wall)
        await world.fault(kind="drop", path=CREATE, when="after", count=2)
        dispatcher = _dispatcher(database, world, wall)
        await dispatcher.drain()
        assert await _states(database) == {"unknown": 2}
        wall.at += timedelta(minutes=6)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        await dispatcher.drain()
        assert (counts["found"], counts["absent"]) == (2, 0)
        assert len(await world.called("add_msg_template")) == 2
        assert await _told(database, world) == ["wm-C1", "wm-C2", "wm-C3"]
    assert await _open_items(database) == []


@pytest.mark.parametrize("off", [timedelta(hours=-2), timedelta(hours=2)], ids=["slow", "fast"])
async def test_what_was_made_while_our_clock_stood_two_hours_off_is_found_and_not_made_again(
    database: Database, off: timedelta
) -> None:
    wall, right = Wall(), Wall()
    await _two_broadcasts(database, wall)
    right.at = wall.at - off
    async with wecom_world(members=STAFF, customers=PEOPLE) as world:
        await _freeze(world, right)
        await world.fault(kind="drop", path=CREATE, when="after", count=2)
        dispatcher = _dispatcher(database, world, wall)
        await dispatcher.drain()
        right.at += timedelta(minutes=6)
        wall.at = right.at
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        await dispatcher.drain()
        assert (counts["found"], counts["absent"]) == (2, 0)
        assert await _told(database, world) == ["wm-C1", "wm-C2", "wm-C3"]


async def test_one_of_two_with_the_same_words_never_arrived_and_alone_goes_again(
    database: Database,
) -> None:
    wall = Wall()
    await _two_broadcasts(database, wall)
    async with wecom_world(members=STAFF, customers=PEOPLE) as world:
        await _freeze(world, wall)
        await world.fault(kind="drop", path=CREATE, when="before", count=1)
        await world.fault(kind="drop", path=CREATE, when="after", count=1, skip=1)
        dispatcher = _dispatcher(database, world, wall)
        await dispatcher.drain()
        wall.at += timedelta(minutes=6)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        await dispatcher.drain()
        assert (counts["found"], counts["absent"]) == (1, 1)
        assert await _told(database, world) == ["wm-C1", "wm-C2", "wm-C3"]
    assert await _open_items(database) == []


async def test_a_task_that_waits_for_the_administrator_may_be_ours_and_is_not_made_twice(
    database: Database,
) -> None:
    wall = Wall()
    await _two_broadcasts(database, wall)
    async with wecom_world(members=STAFF, customers=PEOPLE, broadcast_approval=True) as world:
        await _freeze(world, wall)
        await world.fault(kind="drop", path=CREATE, when="after", count=1)
        dispatcher = _dispatcher(database, world, wall)
        await dispatcher.drain()
        wall.at += timedelta(minutes=20)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        await dispatcher.drain()
        assert counts["waiting"] == 1
        assert len(await world.called("add_msg_template")) == 2
        assert await _open_items(database) == ["不知道企业微信收到没有"]
        for row in (await world.people.get("/_sim/broadcasts")).json()["broadcasts"]:
            await world.act("approve_broadcast", msgid=row["msgid"], approved=True)
        wall.at += timedelta(minutes=1)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        assert counts["found"] == 1
        assert await _told(database, world) == ["wm-C1", "wm-C2", "wm-C3"]
    assert await _open_items(database) == []


async def _claim(
    database: Database, wall: Wall, worker: str, kind: str = "broadcast", only: int | None = None
) -> Claim:
    async with database.transaction() as session:
        claim = await outbox.claim_next(
            session, worker=worker, at=wall.at, lease=LEASE, kinds=[kind], only=only
        )
    assert claim is not None
    return claim


async def test_a_process_that_wakes_up_too_late_neither_sends_nor_settles(
    database: Database,
) -> None:
    wall = Wall()
    await _two_broadcasts(database, wall)
    async with wecom_world(members=STAFF, customers=PEOPLE) as world:
        await _freeze(world, wall)
        asleep = Dispatcher(
            database, routes(world.client, database, agent_id=AGENT, clock=wall), wall
        )
        name = asleep._name
        sleeper = await _claim(database, wall, name)
        wall.at += timedelta(seconds=90)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        assert counts["absent"] == 1  # it vanished before its call could leave
        mine = await _claim(database, wall, name, only=sleeper.id)  # the very same process, later
        assert mine.attempts == 2
        assert await asleep._make(sleeper) is OutboxState.QUEUED
        assert await world.called("add_msg_template") == []
        async with database.transaction() as session:
            for state in (OutboxState.SENT, OutboxState.QUEUED):
                assert not await outbox.settle(
                    session, sleeper, state, worker=name, at=wall.at, reference="x"
                )
        assert (await _states(database)).get("sending") == 1
        await asleep._make(mine)
        await asleep.drain()
        assert await _told(database, world) == ["wm-C1", "wm-C2", "wm-C3"]


async def test_what_was_found_out_about_one_attempt_says_nothing_of_the_next(
    database: Database,
) -> None:
    wall = Wall()
    await _two_broadcasts(database, wall)
    first = await _claim(database, wall, "one")
    async with database.transaction() as session:
        await outbox.settle(session, first, OutboxState.UNKNOWN, worker="one", at=wall.at)
        assert await outbox.resolve(session, first, OutboxState.QUEUED, at=wall.at)
    second = await _claim(database, wall, "two")
    assert second.id == first.id
    async with database.transaction() as session:
        await outbox.settle(session, second, OutboxState.UNKNOWN, worker="two", at=wall.at)
        assert not await outbox.resolve(session, first, OutboxState.QUEUED, at=wall.at)
        assert await outbox.resolve(session, second, OutboxState.SENT, at=wall.at)


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_card_whose_sender_vanished_comes_again_and_is_read_once(
    database: Database, arrived: bool
) -> None:
    wall = Wall()
    payload = {
        "userid": "limin", "title": "今天有 1 件客户待办", "description": "11月25日",
        "source": "青禾银行", "figure": "1", "figure_note": "件待办，话术已备好",
        "facts": [["怎么做", "点开后逐个发送"]], "url": "https://bank.example/h5/todo",
        "task_id": "todo-limin-20261125",
    }  # fmt: skip
    card = Call(
        "announce:limin", STAFF_CARD, payload, wall.at, wall.at + timedelta(hours=8), userid="limin"
    )
    async with database.transaction() as session:
        await outbox.put(session, [card], wall.at)
    async with wecom_world(members=STAFF) as world:
        await _freeze(world, wall)
        dispatcher = _dispatcher(database, world, wall)
        claim = await _claim(database, wall, "vanishes", STAFF_CARD)
        if arrived:
            await routes(world.client, database, agent_id=AGENT)[STAFF_CARD].send(claim)
        wall.at += timedelta(minutes=2)
        await _freeze(world, wall)
        counts = await lookup.resolve_unknown(database, world.client, wall)
        assert counts["absent"] == 1
        await dispatcher.drain()
        assert await _states(database) == {"sent": 1}
        assert len(await world.seen("note")) == 1
        assert await jobs.expire(database, at=wall.at) == 0
