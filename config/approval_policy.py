"""How many levels approve content, and who decides at each (policies/approvals.toml)."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

Role = Literal["branch", "ops", "compliance"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Part):
    """One level: what it is called, the roles that decide, and over the whole bank or not."""

    title: str = Field(min_length=2, max_length=20)
    roles: tuple[Role, ...] = Field(min_length=1)
    whole_bank: bool = False


class TwoLevels(_Part):
    """What needs both levels: an item of ``libraries``, or one of a product kind and purpose."""

    libraries: tuple[str, ...]
    product_kinds: tuple[str, ...]
    purposes: tuple[str, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.product_kinds and "marketing" not in self.purposes:
            raise ValueError("讲产品的营销内容必须两级审批，purposes 里不能没有 marketing")
        if "product" not in self.libraries:
            raise ValueError("产品上架必须两级审批，libraries 里不能没有 product")
        return self


class ApprovalPolicy(_Part):
    """The two levels, what needs both, and with how many sample customers words are previewed."""

    preview_customers: int = Field(ge=1, le=50)
    first: Level
    final: Level
    two_levels: TwoLevels

    def needs_two(self, *, library: str, product_kind: str | None, purpose: str) -> bool:
        """Whether an item needs the first level besides the final one."""
        two = self.two_levels
        speaks = product_kind in two.product_kinds and purpose in two.purposes
        return library in two.libraries or speaks

    def level(
        self, *, checked: bool, library: str, product_kind: str | None, purpose: str
    ) -> Level:
        """The level that decides next; ``checked``: the first has decided already."""
        if checked or not self.needs_two(
            library=library, product_kind=product_kind, purpose=purpose
        ):
            return self.final
        return self.first


def load(directory: Path | None = None) -> ApprovalPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ApprovalPolicy.model_validate(policy_files.read("approvals", directory))


@cache
def shipped() -> ApprovalPolicy:
    """The policy as it ships: what holds where nobody says otherwise."""
    return load()
