"""Each kind of file becomes what it says, on both databases."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from compliance.models import Consent
from compliance.service import give_consents
from crm_sync.models import (
    Coverage,
    CoverageEnd,
    Customer,
    CustomerEvent,
    CustomerSnapshot,
    Grant,
    Holding,
    Product,
    ProductOpenDay,
    Staff,
    Unit,
)
from kit.db import Database
from kit.errors import InputRefused
from kit.ledger.reading import Wanted, page
from tests.flows.imports.given import (
    ASSIGNMENTS,
    AT,
    CUSTOMERS,
    HOLDINGS,
    LATER,
    PRODUCTS,
    STAFF,
    UNITS,
    Decisions,
    bring,
    bring_bank,
    rows,
)

pytestmark = pytest.mark.anyio


async def test_units_become_a_tree_whatever_their_order(database: Database, tmp_path: Path) -> None:
    report = await bring(database, "units", UNITS, tmp_path)
    assert report.counts.added == 3
    assert {row["unit_id"]: row["path"] for row in await rows(database, Unit)} == {
        "hq": "/hq/",
        "01": "/hq/01/",
        "0101": "/hq/01/0101/",
    }
    moved = (
        UNITS.replace("01,翠湖支行,hq,branch", "01,翠湖支行,02,branch") + "02,城西分行,hq,branch\n"
    )
    await bring(database, "units", moved, tmp_path, at=LATER)
    assert {row["unit_id"]: row["path"] for row in await rows(database, Unit)}["0101"] == (
        "/hq/02/01/0101/"
    )


async def test_units_without_a_way_to_the_root_are_rejected(
    database: Database, tmp_path: Path
) -> None:
    content = UNITS + "09,孤岛,88,branch\n0901,孤岛下级,09,outlet\nA,甲,B,branch\nB,乙,A,branch\n"
    report = await bring(database, "units", content, tmp_path)
    assert [(one.line, one.code) for one in report.rejects] == [(n, "E-2235") for n in (5, 6, 7, 8)]
    assert (report.counts.added, report.counts.rejected, report.counts.read) == (3, 4, 7)
    assert "88" in report.rejects[0].reason
    assert "成环" in report.rejects[2].reason
    assert len(await rows(database, Unit)) == 3


async def test_staff_have_one_wecom_identity_and_the_roles_a_file_may_give(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    report = await bring(
        database,
        "staff",
        STAFF + "9,甲,LIMIN,01,,,\n8,乙,x,99,,,\n7,丙,y,01,,,compliance\n",
        tmp_path,
    )
    assert [(one.line, one.code) for one in report.rejects] == [
        (4, "E-2234"),
        (5, "E-2231"),
        (6, "E-2236"),
    ]
    staff = {row["staff_id"]: row for row in await rows(database, Staff)}
    assert set(staff) == {"003101", "003127"}
    assert (staff["003127"]["userid"], staff["003127"]["licences"]) == ("limin", ["基金", "保险"])
    assert staff["003127"]["active"] is True
    grants = await rows(database, Grant)
    assert [
        (row["staff_id"], row["role"], row["unit_id"], row["expires_at"]) for row in grants
    ] == [
        ("003101", "branch", "01", None),
        ("003127", "rm", "01", None),
    ]


async def test_a_wecom_identity_may_move_from_one_person_to_another(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    await bring(database, "staff", STAFF, tmp_path)
    swapped = STAFF.replace("LiMin", "tmp").replace("suntao", "limin").replace("tmp", "suntao")
    report = await bring(database, "staff", swapped, tmp_path, at=LATER)
    assert (report.counts.updated, report.rejects) == (2, ())
    staff = {row["staff_id"]: row["userid"] for row in await rows(database, Staff)}
    assert staff == {"003127": "suntao", "003101": "limin"}


async def test_an_identity_of_somebody_who_stays_is_not_given_away(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    await bring(database, "staff", STAFF, tmp_path)
    report = await bring(database, "staff", STAFF + "9,甲,LiMin,01,,,\n", tmp_path, at=LATER)
    assert [(one.line, one.code) for one in report.rejects] == [(4, "E-2234")]
    assert {row["staff_id"] for row in await rows(database, Staff)} == {"003127", "003101"}


async def test_a_role_that_the_file_no_longer_gives_ends(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    await bring(database, "staff", STAFF, tmp_path)
    async with database.transaction() as session:
        session.add(
            Grant(staff_id="003101", role="ops", unit_id="hq", granted_by="staff:x", granted_at=AT)
        )
    changed = STAFF.replace("支行行长,,branch", "支行行长,,rm")
    await bring(database, "staff", changed, tmp_path, at=LATER)
    grants = {row["role"]: row["expires_at"] for row in await rows(database, Grant)
              if row["staff_id"] == "003101"}  # fmt: skip
    assert grants == {"branch": LATER, "rm": None, "ops": None}


@pytest.mark.mission("F10")
async def test_products_bring_their_open_days(database: Database, tmp_path: Path) -> None:
    await bring(database, "products", PRODUCTS, tmp_path)
    (product,) = await rows(database, Product)
    assert (product["kind"], product["risk_level"], product["private"]) == ("wealth", 2, False)
    days = [(row["opens_on"], row["closes_on"]) for row in await rows(database, ProductOpenDay)]
    assert days == [
        (date(2026, 12, 1), date(2026, 12, 3)),
        (date(2027, 3, 1), date(2027, 3, 1)),
    ]
    changed = PRODUCTS.replace("2026-12-01~2026-12-03;2027-03-01", "2026-12-08")
    await bring(database, "products", changed, tmp_path, at=LATER)
    days = [(row["opens_on"], row["closes_on"]) for row in await rows(database, ProductOpenDay)]
    assert days == [(date(2026, 12, 8), date(2026, 12, 8))]


async def test_customers_are_sealed_hashed_and_ready_for_selection(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    (row,) = [one for one in await rows(database, Customer) if one["customer_no"] == "620003"]
    cipher = database.cipher
    assert "客户3".encode() not in row["name"]
    assert cipher.open_or_none("customer.name", "620003", row["name"]) == "客户3"
    assert cipher.open_or_none("customer.phone", "620003", row["phone"]) == "15400000003"
    assert row["phone_hash"] == cipher.blind("phone", "15400000003")
    assert (row["birthday"], row["born_on"]) == (229, date(1960, 2, 29))
    assert (row["aum_fen"], row["risk_level"], row["gender"]) == (350, 2, "F")
    assert row["attributes"] == {"merchant": "1"}
    assert (row["source"], row["synthetic"], row["changed_at"]) == ("csv", False, AT)
    assert (row["tier"], row["occupation"]) == ("", "")


async def test_a_changed_customer_keeps_id_and_what_the_file_does_not_speak_of(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = {row["customer_no"]: row for row in await rows(database, Customer)}
    async with database.transaction() as session:
        customer = await session.get(Customer, before["620003"]["id"])
        assert customer is not None
        customer.unionid_hash, customer.occupation = "u" * 32, "教师"
        session.add(customer)
    report = await bring(
        database, "customers", CUSTOMERS.replace(",3.50,", ",99,"), tmp_path, at=LATER
    )
    assert (report.counts.updated, report.counts.unchanged) == (1, 9)
    after = {row["customer_no"]: row for row in await rows(database, Customer)}
    assert after["620003"]["id"] == before["620003"]["id"]
    assert (after["620003"]["aum_fen"], after["620003"]["changed_at"]) == (9_900, LATER)
    assert (after["620003"]["unionid_hash"], after["620003"]["occupation"]) == ("u" * 32, "教师")
    assert all(after[no] == before[no] for no in before if no != "620003")


async def test_holdings_belong_to_customers_who_are_there(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    report = await bring(
        database,
        "holdings",
        HOLDINGS + "D2,999,deposit,,1,,,\nC1,620001,card,,,,2026-12-31,\n",
        tmp_path,
    )
    assert [(one.line, one.code) for one in report.rejects] == [(4, "E-2233")]
    found = {row["holding_no"]: row for row in await rows(database, Holding)}
    assert set(found) == {"D1", "L1", "C1"}
    assert (found["D1"]["amount_fen"], found["D1"]["matures_on"]) == (
        20_000_000,
        date(2026, 11, 23),
    )
    assert (found["L1"]["due_day"], found["C1"]["amount_fen"]) == (15, None)
    customers = {row["customer_no"]: row["id"] for row in await rows(database, Customer)}
    assert found["D1"]["customer_id"] == customers["620001"]


async def test_a_new_owner_replaces_the_old_one_who_stays_on_record(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    report = await bring(
        database, "assignments", ASSIGNMENTS + "620003,777,\n999,003127,\n", tmp_path
    )
    assert [(one.line, one.code) for one in report.rejects] == [(4, "E-2232"), (5, "E-2233")]
    covered = await rows(database, Coverage)
    assert [(row["kind"], row["staff_id"], row["since"]) for row in covered] == [
        ("owner", "003127", datetime(2024, 5, 5, 16, tzinfo=UTC)),
        ("owner", "003127", AT),
    ]
    moved = "customer_no,staff_id,since\n620001,003101,2026-11-23\n620002,003127,\n"
    report = await bring(database, "assignments", moved, tmp_path, at=LATER)
    assert (report.counts.updated, report.counts.unchanged) == (1, 1)
    customers = {row["id"]: row["customer_no"] for row in await rows(database, Customer)}
    assert {
        customers[row["customer_id"]]: row["staff_id"] for row in await rows(database, Coverage)
    } == {
        "620001": "003101",
        "620002": "003127",
    }
    (ended,) = await rows(database, CoverageEnd)
    assert (ended["staff_id"], ended["reason"], ended["ended_at"]) == ("003127", "moved", LATER)


async def test_coverage_that_leaves_the_file_ends_and_other_sources_are_kept(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    whole = "customer_no,staff_id\n" + "".join(f"62{n:04d},003127\n" for n in range(1, 11))
    await bring(database, "assignments", whole, tmp_path)
    async with database.transaction() as session:
        held = (
            await session.execute(select(Coverage).order_by(col(Coverage.customer_id)))
        ).scalars()
        first = next(iter(held))
        first.source, first.staff_id = "portfolio", "003101"
        session.add(first)
    report = await bring(
        database, "assignments", whole.replace("620010,003127\n", ""), tmp_path, at=LATER
    )
    assert (report.counts.removed, report.counts.unchanged, report.counts.updated) == (1, 9, 0)
    assert any("1 户的管户由别的来源决定" in note for note in report.notes)
    covered = await rows(database, Coverage)
    assert (len(covered), covered[0]["staff_id"]) == (9, "003101")
    (ended,) = await rows(database, CoverageEnd)
    assert ended["reason"] == "left_file"


async def test_a_customer_may_have_several_persona_managers_but_one_owner(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    content = (
        "customer_no,staff_id,kind\n620001,003127,owner\n620001,003101,owner\n"
        "620001,003127,persona\n620001,003101,客群\n620001,003101,persona\n"
    )
    report = await bring(database, "assignments", content, tmp_path)
    assert [(one.line, one.code) for one in report.rejects] == [(3, "E-2230"), (6, "E-2230")]
    assert [(row["kind"], row["staff_id"]) for row in await rows(database, Coverage)] == [
        ("owner", "003127"),
        ("persona", "003101"),
        ("persona", "003127"),
    ]
    again = await bring(database, "assignments", content, tmp_path, at=LATER)
    assert (again.counts.unchanged, again.counts.added, again.counts.removed) == (3, 0, 0)


CONSENTS = (
    "customer_no,purpose,given,source,at\n"
    "620001,marketing,1,手机银行授权页,2026-03-12 10:20:00\n"
    "620001,marketing,0,网点签署,2026-03-20\n"
    "620002,service,同意,网点签署,2026-03-12\n"
    "999,service,1,网点签署,2026-03-12\n"
)


async def test_consents_are_handed_to_compliance_once(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    report = await bring(database, "consents", CONSENTS, tmp_path, land_consents=give_consents)
    assert [(one.line, one.code) for one in report.rejects] == [(5, "E-2233")]
    assert (report.counts.added, report.counts.unchanged) == (3, 0)
    held = await rows(database, Consent)
    assert [(row["purpose"], row["given"], row["at"]) for row in held] == [
        ("marketing", False, datetime(2026, 3, 19, 16, tzinfo=UTC)),
        ("service", True, datetime(2026, 3, 11, 16, tzinfo=UTC)),
    ]
    again = await bring(database, "consents", CONSENTS, tmp_path, land_consents=give_consents)
    assert (again.counts.added, again.counts.unchanged, again.counts.rejected) == (0, 3, 1)
    async with database.reading() as session:
        entries = await page(session, Wanted(kind="customer"), limit=10)
    assert [entry.payload["rows"] for entry in entries] == [3]


async def test_consents_need_somebody_who_lands_them(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    with pytest.raises(InputRefused) as refused:
        await bring(database, "consents", CONSENTS, tmp_path)
    assert refused.value.code == "E-2303"


async def test_consents_of_many_pages_all_arrive(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    content = "customer_no,purpose,given,source,at\n" + "".join(
        f"620001,care,{n % 2},网点,2020-01-01 00:{n // 60 % 60:02d}:{n % 60:02d}.{n:06d}\n"
        for n in range(6_000)
    )
    land = Decisions()
    report = await bring(database, "consents", content, tmp_path, land_consents=land)
    assert report.counts.added == len(land.kept) == 6_000


async def test_snapshots_of_several_days_stand_beside_each_other(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    first = (
        "customer_no,on,aum_yuan\n620001,2026-10-31,100\n620001,2026-11-20,80\n999,2026-11-20,1\n"
    )
    report = await bring(database, "snapshots", first, tmp_path)
    assert [(one.line, one.code) for one in report.rejects] == [(4, "E-2233")]
    second = "customer_no,on,aum_yuan\n620001,2026-11-20,75\n620001,2026-11-21,70\n"
    report = await bring(database, "snapshots", second, tmp_path, at=LATER)
    assert (report.counts.added, report.counts.updated, report.counts.removed) == (1, 1, 0)
    kept = await rows(database, CustomerSnapshot, "on")
    assert [(str(row["on"]), row["aum_fen"]) for row in kept] == [
        ("2026-10-31", 10_000),
        ("2026-11-20", 7_500),
        ("2026-11-21", 7_000),
    ]


async def test_events_are_kept_by_their_number(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    content = (
        "event_no,customer_no,kind,on,amount_yuan,note\nE1,620001,分红,2026-12-15,50000,年终\n"
    )
    await bring(database, "events", content, tmp_path)
    report = await bring(database, "events", content.replace("E1", "E2"), tmp_path, at=LATER)
    assert (report.counts.added, report.counts.removed) == (1, 0)
    kept = await rows(database, CustomerEvent)
    assert [(row["event_no"], row["kind"], row["amount_fen"]) for row in kept] == [
        ("E1", "bonus", 5_000_000),
        ("E2", "bonus", 5_000_000),
    ]
