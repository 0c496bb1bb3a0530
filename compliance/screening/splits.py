"""Words split over several messages: the last few of one sender are read together.

A rule is reported for the join only where its span reaches from an earlier message into the
last one; what stands in one message alone was reported when that message was judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from compliance.screening.facts import Hit, Speaker, Verdict
from kit.clock import bank_date

LONGEST_JOIN = 2_000  # characters; longer messages are no pieces of a word


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """How far back a sender's messages belong together (规则目录 §8 分条发送)."""

    messages: int = 3  # the last one counted
    within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of one sender in one talk."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Join:
    """What only the join says. Spans count from the last message; a part before it is cut off."""

    earlier: int  # how many of the messages before took part
    hits: tuple[Hit, ...]
    spans: tuple[tuple[int, int], ...]  # of the hits, inside the last message


class Screens(Protocol):
    """The screener, as far as this module needs it."""

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Judge one text by the rules in force ``on`` a day."""
        ...


def together(earlier: Sequence[Said], last: Said, policy: SplitPolicy) -> Sequence[Said]:
    """The messages of `earlier` (oldest first) that are read together with `last`."""
    if policy.messages < 2:
        return ()
    near = [one for one in earlier if timedelta() <= last.at - one.at <= policy.within]
    near = near[-(policy.messages - 1) :]
    length = sum(len(one.text) for one in near) + len(last.text)
    return near if length <= LONGEST_JOIN else ()


def across(
    screener: Screens,
    earlier: Sequence[Said],
    last: Said,
    *,
    speaker: Speaker,
    product: str | None = None,
    policy: SplitPolicy | None = None,
) -> Join:
    """The rules that are broken over the border between earlier messages and the last one.

    `earlier` holds the same sender's messages in the same talk, oldest first. Nothing is reported
    twice: a rule that the last message breaks by itself is left out.
    """
    near = together(earlier, last, policy or SplitPolicy())
    if not near or not last.text:
        return Join(0, (), ())
    on = bank_date(last.at)
    border = sum(len(one.text) for one in near)
    joined = screener.screen(
        "".join(one.text for one in near) + last.text, speaker=speaker, product=product, on=on
    )
    reaching = [hit for hit in joined.hits if hit.start < border < hit.end]
    if not reaching:
        return Join(len(near), (), ())
    verdict = screener.screen(last.text, speaker=speaker, product=product, on=on)
    alone = {hit.rule for hit in verdict.hits}
    hits = tuple(hit for hit in reaching if hit.rule not in alone)
    return Join(len(near), hits, tuple((0, hit.end - border) for hit in hits))
