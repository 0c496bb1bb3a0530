"""When a customer must be contacted next; how many one person can cover; what may be skipped."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from config import (
    activation_policy,
    channel_policy,
    contact_duty_policy,
    content_hint_policy,
    coverage_policy,
    follow_up_policy,
    playbook_policy,
    tier_policy,
)
from config.activation_policy import ActivationPolicy
from portfolio.activation.rules import Progress, after, skip_objection
from portfolio.contact_plan.rules import birthdays, edges
from portfolio.duty.rules import Load, duty_of, load_warnings, next_contact
from portfolio.followups.rules import misses_in_a_row, parks
from portfolio.playbooks.rules import age_group_of, bounds_of, layer_of, playbook_of
from portfolio.preparation.rules import BOXES, ready

DUTY = contact_duty_policy.load()
TODAY = date(2026, 11, 25)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.mission("A6")
def test_each_class_has_its_own_next_contact() -> None:
    days = {grade: (next_contact(grade, TODAY, DUTY) - TODAY).days for grade in "ABCD"}
    assert days == {"A": 14, "B": 30, "C": 60, "D": 90}
    assert duty_of("A", ago(14), TODAY, DUTY).late is False
    assert duty_of("A", ago(15), TODAY, DUTY).late is True
    assert duty_of("C", ago(15), TODAY, DUTY).late is False


@pytest.mark.mission("A6")
def test_a_d_customer_without_a_plan_is_a_breach() -> None:
    assert duty_of("D", TODAY, TODAY, DUTY).unplanned
    assert not duty_of("D", TODAY, TODAY, DUTY, has_plan=True).unplanned
    assert not duty_of("C", TODAY, TODAY, DUTY).unplanned


@pytest.mark.mission("A7")
@pytest.mark.parametrize("grade", ["A", "B", "C", "D", ""])
def test_day_ninety_is_in_time_and_day_ninety_one_a_breach(grade: str) -> None:
    assert not duty_of(grade, ago(90), TODAY, DUTY).breach
    assert duty_of(grade, ago(91), TODAY, DUTY).breach


def test_a_longer_class_never_outlasts_the_quarter() -> None:
    lenient = DUTY.model_copy(
        update={
            "classes": (contact_duty_policy.DutyClass(name="A", days=120),),
        }
    )
    assert next_contact("A", TODAY, lenient) == TODAY + timedelta(days=90)


@pytest.mark.mission("B9")
def test_a_load_is_warned_of_above_what_one_person_can_do() -> None:
    policy = coverage_policy.load()
    assert load_warnings(Load(400, 300, 100), policy) == ()
    assert load_warnings(Load(8000, 501, 101), policy) == (
        "名下超过 500 户",
        "有效覆盖超过 500 户",
        "深度经营超过 100 户",
    )
    assert load_warnings(Load(450, 199, 0), policy) == ("有效覆盖不到 200 户",)
    assert load_warnings(Load(40, 39, 0), policy) == ("有效覆盖不到 40 户",)


@pytest.mark.mission("B4")
def test_the_fifth_miss_parks_the_fourth_does_not_and_a_deal_resets() -> None:
    policy = follow_up_policy.load()
    assert not parks(["thinking"] * 4, policy)
    assert parks(["thinking", "unreached", "left", "no_deal", "thinking"], policy)
    assert not parks(["thinking"] * 4 + ["renewed"] + ["thinking"] * 4, policy)
    assert misses_in_a_row(["thinking", "renewed", "left", "gossip"], policy) == 1


@pytest.mark.mission("B5")
def test_rounds_follow_each_other_and_the_skip_limit_holds() -> None:
    policy = activation_policy.load()
    first = after(Progress(0), policy, skip=True)
    assert first == Progress(1, 1, 1)
    assert "最多 1 轮" in (skip_objection(first, policy) or "")
    assert after(Progress(4), policy, skip=False) is None
    lenient = policy.model_copy(update={"skip_limit": 3})
    assert "连着" in (skip_objection(first, lenient) or "")
    done = after(first, lenient, skip=False)
    assert done == Progress(2, 1, 0)
    assert skip_objection(done, lenient) is None


def test_a_policy_that_lets_every_round_be_skipped_is_refused() -> None:
    shipped = activation_policy.load().model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="最多跳过的轮数"):
        ActivationPolicy.model_validate(shipped | {"skip_limit": 5})


@pytest.mark.mission("A3")
def test_every_tier_has_a_playbook_of_its_own() -> None:
    policy, tiers = playbook_policy.load(), tier_policy.load().tiers
    picked = [playbook_of(tier.name, policy) for tier in tiers]
    assert all(picked)
    assert (
        len({one.title for one in picked if one}) == len({one.steps for one in picked if one}) == 5
    )
    assert playbook_of("没有这一层", policy) is None


@pytest.mark.mission("A4")
def test_the_contents_differ_by_layer_and_change_exactly_at_the_edges() -> None:
    policy = playbook_policy.load()

    def contents(yuan: int, fen: int = 0) -> tuple[str, ...]:
        layer = layer_of(yuan * 100 + fen, policy)
        return layer.contents if layer else ()

    assert contents(9_999, 99) == ()
    assert contents(10_000) == ("基金定投", "ETC", "信用卡", "消费贷款") == contents(49_999, 99)
    assert contents(50_000) == ("线上智能服务", "贵金属", "行内理财") == contents(99_999, 99)
    assert contents(100_000) == ("专属客户经理一对一", "常态化资产配置") == contents(9_000_000)
    assert layer_of(None, policy) is None
    assert [(low, high) for _, low, high in bounds_of(policy)] == [
        (1_000_000, 5_000_000),
        (5_000_000, 10_000_000),
        (10_000_000, None),
    ]


@pytest.mark.mission("D9")
def test_hints_go_by_age() -> None:
    policy = content_hint_policy.load()
    assert age_group_of(34, policy).likes == ("基金定投", "现金管理", "货币基金")
    assert age_group_of(35, policy).likes == age_group_of(50, policy).likes == ()
    assert age_group_of(51, policy).likes == ("储蓄存款", "银行理财")
    assert [str(one.percent) for one in policy.motives] == ["48.2", "36.8", "24"]


@pytest.mark.mission("A18")
def test_a_record_is_ready_when_all_seven_boxes_say_something() -> None:
    assert [one.kind for one in BOXES].count("question") == 3
    assert [one.kind for one in BOXES].count("preparation") == 4
    full = {one.name: "写得清清楚楚" for one in BOXES}
    assert ready(full).is_ready
    for box in BOXES:
        assert ready(full | {box.name: " 无 "}).missing == (box,)
    assert len(ready({}).missing) == 7


@pytest.mark.mission("C8")
def test_the_private_domain_stands_first_and_outlet_acts_are_told_apart() -> None:
    policy = channel_policy.load()
    assert [one.name for one in policy.channels] == [
        "私域", "客户经理", "网点", "电话", "App", "邮件短信", "新媒体", "开放银行",
    ]  # fmt: skip
    assert policy.astray("phone", "双录")
    assert not policy.astray("branch", "双录")
    assert not policy.astray("phone", "回访")


def test_birthdays_cross_the_end_of_the_year_and_the_leap_day() -> None:
    assert list(birthdays(date(2026, 12, 30), 3)) == [1230, 1231, 101, 102]
    assert birthdays(date(2027, 2, 27), 1)[229] == date(2027, 2, 28)
    assert 229 in birthdays(date(2028, 2, 28), 1)


def test_an_edge_is_below_a_tier_and_never_in_it() -> None:
    found = edges(tier_policy.load(), 10)
    assert found[0] == (900_000, 1_000_000, "有效")
    assert edges(tier_policy.load(), 0) == []
