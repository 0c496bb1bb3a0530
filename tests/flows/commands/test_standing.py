"""``gengyun standing``: evaluated, shares said, one customer explained, by commands alone."""

import pytest

from tests.flows.commands.conftest import ROOT, Operator

KINDS = ("units", "staff", "products", "customers", "holdings", "assignments", "snapshots", "flows")


@pytest.mark.mission("A5")
@pytest.mark.mission("A16")
def test_the_samples_are_classed_and_a_customer_is_explained(operator: Operator) -> None:
    operator.run("migrate")
    for kind in KINDS:
        assert operator.bring(kind, ROOT / "samples" / f"{kind}.csv")["rejected"] == 0
    done = operator.run("standing").one
    assert done["evaluated"]["customers"] == 60
    assert done["evaluated"]["whole"] is True
    grades = {one["grade"]: one for one in done["grades"]}
    assert sum(one["customers"] for one in grades.values()) == 60
    assert (grades["A"]["expected_percent"], grades["B"]["expected_percent"]) == (20, 30)
    assert all(grades[name]["customers"] for name in "ABC")
    assert sum(one["customers"] for one in done["activities"]) == 60
    assert {one["target"] for one in done["files"]} == {"50万以上", "5万到50万"}
    assert (
        sum(one["leads"] for one in done["leads"]) == sum(done["evaluated"]["leads"].values()) > 0
    )
    again = operator.run("standing").one["evaluated"]
    assert (again["customers"], again["standings_written"], again["leads_written"]) == (0, 0, 0)
    whole = operator.run("standing", "--all").one["evaluated"]
    assert (whole["customers"], whole["standings_written"], whole["tiers"]) == (60, 0, 0)
    told = operator.run("standing", "--explain", "6200000001").one
    assert told["grade"] in "ABCD"
    assert told["grade_reason"].startswith("资产大（50 万元起）")
    assert told["activity_reason"]
    assert "contact" not in told["missing"]
    assert "联络记录" in told["missing"]
    missing = operator.run("standing", "--explain", "404", code=2)
    assert "404" in missing.people or missing.rows
