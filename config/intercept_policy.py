"""Which of our words WeCom itself stops in chats (policies/intercept.toml)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

MOST_RULES = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FenceRule(_Part):
    """One list of words: the families it takes them from, what happens, whom it binds."""

    name: str = Field(min_length=1, max_length=10)
    families: tuple[str, ...] = Field(min_length=1)
    action: Literal["block", "warn"]
    departments: tuple[int, ...] = ()
    staff: tuple[str, ...] = ()
    phones: bool = False

    @model_validator(mode="after")
    def _binds_somebody(self) -> Self:
        if not self.departments and not self.staff:
            raise ValueError(f"敏感词规则“{self.name}”应写 departments 或 staff，至少一样")
        return self


class InterceptPolicy(_Part):
    """The lists, and whether they are kept in step every night without a person."""

    automatic: bool
    prefix: str = Field(min_length=1, max_length=6)
    least_chars: int = Field(ge=2, le=8)
    rule: tuple[FenceRule, ...] = Field(max_length=MOST_RULES)

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [one.name for one in self.rule]
        if len(names) != len(set(names)):
            raise ValueError("敏感词规则的名称不能重复")
        families = [one for rule in self.rule for one in rule.families]
        if len(families) != len(set(families)):
            raise ValueError("一个类别只能归到一条敏感词规则")
        return self


def load(directory: Path | None = None) -> InterceptPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return InterceptPolicy.model_validate(policy_files.read("intercept", directory))
