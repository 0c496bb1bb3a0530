"""What to do with each tier, and which contents suit each layer (policies/playbooks.toml)."""

from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

FEN = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Playbook(_Part):
    """How one tier is looked after (row A3)."""

    tier: str = Field(min_length=1, max_length=32)
    title: str = Field(min_length=1, max_length=60)
    goal: str = Field(min_length=1, max_length=120)
    steps: tuple[str, ...] = Field(min_length=1)
    source: str = ""


class Layer(_Part):
    """Customers from ``from_yuan`` on, up to the next layer, and what suits them (row A4)."""

    name: str = Field(min_length=1, max_length=20)
    from_yuan: int = Field(ge=0)
    stance: str = Field(min_length=1, max_length=20)
    contents: tuple[str, ...] = Field(min_length=1)
    source: str = ""

    @property
    def lowest_fen(self) -> int:
        """The smallest amount in 分 that belongs to the layer."""
        return self.from_yuan * FEN


class Strategy(_Part):
    """A way to keep customers or to find new ones (row F12). ``tier`` empty: for everybody.

    ``page`` is the page of the desk from which it is done.
    """

    group: Literal["keeping", "high_end", "circle"]
    name: str = Field(min_length=1, max_length=20)
    goal: str = Field(min_length=1, max_length=120)
    steps: tuple[str, ...] = Field(min_length=1)
    tier: str = Field(default="", max_length=32)
    page: str = Field(default="", pattern=r"^(/c/[a-z/-]*)?$", max_length=60)
    source: str = ""


class PlaybookPolicy(_Part):
    """One playbook a tier, the layers from the lowest up, and the strategies of service."""

    playbooks: tuple[Playbook, ...] = Field(min_length=1, alias="playbook")
    layers: tuple[Layer, ...] = Field(min_length=1, alias="layer")
    strategies: tuple[Strategy, ...] = Field(default=(), alias="strategy")

    @model_validator(mode="after")
    def _clear(self) -> Self:
        tiers = [one.tier for one in self.playbooks]
        if len(set(tiers)) != len(tiers):
            raise ValueError(f"每个层级只写一份打法，现在是：{'、'.join(tiers)}")
        names = [one.name for one in self.strategies]
        if len(set(names)) != len(names):
            raise ValueError(f"服务策略的名称不能重复，现在是：{'、'.join(names)}")
        if any(low.from_yuan >= high.from_yuan for low, high in pairwise(self.layers)):
            raise ValueError("layer 的起点应逐级升高")
        return self


def load(directory: Path | None = None) -> PlaybookPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return PlaybookPolicy.model_validate(policy_files.read("playbooks", directory))
