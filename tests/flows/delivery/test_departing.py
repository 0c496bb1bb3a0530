"""A no and a call to WeCom at the same moment: the one that commits first decides, and it shows."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from compliance.complaint_files import FiledCase
from compliance.opting_out import Choice, silence_contact
from config import policy_catalogue
from config.policy_shelf import Shelf
from delivery import complaining, departing, jobs, lookup, opting_out, tickets
from delivery.dispatcher import Dispatcher
from delivery.errors import SendBlocked
from delivery.phrasing import routes
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AGENT, World, wecom_world

from tests.flows.delivery.test_dispatch import (  # isort: skip
    PEOPLE,
    Wall,
    _customers,
    _gather_care,
)

from tests.flows.delivery.opting import (  # isort: skip
    LIMIN,
    TODO,
    dispatcher,
    intents_for,
    say_no,
    states_of,
)

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]


class Held:
    """A way to WeCom that stands still in the middle of a call until it is let go."""

    def __init__(self, world: World) -> None:
        self._client = world.client
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()

    async def call(self, path: str, *given: object, **named: object) -> object:
        if path.endswith("add_msg_template"):
            self.called.set()
            await self.go_on.wait()
        return await self._client.call(path, *given, **named)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)


async def _told(database: Database) -> list[tuple[str, str | None, int | None]]:
    async with database.reading() as session:
        query = text("SELECT title, staff_id, customer_id FROM work_item ORDER BY customer_id")
        return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def _acts(database: Database) -> list[str]:
    async with database.reading() as session:
        acts = frozenset({"queue.withdrawn", "queue.under_way"})
        return [f"{one.act} {one.object}" for one in await page(session, Wanted(acts=acts))]


async def test_a_no_that_comes_while_wecom_is_asked_is_recorded_as_under_way(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        held = Held(world)
        made = routes(held, database, agent_id=AGENT, clock=wall)  # type: ignore[arg-type]
        sending = asyncio.create_task(Dispatcher(database, made, wall).drain())
        await asyncio.wait_for(held.called.wait(), 5)
        done = await asyncio.wait_for(say_no(database, ids["C2"], wall), 5)  # no lock is held
        assert (dict(done.withdrawn), done.handed_over) == ({}, 1)
        async with database.transaction() as session:
            await silence_contact(session, "wm-C3", Choice.ALL, source="退订页", at=wall.at)
        held.go_on.set()
        await sending
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C1", "wm-C2", "wm-C3"]
    assert await _told(database) == [
        ("客户退订时，这条群发正在交给企业微信", "limin", ids["C2"]),
        ("客户退订时，群发任务已在企业微信等成员确认", "limin", ids["C3"]),
    ]
    assert [one.partition(" ")[0] for one in await _acts(database)] == ["queue.under_way"] * 2


async def test_a_call_waits_for_a_no_that_is_being_written_and_leaves_without_them(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        async with database.transaction() as session:
            await opting_out.opt_out(
                session,
                ids["C2"],
                Choice.MARKETING,
                source="退订页",
                words="不要了",
                at=wall.at,
                actor="customer:2",
            )
            sending = asyncio.create_task(dispatcher(database, world, wall).drain(most=1))
            with suppress(TimeoutError):  # SQLite's one writer; PostgreSQL tries again later
                await asyncio.wait_for(asyncio.shield(sending), 0.5)
            assert await world.called("add_msg_template") == []
        await sending
        wall.at += timedelta(minutes=1)
        await dispatcher(database, world, wall).drain()
        [call] = await world.called("add_msg_template")
    assert call["body"]["external_userid"] == ["wm-C1", "wm-C3"]
    assert await _told(database) == []


async def test_many_say_no_while_the_call_leaves_and_each_is_out_or_told(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:

        async def leave() -> None:
            for _ in range(5):
                await dispatcher(database, world, wall).drain()
                wall.at += timedelta(minutes=1)

        refusals = (say_no(database, number, wall) for number in ids.values())
        await asyncio.gather(leave(), *refusals)
        calls = await world.called("add_msg_template")
    sent = {one for call in calls for one in call["body"]["external_userid"]}
    told = {number for _, _, number in await _told(database)}
    for name, number in ids.items():
        out = await states_of(database, "broadcast_recipient", number) == ["withdrawn"]
        assert (f"wm-{name}" in sent, number in told) == (not out, not out), name


async def test_what_wecom_did_not_take_or_may_have_taken_is_told_for_what_it_is(
    database: Database,
) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with wecom_world(customers=PEOPLE) as world:
        await world.fault(kind="code", code=45009, path="externalcontact/add_msg_template", count=1)
        await dispatcher(database, world, wall).drain()  # refused for now: nothing has left
        done = await say_no(database, ids["C1"], wall)
        assert (dict(done.withdrawn), done.handed_over) == ({"broadcast": 1}, 0)
        wall.at += timedelta(minutes=10)
        await world.fault(
            kind="drop", path="externalcontact/add_msg_template", when="before", count=1
        )
        await dispatcher(database, world, wall).drain()  # nobody knows whether it arrived
        assert (await say_no(database, ids["C2"], wall)).handed_over == 1
        wall.at += timedelta(minutes=6)
        await world.post("clock", {"freeze": wall.at.isoformat()})
        assert (await lookup.resolve_unknown(database, world.client, wall))["absent"] == 1
        done = await say_no(database, ids["C3"], wall)
        assert (dict(done.withdrawn), done.handed_over) == ({"broadcast": 1}, 0)
        await jobs.measure(database, at=wall.at)


async def test_a_text_is_not_handed_to_a_phone_beside_a_no(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    async with database.transaction() as session:
        version = await approved_script(session, "care.todo", TODO, purpose="care")
    [intent] = await intents_for(database, [ids["C1"]], version, wall)
    written = asyncio.Event()

    async def no() -> None:
        async with database.transaction() as session:
            await departing.in_turn(session, ids["C1"])
            written.set()
            await asyncio.sleep(0.2)  # the tap comes meanwhile
            await opting_out.opt_out(
                session,
                ids["C1"],
                Choice.ALL,
                source="退订页",
                words="不要了",
                at=wall.at,
                actor="customer:1",
            )

    async def tap() -> None:
        await written.wait()
        async with database.transaction() as session:
            await tickets.prepare(session, intent, sender=LIMIN, at=wall.at, desk=desk())

    _, refused = await asyncio.gather(no(), tap(), return_exceptions=True)
    assert isinstance(refused, SendBlocked)
    assert await states_of(database, "send_ticket", ids["C1"]) == []


@pytest.mark.parametrize("many", [2, departing.EACH_IN_TURN + 1])
async def test_complaints_of_a_file_and_a_text_for_a_phone_take_turns(
    database: Database, many: int
) -> None:
    ids = await _customers(database)
    at = Wall().at
    cases = [
        FiledCase(
            f"K{n}", ids["C1" if n % 2 else "C2"], "service", None, f"{n}", at, None, "closed",
            None, "01",
        )
        for n in range(many)
    ]  # fmt: skip

    async def land() -> int:
        async with database.transaction() as session:
            policy = Shelf().of(policy_catalogue.COMPLAINTS)
            return await complaining.land(session, cases, policy=policy, at=at, actor="staff:a")

    async with database.transaction() as session:
        await departing.in_turn(session, ids["C1"])  # a tap is being judged
        landing = asyncio.create_task(land())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(landing), 0.3)
        assert not landing.done()
    assert await landing == many


async def test_who_was_disabled_after_the_plan_sends_nothing(database: Database) -> None:
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    async with database.transaction() as session:
        await session.execute(text("UPDATE staff SET active = :no"), {"no": False})
    async with wecom_world(customers=PEOPLE) as world:
        await dispatcher(database, world, wall).drain()
        assert await world.called("add_msg_template") == []
    for number in ids.values():
        assert await states_of(database, "broadcast_recipient", number) == ["withdrawn"]
    async with database.reading() as session:
        held = await session.execute(text("SELECT count(*) FROM quota_slot"))
        assert held.scalar_one() == 0
