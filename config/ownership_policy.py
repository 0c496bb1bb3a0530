"""Who may open and send, how lists are allocated, when customers move (policies/ownership.toml)."""

from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

FEN = 100
RelationKind = Literal["owner", "persona", "corporate"]
ApproverRole = Literal["branch", "ops", "compliance"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Relations(_Part):
    """By kind of relation: who may open a customer, who may send by hand."""

    open: tuple[RelationKind, ...] = Field(min_length=1)
    send: tuple[RelationKind, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sane(self) -> Self:
        if "owner" not in self.open:
            raise ValueError("管户人（owner）总要能打开自己的客户，open 里不能没有它")
        beyond = sorted(set(self.send) - set(self.open))
        if beyond:
            raise ValueError(f"能发送的必须先能打开：{'、'.join(beyond)} 在 send 里，不在 open 里")
        return self


class Approval(_Part):
    """Roles that decide on plans and forms; positions that may receive customers."""

    roles: tuple[ApproverRole, ...] = Field(min_length=1)
    receivers: tuple[str, ...] = Field(min_length=1)


class Span(_Part):
    """Assets from ``from_yuan`` up to, but not at, ``below_yuan`` (None: no end)."""

    name: str = Field(min_length=1, max_length=32)
    from_yuan: int = Field(ge=0)
    below_yuan: int | None = Field(default=None, ge=1)

    @property
    def from_fen(self) -> int:
        """The smallest amount that belongs to it, in 分."""
        return self.from_yuan * FEN

    @property
    def below_fen(self) -> int | None:
        """The smallest amount above it that does not, in 分; None where it has no end."""
        return None if self.below_yuan is None else self.below_yuan * FEN

    def holds(self, fen: int) -> bool:
        """Whether an amount in 分 lies in it."""
        return fen >= self.from_fen and (self.below_fen is None or fen < self.below_fen)


class Level(Span):
    """Customers of a span of assets, and the positions that look after them."""

    positions: tuple[str, ...] = Field(min_length=1)


class Levels(_Part):
    """层级对应: ``measure`` point is the assets of the day, average their daily average."""

    measure: Literal["point", "average"]
    level: tuple[Level, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for low, high in pairwise(self.level):
            if low.below_yuan is None or low.below_yuan > high.from_yuan:
                raise ValueError(f"层级“{low.name}”与“{high.name}”重叠；应从低到高、互不重叠")
        return self

    def of(self, fen: int | None) -> Level | None:
        """The level an amount belongs to, or None."""
        if fen is None:
            return None
        return next((level for level in self.level if level.holds(fen)), None)

    def named(self, name: str) -> Level | None:
        """The level of that name, or None."""
        return next((level for level in self.level if level.name == name), None)


class Familiarity(_Part):
    """What counts towards knowing a customer, in points."""

    claim: int = Field(ge=0)
    past_owner: int = Field(ge=0)
    friend: int = Field(ge=0)
    per_touch: int = Field(ge=0)
    touches_most: int = Field(ge=0)
    touch_days: int = Field(ge=1)
    least: int = Field(ge=1)


class Balance(_Part):
    """How many customers one person may own at most; 0 is no bound."""

    most_customers: int = Field(ge=0)


class PersonaMatch(_Part):
    """Points for interest and skill, and the licences that a persona calls for."""

    interest: int = Field(ge=0)
    skill: int = Field(ge=0)
    least: int = Field(ge=1)
    skills: dict[str, tuple[str, ...]] = {}


class Transfer(_Part):
    """提升移交: above which daily average, to which level, within how many hours."""

    above_yuan: int = Field(ge=1)
    level: str
    introduce_hours: int = Field(ge=1)
    contact_hours: int = Field(ge=1)
    script: str = Field(min_length=1)

    @property
    def above_fen(self) -> int:
        """The bound in 分; a customer exactly at it stays."""
        return self.above_yuan * FEN


class Recall(_Part):
    """The reasons for which customers may be recalled."""

    reasons: tuple[str, ...] = Field(min_length=1)


class Weights(_Part):
    """How much assets and relation count in one scorecard; together 100."""

    aum: int = Field(ge=0, le=100)
    relation: int = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.aum + self.relation != 100:
            raise ValueError(f"资产与关系的分数合计应为 100，现在是 {self.aum + self.relation}")
        return self


class Scorecard(_Part):
    """What counts as cross selling, and the weights of the two scorecards."""

    products: int = Field(ge=2)
    kinds: tuple[str, ...] = Field(min_length=2)
    by_owner: Weights
    by_persona: Weights


class Grid(_Part):
    """How many areas make a grid."""

    least_areas: int = Field(ge=1)
    most_areas: int = Field(ge=1, le=20)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.least_areas > self.most_areas:
            raise ValueError("每个网格最少的包区数不能大于最多的包区数")
        return self


class DirectTeam(_Part):
    """远程直营: who is in the team, and which band of assets it takes."""

    positions: tuple[str, ...] = Field(min_length=1)
    band: str
    bands: tuple[Span, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.band not in {one.name for one in self.bands}:
            raise ValueError(
                f"没有名为“{self.band}”的资产段，现有：{'、'.join(one.name for one in self.bands)}"
            )
        return self

    @property
    def span(self) -> Span:
        """The band in force."""
        return next(one for one in self.bands if one.name == self.band)


class Team(_Part):
    """Team forms and groups that a person may be put into."""

    forms: tuple[str, ...] = Field(min_length=1)
    groups: tuple[str, ...] = Field(min_length=1)


class OwnershipPolicy(_Part):
    """Everything the bank decides about who answers for whom."""

    relations: Relations
    approval: Approval
    levels: Levels
    familiarity: Familiarity
    balance: Balance
    persona_match: PersonaMatch
    transfer: Transfer
    recall: Recall
    scorecard: Scorecard
    grid: Grid
    direct_team: DirectTeam
    team: Team

    @model_validator(mode="after")
    def _level_exists(self) -> Self:
        if self.levels.named(self.transfer.level) is None:
            known = "、".join(one.name for one in self.levels.level)
            raise ValueError(f"提升移交写的层级“{self.transfer.level}”不在层级表里，现有：{known}")
        return self


def load(directory: Path | None = None) -> OwnershipPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return OwnershipPolicy.model_validate(policy_files.read("ownership", directory))
