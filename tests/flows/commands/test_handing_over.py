"""Handovers and farming seasons at the command line: who may, what is told, how refusals end."""

import pytest

from tests.flows.commands.conftest import ROOT, Operator

SAMPLES = ROOT / "samples"
HEAD, OTHER, TAKER = "003101", "003129", "003131"
UNITS = "unit_id,name,kind,parent_id\nhq,青禾银行,hq,\n01,城东支行,branch,hq\n"
STAFF = "staff_id,name,userid,unit_id,position,active\n" + "".join(
    f"{staff_id},员工{staff_id},u{staff_id},01,客户经理,1\n"
    for staff_id in (HEAD, OTHER, TAKER, "003127")
)
CUSTOMERS = "customer_no,name,unit_id\n62001,周桂兰,01\n62002,陈建国,01\n62003,王秀英,01\n"
OWNED = "customer_no,staff_id,kind\n62001,003127,owner\n62002,003127,owner\n62003,003127,owner\n"
FARMING = (
    "farm_no,customer_no,kind,item,sow_month,channel\n"
    "F1,62001,种植,玉米,3,走千访万\nF2,62002,种植,小麦,10,走千访万\n"
)


def _bank(operator: Operator, **more: str) -> None:
    for kind, rows in {"units": UNITS, "staff": STAFF, "customers": CUSTOMERS, **more}.items():
        path = operator.folder / f"{kind}.csv"
        path.write_text(rows, "utf-8")
        operator.bring(kind, path)


def _refused(operator: Operator, *words: str, code: int = 2) -> str:
    said = operator.run(*words, code=code)
    assert said.people.strip()
    found: str = said.one["error"]["code"]
    return found


@pytest.mark.mission("B14")
def test_a_handover_is_planned_by_one_and_approved_by_another_by_commands(
    operator: Operator,
) -> None:
    _bank(operator, assignments=OWNED)
    for staff_id in (HEAD, OTHER):
        operator.run("users", "grant", staff_id, "branch", "--unit", "01")
    start = ("handover", "start", "003127", "--on-job")
    drafted = operator.run(*start, "--by", HEAD).one
    run_id, approve = (
        str(drafted["run_id"]),
        ("handover", "approve", str(drafted["run_id"]), "--by"),
    )
    assert (drafted["state"], drafted["nobody"]) == ("draft", 3)
    assert drafted["counts"]["customer"] == {"planned": 3}
    assert _refused(operator, *start, "--by", HEAD, "--to", "003127") == "E-5411"
    # Planned by nobody in particular: the command line cannot tell a second person.
    assert operator.run(*start, "--to", TAKER).one["state"] == "planned"
    assert _refused(operator, *approve, OTHER) == "E-5414"
    operator.run(*start, "--to", TAKER, "--by", HEAD)
    assert _refused(operator, *approve, HEAD, code=1) == "E-3181"
    assert _refused(operator, *approve, TAKER, code=1) == "E-3180"  # no role over the unit
    done = operator.run(*approve, OTHER).one
    assert done == {"run_id": drafted["run_id"], "state": "running", "customers": 3}
    assert _refused(operator, *approve, OTHER) == "E-5415"
    status = operator.run("handover", "status", run_id).one
    assert status["counts"]["customer"] == {"taken": 3}
    lists = ("success", "refused", "waiting", "limit", "other")
    assert status["total"] == sum(len(status[name]) for name in lists)
    assert operator.run("handover", "run", run_id).one["finished"] == 1
    finished = operator.run("handover", "list", "--state", "finished").rows
    assert [one["run_id"] for one in finished] == [drafted["run_id"]]
    [now] = operator.run("allocate", "managers", "62001").one["now"]
    assert now["staff_id"] == TAKER


def test_a_handover_of_nobody_is_refused_and_one_not_approved_is_called_off(
    operator: Operator,
) -> None:
    _bank(operator, assignments=OWNED)
    # Whom the bank's file does not know may be a member of WeCom, which nobody answers for here.
    assert "企业微信" in operator.run("handover", "start", "NOBODY", "--on-job", code=1).people
    assert _refused(operator, "handover", "status", "999") == "E-5410"
    assert _refused(operator, "handover", "approve", "999", "--by", OTHER) == "E-5410"
    begun = operator.run("handover", "start", "003127", "--on-job", "--to", TAKER).one
    called_off = operator.run("handover", "cancel", str(begun["run_id"])).one
    assert called_off == {"run_id": begun["run_id"], "state": "cancelled"}
    assert _refused(operator, "handover", "cancel", str(begun["run_id"])) == "E-5415"


@pytest.mark.mission("D15")
def test_farmers_whose_season_comes_are_listed_by_command(operator: Operator) -> None:
    _bank(operator, farming=FARMING)
    assert len(operator.run("farming", "--all").rows) == 2
    due = operator.run("farming", "--date", "2027-02-10").one
    assert (due["customer_no"], due["season"], due["begins_on"]) == (
        "62001", "春播资金", "2027-03-01",
    )  # fmt: skip
    assert operator.run("farming", "--date", "2027-05-20").rows == []
    assert _refused(operator, "farming", "--date", "春天") == "E-2050"
