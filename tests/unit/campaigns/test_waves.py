"""What a campaign may be, and a hold-out that chance makes and anybody can repeat."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.waves.facts import Asked, WaveAsked, Who
from campaigns.waves.rules import PRIME, faults, is_held_out, mixed, quarter
from config import campaign_policy
from content_library.facts import ApprovedScript

POLICY = campaign_policy.load()
TODAY = date(2026, 11, 25)
SCRIPTS = {
    code: ApprovedScript(
        code, number, 1, code, "care", "campaign", None, "天冷了，出门添衣。", "h", None, None,
        None, None, frozenset(), frozenset(), None, form, personal_fields=False, fields=(),
    )
    for number, (code, form) in enumerate(
        [("one", "single"), ("two", "broadcast"), ("three", "single")], 1
    )
}  # fmt: skip
GOOD = Asked(
    "冬季关怀", "penetrate", "让五万到二十万的客户见到客户经理一次", "reached", 300, "wangshan",
    ("retail", "wealth"), 5_000_000, 5, TODAY, TODAY + timedelta(days=30),
    TODAY + timedelta(days=40), "grown", 10, 15, 1,
    (
        WaveAsked("one", "todo", TODAY),
        WaveAsked("two", "broadcast", TODAY + timedelta(days=7), Who.SILENT),
    ),
)  # fmt: skip


@pytest.mark.mission("H4", "H7")
def test_a_campaign_that_says_everything_has_no_fault() -> None:
    assert faults(GOOD, SCRIPTS, POLICY, TODAY) == []
    assert {"渗透", "跟进", "活动", "精准", "网格", "一对多上门"} <= set(POLICY.kinds.values())
    for kind in POLICY.kinds:
        assert faults(replace(GOOD, kind=kind), SCRIPTS, POLICY, TODAY) == []


@pytest.mark.mission("H4", "H7", "E11")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "lottery"}, "没有这种活动类型"),
        ({"departments": ()}, "参与部门至少一个"),
        ({"departments": ("nobody",)}, "参与部门至少一个"),
        ({"measure": "luck"}, "没有这种考核指标"),
        ({"target": 0}, "考核目标"),
        ({"budget_fen": 10**12}, "预算不超过"),
        ({"overrun_percent": 50}, "允许超支不超过"),
        ({"review_on": TODAY}, "复盘日"),
        ({"starts_on": TODAY - timedelta(days=1)}, "开始日不能早于今天"),
        ({"ends_on": TODAY + timedelta(days=400)}, "最长"),
        ({"hold_out_percent": 60}, "对照组应在"),
        ({"per_day": 0}, "每位经理一天"),
        ({"title": "冬"}, "名称应为"),
        ({"goal": "做"}, "目标应为"),
        ({"waves": ()}, "应有 1 到"),
        ({"waves": (replace(GOOD.waves[0], script="gone"),)}, "没有通过审核"),
        ({"waves": (replace(GOOD.waves[0], channel="phone"),)}, "渠道只能是"),
        ({"waves": (replace(GOOD.waves[0], script="two"),)}, "不是给这种渠道写的"),
        ({"waves": (replace(GOOD.waves[0], who=Who.SILENT),)}, "第 1 波之前"),
        ({"waves": (GOOD.waves[0], replace(GOOD.waves[1], who=Who.EVERYBODY))}, "第 2 波起"),
        ({"waves": (GOOD.waves[0], replace(GOOD.waves[1], on=TODAY))}, "至少隔"),
        (
            {"waves": (GOOD.waves[0], WaveAsked("one", "todo", GOOD.waves[1].on, Who.SILENT))},
            "同一条话术",
        ),
        ({"waves": (replace(GOOD.waves[0], on=TODAY - timedelta(days=9)),)}, "不在活动之内"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_named(change: dict[str, object], says: str) -> None:
    wrong = faults(replace(GOOD, **change), SCRIPTS, POLICY, TODAY)  # type: ignore[arg-type]
    assert any(says in one for one in wrong), wrong


@pytest.mark.mission("E11")
@settings(deadline=None)
@given(number=st.integers(1, 2**62), seed=st.text("0123456789abcdef", min_size=1, max_size=32))
def test_the_draw_is_the_same_for_everybody_who_has_the_seed(number: int, seed: str) -> None:
    where = mixed(number, seed)
    assert 0 <= where < PRIME
    assert where == mixed(number, seed)
    assert not is_held_out(number, seed, 0)
    held = [percent for percent in range(91) if is_held_out(number, seed, percent)]
    assert held == list(range(91 - len(held), 91))  # who is out at 10 % is out at 20 %


@settings(deadline=None)
@given(
    seed=st.text("0123456789abcdef", min_size=8, max_size=32), percent=st.sampled_from([5, 10, 30])
)
def test_chance_leaves_out_as_many_as_were_asked_for(seed: str, percent: int) -> None:
    many = 4_000
    held = sum(is_held_out(number, seed, percent) for number in range(1, many + 1))
    wanted = many * percent / 100
    # Four-wise independence bounds the fourth moment: beyond 20 deviations less than once in 50,000.
    assert abs(held - wanted) <= 20 * (wanted * (1 - percent / 100)) ** 0.5


def test_who_is_left_out_does_not_hang_on_who_was_left_out_of_another_campaign() -> None:
    both = sum(
        is_held_out(number, "a" * 32, 50) and is_held_out(number, "b" * 32, 50)
        for number in range(1, 10_001)
    )
    assert 2_200 < both < 2_800


@pytest.mark.mission("E12")
def test_the_quarters_have_their_themes() -> None:
    days = [date(2026, month, 1) for month in range(1, 13)]
    assert [quarter(day) for day in days] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert [POLICY.seasons.of(number) for number in range(1, 5)] == [
        "存量经营", "获客", "体验", "提升",
    ]  # fmt: skip
