"""Which product may be shown to which customer (policies/suitability.toml)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

CustomerLevel = Literal["C1", "C2", "C3", "C4", "C5"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Assessment(_Part):
    """How long a risk assessment holds."""

    valid_months: int = Field(ge=1, le=12)


class Products(_Part):
    """Kinds of products that need a rating on both sides, and whether the on-sale list binds."""

    rated: frozenset[str]
    listed_only: bool = True


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
    """The R×C matrix as a ceiling per customer level, validity of assessments, ages."""

    matrix: dict[CustomerLevel, int]
    assessment: Assessment
    products: Products
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

    def ceiling(self, customer_level: int) -> int:
        """The highest product level that a customer of this level may be shown; 0 is none."""
        name = f"C{customer_level}"
        return next((most for level, most in self.matrix.items() if level == name), 0)


def load(directory: Path | None = None) -> SuitabilityPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return SuitabilityPolicy.model_validate(policy_files.read("suitability", directory))
