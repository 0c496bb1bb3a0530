"""Who reviews what screening stopped, and when a rule stops too much (policies/review_desk.toml)."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files
from config.approval_policy import Level


class Promise(BaseModel):
    """Hours within which a case is decided, by severity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    block: int = Field(ge=1, le=720)
    review: int = Field(ge=1, le=720)


class Template(BaseModel):
    """A reason for sending words back: ``name`` is stored, ``text`` is what people read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_]{2,30}$")
    text: str = Field(min_length=4, max_length=200)


class DeskHolder(BaseModel):
    """Who sits at a desk that answers for rules: the member of staff who is told about them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    desk: str = Field(min_length=2, max_length=40)
    staff: str = Field(min_length=1, max_length=64)


class ReviewDeskPolicy(BaseModel):
    """``most_released_percent`` of at least ``least_decisions`` in ``window_days``: a rule that
    is released more often lowers itself from block to review. ``level``: each is one 升级 up.
    ``released_days``: so long the very text that was released for a customer may be sent to them. ``owner``: who
    sits at a rule's desk, where that is not the one whose position is called so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_days: int = Field(ge=7, le=730)
    least_decisions: int = Field(ge=1, le=10_000)
    most_released_percent: int = Field(ge=1, le=100)
    lesson_characters: int = Field(ge=20, le=4000)
    promise_hours: Promise
    level: tuple[Level, ...] = Field(min_length=1, max_length=5)
    template: tuple[Template, ...] = Field(min_length=1, max_length=30)
    released_days: int = Field(ge=0, le=30)
    owner: tuple[DeskHolder, ...] = ()

    @model_validator(mode="after")
    def _each_desk_once(self) -> Self:
        desks = [one.desk for one in self.owner]
        for desk in desks:
            if desks.count(desk) > 1:
                raise ValueError(f"岗位“{desk}”写了不止一条 [[owner]]，留一条")
        return self


def load(directory: Path | None = None) -> ReviewDeskPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return ReviewDeskPolicy.model_validate(policy_files.read("review_desk", directory))
