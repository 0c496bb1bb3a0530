"""Which tier (层级) and which bands a customer's assets fall into (policies/tiers.toml)."""

from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

FEN = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(_Part):
    """A tier begins at ``from_yuan``, or just above ``above_yuan``; it ends where the next begins."""

    name: str = Field(min_length=1, max_length=32)
    from_yuan: int | None = Field(default=None, ge=0)
    above_yuan: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_edge(self) -> Self:
        if (self.from_yuan is None) == (self.above_yuan is None):
            raise ValueError(
                f"层级“{self.name}”应写且只写 from_yuan（含）或 above_yuan（不含）之一"
            )
        return self

    @property
    def lowest_fen(self) -> int:
        """The smallest amount in 分 that belongs to the tier."""
        if self.from_yuan is not None:
            return self.from_yuan * FEN
        return (self.above_yuan or 0) * FEN + 1


class Profile(_Part):
    """One bank's way to cut tiers."""

    tiers: tuple[Tier, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising_from_zero(self) -> Self:
        edges = [tier.lowest_fen for tier in self.tiers]
        if edges[0] != 0 or any(low >= high for low, high in pairwise(edges)):
            raise ValueError("层级应从 0 元开始，起点逐级升高")
        return self


class Band(_Part):
    """A target set of its own: from ``from_yuan`` up to, but not at, ``below_yuan``."""

    name: str = Field(min_length=1, max_length=32)
    from_yuan: int = Field(ge=0)
    below_yuan: int | None = Field(default=None, ge=1)
    source: str = ""

    def holds(self, amount_fen: int) -> bool:
        """Whether an amount lies in the band."""
        if amount_fen < self.from_yuan * FEN:
            return False
        return self.below_yuan is None or amount_fen < self.below_yuan * FEN


class Flows(_Part):
    """How money that moved is measured: “近一年”, “月均”, and which loans count (by their names)."""

    year_months: int = Field(default=12, ge=1, le=36)
    average_months: int = Field(default=3, ge=1, le=12)
    loan_words: tuple[str, ...] = ()


class TierPolicy(_Part):
    """The profile in force, the profiles there are, the bands beside them, how flows are measured."""

    profile: str
    measure: Literal["point", "average"]
    profiles: dict[str, Profile]
    band: tuple[Band, ...] = ()
    flows: Flows = Flows()

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.profile not in self.profiles:
            raise ValueError(
                f"没有名为“{self.profile}”的层级方案，现有：{'、'.join(self.profiles)}"
            )
        return self

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers in force, lowest first."""
        return self.profiles[self.profile].tiers

    def with_profile(self, name: str) -> "TierPolicy":
        """The same policy under another profile."""
        return TierPolicy.model_validate(self.model_dump() | {"profile": name})


def load(directory: Path | None = None) -> TierPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return TierPolicy.model_validate(policy_files.read("tiers", directory))
