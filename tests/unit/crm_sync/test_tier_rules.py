"""Tiers at their edges, under either profile; a customer may stand in several bands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config import tier_policy
from config.tier_policy import TierPolicy
from crm_sync.rules.tiers import bands_of, tier_of

POLICY = tier_policy.load()
YUAN = 100


@pytest.mark.mission("A1")
@pytest.mark.parametrize(
    ("yuan", "merchants", "minsheng"),
    [
        (0, "潜力", "潜力"),
        (9_999, "潜力", "潜力"),
        (10_000, "有效", "潜力"),
        (19_999, "有效", "潜力"),
        (20_000, "有效", "有效"),
        (49_999, "有效", "有效"),
        (50_000, "中端", "中端"),
        (500_000, "高端", "高端"),
        (6_000_000, "高端", "高端"),
        (6_000_001, "私行", "私行"),
    ],
)
def test_amounts_land_in_their_tier(yuan: int, merchants: str, minsheng: str) -> None:
    assert tier_of(yuan * YUAN, POLICY) == merchants
    assert tier_of(yuan * YUAN, POLICY.with_profile("民生")) == minsheng


def test_one_fen_decides() -> None:
    assert tier_of(50_000 * YUAN - 1, POLICY) == "有效"
    assert tier_of(6_000_000 * YUAN + 1, POLICY) == "私行"
    assert tier_of(None, POLICY) == ""


@pytest.mark.mission("A2")
def test_one_customer_stands_in_several_bands() -> None:
    assert bands_of(400_000 * YUAN, POLICY) == (
        "5万以上",
        "5万到100万",
        "5万到50万",
        "30万到50万直营",
    )
    assert bands_of(1_000_000 * YUAN, POLICY) == ("5万以上",)
    assert bands_of(49_999 * YUAN, POLICY) == ()


@given(low=st.integers(0, 10**11), more=st.integers(0, 10**10))
def test_more_assets_never_mean_a_lower_tier(low: int, more: int) -> None:
    names = [tier.name for tier in POLICY.tiers]
    assert names.index(tier_of(low, POLICY)) <= names.index(tier_of(low + more, POLICY))


def test_tiers_that_do_not_rise_from_zero_are_refused() -> None:
    raw = POLICY.model_dump()
    raw["profiles"]["招行"]["tiers"][0]["from_yuan"] = 1
    with pytest.raises(ValidationError, match="从 0 元开始"):
        TierPolicy.model_validate(raw)
    with pytest.raises(ValidationError, match="没有名为"):
        POLICY.with_profile("工行")
