"""How a customer proves who they are (policies/linking.toml): code, limits, the notice shown."""

from collections import Counter
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

What = Literal["ask", "guess"]
By = Literal["identity", "phone", "address"]
DAY_MINUTES = 1440


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limit(_Part):
    """At most ``most`` of ``what`` within ``minutes``, counted ``by`` identity, phone or address."""

    what: What
    by: By
    most: int = Field(ge=1, le=10_000)
    minutes: int = Field(ge=1, le=DAY_MINUTES * 31)


class Choice(_Part):
    """A consent the customer may give beside the binding; never ticked beforehand."""

    purpose: Literal["care", "marketing", "profiling", "archive"]
    text: str = Field(min_length=2, max_length=80)


class Notice(_Part):
    """What the customer reads before anything is collected; its version stays with the consent."""

    version: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=40)
    lines: tuple[str, ...] = Field(min_length=1)
    agree: str = Field(min_length=2, max_length=80)
    choice: tuple[Choice, ...] = ()


class LinkingPolicy(_Part):
    """Codes live minutes, may be tried a few times; every limit names its window."""

    visit_minutes: int = Field(ge=2, le=120)
    code_minutes: int = Field(ge=1, le=30)
    guesses_per_code: int = Field(ge=1, le=10)
    kept_days: int = Field(ge=1, le=365)
    limit: tuple[Limit, ...] = Field(min_length=1)
    notice: Notice

    @model_validator(mode="after")
    def _every_way_is_limited(self) -> Self:
        ways = {(one.what, one.by) for one in self.limit}
        wanted = {
            (what, by) for what in ("ask", "guess") for by in ("identity", "phone", "address")
        }
        if missing := sorted(wanted - ways):
            raise ValueError(f"缺少次数上限：{'、'.join(f'{what}/{by}' for what, by in missing)}")
        counted = Counter((one.what, one.by, one.minutes) for one in self.limit)
        if twice := [key for key, number in counted.items() if number > 1]:
            raise ValueError(f"同一窗口写了两次上限：{twice[0]}")
        if self.code_minutes > self.visit_minutes:
            raise ValueError("code_minutes 不能比 visit_minutes 长")
        return self


def load(directory: Path | None = None) -> LinkingPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return LinkingPolicy.model_validate(policy_files.read("linking", directory))
