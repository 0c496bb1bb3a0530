"""How often each class of customer must be contacted, and what counts (policies/contact_duty.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class DutyClass(_Part):
    """A class of customers: at the latest every ``days`` days; ``plan``: it needs a 盘活计划."""

    name: str = Field(min_length=1, max_length=8)
    days: int = Field(ge=1, le=730)
    plan: bool = False


class Effective(_Part):
    """A touch over one of ``channels``, in one of ``states``, is an 有效联络."""

    channels: tuple[str, ...] = Field(min_length=1)
    states: tuple[str, ...] = Field(min_length=1)


class ContactDutyPolicy(_Part):
    """Days by class, the quarter rule over every class, and what an 有效联络 is."""

    quarter_days: int = Field(ge=1, le=366)
    due_soon_days: int = Field(ge=0, le=90)
    unclassed_days: int = Field(ge=1, le=730)
    classes: tuple[DutyClass, ...] = Field(min_length=1, alias="class")
    effective: Effective

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [one.name for one in self.classes]
        if len(set(names)) != len(names):
            raise ValueError(f"每个类别只写一次，现在是：{'、'.join(names)}")
        return self

    def days_of(self, grade: str) -> int:
        """How many days may pass between two contacts of a customer of ``grade``."""
        return next((one.days for one in self.classes if one.name == grade), self.unclassed_days)

    @property
    def planned(self) -> tuple[str, ...]:
        """The classes that need an activation plan."""
        return tuple(one.name for one in self.classes if one.plan)


def load(directory: Path | None = None) -> ContactDutyPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ContactDutyPolicy.model_validate(policy_files.read("contact_duty", directory))
