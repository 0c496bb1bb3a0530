"""下一步: which of the six steps a manager should take with a customer, and why."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from config import next_step_policy
from config.next_step_policy import NextStepPolicy
from portfolio.next_step.rules import FlowFacts, next_step, step_of

POLICY = next_step_policy.load()
TODAY = date(2026, 11, 25)
pytestmark = pytest.mark.mission("F4")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("facts", "key", "wait"),
    [
        (FlowFacts({}), "plan", 0),
        (FlowFacts({"plan": ago(0)}), "invite", 0),
        (FlowFacts({"plan": ago(3), "invite": ago(0)}), "open", 1),
        (FlowFacts({"invite": ago(2)}, wrote_on=ago(1)), "present", 0),  # they answered
        (FlowFacts({"invite": ago(2)}, wrote_on=ago(9)), "open", 0),  # an old word is no answer
        (FlowFacts({"open": ago(1)}), "present", 0),
        (FlowFacts({"open": ago(5), "present": ago(1)}), "close", 2),
        (FlowFacts({"present": ago(1)}, wrote_on=ago(0)), "close", 0),
        (FlowFacts({"close": ago(2)}), "close", 1),
        (FlowFacts({"present": ago(22)}), "invite", 0),  # nothing moved for three weeks
        (FlowFacts({"present": ago(91)}), "plan", 0),  # another cycle
        (FlowFacts({"present": ago(5)}, deal_on=ago(2)), "keep", 5),
        (FlowFacts({"keep": ago(1)}, deal_on=ago(40)), "keep", 29),
        (FlowFacts({"keep": ago(50)}, deal_on=ago(40)), "keep", 0),  # kept before the deal
        (FlowFacts({}, deal_on=ago(91)), "plan", 0),
    ],
)
def test_the_next_step_follows_from_what_was_done(facts: FlowFacts, key: str, wait: int) -> None:
    found = next_step(facts, POLICY, TODAY)
    assert (found.step.key, found.wait_days) == (key, wait)
    assert found.why
    assert all("None" not in one for one in found.why)


def test_the_scene_of_a_touch_says_which_step_it_was() -> None:
    assert step_of("sidebar.appointment", POLICY) == "invite"
    assert step_of("sidebar.sidebar.greeting", POLICY) == "open"
    assert step_of("maturity.deposit.t7", POLICY) == "present"
    assert step_of("care.allocation", POLICY) == "present"  # the longer beginning decides
    assert step_of("sidebar.article.life", POLICY) == "open"
    assert step_of("care.market_event", POLICY) == "keep"
    assert step_of("daily", POLICY) is None


def test_the_six_steps_keep_their_order() -> None:
    values = POLICY.model_dump()
    values["step"] = values["step"][::-1]
    with pytest.raises(ValidationError, match="顺序不改"):
        NextStepPolicy.model_validate(values)
