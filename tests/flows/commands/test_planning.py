"""``gengyun plan --explain``: what a customer did not hear, and what was said instead."""

import shutil

from tests.flows.commands.conftest import ROOT, Operator

UNITS = "unit_id,name,parent_id,kind\nhq,青禾银行,,hq\n01,翠湖支行,hq,outlet\n"
STAFF = "staff_id,name,userid,unit_id,active\n003127,李敏,limin,01,1\n" + "".join(
    f"S0000{number},总行{number}号,hq{number},hq,1\n" for number in (1, 2, 3)
)
CUSTOMERS = (
    "customer_no,name,phone,gender,born_on,unit_id\n"
    "6200000001,周桂兰,13800000001,F,1963-11-25,01\n"
    "6200000002,何安,13800000002,F,1970-11-25,01\n"
    "6200000003,林峰,13800000003,M,1971-06-01,01\n"
)
HOLDINGS = (
    "holding_no,customer_no,kind,product_name,amount_yuan,opened_on,due_day,instalment_yuan\n"
    "L1,6200000001,loan,个人贷款,300000,2024-01-10,28,3000\n"
)
OWNERS = "customer_no,staff_id,kind\n6200000001,003127,owner\n"


def test_a_birthday_that_gives_way_to_a_repayment_is_explained(operator: Operator) -> None:
    operator.run("migrate")
    for kind, rows in (
        ("units", UNITS), ("staff", STAFF), ("customers", CUSTOMERS), ("holdings", HOLDINGS),
        ("assignments", OWNERS),
    ):  # fmt: skip
        path = operator.folder / f"{kind}.csv"
        path.write_text(rows, "utf-8")
        assert operator.bring(kind, path)["added"] == rows.count("\n") - 1
    scripts = operator.folder / "scripts"
    scripts.mkdir()
    for name in ("reminders.toml", "greetings.toml"):
        shutil.copy(ROOT / "samples" / "scripts" / name, scripts)
    operator.run("simulate", "approve", scripts)
    plan = operator.run("plan", "--date", "2026-11-25").one
    outcomes = {one["trigger"]: one["outcome"] for one in plan["outcomes"]}
    assert outcomes["loan.due"] == "queued"
    told = operator.run("plan", "--explain", "6200000001")
    [lost] = told.one["outranked"]
    assert lost["date"] == "2026-11-25"
    assert lost["key"].startswith("birthday:")
    assert lost["winner"].startswith("loan.due:")
    said = {one["trigger"]: one["sentence"] for one in _explained(operator, "6200000001")}
    assert said == {
        "loan.due": "“贷款还款日”安排了：已编入管户经理的待办或群发。",
        "birthday": "“生日问候”让位了：当天先说“贷款还款日”，一位客户一天只听一种声音。",
    }
    [alone] = _explained(operator, "6200000002")
    assert alone["sentence"] == ("“生日问候”没有发：这位客户没有管户经理，没有人可以替银行说。")
    assert _explained(operator, "6200000003") == []


def _explained(operator: Operator, customer_no: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = operator.run(
        "plan", "--date", "2026-11-25", "--explain", customer_no
    ).one["sentences"]
    return found
