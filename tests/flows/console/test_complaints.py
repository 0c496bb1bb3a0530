"""Complaints at the desk: seen by unit, moved step by step; the bank's days with their source."""

import re
from datetime import date, timedelta

import pytest

from compliance.complaints import Complainant
from compliance.holidays import import_holidays, silence
from compliance.repository import recipient_standing
from config import complaint_policy
from delivery import complaining
from kit.clock import bank_date
from kit.ledger.reading import Wanted, page
from tests.flows.console.office import AT, Office

pytestmark = pytest.mark.anyio
SAID = "一周收到四次理财推荐，说过不要了还在发。"


async def _complained(office: Office, who: str, words: str = SAID) -> str:
    async with office.database.transaction() as session:
        case = await complaining.complain(
            session,
            Complainant(office.customers[who], unit_id="0101"),
            about="disturbed",
            words=words,
            source="投诉页",
            at=AT,
            policy=complaint_policy.load(),
        )
    return case.complaint_no


@pytest.mark.mission("C6")
async def test_a_case_is_taken_answered_and_closed_at_the_desk(desk_office: Office) -> None:
    number = await _complained(desk_office, "zhou")
    desk = await desk_office.sit("suntao")
    listed = await desk.page("/c/complaints")
    assert number in listed
    assert SAID not in listed  # what was said is on its own page
    one = await desk.page(f"/c/complaints/{number}")
    assert SAID in one
    for step, words in (("take", ""), ("answer", "已电话致歉并说明"), ("close", "客户认可答复")):
        done = await desk.post(f"/c/complaints/{number}/{step}", {"words": words})
        assert done.status_code == 303, done.text
    closed = await desk.page(f"/c/complaints/{number}")
    assert "已结案" in closed
    assert "<textarea" not in closed
    again = await desk.post(f"/c/complaints/{number}/close", {"words": "再结一次案"})
    assert again.status_code == 409
    async with desk_office.database.reading() as session:
        zhou = desk_office.customers["zhou"]
        assert not (await recipient_standing(session, [zhou]))[zhou].complaint_open


async def test_another_branch_sees_nothing_of_it(desk_office: Office) -> None:
    number = await _complained(desk_office, "zhou")
    desk = await desk_office.sit("zhaolei")
    assert number not in await desk.page("/c/complaints")
    assert (await desk.get(f"/c/complaints/{number}")).status_code == 404
    moved = await desk.post(f"/c/complaints/{number}/close", {"words": "与我无关但想结掉"})
    assert moved.status_code == 404


async def test_every_figure_of_the_complaints_opens_its_list(desk_office: Office) -> None:
    for number in range(3):
        await _complained(desk_office, "sun", f"{SAID}第{number}次")
    desk_office.clock.advance(days=20)
    desk = await desk_office.sit("hejing")
    for path, wanted in (("", 3), ("?state=opened", 3), ("?state=late", 3), ("?state=closed", 0)):
        shown = await desk.page(f"/c/complaints{path}")
        assert shown.split('id="list"')[1].count("data-row") == wanted, path
    assert (await desk.get("/c/complaints?state=nonsense")).status_code == 422
    assert (await desk.get("/c/complaints?before=nonsense")).status_code == 422


async def test_the_calendar_shows_each_day_with_its_source(desk_office: Office) -> None:
    today = bank_date(AT)
    notice: list[dict[str, object]] = [
        {"day": "2026-12-12", "kind": "workday", "name": "调休", "source": "国办发明电〔2026〕9 号"}
    ]
    async with desk_office.database.transaction() as session:
        await import_holidays(session, notice, "staff:wangshan", AT)
        first = today + timedelta(days=5)
        await silence(session, first, first, reason="总行〔2026〕12 号", by="staff:wangshan", at=AT)
    desk = await desk_office.sit("suntao")
    page = await desk.page("/c/calendar?year=2026")
    for words in ("国庆节", "日历库", "国办发明电〔2026〕9 号", "调休上班", "总行〔2026〕12 号"):
        assert words in page, words
    quiet = await desk.page("/c/calendar?year=2026&kind=quiet")
    rows = re.findall(r"<tr data-row>.*?</tr>", quiet.split('id="list"')[1], re.DOTALL)
    assert len(rows) == 3 + 1 + 1 + 1  # 春节, 清明, 国家公祭日, and the silence
    assert "gengyun import holidays" in await desk.page("/c/calendar?year=2028")
    assert (await desk.get("/c/calendar?year=1900")).status_code == 422


async def test_silence_is_ordered_by_head_office_and_lifted_by_compliance_with_a_reason(
    desk_office: Office,
) -> None:
    ops, audit = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    head = await desk_office.sit("suntao")
    order = {"first": "2026-12-01", "last": "2026-12-03", "reason": "总行〔2026〕15 号"}
    assert (await head.post("/c/calendar/silence", order)).status_code == 403
    assert (await ops.post("/c/calendar/silence", {**order, "reason": " "})).status_code == 422
    assert (await ops.post("/c/calendar/silence", order)).status_code == 303
    await desk_office.parts.refresh()
    calendar = desk_office.parts.desk.calendar
    assert [bool(calendar.quiet(date(2026, 12, day))) for day in (1, 3, 4)] == [True, True, False]
    assert "总行〔2026〕15 号" in await audit.page("/c/calendar?kind=quiet")
    lift = {"first": "2026-12-02", "reason": "事情已过"}
    assert (await ops.post("/c/calendar/resume", lift)).status_code == 403
    assert (await audit.post("/c/calendar/resume", {**lift, "reason": ""})).status_code == 422
    assert (await audit.post("/c/calendar/resume", lift)).status_code == 303
    assert (await audit.post("/c/calendar/resume", lift)).status_code == 422  # nothing is left
    await desk_office.parts.refresh()
    calendar = desk_office.parts.desk.calendar
    assert [bool(calendar.quiet(date(2026, 12, day))) for day in (1, 2, 3)] == [True, False, True]
    async with desk_office.database.reading() as session:
        entries = await page(session, Wanted(kind="setup"))
    assert [(entry.act, entry.actor, entry.reason) for entry in entries] == [
        ("calendar.resumed", "staff:hejing", "事情已过"),
        ("calendar.silenced", "staff:wangshan", "总行〔2026〕15 号"),
    ]
