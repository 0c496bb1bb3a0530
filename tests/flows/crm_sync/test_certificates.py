"""Certificates from the register: verified by it, over on their day, and the licence with them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from compliance.approval import sender_objections
from compliance.facts import Sender
from compliance.objections import Objection
from crm_sync.repository.staff import staff_by_id
from crm_sync.staff_cards import service
from kit.clock import bank_date
from kit.db import Database
from kit.ledger.reading import Recorded, Wanted, page
from tests.flows.imports.given import AT, BY, LATER, bring, bring_bank
from tests.unit.compliance.gate.given import words

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F5")]

HEADER = "工号,证书,编号,发证机构,有效至\n"
FILE = (
    HEADER + "003127,基金从业资格,F3000117788,中国证券投资基金业协会,2026-12-01\n"
    "999999,基金从业资格,F1,协会,2027-01-01\n"
)
LAST = date(2026, 12, 1)


async def _objections(database: Database, today: date) -> list[Objection]:
    """What the gate says of Li Min sending what needs the fund licence."""
    async with database.reading() as session:
        member = (await staff_by_id(session, ["003127"]))["003127"]
    assert set(member.licences) == {"基金", "保险"}  # what the staff file claims stays on record
    sender = Sender(member.staff_id, member.active, member.licences_on(today))
    return list(sender_objections(sender, words(licence="基金")))


async def test_an_expired_certificate_takes_the_licence_and_the_card_with_it(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    assert await _objections(database, LAST) == []  # no certificate on record: the file's claim
    async with database.transaction() as session:
        await service.write(
            session, "003127", title="客户经理", specialties=[], intro="", by="staff:a", at=AT
        )
        assert await service.shown(session, "003127", bank_date(AT)) is None
    report = await bring(database, "certificates", FILE, tmp_path)
    assert [(one.line, one.code, one.column) for one in report.rejects] == [
        (3, "E-2232", "staff_id")
    ]
    async with database.reading() as session:
        card = await service.shown(session, "003127", LAST)
        assert card is not None
        [paper] = card.certificates
        assert (paper.number, paper.issuer, paper.licence) == (
            "F3000117788", "中国证券投资基金业协会", "基金",
        )  # fmt: skip
        assert await service.shown(session, "003127", LAST + timedelta(days=1)) is None
    assert await _objections(database, LAST) == []
    assert await _objections(database, LAST + timedelta(days=1)) == [Objection.SENDER_UNLICENSED]

    again = await bring(database, "certificates", FILE, tmp_path, at=LATER)
    assert (again.counts.added, again.counts.unchanged) == (0, 1)
    renewed = FILE.replace("2026-12-01", "2028-12-01")
    done = await bring(database, "certificates", renewed, tmp_path, at=LATER)
    assert done.counts.added == 1
    assert await _objections(database, LAST + timedelta(days=1)) == []


async def test_a_renewal_that_nobody_verified_does_not_bring_the_licence_back(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    await bring(database, "certificates", FILE, tmp_path)
    after = datetime(2026, 12, 5, 2, tzinfo=UTC)
    async with database.transaction() as session:
        number = await service.enter(
            session, "003127", kind="基金从业资格", number="F4000000001",
            valid_until=date(2028, 1, 1), by="staff:a", at=after,
        )  # fmt: skip
    assert await _objections(database, bank_date(after)) == [Objection.SENDER_UNLICENSED]
    async with database.transaction() as session:
        await service.decide(
            session, number, verified=True, opinion="协会网站一致", by="staff:b", at=after
        )
    assert await _objections(database, bank_date(after)) == []


async def _verified(database: Database) -> list[Recorded]:
    async with database.reading() as session:
        return await page(session, Wanted(acts=frozenset({"certificate.verified"})))


async def test_a_certificate_that_a_person_refused_stays_refused_until_it_is_entered_again(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    async with database.transaction() as session:
        number = await service.enter(
            session, "003127", kind="基金从业资格", number="F3000117788",
            valid_until=LAST, by="staff:a", at=AT,
        )  # fmt: skip
        await service.decide(
            session, number, verified=False, opinion="原件与本人不符", by="staff:b", at=AT
        )
    for at in (AT, LATER):
        report = await bring(database, "certificates", FILE, tmp_path, at=at)
        assert (report.counts.added, report.counts.unchanged) == (0, 1)
        [told] = report.notes
        assert "1 张证书" in told
        assert "003127" in told
    async with database.reading() as session:
        [held] = (await service.certificates(session, ["003127"]))["003127"]
    assert (held.verified, held.decided_by) == (False, "staff:b")
    assert await _verified(database) == []
    async with database.transaction() as session:
        await service.enter(
            session, "003127", kind="基金从业资格", number="F3000117788",
            valid_until=LAST, by="staff:a", at=LATER,
        )  # fmt: skip
    report = await bring(database, "certificates", FILE, tmp_path, at=LATER)
    assert (report.counts.added, report.notes) == (1, ())
    async with database.reading() as session:
        [held] = (await service.certificates(session, ["003127"]))["003127"]
    assert held.verified


async def test_a_file_writes_only_what_it_has_and_each_verification_is_on_record(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    whole = (
        "工号,证书,编号,发证机构,对应资格,有效至\n"
        "003127,基金从业资格,F3000117788,中国证券投资基金业协会,公募基金,2026-12-01\n"
        "003101,保险销售资格,B1,保险协会,,2027-01-01\n"
    )
    await bring(database, "certificates", whole, tmp_path)
    first = await _verified(database)
    assert {(one.object, one.unit, one.actor, one.payload["number"]) for one in first} == {
        ("staff:003127", "01", BY, "F3000117788"),
        ("staff:003101", "01", BY, "B1"),
    }
    bare = "工号,证书,编号,有效至\n003127,基金从业资格,F3000117788,2028-12-01\n"
    report = await bring(database, "certificates", bare, tmp_path, at=LATER)
    assert report.counts.added == 1
    async with database.reading() as session:
        [held] = (await service.certificates(session, ["003127"]))["003127"]
    assert (held.valid_until, held.issuer, held.licence) == (
        date(2028, 12, 1), "中国证券投资基金业协会", "公募基金",
    )  # fmt: skip
    assert len(await _verified(database)) == 3
    again = await bring(database, "certificates", bare, tmp_path, at=LATER)
    assert (again.counts.added, again.counts.unchanged) == (0, 1)
    assert len(await _verified(database)) == 3
