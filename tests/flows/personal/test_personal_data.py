"""One person's data: handed over whole, erased where the law lets it go, and not brought back."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, or_, select, text

from compliance import consent_batches
from compliance.facts import ConsentFact
from compliance.opting_out import silenced_contacts
from compliance.repository import recipient_standing
from compliance.service import give_consents
from config import retention_policy
from crm_sync.contacts import land_contact
from delivery.worklist import Work, open_work
from insights.personal import requests
from insights.personal.errors import (
    BasisNeeded,
    NotApproved,
    OwnRequest,
    PersonUnknown,
    RequestDecided,
)
from insights.personal.exporting import COVER, DATA, export
from insights.personal.gathering import gather, person_of
from insights.personal.registry import REGISTRY, table_of
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from kit.personal_data import Fate, Person, about
from tests.flows.archive.talks import CHEN, ZHOU, archived, said
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, BEFORE, detail, follow
from tests.flows.delivery.opting import todo_and_ticket
from tests.flows.delivery.test_dispatch import Wall, _customers, _gather_care
from tests.flows.imports.given import bring

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]
RETENTION = retention_policy.load()


async def _people(database: Database) -> tuple[Person, Person]:
    """C2 with something in every kind of table, C1 beside them."""
    wall = Wall()
    ids = await _customers(database)
    await _gather_care(database, ids, wall)
    await todo_and_ticket(database, ids, wall)
    async with database.transaction() as session:
        await bank.holding(
            session,
            ids["C2"],
            "D2",
            "deposit",
            product_name="三年期整存整取",
            amount_fen=12_345_600,
        )
        await give_consents(
            session, [ConsentFact(ids["C2"], "care", True, "网点签字", BEFORE)], AT, "staff:limin"
        )
        await open_work(
            session,
            [Work("w2", "owner_mismatch", "归属不符", "核对", customer_id=ids["C2"],
                  evidence={"说": "证据"})],
            at=AT,
        )  # fmt: skip
        await bank.contact(session, ZHOU, customer_id=ids["C2"])
        await bank.contact(session, CHEN, customer_id=ids["C1"])
        people = [await person_of(session, customer_id=ids[name]) for name in ("C2", "C1")]
    await archived(database, said("我想了解一下存款", by=ZHOU, to="limin"))
    await archived(database, said("您好，随时问我", by="limin", to=ZHOU, minute=1), first=2)
    await archived(database, said("别人的话", by=CHEN, to="limin", minute=2), first=3)
    return people[0], people[1]


def _files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


async def _export(database: Database, person: Person) -> dict[str, bytes]:
    async with database.transaction() as session:
        return _files(
            await export(
                session, person, number="GX1", unit="0101", bank="青禾银行",
                retention=RETENTION, actor="staff:hejing", at=AT,
            )
        )  # fmt: skip


async def _about(database: Database, person: Person) -> dict[str, int]:
    """Rows that name the person, by table."""
    found: dict[str, int] = {}
    async with database.reading() as session:
        for holds in REGISTRY:
            conditions = about(table_of(holds), person)
            if conditions:
                query = select(func.count()).select_from(table_of(holds)).where(or_(*conditions))
                found[holds.table] = (await session.execute(query)).scalar_one()
    return {table: number for table, number in found.items() if number}


async def test_a_person_gets_everything_in_chinese_and_nothing_of_others(
    database: Database,
) -> None:
    person, _ = await _people(database)
    files = await _export(database, person)
    held = orjson.loads(files[DATA])
    by_title = {one["名称"]: one for one in held["类别"]}
    assert by_title["客户资料"]["内容"][0]["姓名"] == "客户C2"
    assert by_title["持有的产品"]["内容"][0]["金额（元）"] == "123456"
    assert {row["姓名"] for row in by_title["企业微信联系人"]["内容"]} == {
        "昵称wm-C2",
        f"昵称{ZHOU}",
    }
    assert {row["内容"] for row in by_title["会话存档"]["内容"]} == {
        "我想了解一下存款",
        "您好，随时问我",
    }
    assert by_title["授权历史"]["条数"] == 1
    assert by_title["客户经理的待办"]["条数"] == 1
    whole = files[DATA].decode()
    for other in ("客户C1", "wm-C1", CHEN, "别人的话", "staff:limin"):
        assert other not in whole
    cover = files[COVER].decode()
    assert "青禾银行 · 个人信息副本" in cover
    assert "依法保留" in cover
    assert "20 年" in cover
    async with database.reading() as session:
        [entry] = await page(session, Wanted(acts=frozenset({"personal.exported"})))
    assert entry.object == f"customer:{person.customer_id}"
    assert entry.payload["rows"]["archived_message"] == 2


async def test_every_registered_table_is_in_the_file(database: Database) -> None:
    person, _ = await _people(database)
    async with database.reading() as session:
        parts = {one.holds.table: len(one.rows) for one in await gather(session, person)}
    assert set(parts) == {one.table for one in REGISTRY if one.fate is not Fate.EXEMPT}
    named = await _about(database, person)
    assert {table: number for table, number in parts.items() if table in named} | {
        "archived_message": 1
    } == named | {"archived_message": 1}


async def _erased(database: Database, person: Person) -> requests.RequestFact:
    async with database.transaction() as session:
        asked = await requests.ask(
            session, person.customer_id, "erase", basis="客户持身份证到网点书面申请",
            unit="0101", actor="staff:hejing", at=AT,
        )  # fmt: skip
    async with database.transaction() as session:
        return await requests.decide(
            session, asked.number, approve=True, opinion="核对无误", actor="staff:wangshan",
            at=AT + timedelta(hours=1),
        )  # fmt: skip


async def test_an_erasure_leaves_only_what_the_law_keeps_and_says_so(database: Database) -> None:
    person, other = await _people(database)
    before = await _about(database, other)
    done = await _erased(database, person)
    assert done.state == "done"
    left = await _about(database, person)
    fates = {one.table: one.fate for one in REGISTRY}
    assert left.pop("work_item") == 1  # to have the friendship deleted in WeCom
    assert {fates[table] for table in left} <= {Fate.KEEP, Fate.BLANK}
    assert done.counts["kept"]["archived_message"] == 1
    assert done.counts["erased"]["holding"] == 1
    async with database.reading() as session:
        row = (
            await session.execute(
                text("SELECT * FROM customer WHERE id = :id"), {"id": person.customer_id}
            )
        ).mappings().one()  # fmt: skip
        assert row["customer_no"] == f"erased-{person.customer_id}"
        assert [row[name] for name in ("name", "phone", "phone_hash", "born_on", "aum_fen")] == [
            None
        ] * 5
        standing = (await recipient_standing(session, [person.customer_id]))[person.customer_id]
        assert "all" in standing.suppressed
        assert (await verify(session)).sound
        assert await consent_batches.check(session) == []
        acts = {entry.act for entry in await page(session, Wanted(kind="customer"))}
    assert {"personal.asked", "personal.approved", "personal.erased"} <= acts
    assert await _about(database, other) == before  # nobody else was touched
    with pytest.raises(PersonUnknown):
        async with database.reading() as session:
            await person_of(session, customer_id=person.customer_id)


async def test_nothing_goes_out_to_somebody_who_was_erased(database: Database) -> None:
    person, _ = await _people(database)
    await _erased(database, person)
    async with database.reading() as session:
        found = await session.execute(
            text("SELECT state FROM broadcast_recipient WHERE customer_id = :id"),
            {"id": person.customer_id},
        )
        assert list(found.scalars()) == ["withdrawn"]


CUSTOMERS = (
    "customer_no,name,phone,unit_id\nC2,客户C2,13800000002,0101\nC9,新客户,13800000009,0101\n"
)


async def test_a_file_does_not_bring_an_erased_person_back(
    database: Database, tmp_path: Path
) -> None:
    person, _ = await _people(database)
    await _erased(database, person)
    report = await bring(database, "customers", CUSTOMERS, tmp_path, partial=True)
    assert [(one.line, one.code) for one in report.rejects] == [(2, "E-2237")]
    assert report.counts.added == 1
    holdings = "holding_no,customer_no,kind,amount_yuan\nD9,C2,deposit,5\n"
    report = await bring(database, "holdings", holdings, tmp_path, partial=True)
    assert report.counts.added == 0
    async with database.reading() as session:
        found = await session.execute(text("SELECT customer_no FROM customer"))
        assert "C2" not in set(found.scalars())


async def test_wecom_does_not_bring_them_back_before_they_add_somebody_anew(
    database: Database,
) -> None:
    person, _ = await _people(database)
    await _erased(database, person)
    old = detail("wm-C2", follow("limin", added_at=BEFORE), name="周阿姨")
    async with database.transaction() as session:
        await land_contact(session, old, AT + timedelta(days=1))
    assert "contact" not in await _about(database, person)
    assert "relation" not in await _about(database, person)
    anew = detail("wm-C2", follow("limin", added_at=AT + timedelta(days=2)), name="周阿姨")
    async with database.transaction() as session:
        await land_contact(session, anew, AT + timedelta(days=3))
        query = text("SELECT customer_id FROM contact WHERE external_userid = 'wm-C2'")
        assert (await session.execute(query)).scalar_one() is None
    assert (await _about(database, person))["contact"] == 1


async def test_only_the_person_coming_anew_begins_again_and_nothing_old_returns(
    database: Database, tmp_path: Path
) -> None:
    person, _ = await _people(database)
    await _erased(database, person)
    anew = detail("wm-C2", follow("limin", added_at=AT + timedelta(days=2)), name="周阿姨")
    async with database.transaction() as session:
        await land_contact(session, anew, AT + timedelta(days=3))
        assert "all" in (await silenced_contacts(session, ["wm-C2"]))["wm-C2"]  # still their word
        with pytest.raises(PersonUnknown):
            await requests.ask_back(
                session, "C1", basis="客户到网点书面申请", actor="staff:hejing", at=AT
            )
        asked = await requests.ask_back(
            session, "C2", basis="客户到网点重新开户并书面同意", actor="staff:hejing", at=AT
        )
    report = await bring(database, "customers", CUSTOMERS, tmp_path, partial=True)
    assert [one.code for one in report.rejects] == ["E-2237"]  # asked is not approved
    async with database.transaction() as session:
        with pytest.raises(OwnRequest):
            await requests.decide(
                session, asked.number, approve=True, opinion="可以", actor="staff:hejing", at=AT
            )
        done = await requests.decide(
            session, asked.number, approve=True, opinion="可以", actor="staff:wangshan", at=AT
        )
    assert done.state == "done"
    again = CUSTOMERS.replace("C9,新客户,13800000009,0101\n", "")
    report = await bring(database, "customers", again, tmp_path, partial=True)
    assert (report.counts.added, len(report.rejects)) == (1, 0)
    async with database.reading() as session:
        back = await person_of(session, customer_no="C2")
        assert back.customer_id != person.customer_id
        assert back.contacts == ()  # the new friendship is matched only by the person's own act
        standing = (await recipient_standing(session, [back.customer_id]))[back.customer_id]
        assert standing.consents == frozenset()
        assert (await verify(session)).sound
    assert set(await _about(database, back)) <= {"customer", "customer_field_source"}


async def test_who_asks_cannot_approve_and_a_decision_stands(database: Database) -> None:
    person, _ = await _people(database)
    async with database.transaction() as session:
        with pytest.raises(BasisNeeded):
            await requests.ask(
                session, person.customer_id, "erase", basis="删", unit="0101",
                actor="staff:hejing", at=AT,
            )  # fmt: skip
        asked = await requests.ask(
            session, person.customer_id, "export", basis="客户来电并核实身份", unit="0101",
            actor="staff:hejing", at=AT,
        )  # fmt: skip

    async def decide(actor: str, **more: Any) -> requests.RequestFact:
        async with database.transaction() as session:
            return await requests.decide(
                session, asked.number, opinion="可以", actor=actor, at=AT, **more
            )

    with pytest.raises(OwnRequest):
        await decide("staff:hejing", approve=True)
    with pytest.raises(NotApproved):
        async with database.transaction() as session:
            await requests.for_download(session, asked.number, AT)
    assert (await decide("staff:wangshan", approve=False)).state == "refused"
    with pytest.raises(RequestDecided):
        await decide("staff:wangshan", approve=True)
    assert (await _about(database, person))["holding"] == 1  # a refusal erases nothing


async def test_an_erasure_that_fails_leaves_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ = await _people(database)
    before = await _about(database, person)

    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("crm_sync.erasure.remember", fails)
    with pytest.raises(RuntimeError):
        await _erased(database, person)
    after = await _about(database, person)
    after.pop("personal_request")
    assert after == before
