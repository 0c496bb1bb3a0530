"""Farming records come by file, and the customers whose season comes are found at the desk."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from config import farming_policy
from crm_sync import farming
from crm_sync.farming import Wanted
from kit.db import Database
from tests.flows.console.office import Office, office, small_bank
from tests.flows.imports.given import LATER, bring, bring_bank

pytestmark = pytest.mark.anyio
HEAD = "种养殖编号,客户号,类型,品种,面积（亩）,存栏（头、只、尾）,播种或补栏月,上市月,周期（天）,产量,来自\n"
FILE = HEAD + (
    "F1,620001,种植,玉米,32.5,,12,9,150,每亩 600 公斤,走千访万\n"
    "F2,620001,养殖,生猪,,120,,6,119,,收购户\n"
    "F3,620002,林果,苹果,18,,1,10,300,,冷藏库\n"
    "F4,620003,水产,对虾{{7*7}},9,,,,,,农技讲座\n"
)
TODAY = date(2026, 11, 22)


@pytest.mark.mission("D15")
async def test_whose_season_comes_is_selected_from_the_imported_records(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    report = await bring(database, "farming", FILE, tmp_path)
    assert [(one.code, one.reason) for one in report.rejects] == []
    assert report.counts.added == 4
    policy = farming_policy.load()
    async with database.reading() as session:
        due = await farming.records(session, Wanted(due=True), policy, TODAY)
        everything = await farming.records(session, Wanted(), policy, TODAY)
        assert await farming.count(session, Wanted(due=True), policy, TODAY) == 1
        first = await farming.records(session, Wanted(), policy, TODAY, limit=2)
        rest = await farming.records(
            session, Wanted(), policy, TODAY, after=(101, everything[0].record_id)
        )
    assert [(one.farm_no, one.begins_on, one.season) for one in due] == [
        ("F1", date(2026, 12, 1), "冬储与开春资金")
    ]
    assert due[0].area_centimu == 3_250
    assert [one.farm_no for one in everything] == ["F3", "F2", "F1", "F4"]
    assert [one.farm_no for one in first] == ["F3", "F2"]
    assert [one.farm_no for one in rest] == ["F2", "F1", "F4"]
    assert everything[-1].begins_on is None
    async with database.reading() as session:
        spring = await farming.records(session, Wanted(due=True), policy, date(2026, 12, 20))
    assert [one.farm_no for one in spring] == ["F3"]


async def test_a_record_that_left_the_file_is_gone_and_bad_rows_are_told(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    await bring(database, "farming", FILE, tmp_path)
    fewer = HEAD + (
        "F1,620001,种植,玉米,40,,3,9,150,,走千访万\nF2,620001,养殖,生猪,,80,,6,165,,收购户\n"
        "F3,620002,林果,苹果,18,,1,10,300,,冷藏库\n"
    )
    report = await bring(database, "farming", fewer, tmp_path, at=LATER, accept_drop=True)
    assert (report.counts.updated, report.counts.removed) == (2, 1)
    wrong = HEAD + (
        "F7,629999,种植,玉米,1,,3,,,,走千访万\nF8,620001,种植,玉米,1,,13,,,,走千访万\n"
        "F9,620001,采矿,煤,1,,3,,,,走千访万\n"
    )
    bad = await bring(
        database, "farming", wrong, tmp_path, at=LATER, accept_drop=True, partial=True
    )
    assert [one.code for one in bad.rejects] == ["E-2233", "E-2205", "E-2210"]
    async with database.reading() as session:
        kept = await farming.of_customers(session, [1, 2, 3], farming_policy.load(), TODAY)
    assert sum(map(len, kept.values())) == 3


@pytest.mark.mission("D15")
async def test_the_page_shows_whose_season_comes_and_each_branch_its_own(
    database_url: str, tmp_path: Path
) -> None:
    async with office(database_url, tmp_path / "keys") as made:
        async with made.database.transaction() as session:
            await small_bank(session)
        rows = HEAD + (
            "F1,6210003821,种植,玉米,32.5,,12,9,150,每亩 600 公斤,走千访万\n"
            "F2,6220001205,养殖,<b>生猪</b>,,120,12,6,165,,收购户\n"
            "F3,6220009917,林果,苹果,18,,6,10,300,,冷藏库\n"
        )
        await bring(made.database, "farming", rows, tmp_path)
        await _look(made)


async def _look(made: Office) -> None:
    head = await made.sit("wangshan")
    shown = await head.page("/c/farming")
    assert "32.5 亩" in shown
    assert "&lt;b&gt;生猪" in shown
    assert "客户62" not in shown
    for href, number in re.findall(r'href="(/c/farming[^"]*)"[^>]*>[^<]*<span[^>]*>(\d+)<', shown):
        listed = await head.page(unescape(href))
        assert listed.split('id="list"')[1].count("data-row") == int(number)
    branch = await (await made.sit("suntao")).page("/c/farming?view=all")
    assert "玉米" in branch
    assert "生猪" not in branch
    assert (await (await made.sit("gaoyuan")).get("/c/farming")).status_code == 403
    assert (await head.get("/c/farming?after=x")).status_code == 422
