"""Which findings become an alert, how urgent it is, and what a customer's words ask of us."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.rules import AlertPolicy, Spotted, Urgency, signals, thread_of, urgency
from compliance.screening import Speaker

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 23:30 at the bank


def _spot(rule: str, severity: str, family: str = "guaranteed_return") -> Spotted:
    return Spotted(rule, family, severity, ((0, 2),))


OPT_OUT = _spot("R-OPT-01", "warn", "complaint_risk")
COMPLAINT = _spot("R-CMP-01", "review", "complaint_risk")


@pytest.mark.parametrize(
    ("speaker", "spotted", "external", "expected"),
    [
        ("manager", [_spot("R", "block")], True, Urgency("violation", "high")),
        ("content", [_spot("R", "block")], True, Urgency("violation", "high")),
        ("manager", [_spot("R", "review")], True, Urgency("violation", "normal")),
        (
            "manager",
            [_spot("R", "review"), _spot("S", "block")],
            True,
            Urgency("violation", "high"),
        ),
        ("manager", [_spot("R", "warn")], True, None),
        ("manager", [_spot("R", "block")], False, Urgency("violation", "low")),
        ("manager", [_spot("R", "review")], False, None),
        ("manager", [], True, None),
        ("customer", [COMPLAINT], True, Urgency("complaint", "normal")),
        ("customer", [OPT_OUT], True, None),
        ("customer", [OPT_OUT, COMPLAINT], True, Urgency("complaint", "normal")),
        (
            "customer",
            [_spot("R", "review", "private_transfer")],
            True,
            Urgency("violation", "high"),
        ),
        ("customer", [_spot("R-CMP-02", "review")], True, Urgency("violation", "normal")),
        ("customer", [_spot("R", "review")], True, Urgency("question", "low")),
        ("customer", [_spot("R", "warn")], True, None),
    ],
)
def test_how_urgent_what_was_said_is(
    speaker: Speaker, spotted: list[Spotted], external: bool, expected: Urgency | None
) -> None:
    assert urgency(speaker, spotted, external=external) == expected


def test_what_customers_say_on_one_bank_day_gathers_under_one_alert() -> None:
    first = thread_of("customer", "complaint", "m1", "wm-1", AT)
    assert first == thread_of("customer", "complaint", "m2", "wm-1", AT - timedelta(hours=9))
    assert first != thread_of("customer", "complaint", "m3", "wm-1", AT + timedelta(hours=1))
    assert first != thread_of("customer", "violation", "m1", "wm-1", AT)
    assert thread_of("manager", "violation", "m1", "limin", AT) == "message:m1"


def test_a_wish_to_be_left_alone_and_a_complaint_are_both_heard_once() -> None:
    assert signals([OPT_OUT, OPT_OUT, COMPLAINT]) == [
        ("optout", "R-OPT-01"),
        ("complaint", "R-CMP-01"),
    ]
    assert signals([_spot("R", "block")]) == []


def test_a_graver_alert_is_due_sooner() -> None:
    policy = AlertPolicy()
    assert policy.due("high", AT) < policy.due("normal", AT) < policy.due("low", AT)
