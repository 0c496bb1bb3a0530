"""Cases of the bank's complaint system: they freeze marketing at once, move on, and thaw it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from compliance import complaints
from compliance.complaints import CaseState, Complainant
from compliance.models import ComplaintCase
from compliance.repository import recipient_standing
from config import policy_catalogue
from config.policy_shelf import Shelf
from crm_sync.imports import ImportReport
from crm_sync.imports.references import customer_ids
from delivery import worklist
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.imports.given import AT, BY, LATER, bring, bring_bank, rows
from wiring.importing import land_complaints

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]

HEADER = "投诉号,客户号,事由,说明,受理时间,最迟答复日,状态,处理结果\n"
FIRST = (
    HEADER + "K1,620001,服务,柜台等了一小时,2026-11-18 09:30:00,2026-12-01,待受理,\n"
    "K2,620002,打扰,电话太多,2026-11-19,,办理中,\n"
    "K3,620003,其他,旧事,2026-10-01,,已结案,已致歉\n"
    "K4,999999,服务,不认识,2026-11-18,,待受理,\n"
    "K5,620004,天气,不认识的事由,2026-11-18,,待受理,\n"
)
SECOND = (
    HEADER + "K1,620001,服务,柜台等了一小时,2026-11-18 09:30:00,2026-12-01,已答复,已电话答复\n"
    "K2,620002,打扰,电话太多,2026-11-19,,已结案,已更正偏好\n"
    "K3,620003,其他,旧事,2026-10-01,,待受理,\n"
)


async def _bring(database: Database, folder: Path, content: str, **more: Any) -> ImportReport:
    lands = land_complaints(Shelf())
    return await bring(database, "complaints", content, folder, land_complaints=lands, **more)


async def _frozen(database: Database) -> dict[str, bool]:
    async with database.reading() as session:
        known = await customer_ids(session, ["620001", "620002", "620003"])
        standing = await recipient_standing(session, list(known.values()))
        return {
            number: one in standing and standing[one].complaint_open
            for number, one in known.items()
        }


async def test_a_case_freezes_marketing_moves_on_alone_and_thaws_when_the_bank_closed_it(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    report = await _bring(database, tmp_path, FIRST)
    assert [(one.line, one.code, one.column) for one in report.rejects] == [
        (5, "E-2233", "customer_no"),
        (6, "E-2210", "about"),
    ]
    assert report.counts.added == 3
    assert await _frozen(database) == {"620001": True, "620002": True, "620003": False}
    async with database.reading() as session:
        found = {
            one.complaint_no: one
            for one in await complaints.cases(session, units=None, state=None, limit=9)
        }
        works = await worklist.work_items(session, units=None, kind="complaint_case")
        entries = await page(session, Wanted(acts=frozenset({"complaint.received"})))
    assert {number: one.state.value for number, one in found.items()} == {
        "K1": "opened", "K2": "in_hand", "K3": "closed",
    }  # fmt: skip
    assert (found["K1"].words, found["K1"].due_on) == ("柜台等了一小时", date(2026, 12, 1))
    assert (found["K2"].due_on, found["K3"].closing) == (date(2026, 12, 4), "已致歉")
    assert {one.facts["complaint"] for one in works} == {"K1", "K2"}
    assert {entry.object for entry in entries} == {f"complaint:K{n}" for n in (1, 2, 3)}

    again = await _bring(database, tmp_path, FIRST, at=LATER)
    assert (again.counts.added, again.counts.unchanged) == (0, 3)
    moved = await _bring(database, tmp_path, SECOND, at=LATER)
    assert (moved.counts.added, moved.counts.unchanged) == (2, 1)  # the closed one stays closed
    assert await _frozen(database) == {"620001": True, "620002": False, "620003": False}
    async with database.reading() as session:
        first = await complaints.one(session, "K1", units=None)
        second = await complaints.one(session, "K2", units=None)
        works = await worklist.work_items(session, units=None, kind="complaint_case")
    assert (first.state, first.answer) == (CaseState.ANSWERED, "已电话答复")
    assert (second.state, second.closing) == (CaseState.CLOSED, "已更正偏好")
    assert [one.facts["complaint"] for one in works] == ["K1"]
    sealed = await rows(database, ComplaintCase)
    assert all("柜台".encode() not in (row["words"] or b"") for row in sealed)


async def test_a_number_that_is_another_customers_case_is_refused_and_the_others_are_frozen(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    await _bring(database, tmp_path, FIRST)
    async with database.transaction() as session:
        unmatched = await complaints.open_case(
            session, Complainant(external_userid="wm-stranger"), about="service",
            words="没有人理我，打了三次电话", source="投诉页", at=AT,
            policy=Shelf().of(policy_catalogue.COMPLAINTS),
        )  # fmt: skip
    before = await rows(database, ComplaintCase)
    mixed = (
        HEADER + "K1,620005,服务,别人的,2026-11-18,,已结案,\n"
        f"{unmatched.complaint_no},620005,服务,没有对上,2026-11-18,,已结案,\n"
        "K7,620003,服务,柜台等了一小时,2026-11-18,,待受理,\n"
    )
    told = [(2, "E-2244", "complaint_no"), (3, "E-2244", "complaint_no")]
    tried = await _bring(database, tmp_path, mixed, at=LATER, dry_run=True)
    assert [(one.line, one.code, one.column) for one in tried.rejects] == told
    report = await _bring(database, tmp_path, mixed, at=LATER)
    assert [(one.line, one.code, one.column) for one in report.rejects] == told
    assert (report.counts.added, report.counts.rejected) == (1, 2)
    after = await rows(database, ComplaintCase)
    assert [one for one in after if one["complaint_no"] != "K7"] == before
    assert (await _frozen(database))["620003"]


async def test_each_step_of_a_case_is_on_record_and_a_file_without_a_day_keeps_the_day(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    await _bring(database, tmp_path, FIRST)
    found = []
    for state, due in (("办理中", ""), ("已答复", "2026-12-20"), ("已结案", "")):
        step = HEADER + f"K1,620001,服务,柜台等了一小时,2026-11-18 09:30:00,{due},{state},已致歉\n"
        await _bring(database, tmp_path, step, at=LATER)
        async with database.reading() as session:
            found.append((await complaints.one(session, "K1", units=None)).due_on)
    assert found == [date(2026, 12, 1), date(2026, 12, 20), date(2026, 12, 20)]
    async with database.reading() as session:
        entries = await page(session, Wanted(object="complaint:K1"))
    assert [(one.act, one.actor, one.payload["state"]) for one in reversed(entries)] == [
        ("complaint.received", BY, "opened"),
        ("complaint.taken", BY, "in_hand"),
        ("complaint.answered", BY, "answered"),
        ("complaint.settled", BY, "closed"),
    ]


async def test_a_thousand_cases_are_a_few_statements(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    many = HEADER + "".join(
        f"M{number},62{number % 10 + 1:04d},服务,第 {number} 件,2026-11-18,,待受理,\n"
        for number in range(1_000)
    )
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    report = await _bring(database, tmp_path, many)
    event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    assert report.counts.added == 1_000
    assert statements < 150
