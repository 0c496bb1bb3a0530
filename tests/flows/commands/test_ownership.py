"""Ownership at the command line: plans by one and approved by another, the month's batch, refusals."""

from pathlib import Path

import pytest

from tests.flows.commands.conftest import ROOT, Operator

SAMPLES = ROOT / "samples"


def _bank(operator: Operator, *kinds: str) -> None:
    for kind in ("units", "staff", "customers", *kinds):
        operator.bring(kind, SAMPLES / f"{kind}.csv")
    for staff_id in ("003101", "003129"):
        operator.run("users", "grant", staff_id, "branch", "--unit", "01")


@pytest.mark.mission("B1", "B2")
def test_a_list_is_allocated_by_two_people_and_nobody_is_left_without_an_owner(
    operator: Operator, tmp_path: Path
) -> None:
    _bank(operator)
    claimed = tmp_path / "claimed.csv"
    claimed.write_text("customer_no\n6200000001\nNOBODY\n", "utf-8")
    said = operator.run("allocate", "claim", "003131", "--customers", claimed).one
    assert (said["new"], said["unknown"]) == (1, ["NOBODY"])
    made = operator.run("allocate", "propose", "familiarity", "--unit", "01", "--by", "003101").one
    assert made["unplaced"] == 0
    assert made["placed"] == made["listed"] > 10
    own = ("allocate", "approve", made["plan"], "--by", "003101", "--opinion", "同意")
    assert operator.run(*own, code=1).people
    done = operator.run(
        "allocate", "approve", made["plan"], "--by", "003129", "--opinion", "同意"
    ).one
    assert (done["moved"], done["stale"]) == (made["placed"], 0)
    managers = operator.run("allocate", "managers", "6200000001").one
    assert [one["staff_id"] for one in managers["now"]] == ["003131"]
    shown = operator.run("allocate", "show", made["plan"]).one
    assert sum(one["gains"] for one in shown["loads"]) == made["placed"]
    [listed] = operator.run("allocate", "list").rows
    assert listed["state"] == "applied"


@pytest.mark.mission("B6", "B7")
def test_the_months_batch_goes_its_way_by_commands(operator: Operator) -> None:
    _bank(operator, "assignments")
    batch = operator.run("transfers", "batch").one
    assert operator.run("transfers", "batch").one["forms"] == 0
    forms = operator.run("transfers", "list").rows
    assert len(forms) == batch["forms"] > 0
    mine = next(one["id"] for one in forms if one["unit_id"] == "01")
    by = ("--by", "003101")
    operator.run("transfers", "approve", mine, *by, "--opinion", "同意")
    operator.run("transfers", "introduced", mine, *by)
    operator.run("transfers", "contacted", mine, *by)
    assert len(operator.run("transfers", "confirm", mine, *by).one["sealed"]) == 64
    refused = operator.run("transfers", "contacted", mine, *by, code=2)
    assert refused.one["error"]["code"] == "E-3382"


@pytest.mark.mission("B1")
def test_what_cannot_be_allocated_is_refused_with_its_code(
    operator: Operator, tmp_path: Path
) -> None:
    _bank(operator)
    missing = tmp_path / "none.csv"
    for words, code in (
        (("allocate", "propose", "lottery", "--unit", "01", "--by", "003101"), "E-2581"),
        (("allocate", "propose", "balance", "--unit", "99", "--by", "003101"), "E-2581"),
        (
            ("allocate", "propose", "balance", "--unit", "01", "--by", "003101", "--list", "x"),
            "E-2580",
        ),
        (("allocate", "claim", "003131", "--customers", missing), "E-2580"),
        (("transfers", "hand-up", "01", "--by", "003101"), "E-2581"),
    ):
        said = operator.run(*words, code=2)
        assert said.one["error"]["code"] == code, words
