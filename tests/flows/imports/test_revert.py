"""One command takes a load back: values, added rows, removed rows; never over a later load."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from crm_sync.imports import revert_load
from crm_sync.imports.kinds import LANDINGS
from crm_sync.models import (
    IMAGES,
    BehaviourSignal,
    Coverage,
    CoverageEnd,
    Customer,
    CustomerEvent,
    CustomerFlow,
    CustomerSnapshot,
    FarmRecord,
    Grant,
    Holding,
    ImportRun,
    Product,
    ProductNav,
    ProductOpenDay,
    Staff,
    Unit,
)
from crm_sync.models.images import WRITTEN
from kit.db import Database
from kit.errors import Conflict, InputRefused, NotFound
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from tests.flows.imports.given import (
    ASSIGNMENTS,
    BY,
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
    written,
)

pytestmark = pytest.mark.anyio
PASSING = {"changed_at", "noted_at", "run_id", "digest"}
LATEST = LATER.replace(day=24)

WRONG: dict[str, str] = {
    "units": "unit_id,name,parent_id,kind\n0101,改名网点,hq,branch\n01,翠湖支行,hq,branch\nhq,总行,,hq\n"
    "0109,多出来的,01,outlet\n",
    "staff": "staff_id,name,userid,unit_id,position,licences,roles\n"
    "003127,李敏,suntao,01,柜员,,branch\n009999,别人,limin,01,行长,,branch\n",
    "products": "product_code,name,kind,risk_level,on_sale,open_days\n"
    "QHJJX,改名,fund,R5,0,2027-05-01\nNEW,新产品,wealth,R1,1,2027-06-01\n",
    "navs": "product_code,on,nav\nQHJJX,2026-11-20,1.5\nQHJJX,2026-11-19,1.4\n",
    "customers": CUSTOMERS.replace("客户1,", "改名,")
    .replace(",5.50,", ",99,")
    .replace("620003,客户3,15400000003,F,1960-02-29,01,C2,3.50,1\n", "")
    + "629999,外来客户,15400009999,M,1970-01-01,01,C1,1,\n",
    "holdings": "holding_no,customer_no,kind,product_code,amount_yuan\nD1,620003,fund,X,1\n"
    "D9,620002,deposit,Y,5\n",
    "assignments": "customer_no,staff_id,since\n620001,003101,2026-01-01\n620004,003101,\n",
    "snapshots": "customer_no,on,aum_yuan\n620001,2026-11-20,1\n620002,2026-11-20,2\n",
    "flows": "customer_no,month,kind,amount_yuan\n620001,2026-10-01,payroll_in,1\n"
    "620002,2026-10-01,payroll_in,2\n",
    "farming": "farm_no,customer_no,kind,item,sow_month\nF1,620002,crop,玉米,4\n"
    "F2,620002,crop,玉米,4\n",
    "signals": "signal_no,customer_no,interest,origin,at\nS1,620002,健身,self,2026-11-02 09:00:00\n"
    "S2,620002,健身,self,2026-11-02 09:00:00\n",
    "events": "event_no,customer_no,kind,on,amount_yuan\nE1,620002,bonus,2026-12-01,7\n"
    "E2,620002,bonus,2026-12-01,7\n",
}
RIGHT: dict[str, str] = {
    "units": UNITS,
    "staff": STAFF,
    "products": PRODUCTS,
    "navs": "product_code,on,nav,total\nQHJJX,2026-11-20,1.0234,1.0834\n",
    "customers": CUSTOMERS,
    "holdings": HOLDINGS,
    "assignments": ASSIGNMENTS,
    "snapshots": "customer_no,on,aum_yuan\n620001,2026-11-20,100\n",
    "flows": "customer_no,month,kind,amount_yuan\n620001,2026-10-01,payroll_in,100\n",
    "farming": "farm_no,customer_no,kind,item,sow_month\nF1,620001,crop,玉米,3\n",
    "signals": "signal_no,customer_no,interest,origin,at\nS1,620001,长跑,behavior,2026-11-01 09:00:00\n",
    "events": "event_no,customer_no,kind,on,amount_yuan\nE1,620001,money_in,2026-12-15,50000\n",
}
TABLES: dict[str, tuple[type[SQLModel], ...]] = {
    "units": (Unit,),
    "staff": (Staff, Grant),
    "products": (Product, ProductOpenDay),
    "navs": (ProductNav,),
    "customers": (Customer,),
    "holdings": (Holding,),
    "assignments": (Coverage,),
    "snapshots": (CustomerSnapshot,),
    "events": (CustomerEvent,),
    "flows": (CustomerFlow,),
    "farming": (FarmRecord,),
    "signals": (BehaviourSignal,),
}


async def present(database: Database, *models: type[SQLModel]) -> list[list[dict[str, Any]]]:
    """What is there, without what a load writes beside its values."""
    return [
        [
            {name: value for name, value in row.items() if name not in PASSING}
            for row in await rows(database, model)
            if row.get("removed_at") is None and row.get("expires_at") is None
        ]
        for model in models
    ]


async def bring_everything(database: Database, folder: Path) -> None:
    for kind, content in RIGHT.items():
        await bring(database, kind, content, folder)


@pytest.mark.parametrize("kind", list(RIGHT))
async def test_a_wrong_load_of_any_kind_is_taken_back_by_one_call(
    database: Database, tmp_path: Path, kind: str
) -> None:
    await bring_everything(database, tmp_path)
    before = await present(database, *TABLES[kind])
    wrong = await bring(database, kind, WRONG[kind], tmp_path, at=LATER, accept_drop=True)
    assert wrong.counts.updated
    assert await present(database, *TABLES[kind]) != before

    tried = await revert_load(database, wrong.run_id, by=BY, at=LATEST, dry_run=True)
    assert await present(database, *TABLES[kind]) != before
    done = await revert_load(database, wrong.run_id, by=BY, at=LATEST)
    assert tried.undone == done.undone
    assert await present(database, *TABLES[kind]) == before
    for model in WRITTEN:
        name = str(model.__tablename__)
        async with database.reading() as session:
            left = await session.execute(IMAGES[name].select())
            assert not [row for row in left.mappings() if row["image_run"] == wrong.run_id]

    again = await bring(database, kind, RIGHT[kind], tmp_path, at=LATEST)
    assert again.counts.updated == again.counts.added == 0
    assert await present(database, *TABLES[kind]) == before


async def test_every_kind_but_the_histories_can_be_taken_back() -> None:
    histories = {"consents", "touches", "complaints", "certificates"}
    assert {kind for kind, landing in LANDINGS.items() if landing.undo is None} == histories
    assert set(RIGHT) == set(LANDINGS) - histories


async def test_a_first_load_is_taken_back_as_a_whole_and_may_come_again(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "units", UNITS, tmp_path)
    first = await bring(database, "customers", CUSTOMERS, tmp_path)
    done = await revert_load(database, first.run_id, by=BY, at=LATER)
    assert done.undone.as_dict() == {"restored": 0, "taken_away": 10, "brought_back": 0}
    assert await present(database, Customer) == [[]]
    again = await bring(database, "customers", CUSTOMERS, tmp_path, at=LATEST)
    assert again.counts.updated == 10
    assert len((await present(database, Customer))[0]) == 10


async def test_rows_that_a_load_removed_are_there_again(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    half = "\n".join(CUSTOMERS.splitlines()[:6]) + "\n"
    load = await bring(database, "customers", half, tmp_path, at=LATER, accept_drop=True)
    assert load.counts.removed == 5
    done = await revert_load(database, load.run_id, by=BY, at=LATEST)
    assert done.undone.as_dict() == {"restored": 0, "taken_away": 0, "brought_back": 5}
    assert len((await present(database, Customer))[0]) == 10


async def test_a_later_load_of_the_same_rows_is_taken_back_first(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = await present(database, Customer)
    added = CUSTOMERS + "629999,外来客户,15400009999,M,1970-01-01,01,C1,1,\n"
    first = await bring(database, "customers", added, tmp_path, at=LATER)
    second = await bring(
        database, "customers", added.replace("外来客户", "改名"), tmp_path, at=LATER
    )
    with pytest.raises(Conflict, match=str(second.run_id)) as refused:
        await revert_load(database, first.run_id, by=BY, at=LATEST)
    assert refused.value.code == "E-2307"
    await revert_load(database, second.run_id, by=BY, at=LATEST)
    await revert_load(database, first.run_id, by=BY, at=LATEST)
    assert await present(database, Customer) == before


async def test_later_loads_of_other_rows_do_not_stand_in_the_way(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    first = await bring(
        database, "customers", CUSTOMERS.replace(",1.50,", ",7,"), tmp_path, at=LATER, partial=True
    )
    other = "customer_no,name,unit_id\n620002,另一户,01\n"
    await bring(database, "customers", other, tmp_path, at=LATER, partial=True)
    done = await revert_load(database, first.run_id, by=BY, at=LATEST)
    assert done.undone.restored == 1
    aum = {row["customer_no"]: row["aum_fen"] for row in await rows(database, Customer)}
    assert (aum["620001"], aum["620002"]) == (150, 250)


async def test_a_supplement_is_taken_back_without_the_load_it_stands_on(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    before = await present(database, Customer)
    mapping = written(
        tmp_path / "social.toml",
        'kind = "customers"\nsource = "social-security"\nmode = "supplement"\n'
        '[columns]\ncustomer_no = "no"\noccupation = "job"\nattributes.pension = "pension"\n',
    )
    load = await bring(
        database, "customers", "no,job,pension\n620001,教师,3200\n620002,医生,\n", tmp_path,
        mapping=mapping, at=LATER,
    )  # fmt: skip
    own = "customer_no,name,unit_id,aum_yuan\n620001,客户1,01,7\n"
    base = await bring(database, "customers", own, tmp_path, at=LATER, partial=True)
    done = await revert_load(database, load.run_id, by=BY, at=LATEST)
    assert done.undone.as_dict() == {"restored": 2, "taken_away": 0, "brought_back": 0}
    await revert_load(database, base.run_id, by=BY, at=LATEST)
    assert await present(database, Customer) == before


async def test_what_people_decided_since_is_not_taken_back_with_a_load(
    database: Database, tmp_path: Path
) -> None:
    await bring_everything(database, tmp_path)
    load = await bring(
        database, "assignments", WRONG["assignments"], tmp_path, at=LATER, accept_drop=True
    )
    async with database.transaction() as session:
        row = await session.get(Coverage, (1, "owner", "003101"))
        assert row is not None
        row.source, row.run_id, row.staff_id = "transfer", None, "003127"
    await revert_load(database, load.run_id, by=BY, at=LATEST)
    owners = [row for row in await rows(database, Coverage) if row["customer_id"] == 1]
    assert [(row["staff_id"], row["source"]) for row in owners] == [("003127", "transfer")]
    assert {row["reason"] for row in await rows(database, CoverageEnd)} == {
        "moved",
        "left_file",
        "reverted",
    }


async def test_what_cannot_be_taken_back_says_why(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    with pytest.raises(NotFound) as unknown:
        await revert_load(database, 999, by=BY, at=LATER)
    assert unknown.value.code == "E-2308"
    tried = await bring(database, "customers", CUSTOMERS, tmp_path, dry_run=True)
    consent = "customer_no,purpose,given,source,at\n620001,care,1,网点,2026-01-01\n"
    history = await bring(database, "consents", consent, tmp_path, land_consents=Decisions())
    for run_id in (tried.run_id, history.run_id):
        with pytest.raises(InputRefused) as refused:
            await revert_load(database, run_id, by=BY, at=LATER)
        assert refused.value.code == "E-2306"
    load = await bring(database, "customers", CUSTOMERS + "629,甲,,,,01,,,\n", tmp_path)
    await revert_load(database, load.run_id, by=BY, at=LATER)
    with pytest.raises(InputRefused, match="已经撤回"):
        await revert_load(database, load.run_id, by=BY, at=LATER)


async def test_a_revert_is_one_run_and_one_ledger_entry(database: Database, tmp_path: Path) -> None:
    await bring_bank(database, tmp_path)
    load = await bring(database, "customers", CUSTOMERS + "629,甲,,,,01,,,\n", tmp_path)
    report = await revert_load(database, load.run_id, by=BY, at=LATER)
    recorded = {row["id"]: row for row in await rows(database, ImportRun)}
    assert recorded[load.run_id]["state"] == "reverted"
    own = recorded[report.run_id]
    assert (own["state"], own["origin"], own["reverts"]) == ("revert", "revert", load.run_id)
    async with database.reading() as session:
        (entry,) = await page(session, Wanted(kind="import"), limit=1)
        assert (entry.act, entry.object, entry.actor) == (
            "import.reverted", f"run:{load.run_id}", BY,
        )  # fmt: skip
        assert entry.payload["taken_away"] == 1
        assert (await verify(session)).sound


async def test_two_reverts_at_once_take_a_load_back_once(
    database: Database, tmp_path: Path
) -> None:
    await bring_bank(database, tmp_path)
    load = await bring(database, "customers", CUSTOMERS + "629,甲,,,,01,,,\n", tmp_path)
    ends = await asyncio.gather(
        *(revert_load(database, load.run_id, by=BY, at=LATER) for _ in range(2)),
        return_exceptions=True,
    )
    assert sum(isinstance(end, InputRefused) for end in ends) == 1
