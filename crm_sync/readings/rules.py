"""Pure rules of the radar: who is a reader, what may be asked, how a manager reads it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from config.reading_policy import ReadingPolicy

PROFILING: Final = "profiling"
SILENCES: Final = frozenset({"personalised", "all"})
SLACK: Final = timedelta(seconds=5)


class Face(StrEnum):
    """How a page behaves towards who opens it."""

    KEEPING = "keeping"  # agreed, and WeChat named them
    ASKING = "asking"  # may be asked
    QUIET = "quiet"  # a stranger, or somebody who said no


@dataclass(frozen=True, slots=True)
class Said:
    """What the customer behind a link has said, as consents hold now."""

    consents: frozenset[str] = frozenset()
    refusals: frozenset[str] = frozenset()
    suppressed: frozenset[str] = frozenset()
    refused_at: datetime | None = None


def agreed(said: Said) -> bool:
    """Whether what the customer reads may be kept now."""
    return PROFILING in said.consents and not said.suppressed & SILENCES


def face_of(
    said: Said, *, named: bool, forwarded: bool, at: datetime, policy: ReadingPolicy
) -> Face:
    """Keeping needs a consent that holds and WeChat's word; a no is not asked again for long.

    ``named``: WeChat named this browser's person as the customer of the link. ``forwarded``:
    the link is one that was passed on; unless named, whoever opens it is nobody we know.
    """
    if named and agreed(said):
        return Face.KEEPING
    if forwarded or said.suppressed & SILENCES:
        return Face.QUIET
    if PROFILING in said.refusals and (
        said.refused_at is None or at - said.refused_at < timedelta(days=policy.ask_again_days)
    ):
        return Face.QUIET
    return Face.ASKING


def person_opens(agent: str, purpose: str, policy: ReadingPolicy) -> bool:
    """Whether a request is a person's: no preview, no crawler, nothing fetched ahead."""
    said = agent.lower()
    return (
        bool(said) and not any(one in said for one in policy.robots) and "prefetch" not in purpose
    )


def seconds_kept(
    told: int, before: int, opened_at: datetime, at: datetime, policy: ReadingPolicy
) -> int:
    """Visible seconds of a visit: never less than before, more than passed, or than the cap."""
    passed = int((at - opened_at + SLACK).total_seconds())
    return max(before, min(told, passed, policy.most_seconds))


def depth_kept(told: int, before: int) -> int:
    """How far down, in per cent; never less than before."""
    return max(before, min(max(told, 0), 100))


def tells_interest(seconds: int, depth: int, policy: ReadingPolicy) -> bool:
    """Whether a visit is more than a glance."""
    return seconds >= policy.min_seconds and depth >= policy.min_depth


def depth_words(depth: int, seconds: int) -> str:
    """How far somebody read; where the page could not tell, that is said."""
    if depth == 0 and seconds == 0:
        return "读到哪里没有记录"
    if depth < 25:
        return "只看了开头"
    if depth < 75:
        return "读到一半"
    return "读了大半" if depth < 95 else "读完了"


def sentence(title: str, times: int, last_on: date, depth: int, seconds: int) -> str:
    """What a manager reads: 看了《…》2 次，最近 11 月 20 日，读到一半."""
    return (
        f"看了《{title}》{times} 次，最近 {last_on.month} 月 {last_on.day} 日，"
        f"{depth_words(depth, seconds)}"
    )


def interests_of(personas: Collection[str], column: str) -> list[str]:
    """What reading an article shows an interest in: whom it was written for, else its column."""
    return sorted(personas) or ([column] if column else [])
