"""100,000 relations with five per cent of drift: mended to nothing, within ten minutes."""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bench import telling
from bench.page import put_section
from kit import clock
from kit.db import Database
from tests.conftest import CIPHER
from tests.flows.wecom_world import wecom_world
from tests.flows.wiring import drift
from tests.flows.wiring.installation import processes
from wiring.jobs import sync
from wiring.schema import migrate

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(3_000)]
CUSTOMERS, MEMBERS, GROUPS, SHARE = 100_000, 250, 200, 0.0505
LONGEST_S = 600.0


async def _measured(name: str, url: str, directory: Path) -> list[str]:
    empty = Database(url, CIPHER)
    await migrate(empty)
    await empty.close()
    async with (
        wecom_world() as world,
        processes(url, directory, world=world.app) as [parts],
    ):
        size = {"members": MEMBERS, "customers": CUSTOMERS, "groups": GROUPS, "group_size": 20}
        await world.post("generate", {"seed": 3, **size})
        database = parts.databases.bank
        userids = await drift.bank_of(database, world)
        night = clock.now()  # the simulated relations began before it
        wall: list[float] = []
        cpu: list[float] = []
        reports = []
        planted = apart = 0
        for turn in range(3):
            if turn == 1:
                there = await drift.plant(world, database, SHARE, seed=5, leaver=userids[0])
                there += await drift.plant_groups(world, database)
                there += await drift.plant_leaver(world, database, userids[0])
                planted = there.total()
                apart = len(await drift.differences(world, database))
            began, used = time.perf_counter(), time.process_time()
            reports.append(await sync(parts, night + timedelta(hours=turn)))
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - used)
            told = f"{wall[-1]:.0f} s, {cpu[-1]:.0f} s of processor"
            sys.stdout.write(f"{name}, reading {turn + 1}: {told}\n")
            sys.stdout.flush()
            assert await drift.differences(world, database) == []
    assert planted >= CUSTOMERS // 20
    assert reports[1].differences == planted
    assert reports[2].differences == 0
    assert max(wall) < LONGEST_S
    by_kind = ", ".join(f"{number:,} {kind}" for kind, number in reports[1].mended.items())
    return [
        f"| {name} | {wall[0]:.0f} | {wall[1]:.0f} | {wall[2]:.0f} | {cpu[1]:.0f} | {planted:,} | {apart:,} | 0 |",
        f"{name} mended: {by_kind}.",
    ]


def _write(name: str, row: str, mended: str) -> None:
    lines = [
        f"{CUSTOMERS:,} relations of {MEMBERS} members and {GROUPS} groups, WeCom simulated in the "
        "same process; drift planted on both sides in nine ways, in groups and by a leaver. The "
        "comparison reads the simulator's truth and our tables, and asks no product code.",
        "",
        "| database | first reading s | mending s | nothing to mend s | CPU s mending (both sides) | planted | apart before | apart after |",
        "|---|---|---|---|---|---|---|---|",
        row,
        "",
        mended,
        "",
        telling.taken(clock.bank_date(clock.now()), os.getloadavg()[1]),
    ]
    put_section(telling.PAGE, telling.HEAD, f"Reconcile, {name}", lines)


async def test_a_hundred_thousand_relations_are_reconciled_on_sqlite(
    sqlite_url: str, tmp_path: Path
) -> None:
    _write("SQLite", *await _measured("SQLite", sqlite_url, tmp_path))


async def test_a_hundred_thousand_relations_are_reconciled_on_postgresql(
    postgresql_url: str, tmp_path: Path
) -> None:
    _write("PostgreSQL", *await _measured("PostgreSQL", postgresql_url, tmp_path))
