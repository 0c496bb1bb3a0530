"""The managers' duty at the command line: classes, lists, the plan of the day, playbooks."""

from pathlib import Path

import pytest

from tests.flows.commands.conftest import Operator


def _file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _bank(operator: Operator, folder: Path) -> None:
    operator.bring("units", _file(folder, "units.csv", "unit_id,name", "01,翠湖支行"))
    staff = _file(folder, "staff.csv", "staff_id,name,userid,unit_id,roles", "1,李敏,limin,01,rm")
    operator.bring("staff", staff)
    customers = ["customer_no,name,unit_id", *(f"62000000{n:02},客户{n},01" for n in range(30))]
    operator.bring("customers", _file(folder, "customers.csv", *customers))
    owned = [
        "customer_no,staff_id,kind,since",
        *(f"62000000{n:02},1,owner,2020-01-01" for n in range(30)),
    ]
    operator.bring("assignments", _file(folder, "assignments.csv", *owned))


@pytest.mark.mission("A6")
def test_the_next_contact_is_told_by_class(operator: Operator) -> None:
    rows = operator.run("duty", "classes", "--from", "2026-11-01").rows
    assert [(row["class"], row["next"]) for row in rows] == [
        ("A", "2026-11-15"),
        ("B", "2026-12-01"),
        ("C", "2026-12-31"),
        ("D", "2027-01-30"),
    ]
    assert [row["plan"] for row in rows] == [False, False, False, True]


@pytest.mark.mission("A7", "B8")
def test_breaches_are_listed_by_manager_and_unit_and_the_day_is_planned_once(
    operator: Operator, tmp_path: Path
) -> None:
    _bank(operator, tmp_path)
    first = operator.run("duty", "run", "--date", "2026-11-25").one
    assert (first["changed"], first["managers"], first["contacts"]) == (30, 1, 25)
    again = operator.run("duty", "run", "--date", "2026-11-25").one
    assert (again["changed"], again["managers"], again["contacts"]) == (0, 0, 0)
    listed = operator.run("duty", "list", "--show", "breach", "--limit", "7").one
    assert (listed["total"], listed["by_staff"], listed["by_unit"]) == (30, {"1": 30}, {"01": 30})
    assert len(listed["rows"]) == 7
    assert all(row["breach"] for row in listed["rows"])
    day = operator.run("duty", "day", "--date", "2026-11-25", "--staff", "1").rows
    assert [row["place"] for row in day] == list(range(1, 26))
    assert all("没有有效联络" in row["reasons"][0] for row in day)
    assert not any(row["done_at"] for row in day)
    refused = operator.run("duty", "list", "--show", "懒的", code=2)
    assert refused.one["error"]["code"] == "E-5457"


@pytest.mark.mission("A3", "A4")
def test_playbooks_differ_by_tier_and_contents_by_layer(operator: Operator) -> None:
    titles = {
        tier: operator.run("duty", "playbook", "--tier", tier).one["playbook"]["title"]
        for tier in ("潜力", "有效", "中端", "高端", "私行")
    }
    assert len(set(titles.values())) == 5
    contents = [
        operator.run("duty", "playbook", "--yuan", yuan).one["layer"] for yuan in
        ("9999.99", "10000", "49999.99", "50000", "100000")
    ]  # fmt: skip
    names = [one["name"] if one else None for one in contents]
    assert names == [None, "1—5万", "1—5万", "5—10万", "10万以上"]
    for words in (("--tier", "神仙"), ("--yuan", "很多"), ("--yuan", "-1"), ()):
        assert operator.run("duty", "playbook", *words, code=2).one["error"]["code"] == "E-5456"
