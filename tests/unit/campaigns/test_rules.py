"""Nothing of value is tied to money; thanks for taking part is allowed."""

from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from campaigns.errors import BenefitRefused, FormForbidden, StockTip, TiedToMoney
from campaigns.facts import Proposal
from campaigns.rules import INSTEAD, checked, digest
from config import benefit_policy
from config.benefit_policy import TIED, BenefitPolicy

POLICY = benefit_policy.load()
LECTURE = Proposal(
    "point", "points", "达标有礼", "听完一场理财讲座，得 500 积分。", "attend_event",
    date(2026, 11, 1), date(2026, 12, 31), points=500, budget_fen=500_000,
)  # fmt: skip


@pytest.mark.mission("A3")
@pytest.mark.parametrize("condition", sorted(TIED))
def test_a_condition_of_money_is_refused_with_the_law_and_what_to_do_instead(
    condition: str,
) -> None:
    with pytest.raises(TiedToMoney) as refused:
        checked(replace(LECTURE, condition=condition), POLICY)
    assert "48号" in refused.value.where
    assert refused.value.do == INSTEAD


@pytest.mark.mission("A3", "F8")
@pytest.mark.parametrize(
    "words",
    [
        "存满 20 万元即可领取 2000 积分",
        "资产达到五万元并保持 30 天得积分",
        "新增资金 10 万元得体检名额",
        "5万达标，就有礼",
        "购买任意一款理财产品得 500 积分",
        "转入 他行 资金，积分翻倍",
        "日均余额不低于5万元可领",
    ],
)
def test_the_deposit_form_is_found_in_the_words_too(words: str) -> None:
    with pytest.raises(TiedToMoney):
        checked(replace(LECTURE, words=words), POLICY)


@pytest.mark.mission("A3")
@pytest.mark.parametrize(
    "words",
    [
        "完成一次风险测评得 300 积分，不要求购买任何产品。",
        "更新联系方式得 100 积分，与存款达到多少无关。",
        "参加存款保险知识讲座，定期体检讲座另有名额。",
        "听讲座、认识反诈手法，谨防以高额返利为名的骗局。",
    ],
)
def test_taking_part_is_allowed(words: str) -> None:
    assert checked(replace(LECTURE, words=words), POLICY).value_fen == 500


@pytest.mark.mission("F8", "F11")
@pytest.mark.parametrize(
    "changed",
    [
        {"words": "报名就送现金红包"}, {"words": "到场抽奖"}, {"kind": "right", "form": "voucher"},
        {"words": "推荐亲友返现 50 元"}, {"title": "米面油到家"},
    ],
)  # fmt: skip
def test_cash_goods_and_lotteries_have_no_entry(changed: dict[str, str]) -> None:
    with pytest.raises(FormForbidden):
        checked(replace(LECTURE, **changed), POLICY)  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", [{"kind": "stock_tip"}, {"words": "每周荐股，带您抓牛股"}])
def test_stock_tips_have_no_entry(changed: dict[str, str]) -> None:
    with pytest.raises(StockTip):
        checked(replace(LECTURE, **changed), POLICY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"points": 20_001}, {"points": 0}, {"budget_fen": 499}, {"budget_fen": 20_000_001},
        {"valid_until": date(2028, 1, 1)}, {"valid_until": date(2026, 10, 1)}, {"form": "gold"},
        {"condition": "moon"}, {"title": " "}, {"kind": "event", "form": "lecture"},
    ],
)  # fmt: skip
def test_what_is_beyond_the_policy_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(BenefitRefused):
        checked(replace(LECTURE, **changed), POLICY)  # type: ignore[arg-type]


@pytest.mark.mission("F11")
def test_the_event_types_of_the_bank_are_there() -> None:
    assert {"理财讲座", "童趣活动", "健康活动", "旅游分享", "教育讲座", "跨界权益活动"} <= set(
        POLICY.event_types.values()
    )


@pytest.mark.parametrize("key", sorted(TIED))
def test_no_policy_can_allow_a_condition_of_money(key: str) -> None:
    values = POLICY.model_dump()
    values["conditions"][key] = "存款达标"
    with pytest.raises(ValidationError, match="不得与存款"):
        BenefitPolicy.model_validate(values)


def test_the_fingerprint_reads_every_field() -> None:
    before = digest(LECTURE)
    changes = {
        "kind": "right", "form": "lounge", "title": "x", "words": "y", "condition": "learn",
        "valid_from": date(2026, 11, 2), "valid_until": date(2026, 12, 30), "points": 1,
        "value_fen": 1, "budget_fen": 1, "tiers": ("私行",), "held_on": date(2026, 12, 1),
        "place": "网点", "seats": 3,
    }  # fmt: skip
    assert set(changes) == set(Proposal.__dataclass_fields__)
    for name, value in changes.items():
        assert digest(replace(LECTURE, **{name: value})) != before  # type: ignore[arg-type]
