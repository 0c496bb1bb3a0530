"""Which product may be shown to which customer, as two rule sets: banks' and funds'.

``policies/suitability.toml`` holds the banks' rules (金融监管总局), ``policies/suitability_funds.toml``
those for funds (证监会). Where both govern a product, both are asked, so the stricter holds.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

CustomerLevel = Literal["C1", "C2", "C3", "C4", "C5"]
Assessor = Literal["bank", "fund"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """What the rule set is called, who keeps it, by which law, and since which day."""

    title: str = Field(min_length=2, max_length=20)
    owner: str = Field(min_length=2, max_length=40)
    law: str = Field(min_length=4, max_length=300)
    since: date


class Lowest(_Part):
    """The ceiling of those whose assessment says 风险承受能力最低类别."""

    ceiling: int = Field(ge=0, le=1)


class Assessment(_Part):
    """Whose assessments count as the customer's own, and how long one holds.

    ``valid_months`` where it states no end; a stated end counts up to ``stated_months``.
    """

    own: tuple[Assessor, ...] = Field(min_length=1)
    valid_months: int = Field(ge=1, le=12)
    stated_months: int = Field(ge=1, le=36)


class Professional(_Part):
    """Whether recognised professional investors are exempt from matching, and who they are."""

    exempt: bool
    who: str = Field(min_length=2, max_length=200)


class Products(_Part):
    """Kinds of products that need a rating on both sides, and whether the on-sale list binds.

    ``every``: all product content is governed, not only these kinds.
    """

    rated: frozenset[str]
    every: bool
    listed_only: bool = True


class Private(_Part):
    """Who may know of a product that is not public: nobody outside its white list."""

    who: str = Field(min_length=2, max_length=200)


class Waiver(_Part):
    """Exceptions from matching; none can be made by a message."""

    by_message: bool
    says: str = Field(min_length=2, max_length=200)

    @model_validator(mode="after")
    def _never_by_message(self) -> Self:
        if self.by_message:
            raise ValueError("waiver.by_message 只能是 false：风险不匹配的例外不能经消息办理")
        return self


class Ages(_Part):
    """Who is too young for products, and from when the ceiling for elders holds."""

    adult: int = Field(ge=14, le=21)
    elder: int = Field(ge=55, le=100)
    elder_ceiling: int = Field(ge=0, le=5)


class Purposes(_Part):
    """For which purposes suitability is judged."""

    judged: frozenset[Literal["service", "care", "marketing"]]

    @model_validator(mode="after")
    def _marketing_always(self) -> Self:
        if "marketing" not in self.judged:
            raise ValueError("purposes.judged 必须包含 marketing：营销内容不能免去适当性核对")
        return self


class SuitabilityPolicy(_Part):
    """One rule set: the R×C matrix as a ceiling per customer level, assessments, ages, products."""

    source: Source
    matrix: dict[CustomerLevel, int]
    lowest: Lowest
    assessment: Assessment
    professional: Professional
    products: Products
    private: Private
    waiver: Waiver
    ages: Ages
    purposes: Purposes

    @model_validator(mode="after")
    def _whole_and_rising(self) -> Self:
        ceilings = [self.matrix.get(level, -1) for level in ("C1", "C2", "C3", "C4", "C5")]
        if min(ceilings) < 0:
            raise ValueError("matrix 应写全 C1 到 C5")
        for level, ceiling in enumerate(ceilings, 1):
            if ceiling > level:
                raise ValueError(f"C{level} 的上限不能高于 R{level}（适当性办法 12 条）")
        return self

    def ceiling(self, customer_level: int, *, lowest: bool = False) -> int:
        """The highest product level that a customer of this level may be shown; 0 is none."""
        name = f"C{customer_level}"
        most = next((most for level, most in self.matrix.items() if level == name), 0)
        return min(most, self.lowest.ceiling) if lowest else most

    def governs(self, kind: str | None) -> bool:
        """Whether content of this kind of product falls under the set."""
        return self.products.every or kind in self.products.rated

    def rates(self, kind: str | None, risk: int | None) -> bool:
        """Whether a product of this kind and level must match the customer's level."""
        return kind in self.products.rated or (self.products.every and risk is not None)


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The two rule sets in force."""

    banks: SuitabilityPolicy
    funds: SuitabilityPolicy

    @property
    def both(self) -> tuple[SuitabilityPolicy, SuitabilityPolicy]:
        """Both, the banks' first."""
        return (self.banks, self.funds)

    def governing(self, kind: str | None) -> tuple[SuitabilityPolicy, ...]:
        """The sets that content of this kind of product falls under."""
        return tuple(one for one in self.both if one.governs(kind))


def load(directory: Path | None = None) -> RuleSets:
    """The rule sets in force. A file that says something unknown is refused by pydantic."""
    return RuleSets(
        *(
            SuitabilityPolicy.model_validate(policy_files.read(name, directory))
            for name in ("suitability", "suitability_funds")
        )
    )
