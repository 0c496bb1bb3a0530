"""Benefits at the command line: given by a file in one go, refused one by one with the reason."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns import benefits
from campaigns.facts import Proposal
from commands.opening import opened
from config import policy_catalogue
from kit.clock import bank_date
from tests.flows.commands.conftest import ROOT, Operator

SAMPLES = ROOT / "samples"


async def _approved() -> tuple[int, int]:
    """Points for everybody and a talk with three places, approved by a second person."""
    async with opened() as parts, parts.databases.bank.transaction() as session:
        today, at = bank_date(parts.clock()), parts.clock()
        points = Proposal(
            "point", "points", "学习有礼", "听完一场理财讲座得积分。", "attend_event",
            today, today + timedelta(days=60), points=500, budget_fen=2_000,
        )  # fmt: skip
        talk = replace(
            points, kind="event", form="lecture", title="反诈讲座", points=0, budget_fen=0,
            held_on=today + timedelta(days=7), place="翠湖支行", seats=3, condition="open_to_all",
        )  # fmt: skip
        policy = parts.shelf.of(policy_catalogue.BENEFITS)
        made = []
        for terms in (points, talk):
            number = await benefits.propose(
                session, terms, policy, examiner=parts.examiner, by="staff:000101", at=at
            )
            await benefits.decide(
                session, number, agree=True, opinion="已核对", by="staff:000104", at=at
            )
            made.append(number)
        return made[0], made[1]


@pytest.mark.mission("F8", "F11")
def test_a_file_is_given_in_one_go_within_budget_scope_and_role(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.run("migrate")
    for kind in ("units", "staff", "customers"):
        operator.bring(kind, SAMPLES / f"{kind}.csv")
    operator.run("users", "grant", "003101", "branch", "--unit", "01")
    operator.run("users", "grant", "000101", "ops", "--unit", "hq")
    with monkeypatch.context() as told:
        for name, value in operator.env.items():
            told.setenv(name, value)
        points, talk = asyncio.run(_approved())
    numbers = [f"62{place:08d}" for place in range(1, 7)]
    file = tmp_path / "them.csv"
    file.write_text("\n".join(["customer_no", *numbers, "NOBODY"]), "utf-8")
    give: tuple[str | Path, ...] = ("benefit", "grant", str(points), "--file", file, "--by")
    tried = operator.run(*give, "000101", "--dry-run").one
    assert (tried["granted"], tried["dry_run"]) == (4, True)
    left = tmp_path / "left.csv"
    done = operator.run(*give, "000101", "--refused", left).one
    assert (done["granted"], done["refused"]) == (4, 3)
    assert done["reasons"] == {"预算用完": 2, "没有这个客户号，或不在办理人的机构范围内": 1}
    assert left.read_text("utf-8-sig").splitlines()[0] == "customer_no,reason"
    again = operator.run(*give, "000101").one
    assert again["granted"] == 0
    assert again["reasons"]["已经发过"] == 4
    assert operator.run(*give, "003127", code=2).one["error"]["code"] == "E-2701"
    assert operator.run("benefit", "list", "--state", "gone", code=2).one["error"]["code"]
    register = ("event", "register", str(talk), "--by", "000101", "--file", file)
    refused = operator.run(*register, code=2).one["error"]
    assert "NOBODY" in str(refused)
    file.write_text("\n".join(numbers), "utf-8")
    assert operator.run(*register, code=2).one["error"]["code"] == "E-2717"
    file.write_text("\n".join(numbers[:3]), "utf-8")
    assert operator.run(*register).one["registered"] == 3
    [listed] = operator.run("event", "list", "--state", "approved").rows
    assert (listed["seats_taken"], listed["seats"]) == (3, 3)
    report = operator.run("benefit", "report").one
    assert (report["granted"], report["granted_fen"]) == (4, 2_000)
    assert report["referrals"] == {"recorded": 0, "credited": 0}
    assert operator.run("referral", "list").rows == []


@pytest.mark.mission("I5")
def test_a_white_list_is_asked_for_by_one_and_approved_by_another(
    operator: Operator, tmp_path: Path
) -> None:
    for kind in ("units", "staff", "products", "customers"):
        operator.bring(kind, SAMPLES / f"{kind}.csv")
    for staff_id, role, unit in (
        ("003101", "branch", "01"), ("000101", "ops", "hq"), ("000104", "compliance", "hq"),
    ):  # fmt: skip
        operator.run("users", "grant", staff_id, role, "--unit", unit)
    file = tmp_path / "them.csv"
    file.write_text("customer_no\n6200000001\n", "utf-8")
    ask = ("allow", "propose", "QHJJX", "--file", file, "--by", "000101", "--until")
    assert operator.run(*ask, "soon", "--reason", "x", code=2).one["error"]["code"] == "E-4108"
    assert operator.run(*ask, "2020-01-01", "--reason", "x", code=2).one["error"]["code"]
    assert operator.run(*ask, "2099-12-31", "--reason", "合格投资者").one["proposed"] == 1
    again = operator.run(*ask, "2099-12-31", "--reason", "合格投资者", code=2)
    assert again.one["error"]["code"] == "E-4113"
    [waiting] = operator.run("allow", "list", "--state", "proposed").rows
    decide = ("allow", "approve", str(waiting["id"]), "--opinion", "已核对", "--by")
    for by in ("003101", "000101"):  # no such role; whoever asked
        assert operator.run(*decide, by, code=2 if by == "003101" else 1).one["error"]["code"]
    operator.run("users", "grant", "003202", "compliance", "--unit", "03")
    away = [("allow", act, str(waiting["id"]), "--opinion", "已核对", "--by", "003202")
            for act in ("approve", "refuse", "revoke")]  # fmt: skip
    for act in away[:2]:  # the customer is 翠湖支行's, the compliance officer 高新支行's
        assert operator.run(*act, code=2).one["error"]["code"] == "E-4106"
    assert operator.run("allow", "list", "--state", "approved").rows == []
    assert operator.run(*decide, "000104").one == {"approved": 1}
    assert operator.run(*away[2], code=2).one["error"]["code"] == "E-4106"
    off = ("allow", "revoke", str(waiting["id"]), "--opinion", "客户要求", "--by", "000104")
    assert operator.run(*off).one == {"revoked": 1}
    [over] = operator.run("allow", "list", "--product", "QHJJX").rows
    assert over["state"] == "revoked"
