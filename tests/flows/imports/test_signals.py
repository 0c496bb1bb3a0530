"""Traces of interests come by file, fade with time, and decide who is in a segment or a persona."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from config import persona_policy, tier_policy
from crm_sync.models import BehaviourSignal, Customer, PersonaMembership
from crm_sync.personas_after_load import evaluate_changed
from crm_sync.rules.conditions import Frame, parse
from crm_sync.segments.asking import Outside
from crm_sync.segments.repository import members, why
from kit.db import Database
from tests.flows.imports.given import AT, LATER, bring, bring_bank

pytestmark = pytest.mark.anyio
HEAD = "线索号,客户号,兴趣,来源,时间,出处,说明,画像同意\n"
FILE = HEAD + (
    "S1,620001,长跑,到场,2026-11-01 09:00:00,活动 1,2026-11-01 参加晨跑,1\n"
    "S2,620002,长跑,点击,2025-11-01 09:00:00,文章 7,,\n"
    "S3,620003,亲子,客户自述,2025-11-01 09:00:00,,{{7*7}}<b>,\n"
)
RUNS = parse({"dim": "interest", "op": "has", "where": {"interest": ["长跑"]}})


def frame() -> Frame:
    return Frame(AT, persona_policy.load(), tier_policy.load())


async def numbers(database: Database, at: Frame) -> set[str]:
    async with database.reading() as session:
        inside = members(session, RUNS, at)
        query = select(col(Customer.customer_no)).where(col(Customer.id).in_(inside))
        return set((await session.execute(query)).scalars())


@pytest.mark.mission("A13")
async def test_imported_traces_count_until_they_fade(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    report = await bring(database, "signals", FILE, tmp_path)
    assert (report.counts.added, report.rejects) == (3, ())
    assert (await bring(database, "signals", FILE, tmp_path, at=LATER)).counts.unchanged == 3
    now = frame()
    assert await numbers(database, now) == {"620001"}
    async with database.reading() as session:
        seen = await why(session, RUNS, "620001", now)
        faded = await why(session, RUNS, "620002", now)
    assert seen.why == ("2026-11-01 参加晨跑",)
    assert faded.why_not == ("没有长跑方面的群、活动或点击线索",)
    # 60 % halves every 180 days and counts down to 30 %: half a year after the run it still does.
    kept = Frame(AT.replace(year=2027, month=4, day=29), now.personas, now.tiers)
    assert await numbers(database, kept) == {"620001"}
    gone = Frame(AT.replace(year=2027, month=5, day=1), now.personas, now.tiers)
    assert await numbers(database, gone) == set()
    await evaluate_changed(database, now.personas, AT, outside=Outside(signals=None))
    async with database.reading() as session:
        found = await session.execute(
            select(col(Customer.customer_no), col(PersonaMembership.persona))
            .join(PersonaMembership, col(PersonaMembership.customer_id) == col(Customer.id))
            .where(col(PersonaMembership.heard).is_(True))
        )
        assert {(row.customer_no, row.persona) for row in found} == {
            ("620001", "长跑"),
            ("620003", "宝妈"),
        }


async def test_a_trace_that_no_tag_may_say_is_refused_alone(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    bad = HEAD + (
        "S1,620001,糖尿病,点击,2026-11-01 09:00:00,,,\n"
        "S2,620001,读书,点击,2026-11-01 09:00:00,,看了离婚文章,\n"
        "S3,629999,读书,点击,2026-11-01 09:00:00,,,\n"
        "S4,620001,读书,猜的,2026-11-01 09:00:00,,,\n"
        "S5,620001,读书,点击,2026-11-01 09:00:00,,,\n"
    )
    report = await bring(database, "signals", bad, tmp_path)
    told = sorted((one.line, one.code) for one in report.rejects)
    assert told == [(2, "E-2238"), (3, "E-2238"), (4, "E-2233"), (5, "E-2210")]
    async with database.reading() as session:
        query = select(col(BehaviourSignal.signal_no), col(BehaviourSignal.noted_at))
        assert [row.signal_no for row in await session.execute(query)] == ["S5"]
    more = HEAD + "S6,620002,健身,点击,2026-11-02 09:00:00,,,\n"
    await bring(database, "signals", more, tmp_path, at=LATER + timedelta(days=1))
    async with database.reading() as session:
        assert len((await session.execute(select(col(BehaviourSignal.id)))).all()) == 2
