"""A real bank's published data comes in by the example mappings, with exact counts.

The files are those of tests/data/real_bank/SOURCE.md.
"""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from crm_sync.imports import ImportReport
from crm_sync.models import Coverage, Customer, Holding, Staff, Unit
from kit.db import Database
from simulator.bank.adopt import Adoption, adopt, clients_of_real_bank
from tests.flows.imports.given import Decisions, bring, rows

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "real_bank"
SAMPLES = ROOT / "samples" / "real-bank"
STEPS = (
    ("units", SAMPLES / "head-office.csv", None),
    ("units", DATA / "fin_district.tsv", SAMPLES / "units.toml"),
    ("customers", DATA / "fin_client.tsv", SAMPLES / "customers.toml"),
    ("holdings", DATA / "fin_card.tsv", SAMPLES / "cards.toml"),
    ("holdings", DATA / "fin_loan.tsv", SAMPLES / "loans.toml"),
)
DAY = date(2018, 6, 1)


async def bring_real_bank(database: Database, folder: Path) -> list[ImportReport]:
    return [
        await bring(database, kind, path, folder, mapping=mapping) for kind, path, mapping in STEPS
    ]


async def bring_adoption(
    database: Database, folder: Path, decisions: Decisions
) -> tuple[Adoption, list[ImportReport]]:
    made = adopt(folder / "adopted", clients_of_real_bank(DATA), seed=1, today=DAY)
    return made, [
        await bring(database, kind, path, folder, mapping=mapping, land_consents=decisions)
        for kind, path, mapping in made.files
    ]


async def test_the_real_bank_comes_in_whole_and_only_once(
    database: Database, tmp_path: Path
) -> None:
    reports = await bring_real_bank(database, tmp_path)
    assert [(report.counts.added, report.counts.rejected) for report in reports] == [
        (1, 0),
        (77, 0),
        (5_369, 0),
        (892, 0),
        (682, 0),
    ]
    async with database.reading() as session:
        genders = await session.execute(
            select(col(Customer.gender), func.count()).group_by(col(Customer.gender))
        )
        assert sorted(map(tuple, genders)) == [("F", 2_645), ("M", 2_724)]
        born = await session.execute(
            select(func.min(col(Customer.born_on)), func.max(col(Customer.born_on)))
        )
        assert tuple(born.one()) == (date(1931, 8, 20), date(2007, 9, 27))
        units = await session.execute(select(func.count(func.distinct(col(Customer.unit_id)))))
        assert units.scalar_one() == 77
        terms = await session.execute(
            select(
                col(Holding.kind),
                func.count(),
                func.min(col(Holding.matures_on)),
                func.max(col(Holding.matures_on)),
            )
            .group_by(col(Holding.kind))
            .order_by(col(Holding.kind))
        )
        assert [tuple(row) for row in terms] == [
            ("card", 892, date(2016, 11, 7), date(2021, 12, 29)),
            ("loan", 682, date(2014, 7, 5), date(2023, 12, 8)),
        ]
        loan = (
            await session.execute(select(Holding).where(col(Holding.holding_no) == "LOAN4959"))
        ).scalar_one()
        assert (loan.amount_fen, loan.instalment_fen, loan.due_day) == (809_520, 33_730, 5)
        assert loan.matures_on == date(2016, 1, 5)
        owner = await session.get(Customer, loan.customer_id)
        assert owner is not None
        assert (owner.customer_no, owner.name, owner.phone) == ("2", None, None)
        assert owner.opened_on == date(2013, 2, 26)
    again = await bring_real_bank(database, tmp_path)
    assert [report.counts.unchanged for report in again] == [1, 77, 5_369, 892, 682]
    assert sum(report.counts.added + report.counts.updated for report in again) == 0


async def test_the_adoption_is_marked_synthetic_and_leaves_the_real_data_alone(
    database: Database, tmp_path: Path
) -> None:
    await bring_real_bank(database, tmp_path)
    before = {row["customer_no"]: row for row in await rows(database, Customer)}
    decisions = Decisions()
    made, reports = await bring_adoption(database, tmp_path, decisions)
    assert [report.counts.rejected for report in reports] == [0, 0, 0, 0]
    assert (reports[1].counts.updated, reports[2].counts.added) == (5_369, 5_369)
    staff = await rows(database, Staff)
    assert all(row["synthetic"] for row in staff)
    assert len({row["staff_id"] for row in await rows(database, Coverage)}) > 77
    after = {row["customer_no"]: row for row in await rows(database, Customer)}
    real = ("gender", "born_on", "unit_id", "opened_on", "source", "digest", "synthetic")
    assert all(after[no][name] == before[no][name] for no in before for name in real)
    (said,) = {str(row["supplements"]["synthetic-adoption"]["synthetic"]) for row in after.values()}
    assert said == "True"
    rated = sum(row["risk_level"] is not None for row in after.values())
    assert 4_700 < rated < 5_200
    assert {grant["role"] for grant in made.grants} == {"ops", "compliance", "it"}
    again = await bring(
        database, "customers", DATA / "fin_client.tsv", tmp_path, mapping=SAMPLES / "customers.toml"
    )
    assert (again.counts.unchanged, again.counts.updated) == (5_369, 0)
    _, repeated = await bring_adoption(database, tmp_path, decisions)
    assert [report.counts.added + report.counts.updated for report in repeated] == [0, 0, 0, 0]
    assert len(await rows(database, Unit)) == 78


async def test_the_contacts_of_the_adoption_carry_what_the_bank_knows(
    database: Database, tmp_path: Path
) -> None:
    await bring_real_bank(database, tmp_path)
    made, _ = await bring_adoption(database, tmp_path, Decisions())
    hashes = {row["unionid_hash"] for row in await rows(database, Customer)}
    userids = {row["userid"] for row in await rows(database, Staff)}
    contacts = [one for body in made.wecom for one in body.get("customers", ())]
    assert len(contacts) == made.contacts > 3_000
    for one in contacts[:200]:
        assert database.cipher.blind("unionid", one["unionid"]) in hashes
        assert one["followers"][0]["userid"] in userids


def test_an_adoption_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first = adopt(tmp_path / "a", clients_of_real_bank(DATA), seed=5, today=DAY)
    second = adopt(tmp_path / "b", clients_of_real_bank(DATA), seed=5, today=DAY)
    other = adopt(tmp_path / "c", clients_of_real_bank(DATA), seed=6, today=DAY)
    texts = [[path.read_bytes() for _, path, _ in made.files] for made in (first, second, other)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]
