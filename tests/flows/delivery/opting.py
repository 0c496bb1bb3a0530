"""Three customers with something waiting for each, and ways to say no."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import text

from compliance.facts import Channel, Purpose
from compliance.opting_out import Choice
from crm_sync import selection
from delivery import door, opting_out, tickets
from delivery.dispatcher import Dispatcher
from delivery.intents import Intent
from delivery.phrasing import routes
from delivery.repository import todos
from kit.db import Database
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AGENT, World

from tests.flows.delivery.test_dispatch import (  # isort: skip
    Wall,
)

DAY = date(2026, 11, 25)
TODO = "{{customer_title}}，天气转凉，早晚添件衣服，出门慢一点。"
LIMIN = tickets.Sender("limin", "limin")


async def intents_for(
    database: Database,
    ids: Sequence[int],
    version: int,
    wall: Wall,
    *,
    channel: Channel = Channel.TODO,
    purpose: Purpose = Purpose.CARE,
    key: str = "todo",
) -> list[Intent]:
    async with database.reading() as session:
        people = await selection.customer_facts(session, list(ids))
        ways = await selection.reaches(session, list(ids))
    return [
        Intent(
            key=f"{key}:{number}",
            trigger="care.cold",
            channel=channel,
            purpose=purpose,
            customer=people[number],
            reach=ways[number],
            script_version_id=version,
            fields={},
            title="关怀",
            why="换季",
            due_on=DAY,
            expires_at=wall.at + timedelta(hours=8),
        )
        for number in ids
    ]


async def todo_and_ticket(database: Database, ids: dict[str, int], wall: Wall) -> str:
    """Everybody has a to-do, C2's is on the manager's phone already; the ticket's token."""
    async with database.transaction() as session:
        version = await approved_script(session, "care.todo", TODO, purpose="care")
    intents = await intents_for(database, list(ids.values()), version, wall)
    async with database.transaction() as session:
        await door.submit(  # for the day after: one thing a day is said to each customer
            session,
            intents,
            at=wall.at,
            as_of=wall.at + timedelta(days=1),
            desk=desk(),
            by="system:test",
        )
        [todo] = await todos.of_staff(session, "limin", customer_id=ids["C2"])
        ticket = await tickets.prepare(
            session, intents[1], sender=LIMIN, at=wall.at, desk=desk(), todo=todo
        )
    return ticket.token


async def say_no(
    database: Database, customer_id: int, wall: Wall, choice: Choice = Choice.MARKETING
) -> opting_out.OptedOut:
    async with database.transaction() as session:
        return await opting_out.opt_out(
            session,
            customer_id,
            choice,
            source="退订页",
            words="不要了",
            at=wall.at,
            actor=f"customer:{customer_id}",
        )


async def states_of(database: Database, table: str, customer_id: int) -> list[str]:
    async with database.reading() as session:
        found = await session.execute(
            text(f"SELECT state FROM {table} WHERE customer_id = :id"),  # noqa: S608
            {"id": customer_id},
        )
        return list(found.scalars())


def dispatcher(database: Database, world: World, wall: Wall) -> Dispatcher:
    return Dispatcher(database, routes(world.client, database, agent_id=AGENT), wall)
