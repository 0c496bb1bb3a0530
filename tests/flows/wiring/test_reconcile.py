"""Five per cent of drift, planted on both sides: one reconcile mends it, a second finds nothing."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from crm_sync.models import Relation
from kit import clock
from portfolio.handover.store import runs
from tests.flows.wecom_world import wecom_world
from tests.flows.wiring import drift
from tests.flows.wiring.installation import processes
from wiring.jobs import sync

pytestmark = pytest.mark.anyio


@pytest.mark.mission("C1")
async def test_a_reconcile_ends_with_no_differences_and_says_what_it_mended(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        wecom_world() as world,
        processes(database_url, tmp_path, world=world.app) as [parts],
    ):
        night = clock.now()  # the simulated relations began before it
        size = {"members": 40, "customers": 1_000, "groups": 6, "group_size": 8}
        await world.post("generate", {"seed": 3, **size})
        database = parts.databases.bank
        userids = await drift.bank_of(database, world)
        await sync(parts, night)
        assert await drift.differences(world, database) == []

        planted = await drift.plant(world, database, 0.09, seed=5, leaver=userids[0])
        assert set(planted) == {*drift.HERE, *drift.THERE}
        groups = await drift.plant_groups(world, database)
        leaver = await drift.plant_leaver(world, database, userids[0])
        # A group with another owner or other members counts on both sides.
        standing_apart = (planted + groups + leaver).total() + 2
        assert len(await drift.differences(world, database)) == standing_apart

        report = await sync(parts, night + timedelta(hours=1))
        assert await drift.differences(world, database) == []
        again = await sync(parts, night + timedelta(hours=2))
        assert again.mended == {}
        assert again.differences == 0

        mended = Counter(report.mended)
        relations = mended.total() - sum(
            number for name, number in mended.items() if name.startswith("groups_")
        )
        assert relations == (planted + leaver).total()
        assert mended["groups_created"] == groups["group lost"]
        assert mended["groups_dismissed"] == groups["group dismissed"]
        assert mended["groups_changed"] == groups["group owner"] + groups["group member"]
        assert (mended["leavers_missing"], mended["leavers_ended"]) == (1, 2)
        assert mended["relations_resumed"] == planted["ended here"]
        assert mended["relations_new"] == planted["missing here"] + planted["added there"]
        assert mended["ended"] == planted["extra here"] + planted["deleted there"]
        assert report.waiting.keys() == {userids[0]}
        async with database.reading() as session:
            [draft] = await runs(session)
            standing = (
                select(func.count())
                .select_from(Relation)
                .where(col(Relation.userid) == userids[0], col(Relation.ended_at).is_(None))
            )
            mine = (await session.execute(standing)).scalar_one()
        assert (draft.staff_id, draft.state, draft.kind) == (userids[0], "draft", "resigned")
        assert draft.of_kind("contact") == mine == report.waiting[userids[0]]
