"""Lowering makes nothing stricter; lessons keep no person; few decisions lower no rule."""

import pytest

from compliance.review.facts import Rate
from compliance.review.rules import around, masked, too_strict
from compliance.screening import Screener
from compliance.screening.facts import RANK

RISKY = "这款理财保本保息，绝对不会亏"


@pytest.mark.mission("I6")
def test_a_lowered_rule_asks_for_review_and_nothing_else_changes() -> None:
    screener = Screener.from_rulebook()
    before = screener.screen(RISKY, speaker="manager", product="wealth")
    blocking = frozenset(one.rule for one in before.hits if one.severity == "block")
    assert before.verdict == "block"
    after = screener.with_lowered(blocking).screen(RISKY, speaker="manager", product="wealth")
    assert after.verdict == "review"
    assert {one.rule for one in after.hits} == {one.rule for one in before.hits}
    assert max(RANK[one.severity] for one in after.hits) == RANK["review"]
    other = screener.with_lowered(frozenset({"R-NOT-THERE"}))
    assert other.screen(RISKY, speaker="manager", product="wealth") == before
    assert screener.screen(RISKY, speaker="manager", product="wealth") == before


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("周女士您好", "周女士"),
        ("加我 138 0000 2071 详聊", "2071"),
        ("身份证11010519491231002X", "19491231"),
        ("发到 li.min@example.com", "li.min"),
        ("桂兰姐，3号楼2单元", "3号楼"),
        ("找周桂兰办理", "周桂兰"),
    ],
)
def test_a_lesson_keeps_no_person(text: str, gone: str) -> None:
    assert gone not in masked(text, ["周桂兰"])


def test_what_rules_are_about_stays_in_a_lesson() -> None:
    text = "年化 4.5%，365 天，保本"
    assert masked(text) == text
    assert around("一" * 50 + "保本" + "二" * 50, [(50, 52)], 20).count("保本") == 1


def test_a_rule_falls_above_the_share_and_with_enough_decisions_alone() -> None:
    rates = [
        Rate("A", "v", 2, 18, 0),  # 10 %: not above it
        Rate("B", "v", 3, 17, 0),
        Rate("C", "v", 19, 0, 5),  # one decision short
    ]
    assert [one.rule for one in too_strict(rates, percent=10, least=20)] == ["B"]
