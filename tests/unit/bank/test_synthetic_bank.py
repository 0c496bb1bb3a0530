"""The synthetic bank is the same for the same seed, looks like a bank, and is nobody's."""

import csv
import hashlib
import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from simulator.bank import found, generate
from simulator.bank.people import person
from simulator.bank.rows import HEADERS

TODAY = date(2026, 11, 22)


def table(folder: Path, kind: str) -> list[dict[str, str]]:
    with (folder / f"{kind}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    generate(folder, seed=7, customers=2_000, today=TODAY)
    return folder


def test_the_demo_bank_has_27_branches_316_staff_and_2000_customers(bank: Path) -> None:
    units = Counter(row["kind"] for row in table(bank, "units"))
    assert (units["hq"], units["branch"], units["outlet"]) == (1, 27, 9)
    assert len(table(bank, "staff")) == 316
    assert len({row["userid"] for row in table(bank, "staff")}) == 316
    assert len(table(bank, "customers")) == 2_000
    assert 4_000 < len(table(bank, "holdings")) < 6_000


def test_the_manifest_tells_rows_and_digest_of_every_file(bank: Path) -> None:
    manifest = json.loads((bank / "manifest.json").read_text(encoding="utf-8"))
    for kind in HEADERS:
        said = manifest["files"][f"{kind}.csv"]
        content = (bank / f"{kind}.csv").read_bytes()
        assert said["rows"] == len(table(bank, kind))
        assert said["sha256"] == hashlib.sha256(content).hexdigest()
    assert {grant["role"] for grant in manifest["grants"]} == {"ops", "compliance", "it"}


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / name, seed=seed, customers=50, branches=2, today=TODAY)
    read = [(tmp_path / name / "customers.csv").read_bytes() for name in "abc"]
    assert read[0] == read[1] != read[2]


def test_a_customer_does_not_depend_on_how_many_there_are() -> None:
    small = found(seed=7, customers=10, today=TODAY, staff=400)
    large = found(seed=7, customers=100_000, today=TODAY, staff=400)
    assert [person(small, n) for n in range(1, 11)] == [person(large, n) for n in range(1, 11)]


def test_every_persona_and_every_tier_has_customers(bank: Path) -> None:
    customers = table(bank, "customers")
    assert set(Counter(row["tier"] for row in customers)) == {
        "潜力",
        "有效",
        "中端",
        "高端",
        "私行",
    }
    ages = [TODAY.year - int(row["born_on"][:4]) for row in customers]
    assert 0.18 < sum(age >= 60 for age in ages) / len(ages) < 0.32
    assert sum(1990 <= int(row["born_on"][:4]) <= 1999 for row in customers) > 200
    for name in ("children_account", "merchant", "third_party_custody", "agri_subsidy", "hobby"):
        assert sum(bool(row[f"attributes.{name}"]) for row in customers) > 10, name
    assert 0.5 < sum(row["gender"] == "F" for row in customers) / len(customers) < 0.62


def test_maturities_lie_around_today_and_some_ratings_have_expired(bank: Path) -> None:
    holdings = table(bank, "holdings")
    for kind in ("deposit", "wealth", "card"):
        days = [
            (date.fromisoformat(row["matures_on"]) - TODAY).days
            for row in holdings
            if row["kind"] == kind and row["matures_on"]
        ]
        assert sum(0 <= day <= 35 for day in days) > 10, kind
        assert sum(day > 35 for day in days) > 10, kind
    loans = [row for row in holdings if row["kind"] == "loan"]
    assert loans
    assert all(1 <= int(row["due_day"]) <= 28 for row in loans)
    year = (TODAY - timedelta(days=365)).isoformat()
    rated = [row for row in table(bank, "customers") if row["risk_assessed_on"]]
    expired = sum(row["risk_assessed_on"] < year for row in rated)
    assert 0.1 < expired / len(rated) < 0.3


def test_an_open_product_opens_in_three_days(bank: Path) -> None:
    opening = [row for row in table(bank, "products") if row["open_days"].startswith("2026-11-25~")]
    assert [row["product_code"] for row in opening] == ["QHJJX"]
    assert any(row["product_code"] == "QHJJX" for row in table(bank, "holdings"))


def test_holdings_stay_within_the_assets(bank: Path) -> None:
    held: Counter[str] = Counter()
    for row in table(bank, "holdings"):
        if row["kind"] in ("deposit", "wealth", "fund"):
            held[row["customer_no"]] += round(float(row["amount_yuan"]) * 100)
    for row in table(bank, "customers"):
        assert held[row["customer_no"]] <= round(float(row["aum_yuan"]) * 100)


def test_phones_belong_to_nobody_and_are_distinct(bank: Path) -> None:
    phones = [row["phone"] for row in table(bank, "customers")]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith("154") and len(phone) == 11 for phone in phones)


def test_some_customers_refuse_marketing_and_some_withdraw(bank: Path) -> None:
    decisions = Counter((row["purpose"], row["given"]) for row in table(bank, "consents"))
    assert decisions["marketing", "0"] > 100
    assert decisions["marketing", "1"] > 800
    assert decisions["service", "0"] > 10


def test_the_tour_finds_its_customers(bank: Path) -> None:
    customers = {row["name"]: row for row in table(bank, "customers")[:5]}
    assert list(customers) == ["周桂兰", "陈建国", "吴秀英", "赵磊", "林月华"]
    assert customers["周桂兰"]["risk_level"] == "C2"
    assert customers["吴秀英"]["born_on"][5:] == "11-22"
    owners = {row["staff_id"] for row in table(bank, "assignments")[:5]}
    names = {row["staff_id"]: row["name"] for row in table(bank, "staff")}
    assert {names[owner] for owner in owners} == {"李敏"}
    due = {
        row["customer_no"]: row["matures_on"]
        for row in table(bank, "holdings")
        if row["holding_no"].endswith("0") and row["kind"] == "deposit"
    }
    assert due["6200000001"] == "2026-11-23"
    assert due["6200000005"] == "2026-11-20"


@pytest.mark.parametrize(("customers", "branches"), [(0, 27), (10, 0)])
def test_a_bank_has_customers_and_branches(customers: int, branches: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        found(seed=1, customers=customers, branches=branches, today=TODAY)


def test_a_tiny_and_a_wide_bank_are_whole(tmp_path: Path) -> None:
    for name, customers, branches in (("tiny", 1, 1), ("wide", 30, 60)):
        generate(tmp_path / name, seed=1, customers=customers, branches=branches, today=TODAY)
        units = {row["unit_id"] for row in table(tmp_path / name, "units")}
        staff = {row["staff_id"] for row in table(tmp_path / name, "staff")}
        assert {row["unit_id"] for row in table(tmp_path / name, "customers")} <= units
        assert {row["staff_id"] for row in table(tmp_path / name, "assignments")} <= staff
