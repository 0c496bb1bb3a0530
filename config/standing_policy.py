"""How a customer's class, activity and file are told from what is known (policies/standing.toml)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

FEN = 100
ITEMS = frozenset(
    {
        "name", "phone", "gender", "born_on", "occupation", "risk_level", "opened_on", "aum",
        "holdings", "snapshots", "flows", "contact",
    }
)  # fmt: skip
"""What a file may ask for beside ``attributes.<column>``."""

SignName = Literal["maturing", "bought", "large_in", "coming", "rising"]
Percent = Field(ge=0, le=100)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grade(_Part):
    """A/B/C/D: where big and middling assets begin, how many signs make an intent."""

    big_yuan: int = Field(ge=1)
    mid_yuan: int = Field(ge=1)
    signs_needed: int = Field(ge=1, le=5)
    needs_rating: bool
    expected_a: int = Percent
    expected_b: int = Percent

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.mid_yuan >= self.big_yuan:
            raise ValueError("grade.mid_yuan 应小于 grade.big_yuan")
        return self

    @property
    def big_fen(self) -> int:
        """From here assets are big, in 分."""
        return self.big_yuan * FEN

    @property
    def mid_fen(self) -> int:
        """From here assets are middling, in 分."""
        return self.mid_yuan * FEN


class Sign(_Part):
    """A sign of intent and its thresholds; what a sign does not use stays 0."""

    name: SignName
    title: str = Field(min_length=1, max_length=20)
    days: int = Field(default=0, ge=0, le=1000)
    months: int = Field(default=0, ge=0, le=36)
    from_yuan: int = Field(default=0, ge=0)
    percent: int = Field(default=0, ge=0, le=1000)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.name == "large_in":
            whole = self.months > 0
        elif self.name == "rising":
            whole = self.days > 0 and self.percent > 0
        else:
            whole = self.days > 0
        if not whole:
            raise ValueError(f"信号 {self.name} 缺少 days、months 或 percent")
        return self


class Activity(_Part):
    """When a customer is active, wavering or dormant."""

    days: int = Field(ge=1, le=1000)
    months: int = Field(ge=1, le=36)
    fall_percent: int = Field(ge=1, le=100)
    out_percent: int = Field(ge=1, le=1000)
    out_from_yuan: int = Field(ge=0)
    dormant_days: int = Field(ge=1, le=3650)
    zero_yuan: int = Field(ge=0)

    @model_validator(mode="after")
    def _longer(self) -> Self:
        if self.dormant_days < self.days:
            raise ValueError("activity.dormant_days 不应少于 activity.days")
        return self


class Average(_Part):
    """Over how many days snapshots are averaged."""

    days: int = Field(ge=1, le=366)


class Peak(_Part):
    """How many years back the highest assets are looked for."""

    years: int = Field(ge=1, le=10)


class Section(_Part):
    """A section of the customer file; each item counts the same within its weight."""

    name: str = Field(pattern=r"^[a-z]{1,16}$")
    title: str = Field(min_length=1, max_length=20)
    weight: int = Field(ge=1, le=100)
    items: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for item in self.items:
            for one in item.split("|"):
                if one not in ITEMS and not _attribute(one):
                    raise ValueError(
                        f"档案栏“{self.title}”里没有“{one}”这一项；"
                        f"可用：{'、'.join(sorted(ITEMS))} 或 attributes.列名"
                    )
        return self


def _attribute(item: str) -> bool:
    head, _, name = item.partition(".")
    return head == "attributes" and name.replace("_", "").isalnum() and name.isascii()


class Target(_Part):
    """Which share of the customers with these assets is to have a file."""

    name: str = Field(min_length=1, max_length=32)
    from_yuan: int = Field(ge=0)
    below_yuan: int | None = Field(default=None, ge=1)
    percent: int = Field(ge=1, le=100)


class File(_Part):
    """The customer file (建档): its sections, when it counts as made, the targets."""

    complete_from: int = Field(ge=1, le=100)
    contact_days: int = Field(ge=1, le=3650)
    section: tuple[Section, ...] = Field(min_length=1)
    target: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(one.weight for one in self.section) != 100:
            raise ValueError("档案各栏的 weight 合计应为 100")
        if len({one.name for one in self.section}) != len(self.section):
            raise ValueError("档案栏的 name 不能重复")
        return self


class StandingPolicy(_Part):
    """Everything that decides where a customer stands."""

    grade: Grade
    sign: tuple[Sign, ...]
    activity: Activity
    average: Average
    peak: Peak
    file: File

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({one.name for one in self.sign}) != len(self.sign):
            raise ValueError("意愿信号的 name 不能重复")
        return self


def load(directory: Path | None = None) -> StandingPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return StandingPolicy.model_validate(policy_files.read("standing", directory))
