"""The channels over which customers are reached, and what only outlets do (policies/channels.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class Channel(BaseModel):
    """One line of the channel list, with the codes of touches that belong to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=20)
    codes: tuple[str, ...] = Field(min_length=1)


class ChannelPolicy(BaseModel):
    """The channels in the order in which they are shown; acts that belong to the outlet alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    outlet: str = Field(min_length=1, max_length=16)
    outlet_acts: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = Field(min_length=1, alias="channel")

    @model_validator(mode="after")
    def _each_code_once(self) -> Self:
        codes = [code for one in self.channels for code in one.codes]
        if len(set(codes)) != len(codes):
            raise ValueError("一个渠道代码只能属于一个渠道")
        if self.outlet not in codes:
            raise ValueError(f"没有渠道包含网点代码“{self.outlet}”")
        return self

    def name_of(self, code: str) -> str:
        """The channel that a code belongs to; the code itself where there is none."""
        return next((one.name for one in self.channels if code in one.codes), code)

    def codes_of(self, name: str) -> tuple[str, ...]:
        """The codes of a channel; nothing for a name that is none."""
        return next((one.codes for one in self.channels if one.name == name), ())

    def astray(self, code: str, act: str) -> bool:
        """Whether an act that belongs to the outlet was done somewhere else."""
        return act in self.outlet_acts and code != self.outlet


def load(directory: Path | None = None) -> ChannelPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ChannelPolicy.model_validate(policy_files.read("channels", directory))
