"""Which channel a contact takes: need, value, preference, cost (policies/channel_choice.toml)."""

from datetime import time
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

ChannelName = Literal["todo", "broadcast", "sms", "phone", "outlet"]
PurposeName = Literal["service", "care", "marketing"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ChannelCost(_Part):
    """A channel as people call it and what one contact over it costs, in 分."""

    name: ChannelName
    title: str = Field(min_length=1, max_length=20)
    cost_fen: int = Field(ge=0)


class Need(_Part):
    """The nature of a need and the order in which channels are tried for it.

    ``order`` is for what is personal, ``general`` for what says the same to everybody. With
    ``fixed`` neither cost nor custom changes the order. ``outlet_acts``: it holds for every act
    that the policy ``channels`` keeps for outlets.
    """

    name: str = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1, max_length=20)
    purposes: tuple[PurposeName, ...] = ()
    triggers: tuple[str, ...] = ()
    outlet_acts: bool = False
    order: tuple[ChannelName, ...]
    general: tuple[ChannelName, ...] = ()
    fixed: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for order in (self.order, self.general):
            if len(set(order)) != len(order):
                raise ValueError(f"“{self.title}”里同一渠道写了两次：{'、'.join(order)}")
        if "broadcast" in self.order:
            raise ValueError(f"“{self.title}”：带个人内容的一条不能群发，order 里不能写 broadcast")
        return self


class Value(_Part):
    """Customers of ``tiers`` (none named: all others) are worth ``budget_fen`` a contact."""

    name: str = Field(min_length=1, max_length=20)
    tiers: tuple[str, ...] = ()
    budget_fen: int = Field(ge=0)


class Preference(_Part):
    """Where a customer answered ``least`` times in ``days`` days is the channel they like."""

    days: int = Field(ge=0, le=730)
    least: int = Field(ge=1, le=100)
    states: tuple[str, ...] = Field(min_length=1)


class Sms(_Part):
    """When text messages are handed to the bank's gateway, and until when (bank time)."""

    at: time
    until: time

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.at >= self.until:
            raise ValueError(f"短信的开始应早于截止，现在是 {self.at}–{self.until}")
        return self


class ChannelChoicePolicy(_Part):
    """Channels with their cost, needs with their order, values with their budget."""

    unreached_most: int = Field(ge=1, le=20)
    preference: Preference
    sms: Sms
    channels: tuple[ChannelCost, ...] = Field(min_length=1, alias="channel")
    needs: tuple[Need, ...] = Field(min_length=1, alias="need")
    values: tuple[Value, ...] = Field(min_length=1, alias="value")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [one.name for one in self.channels]
        if len(set(names)) != len(names):
            raise ValueError("一个渠道只写一次成本")
        for need in self.needs:
            unknown = [one for one in (*need.order, *need.general) if one not in names]
            if unknown:
                raise ValueError(f"“{need.title}”用到没有写成本的渠道：{'、'.join(unknown)}")
        covered = {purpose for need in self.needs for purpose in need.purposes}
        missing = {"service", "care", "marketing"} - covered
        if missing:
            raise ValueError(f"这些用途没有任何需求性质：{'、'.join(sorted(missing))}")
        if self.values[-1].tiers:
            raise ValueError("最后一档客户价值的 tiers 要写成空，收下其余所有客户")
        return self

    def title_of(self, channel: str) -> str:
        """What people call a channel; its code where there is none."""
        return next((one.title for one in self.channels if one.name == channel), channel)

    def cost_of(self, channel: str) -> int:
        """What a contact over a channel costs, in 分."""
        return next((one.cost_fen for one in self.channels if one.name == channel), 0)

    def need_of(self, *, purpose: str, trigger: str, regulated: bool) -> Need:
        """The first need that holds; there is one for every purpose."""
        for need in self.needs:
            if (
                (need.outlet_acts and regulated)
                or purpose in need.purposes
                or any(trigger.startswith(one) for one in need.triggers)
            ):
                return need
        raise LookupError(purpose)  # the validator has seen to every purpose

    def value_of(self, tier: str) -> Value:
        """The value of a customer of ``tier``."""
        return next(one for one in self.values if not one.tiers or tier in one.tiers)


def load(directory: Path | None = None) -> ChannelChoicePolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ChannelChoicePolicy.model_validate(policy_files.read("channel_choice", directory))
