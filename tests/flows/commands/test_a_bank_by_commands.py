"""A real bank's files become customers, contacts, personas and a planned day, by commands alone."""

from pathlib import Path

from tests.flows.commands.conftest import MAPS, ROOT, Operator, simulated_wecom


def test_a_real_banks_first_day_needs_nothing_but_the_command_line(
    operator: Operator, few_clients: Path
) -> None:
    adopted = operator.folder / "adopted"
    operator.run("migrate")
    assert operator.bring("units", MAPS / "head-office.csv")["added"] == 1
    assert operator.bring("units", few_clients / "fin_district.tsv", MAPS / "units.toml")["added"]
    clients = (few_clients / "fin_client.tsv", MAPS / "customers.toml")
    assert operator.bring("customers", *clients)["added"] == 120
    again = operator.bring("customers", *clients)
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 120)

    made = operator.run(
        "simulate", "adopt", few_clients, adopted, "--seed", "1", "--today", "2018-06-01"
    ).one
    assert made["files"] == ["staff.csv", "ratings.csv", "assignments.csv", "consents.csv"]
    for kind, name in (
        ("staff", "staff"), ("customers", "ratings"), ("assignments", "assignments"),
        ("consents", "consents"),
    ):  # fmt: skip
        counts = operator.bring(kind, adopted / f"{name}.csv", adopted / f"{name}.toml")
        assert counts["rejected"] == 0
        assert counts["added"] + counts["updated"] > 0

    approved = operator.run("simulate", "approve", ROOT / "samples" / "scripts").one
    assert approved == {"approved": approved["approved"], "unchanged": 0}
    assert approved["approved"] > 100

    with simulated_wecom(adopted / "wecom.json") as base:
        synced = operator.run("sync", GENGYUN_WECOM__API_BASE=base).one
        assert synced["binding.confirmed"] == made["contacts"]
        assert synced["contacts.relations_new"] == made["contacts"]
    personas = operator.run("persona").one
    assert personas

    plan = operator.run("plan", "--date", "2018-06-01").one
    assert plan["considered"] == plan["planned"] + sum(one["count"] for one in plan["refused"])
    born = [
        line.split("\t")
        for line in clients[0].read_text("utf-8").splitlines()
        if line.split("\t")[1].endswith("-06-01")
    ]
    birthdays = [one for one in plan["outcomes"] if one["trigger"] == "birthday"]
    assert sum(one["count"] for one in birthdays) <= len(born)
    assert operator.run("plan", "--date", "2018-06-01").one["planned"] == plan["planned"]
    assert len(operator.run("bind", "list", "--state", "confirmed").rows) == made["contacts"]
    assert operator.run("inbox", "list").rows == []
    assert operator.run("export", "packs").rows == []
    report = operator.run("verify").one
    assert report["sound"] is True
    assert report["entries"] > 0
