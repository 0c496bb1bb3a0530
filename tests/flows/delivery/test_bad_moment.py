"""One moment that goes wrong holds up no other: it is put off and told to a person at its end."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from delivery.moments import results
from kit.db import Database
from tests.flows.delivery.broadcasting import Answer, Between
from tests.flows.delivery.showing import FRIENDS, MEMBERS, out, scene
from tests.flows.wecom_world import wecom_world

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F6")]


async def test_a_moment_nobody_can_read_is_put_off_and_ends_with_a_person(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await out(made)
        await made.at(10, 40)

        async def poison(path: str, body: Answer) -> None:
            raise ValueError("nobody thought of this")

        wecom = Between(world.client, before=poison)
        first = await made.part("next_poll_at")
        assert (await results.poll(database, wecom, made.wall))["asked"] == 1
        assert await made.part("next_poll_at") > first  # the others of the minute were not held up
        assert (await results.poll(database, wecom, made.wall))["asked"] == 0
        made.wall.at += timedelta(days=40)
        await results.poll(database, wecom, made.wall)
        assert await made.part("state") == "ended"
        async with database.reading() as session:
            kinds = (await session.execute(text("SELECT kind FROM work_item"))).scalars().all()
        assert kinds == ["moment_unclear"]
