"""What is long or goes wrong with one moment: the others, their slots and their tags go on."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.opting_out import Choice
from crm_sync import shown_tags
from delivery import lookup, opting_out
from delivery.desk import Desk
from delivery.moments import audience, jobs, service
from delivery.moments.audience import Candidate
from delivery.moments.facts import MomentFact
from kit.db import Database
from tests.flows.delivery.office import desk
from tests.flows.wecom_world import wecom_world

from tests.flows.delivery.showing import (  # isort: skip
    FRIENDS,
    KNOWN,
    MEMBERS,
    Scene,
    approved,
    proposal,
    scene,
)

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F6")]

MONTH = timedelta(days=31)
PAGE_TAKES = timedelta(minutes=9)


class Slow:
    """A way to WeCom on which a page of contacts takes nine minutes; lookups go on meanwhile."""

    def __init__(self, made: Scene) -> None:
        self._made = made
        self.looked: list[dict[str, int]] = []

    async def call(self, path: str, *given: Any, **named: Any) -> dict[str, Any]:
        client = self._made.world.client
        if path.endswith("batch/get_by_user"):
            self._made.wall.at += PAGE_TAKES
            found = await lookup.resolve_unknown(self._made.database, client, self._made.wall)
            self.looked.append(found)
        return await client.call(path, *given, **named)


async def _ready(made: Scene, monkeypatch: pytest.MonkeyPatch) -> int:
    """A marked list of two members who are asked about one by one, at half past ten."""
    monkeypatch.setattr(shown_tags, "MEMBERS_AT_ONCE", 1)
    number = await approved(made.database, made.wall)
    await made.draw_up()
    await made.mark()
    await made.at(10, 30)
    return number


async def test_a_call_keeps_its_lease_for_as_long_as_its_members_contacts_are_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await _ready(made, monkeypatch)
        slow = Slow(made)
        assert await made.dispatcher(slow).drain() == 1
        assert [sum(found.values()) for found in slow.looked] == [0, 0]  # nobody doubted it
        assert len(await made.asked()) == 1
        assert await made.part("state") == "created"


async def test_a_lost_call_is_looked_for_from_when_it_left_and_not_from_when_it_was_claimed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        await _ready(made, monkeypatch)
        await world.fault(
            kind="drop", path="externalcontact/add_moment_task", when="before", count=1
        )
        await made.dispatcher(Slow(made)).drain()
        assert await made.part("state") == "unknown"
        await made.at(11, 17)  # 47 minutes after the claim, 29 after it left
        assert (await lookup.resolve_unknown(database, world.client, made.wall))["waiting"] == 1
        await made.at(11, 19)
        assert (await lookup.resolve_unknown(database, world.client, made.wall))["absent"] == 1


async def _number(database: Database, query: str, one: object) -> int:
    async with database.reading() as session:
        return int((await session.execute(text(query), {"one": one})).scalar_one())


async def test_a_list_that_goes_wrong_keeps_nobody_waiting_and_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        bad = await approved(database, made.wall, proposal(staff_ids=("limin",)))
        good = await approved(database, made.wall, proposal(staff_ids=("zhengkai",)))
        judged = audience.candidates

        async def candidates(
            session: AsyncSession, one: MomentFact, ids: list[int], *, desk: Desk
        ) -> list[Candidate]:
            if made.ids["C4"] in ids:
                raise ValueError("a row that nobody thought of: 张三")
            return await judged(session, one, ids, desk=desk)

        monkeypatch.setattr(audience, "PAGE", 2)
        monkeypatch.setattr(audience, "candidates", candidates)
        strict = desk()
        times = strict.moments.time.model_copy(update={"tries": 2})
        strict.moments = strict.moments.model_copy(update={"time": times})

        async def draw_up() -> dict[str, int]:
            done = await jobs.draw_up(
                database, world.client, known=KNOWN, desk=strict, at=made.wall.at, cap=3_000
            )
            return dict(done)

        assert await draw_up() == {"listed": 1, "calls": 1, "failed": 0, "again": 1}
        assert (await made.one(bad)).state == "approved"
        assert dict((await made.numbers(bad)).readers) == {"planned": 2}
        assert await draw_up() == {"listed": 0, "calls": 0, "failed": 1, "again": 0}
        one = await made.one(bad)
        assert (one.state, one.cause) == ("failed", "圈定名单出错 2 次，不再办（ValueError）")
        assert await made.reader("C1") == ("withdrawn", "stopped")
        assert dict((await made.numbers(good)).readers) == {"planned": 1}
        slots = "SELECT count(*) FROM quota_slot WHERE key LIKE :one"
        assert await _number(database, slots, f"moment:{bad}:%") == 0
        assert await _number(database, slots, f"moment:{good}:%") > 0
        pairs = "SELECT count(*) FROM tag_pair WHERE tag_id = :one"
        assert await _number(database, pairs, one.tag_id) == 0
        async with database.transaction() as session:
            assert not await service.fail(session, one, "noch einmal", made.wall.at)
        entries = "SELECT count(*) FROM ledger_entry WHERE act = :one"
        assert await _number(database, entries, "moment.failed") == 1
        assert await jobs.tidy(database, world.client, at=made.wall.at + MONTH) == 1


async def test_a_moment_whose_calls_are_all_called_off_is_over_and_its_tag_goes(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await approved(database, made.wall)
        await made.draw_up()
        for name in sorted(made.ids):
            assert (await made.one(number)).state == "listed"
            async with database.transaction() as session:
                await opting_out.opt_out(
                    session, made.ids[name], Choice.ALL, source="退订页", words="都不要",
                    at=made.wall.at, actor="customer",
                )  # fmt: skip
        assert await made.part("state") == "cancelled"
        assert (await made.one(number)).state == "over"
        assert await jobs.tidy(database, world.client, at=made.wall.at + MONTH) == 1


async def test_a_branch_s_moment_is_for_the_customers_of_its_own_managers(
    database: Database,
) -> None:
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        made = await scene(database, world)
        number = await approved(database, made.wall, proposal(units=("02",)))
        own = {"audience": 1, "looked": 1, "passed": 1, "reasons": {}}
        assert dict((await made.one(number)).preview) == {
            **own, "ids": {"passed": [made.ids["C3"]]},
        }  # fmt: skip
        few = desk()
        first = few.moments.preview.model_copy(update={"customers": 1})
        few.moments = few.moments.model_copy(update={"preview": first})
        async with database.reading() as session:
            ahead = await audience.preview(
                session, await made.one(number), KNOWN, desk=few, at=made.wall.at
            )
            assert {key: ahead[key] for key in own} == own  # the first of the bank is not theirs
        await made.draw_up()
        assert dict((await made.numbers(number)).readers) == {"planned": 1}
