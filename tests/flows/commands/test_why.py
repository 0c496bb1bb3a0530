"""``gengyun why``: sentences for people, JSON for machines, nobody's name or number in either."""

import json
import shutil

from typer.testing import CliRunner

from cli import app
from tests.flows.commands.conftest import ROOT, Operator
from tests.flows.commands.test_planning import CUSTOMERS, HOLDINGS, OWNERS, STAFF, UNITS

PERSONAL = ("周桂兰", "13800000001", "1963-11-25")


def test_a_message_is_told_from_its_rule_to_its_proof_and_who_gave_way_too(
    operator: Operator,
) -> None:
    operator.run("migrate")
    for kind, rows in (
        ("units", UNITS), ("staff", STAFF), ("customers", CUSTOMERS), ("holdings", HOLDINGS),
        ("assignments", OWNERS),
    ):  # fmt: skip
        path = operator.folder / f"{kind}.csv"
        path.write_text(rows, "utf-8")
        operator.bring(kind, path)
    scripts = operator.folder / "scripts"
    scripts.mkdir()
    for name in ("reminders.toml", "greetings.toml"):
        shutil.copy(ROOT / "samples" / "scripts" / name, scripts)
    operator.run("simulate", "approve", scripts)
    operator.run("plan", "--date", "2026-11-25")

    told = operator.run("why", "6200000001").one
    [message] = told["messages"]
    assert (told["customer_no"], message["kind"], told["others"]) == ("6200000001", "todo", [])
    by_step = {one["step"]: one for one in message["steps"]}
    assert next(iter(by_step)) == "trigger"
    assert list(by_step)[-1] == "proof"
    assert by_step["approval"]["state"] == by_step["gate"]["state"] == "done"
    assert message["ledger"]["sound"] is True
    assert message["ledger"]["entries"][-1]["act"] == "todo.planned"
    [lost] = operator.run("plan", "--explain", "6200000001").one["outranked"]
    beaten = operator.run("why", lost["key"]).one
    assert (beaten["outcome"], beaten["winner"]) == ("outranked", lost["winner"])
    assert beaten["customer_id"] == message["customer_id"]

    said = CliRunner().invoke(app, ["why", message["ref"]], env=operator.env, prog_name="gengyun")
    assert said.exit_code == 0, said.output
    for words in ("来由", "规则“", "审核同意", "占用：", "刚刚重算", "用时"):
        assert words in said.output, words
    gave_way = CliRunner().invoke(app, ["why", lost["key"]], env=operator.env, prog_name="gengyun")
    assert "当天先说的是“" in gave_way.output
    everything = said.output + gave_way.output + json.dumps([told, beaten], ensure_ascii=False)
    for one in PERSONAL:
        assert one not in everything, one


def test_a_name_that_is_nothing_is_refused_with_its_code(operator: Operator) -> None:
    operator.run("migrate")
    for name in ("nothing", "todo:1", "key:loan.due:1", "9" * 40, "a\x1b[31mb"):
        said = operator.run("why", name, code=2)
        assert said.one["error"]["code"] == "E-2055"
        assert "\x1b" not in said.people
        assert "gengyun why 客户号" in said.people
