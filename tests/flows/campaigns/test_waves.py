"""A campaign: drawn by chance, in waves, changed and stopped mid-way; sent stays, the rest obeys."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import insert

from archive.models import ArchivedMessage
from archive.parties import talk_of
from campaigns.waves import service
from campaigns.waves.errors import (
    CampaignRefused,
    CampaignSecondPerson,
    CampaignState,
    CampaignUnknown,
    NotPrepared,
)
from campaigns.waves.facts import WaveAsked
from campaigns.waves.rules import is_held_out
from delivery import emptying, halting
from delivery.dispatcher import Dispatcher
from delivery.phrasing import routes
from kit.db import Database
from tests.flows.delivery.office import desk
from tests.flows.wecom_world import AGENT, World, wecom_world
from wiring import campaign_duty

from tests.flows.campaigns.winter import (  # isort: skip
    ONE,
    TWO,
    DAY,
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

pytestmark = pytest.mark.anyio
TODOS = "SELECT customer_id, staff_id, state, script_code FROM todo WHERE campaign = :c ORDER BY 1"
BROADCAST = (WaveAsked("winter.all", "broadcast", DAY),)
FRIENDS = [
    {
        "external_userid": f"wm-C{number}",
        "name": f"C{number}",
        "followers": [{"userid": "limin" if number < 8 else "zhengkai"}],
    }
    for number in range(12)
]
MEMBERS = ({"userid": "limin", "name": "李敏"}, {"userid": "zhengkai", "name": "郑凯"})


@pytest.mark.mission("E11", "H1")
async def test_who_is_drawn_out_hears_nothing_and_the_second_wave_is_for_the_silent_alone(
    database: Database,
) -> None:
    ids = await winter_bank(database)
    number = await approved(database)
    done = await run(database)
    seed = (await one(database, number)).seed
    held = {each for each in ids if is_held_out(each, seed, 20)}
    drawn = await rows(database, "SELECT customer_id, arm, staff_id, turn FROM campaign_member")
    assert {row[0] for row in drawn.found if row[1] == "held"} == held
    assert set(drawn.column()) == set(ids)
    treated = Counter(row[2] for row in drawn.found if row[1] == "treated")
    first = {staff: min(5, many) for staff, many in treated.items()}
    todos = await rows(database, TODOS, c=str(number))
    assert Counter(todos.column(1)) == first
    assert done["queued"] == sum(first.values())
    assert await run(database) == {}  # the same day again: nothing
    assert len((await rows(database, TODOS, c=str(number))).found) == sum(first.values())
    for day in range(1, 5):
        await run(database, day)
    todos = await rows(database, TODOS, c=str(number))
    assert set(todos.column()) == set(ids) - held
    answered = sorted(todos.column())[:4]
    for each in answered:
        await write(database, "UPDATE todo SET outcome = 'thinking' WHERE customer_id = :i", i=each)
    wrote = next(each for each in ids if each not in held and each not in answered)
    await _wrote(database, f"wm-C{ids.index(wrote)}")
    answered.append(wrote)
    await run(database, 7, answered=campaign_duty.answered)
    second = await rows(
        database,
        "SELECT r.customer_id FROM broadcast_recipient r JOIN broadcast b ON b.id = r.broadcast_id"
        " WHERE b.campaign = :c",
        c=str(number),
    )
    assert set(second.column()) == set(ids) - held - set(answered)
    assert await run(database, 31) == {"over": 1}
    assert (await one(database, number)).state == "over"


async def _wrote(database: Database, contact: str) -> None:
    """The archive has a word of this contact, two days after the draw."""
    row = {
        "seq": 1, "sent_at": morning(2), "msgid": "m1", "page": 1, "action": "send",
        "msgtype": "text", "from_id": contact, "from_kind": "customer", "room_id": "",
        "talk": talk_of("", contact, ["limin"]), "external": True, "time_given": True,
        "received_at": morning(2), "salt": b"s", "digest": "d", "body": b"sealed",
    }  # fmt: skip
    async with database.transaction() as session:
        await session.execute(insert(ArchivedMessage), [row])


@pytest.mark.mission("H3")
async def test_a_stop_holds_at_once_for_four_workers_and_tasks_at_wecom_are_cancelled_and_listed(
    database: Database,
) -> None:
    await winter_bank(database, 8, 4)
    number = await approved(database, asked(waves=BROADCAST, hold_out_percent=0))
    await run(database)
    name = str(number)
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        await world.post("clock", {"freeze": morning(hour=10).isoformat()})
        assert await _dispatched(database, world, most=1) == 1
        async with database.transaction() as session:
            await service.stop(
                session, number, reason="口径有误", by=TWO, at=morning(hour=10), units=None
            )
        # Nothing was swept yet: the row alone holds what waits, whoever drains.
        await asyncio.gather(*(_dispatched(database, world) for _ in range(4)))
        assert len(await world.called("add_msg_template")) == 1
        swept = await emptying.sweep(database, world.client, lambda: morning(hour=10))
        assert swept["cancelled"] == 1
        assert len(await world.called("cancel_groupmsg_send")) == 1
        again = await emptying.sweep(database, world.client, lambda: morning(hour=10))
        assert not any(again.values())
    async with database.reading() as session:
        tasks = await emptying.handed_tasks(session, name, None)
    [task] = tasks
    assert task.customers in (8, 4)
    assert "取消" in task.cause
    waiting = await rows(
        database,
        "SELECT r.state FROM broadcast_recipient r JOIN broadcast b ON b.id = r.broadcast_id"
        " WHERE b.campaign = :c AND b.stopped_at IS NULL",
        c=name,
    )
    assert "planned" not in waiting.column()
    assert await run(database, 1) == {}
    with pytest.raises(CampaignState):
        async with database.transaction() as session:
            await service.stop(
                session, number, reason="再停", by=TWO, at=morning(hour=10), units=None
            )


async def _dispatched(database: Database, world: World, most: int | None = None) -> int:
    def clock() -> object:
        return morning(hour=10)

    made = routes(world.client, database, agent_id=AGENT, clock=clock, desk=desk())  # type: ignore[arg-type]
    return await Dispatcher(database, made, clock).drain(kinds=["broadcast"], most=most)  # type: ignore[arg-type]


@pytest.mark.mission("H3")
async def test_other_words_are_approved_by_a_second_person_and_only_what_was_not_sent_changes(
    database: Database,
) -> None:
    await winter_bank(database, 8, 0)
    number = await approved(database, asked(hold_out_percent=0, per_day=6))
    await run(database)
    before = (await rows(database, TODOS, c=str(number))).column()
    sent, undone = before[0], set(before[1:])
    await write(database, "UPDATE todo SET state = 'claimed' WHERE customer_id = :i", i=sent)
    async with database.transaction() as session:
        await service.ask_change(
            session, number, 1, "winter.more", reason="换个说法", by=ONE, at=morning(hour=9),
            units=None,
        )  # fmt: skip
    with pytest.raises(CampaignSecondPerson):
        async with database.transaction() as session:
            await service.decide_change(
                session, number, 1, agree=True, by=ONE, at=morning(hour=9), units=None
            )
    async with database.transaction() as session:
        gone = await service.decide_change(
            session, number, 1, agree=True, by=TWO, at=morning(hour=9), units=None
        )
    assert gone == len(undone)
    await run(database, hour=9)
    todos = (await rows(database, TODOS, c=str(number))).found
    assert {row[0] for row in todos if row[2] == "open"} == undone
    assert {row[3] for row in todos if row[2] == "open"} == {"winter.more"}
    assert [(row[0], row[3]) for row in todos if row[2] == "claimed"] == [(sent, "winter.todo")]
    told = await rows(database, "SELECT COUNT(*) FROM campaign_touch WHERE outcome = 'queued'")
    assert told.column() == [6]


@pytest.mark.mission("A18", "H1")
async def test_nothing_begins_without_preparation_a_second_person_and_the_approved_content(
    database: Database,
) -> None:
    await winter_bank(database, 2, 0)
    with pytest.raises(NotPrepared):
        async with database.transaction() as session:
            await proposed(session, missing=["需求排查"])
    with pytest.raises(CampaignRefused) as refused:
        async with database.transaction() as session:
            await proposed(session, replace(asked(), segment="gone", owner="ghost"))
    assert "客群规则" in refused.value.what
    assert "项目负责人" in refused.value.what
    async with database.transaction() as session:
        number = await proposed(session)
    assert await run(database) == {}
    for who, units, error in (
        (ONE, None, CampaignSecondPerson),
        (TWO, frozenset({"01"}), CampaignUnknown),
    ):
        with pytest.raises(error):
            async with database.transaction() as session:
                await service.decide(
                    session, number, agree=True, opinion="可以", by=who, at=morning(hour=7),
                    units=units,
                )  # fmt: skip
    async with database.transaction() as session:
        await service.decide(
            session, number, agree=True, opinion="可以", by=TWO, at=morning(hour=7), units=None
        )
    await write(database, "UPDATE campaign SET hold_out_percent = 0")
    assert await run(database) == {"stopped": 1}
    stopped = await one(database, number)
    assert "与批准时不一致" in stopped.cause
    assert (await rows(database, "SELECT COUNT(*) FROM todo")).column() == [0]
    async with database.reading() as session:
        assert await halting.halted(session, {str(number), "7", ""}) == {str(number)}
