"""The rhythm of customer groups: which kind of group posts what on which day (policies/community.toml)."""

from datetime import date, time
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

WEEK = "一二三四五六日"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupPost(_Part):
    """One post of the week: a weekday (``nth``: which of the month), an hour, scripts in turn.

    ``on_rest``: what becomes of it on a weekend or holiday: posted all the same, or left out.
    """

    weekday: str = Field(pattern=f"^周[{WEEK}]$")
    nth: frozenset[int] = frozenset()
    at: time
    scripts: tuple[str, ...] = Field(min_length=1)
    why: str = Field(min_length=1, max_length=60)
    on_rest: Literal["post", "skip"] = "skip"

    @model_validator(mode="after")
    def _in_a_month(self) -> Self:
        if not self.nth <= frozenset(range(1, 6)):
            raise ValueError("nth 写 1 到 5：当月第几个")
        return self

    def falls_on(self, day: date) -> bool:
        """Whether the post's weekday, and its place in the month, are those of ``day``."""
        return self.weekday == f"周{WEEK[day.weekday()]}" and (
            not self.nth or (day.day - 1) // 7 + 1 in self.nth
        )


class Rhythm(_Part):
    """The week of one kind of group. ``of``: personas or interests; empty for every other group."""

    title: str = Field(min_length=1, max_length=20)
    of: tuple[str, ...] = ()
    post: tuple[GroupPost, ...] = Field(min_length=1)


class CommunityPolicy(_Part):
    """Every kind of group with its week; one post a group a day."""

    rhythm: tuple[Rhythm, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_kind_once(self) -> Self:
        kinds = [kind for one in self.rhythm for kind in one.of]
        if len(set(kinds)) != len(kinds):
            raise ValueError("一个客群或兴趣只能写在一种节奏里")
        if sum(not one.of for one in self.rhythm) > 1:
            raise ValueError("不写 of 的节奏（其他的群）最多一种")
        return self

    def rhythm_of(self, persona: str, interest: str) -> Rhythm | None:
        """The week of a group of this persona, else of this interest, else of any other group."""
        for kind in (persona, interest):
            for one in self.rhythm:
                if kind and kind in one.of:
                    return one
        return next((one for one in self.rhythm if not one.of), None)


def load(directory: Path | None = None) -> CommunityPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return CommunityPolicy.model_validate(policy_files.read("community", directory))
