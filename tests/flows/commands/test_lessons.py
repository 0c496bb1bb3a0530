"""What reviewers decided, at the command line: lessons as the rulebook keeps them, nobody named."""

import asyncio
from datetime import timedelta

import pytest

from commands.opening import opened
from compliance.review import cases, deciding
from compliance.review.facts import Source, Stop
from config import policy_catalogue
from kit.clock import bank_date
from tests.flows.commands.conftest import Operator

SAID = "周女士，这款产品保本保息，13800002071 加我。"


def _stop(number: int) -> Stop:
    return Stop(
        key=f"talk:{number}",
        source=Source.TALK,
        object=f"message:m{number}",
        rule="R-YLD-01",
        family="guaranteed_return",
        severity="block",
        rulebook="2026.11-test",
        speaker="manager",
        product="wealth",
        text=SAID,
        spans=[(8, 12)],
    )


async def _decided() -> str:
    """Two cases, one released yesterday and one returned today; today as people write it."""
    async with opened() as parts, parts.databases.bank.transaction() as session:
        policy, now = parts.shelf.of(policy_catalogue.REVIEW_DESK), parts.clock()
        before = now - timedelta(days=2)
        await cases.open_cases(session, [_stop(1), _stop(2)], policy=policy, at=before)
        first, second = await cases.page(session, cases.Wanted())
        await deciding.release(
            session, first.id, reason="讲的是存款", by="staff:he", at=before, policy=policy
        )
        await deciding.send_back(
            session, second.id, template="promise", by="staff:he", at=now, policy=policy
        )
        return bank_date(now).isoformat()


def test_lessons_come_out_in_the_rulebooks_form_with_nobody_in_them(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in operator.env.items():
        monkeypatch.setenv(name, value)
    operator.run("migrate")
    assert operator.run("lessons").rows == []
    today = asyncio.run(_decided())
    lines = operator.run("lessons").rows
    assert [(one["verdict"], one["family"]) for one in lines] == [
        ("pass", None),
        ("block", "guaranteed_return"),
    ]
    assert all(set(one) == {"text", "speaker", "product", "verdict", "family"} for one in lines)
    for one in lines:
        assert "保本保息" in one["text"]
        assert "13800002071" not in one["text"]
        assert "周女士" not in one["text"]
    assert [one["verdict"] for one in operator.run("lessons", "--since", today).rows] == ["block"]
    operator.run("lessons", "--since", "昨天", code=2)
