"""What product texts must say beside the product (policies/disclosures.toml)."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Element(_Part):
    """One required element: present where any expression is found, asked for only ``when``."""

    name: str
    any_of: tuple[str, ...] = Field(alias="any", min_length=1)
    when: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @field_validator("any_of", "when", "without")
    @classmethod
    def _expressions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for expression in value:
            try:
                re.compile(expression)
            except re.error as error:
                raise ValueError(f"不是合法的正则：{expression}（{error}）") from None
        return value


class ProductElements(_Part):
    """Elements by purpose for one kind of product."""

    marketing: tuple[Element, ...] = ()
    care: tuple[Element, ...] = ()
    service: tuple[Element, ...] = ()


class DisclosurePolicy(_Part):
    """What every marketing text says, what one chosen by personal traits says, and what each
    kind of product adds."""

    marketing: tuple[Element, ...]
    personalised: tuple[Element, ...] = ()
    product: dict[str, ProductElements]


def load(directory: Path | None = None) -> DisclosurePolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return DisclosurePolicy.model_validate(policy_files.read("disclosures", directory))
