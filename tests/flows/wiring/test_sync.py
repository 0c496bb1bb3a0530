"""A reconcile says what it mended and what it leaves to a person, who may then say the word."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col
from typer.testing import CliRunner

import cli
from commands import planning
from commands.planning import synced, synced_lines
from crm_sync.contact_ways import issue_way
from crm_sync.models import ContactWay, Relation
from crm_sync.sync.full import SyncReport
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.wecom_world import wecom_world
from tests.flows.wiring.installation import NIGHT, processes
from wecom.errors import OutcomeUnknown
from wiring.jobs import JOBS, sync

LIMIN = [{"userid": "limin", "name": "李敏"}]
FRIENDS = [
    {
        "external_userid": f"wm{number:03d}",
        "name": f"客户{number}",
        "followers": [{"userid": "limin", "createtime": 1_760_000_000}],
    }
    for number in range(60)
]


async def _live(database: Database) -> int:
    async with database.reading() as session:
        query = select(func.count()).select_from(Relation).where(col(Relation.ended_at).is_(None))
        return int((await session.execute(query)).scalar_one())


async def _bank(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")


@pytest.mark.anyio
async def test_what_was_withheld_ends_when_a_person_accepts_the_drop(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        wecom_world(members=LIMIN, customers=FRIENDS) as world,
        processes(database_url, tmp_path, world=world.app) as [parts],
    ):
        database = parts.databases.bank
        await _bank(database)
        await sync(parts, NIGHT)
        assert await _live(database) == 60
        for friend in FRIENDS:
            await world.act(
                "delete_by_member", userid="limin", external_userid=friend["external_userid"]
            )
        unsure = await sync(parts, NIGHT + timedelta(hours=1))
        assert (unsure.withheld, await _live(database)) == (60, 60)
        assert synced(unsure)["withheld"] == 60
        assert any("60" in line and "--accept-drops" in line for line in synced_lines(unsure))
        sure = await sync(parts, NIGHT + timedelta(hours=2), accept_drops=True)
        assert (sure.withheld, await _live(database)) == (0, 0)
        assert not any("--accept-drops" in line for line in synced_lines(sure))


def test_members_whom_wecom_no_longer_shows_are_named_with_what_they_hold() -> None:
    report = SyncReport(NIGHT, unreachable={f"rm{number:03d}": number for number in range(30)})
    lines = synced_lines(report)
    assert any("rm007" in line and "7 条" in line for line in lines)
    assert not any("rm025" in line for line in lines)
    assert any("30 名" in line for line in lines)
    assert synced(report)["unreachable"]["rm025"] == 25


@pytest.mark.parametrize(("words", "accepted"), [((), False), (("--accept-drops",), True)])
def test_the_command_passes_on_the_persons_word(
    words: tuple[str, ...],
    accepted: bool,
    tmp_path: Path,
    sqlite_template: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copy(sqlite_template, tmp_path / "bank.db")
    asked: list[dict[str, Any]] = []

    async def heard(parts: object, at: object, what: str, **options: Any) -> SyncReport:
        asked.append({"what": what, **options})
        return SyncReport(NIGHT, unreachable={"rm001": 3})

    monkeypatch.setattr(planning, "sync", heard)
    env = {
        "GENGYUN_ENVIRONMENT": "test",
        "GENGYUN_DATABASE_URL": f"sqlite:///{tmp_path / 'bank.db'}",
        "GENGYUN_DATA_DIR": str(tmp_path),
        "GENGYUN_LOG_LEVEL": "ERROR",
        "GENGYUN_WECOM__API_BASE": "http://127.0.0.1:9",
    }
    done = CliRunner().invoke(cli.app, ["--json", "sync", "contacts", *words], env=env)
    assert done.exit_code == 0, done.output
    assert asked == [{"what": "contacts", "accept_drops": accepted}]
    found = json.loads(done.stdout)
    assert (found["withheld"], found["unreachable"]) == (0, {"rm001": 3})


@pytest.mark.anyio
async def test_a_code_whose_answer_was_lost_is_found_by_the_hourly_job(
    database_url: str, tmp_path: Path
) -> None:
    [job] = [one for one in JOBS if one.id == "lost_ways"]
    async with (
        wecom_world(members=LIMIN) as world,
        processes(database_url, tmp_path, world=world.app) as [parts],
    ):
        await _bank(parts.databases.bank)
        await world.post("clock", {"freeze": NIGHT.isoformat()})
        path = "externalcontact/add_contact_way"
        await world.fault(kind="drop", path=path, when="after", count=1)
        with pytest.raises(OutcomeUnknown):
            await issue_way(
                parts.databases.bank,
                parts.wecom,
                staff_id="limin",
                purpose="名片",
                actor="staff:limin",
                at=NIGHT,
            )
        assert await job.run(parts, NIGHT + timedelta(minutes=30)) == {"found": 1}
        assert await job.run(parts, NIGHT + timedelta(minutes=90)) == {"found": 0}
        async with parts.databases.bank.reading() as session:
            assert (await session.execute(select(col(ContactWay.config_id)))).scalar_one()


@pytest.mark.anyio
async def test_a_code_that_never_reached_wecom_is_not_looked_for_for_ever(
    database_url: str, tmp_path: Path
) -> None:
    [job] = [one for one in JOBS if one.id == "lost_ways"]
    async with (
        wecom_world(members=LIMIN) as world,
        processes(database_url, tmp_path, world=world.app) as [parts],
    ):
        await _bank(parts.databases.bank)
        await world.post("clock", {"freeze": NIGHT.isoformat()})
        path = "externalcontact/add_contact_way"
        await world.fault(kind="drop", path=path, when="before", count=1)
        with pytest.raises(OutcomeUnknown):
            await issue_way(
                parts.databases.bank,
                parts.wecom,
                staff_id="limin",
                purpose="名片",
                actor="staff:limin",
                at=NIGHT,
            )
        await job.run(parts, NIGHT + timedelta(hours=1))
        looks = len(await world.called("externalcontact/list_contact_way"))
        assert looks == 1
        await job.run(parts, NIGHT + timedelta(days=4))
        assert len(await world.called("externalcontact/list_contact_way")) == looks
