"""What may be given to customers and up to which value (policies/benefits.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

TIED = frozenset({"deposit", "money_in", "aum", "purchase"})
"""Conditions that no policy can allow: 银保监办发〔2018〕48号, 理财产品销售管理暂行办法 25 条."""
FORBIDDEN_FORMS = frozenset({"cash", "red_packet", "voucher", "goods", "lottery", "rebate"})
"""Forms that no policy can allow, by the same law."""


class Caps(BaseModel):
    """The most a grant, a customer in a year, and a benefit as a whole may be worth. In 分."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_grant_fen: int = Field(ge=0, le=1_000_000)
    per_customer_year_fen: int = Field(ge=0, le=10_000_000)
    per_benefit_fen: int = Field(ge=0, le=10_000_000_000)
    referrals_per_year: int = Field(ge=0, le=100)


class BenefitPolicy(BaseModel):
    """Conditions, rights and event types by key with their Chinese names; caps; longest validity.

    ``desk_most``: how many customer numbers one form at the desk may hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    point_fen: int = Field(ge=1, le=100)
    longest_days: int = Field(ge=1, le=1_100)
    desk_most: int = Field(default=200, ge=1, le=1_000)
    caps: Caps
    conditions: dict[str, str] = Field(min_length=1)
    rights: dict[str, str] = Field(min_length=1)
    event_types: dict[str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _nothing_tied_to_money(self) -> Self:
        if tied := TIED & self.conditions.keys():
            raise ValueError(
                f"conditions 不能有 {'、'.join(sorted(tied))}：权益不得与存款、资金、资产或购买挂钩"
            )
        if forms := FORBIDDEN_FORMS & (self.rights.keys() | self.event_types.keys()):
            raise ValueError(
                f"{'、'.join(sorted(forms))} 不能作为权益形式：现金、实物、抽奖、返利一律不收"
            )
        return self


def load(directory: Path | None = None) -> BenefitPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return BenefitPolicy.model_validate(policy_files.read("benefits", directory))
