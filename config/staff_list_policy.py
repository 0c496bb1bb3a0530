"""Who stands on the three lists of a relationship manager (policies/staff_lists.toml)."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Loss(_Part):
    """AUM 流失 VIP: had so much, lost so much."""

    vip_yuan: int = Field(ge=1)
    percent: int = Field(ge=1, le=100)
    from_yuan: int = Field(ge=0)


class Edge(_Part):
    """临界升级: so near under the next tier."""

    percent: int = Field(ge=1, le=50)


class Switch(_Part):
    """产品转换: something of theirs matures, and they may be shown something else."""

    days: int = Field(ge=1, le=366)
    from_yuan: int = Field(ge=0)
    kinds: tuple[Literal["deposit", "wealth", "fund"], ...] = Field(min_length=1)
    lowest_rating: int = Field(ge=1, le=5)


class StaffListPolicy(_Part):
    """The three lists."""

    loss: Loss
    edge: Edge
    switch: Switch


def load(directory: Path | None = None) -> StaffListPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return StaffListPolicy.model_validate(policy_files.read("staff_lists", directory))
