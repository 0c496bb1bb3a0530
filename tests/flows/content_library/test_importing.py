"""Scripts from files land as submissions; importing them again changes nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance.content_check import ContentCheck
from compliance.policy import GatePolicy
from compliance.screening import Screener
from content_library import repository
from content_library.errors import OwnWork, ScriptRefused
from content_library.facts import State
from content_library.importing import import_scripts, seed
from content_library.item_rows import read_toml
from kit.db import Database
from kit.ledger.verify import verify

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SHIPPED = Path(__file__).parents[3] / "samples" / "scripts"
CHECK = ContentCheck(GatePolicy.load(), Screener.from_rulebook())
AUTHOR, CHECKER, APPROVER = "staff:zhangfan", "staff:luomin", "staff:hejing"
ROW: dict[str, object] = {
    "code": "care.tea",
    "title": "喝茶",
    "scene": "care.general",
    "purpose": "care",
    "template": "{{customer_title}}您好，来坐坐喝杯茶。",
    "personas": "老年；读书",
}


async def test_the_shipped_scripts_are_approved_by_a_second_person(database: Database) -> None:
    rows = read_toml(SHIPPED)
    async with database.transaction() as session:
        landed = await seed(
            session, rows, author=AUTHOR, approver=APPROVER, checker=CHECKER, at=AT, examiner=CHECK
        )
    assert landed.refused == {}
    assert len(landed.submitted) == len(rows) > 100
    async with database.reading() as session:
        assert (await repository.counts(session))[State.APPROVED] == len(rows)
        [notice] = await repository.approved(session, "maturity.deposit.t7", AT)
        assert notice.approved_hash == notice.template_hash
        elders = await repository.approved(session, "birthday", AT, "老年")
        assert [script.code for script in elders] == ["birthday.elder", "birthday"]
        fact = await repository.version(session, notice.version_id)
        assert (fact.author, fact.decided_by) == (AUTHOR, APPROVER)
        assert (await verify(session)).sound


async def test_the_second_person_is_another_one(database: Database) -> None:
    with pytest.raises(OwnWork):
        async with database.transaction() as session:
            await seed(session, [ROW], author=AUTHOR, approver=AUTHOR, at=AT, examiner=CHECK)
    async with database.reading() as session:
        assert (await repository.counts(session))[State.APPROVED] == 0


async def test_an_imported_script_waits_and_a_repeat_changes_nothing(database: Database) -> None:
    outcomes = []
    for row in (ROW, ROW, {**ROW, "template": "换了一句。回复“退订”不再收到。"}):
        async with database.transaction() as session:
            landed = await import_scripts(session, [row], AUTHOR, AT, examiner=CHECK)
            outcomes.append((landed.submitted, landed.unchanged))
    code = ("care.tea",)
    assert outcomes == [(code, ()), ((), code), (code, ())]
    async with database.reading() as session:
        [fact] = await repository.waiting(session)
        assert fact.script.version == 1
        assert fact.script.personas == {"老年", "读书"}
        assert await repository.approved(session, "care.general", AT) == []


async def test_a_changed_row_becomes_the_next_version_of_what_was_approved(
    database: Database,
) -> None:
    words = {**ROW, "template": "您好，来坐坐。回复“退订”不再收到。"}
    async with database.transaction() as session:
        await seed(session, [words], author=AUTHOR, approver=APPROVER, at=AT, examiner=CHECK)
        changed = {**words, "template": "您好，进来坐坐。回复“退订”不再收到。"}
        await import_scripts(session, [changed], AUTHOR, AT, examiner=CHECK)
        [in_use] = await repository.approved(session, "care.general", AT)
        [waiting] = await repository.waiting(session)
    assert (in_use.version, waiting.script.version) == (1, 2)


async def test_bad_rows_are_named_and_good_ones_land(database: Database) -> None:
    rows = [
        {**ROW, "code": "Bad Code"},
        {**ROW, "code": "care.blank", "template": ""},
        {**ROW, "code": "care.colour", "colour": "red"},
        {**ROW, "code": "care.until", "valid_until": "年底"},
        ROW,
        ROW,
    ]
    async with database.transaction() as session:
        landed = await import_scripts(session, rows, AUTHOR, AT, examiner=CHECK)
    assert landed.submitted == ("care.tea",)
    assert set(landed.refused) == {
        "Bad Code", "care.blank", "care.colour", "care.until", "care.tea",
    }  # fmt: skip


async def test_words_that_break_a_rule_land_with_the_finding_beside_them(
    database: Database,
) -> None:
    promise = {**ROW, "template": "这款理财保本保息，稳赚不赔。", "product_kind": "wealth"}
    async with database.transaction() as session:
        await import_scripts(session, [promise], AUTHOR, AT, examiner=CHECK)
        [fact] = await repository.waiting(session)
    blocked = [finding for finding in fact.findings if finding.level == "block"]
    assert {finding.check for finding in blocked} >= {"合规用语", "必备要素"}
    spoken = next(finding for finding in blocked if finding.check == "合规用语")
    assert fact.sample[spoken.start : spoken.end]


def test_a_file_that_is_no_list_of_scripts_is_named(tmp_path: Path) -> None:
    for name, content in (("a.toml", "x = ["), ("b.toml", "title = 1")):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ScriptRefused) as refusal:
            read_toml(path)
        assert refusal.value.where == name
