"""Traces of an interest, how much they are worth, and how that fades."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor, log2
from typing import Final

from config.persona_policy import SOURCES, PersonaPolicy, Source, SourceRule
from kit.clock import bank_date

SHOWN: Final = 3
_UP: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Signal:
    """A trace of an interest: a group joined, an event visited, something clicked, said, told.

    ``ref`` is where it can be found again (chat id, message id, page id); ``says`` is the
    sentence for people. ``consented`` matters for sources that need a consent of their own.
    """

    customer_id: int
    interest: str
    source: Source
    at: datetime
    ref: str = ""
    says: str = ""
    consented: bool = False


@dataclass(frozen=True, slots=True)
class GroupInterest:
    """A customer sits in a customer group that serves an interest; told by the composition."""

    customer_id: int
    interest: str
    chat_id: str
    joined_at: datetime
    group_name: str = ""

    def as_signal(self) -> Signal:
        """The same as a signal of the source ``group``."""
        name = f"“{self.group_name}”" if self.group_name else ""
        says = f"{bank_date(self.joined_at)} 加入{self.interest}群{name}"
        return Signal(self.customer_id, self.interest, "group", self.joined_at, self.chat_id, says)


@dataclass(frozen=True, slots=True)
class Heard:
    """One source that speaks of an interest often enough and has not faded."""

    source: Source
    confidence: int
    expires_at: datetime | None
    signals: tuple[Signal, ...]

    @property
    def sayings(self) -> tuple[str, ...]:
        """What was heard, newest first."""
        return tuple(told(one) for one in self.signals)


def heard(
    signals: Iterable[Signal],
    policy: PersonaPolicy,
    at: datetime,
    *,
    sources: Collection[str] | None = None,
    least: int | None = None,
) -> Heard | None:
    """The strongest source of ``signals`` (all of one interest) that counts at ``at``, or None.

    A source counts when it is switched on, consented where it must be, repeated as often and on
    as many days as its rule says, and worth ``least`` per cent still (as a rule the policy's).
    """
    known = [one for one in signals if one.at <= at]
    for source in SOURCES:
        if sources is not None and source not in sources:
            continue
        rule = policy.sources[source]
        mine = [
            one
            for one in known
            if one.source == source and (one.consented or not rule.needs_consent)
        ]
        days = {bank_date(one.at) for one in mine}
        if not rule.enabled or len(mine) < rule.min_signals or len(days) < rule.min_days:
            continue
        mine.sort(key=lambda one: (one.at, one.ref), reverse=True)
        confidence = faded(rule.confidence, rule.half_life_days, mine[0].at, at)
        if confidence < max(policy.min_confidence, least or 0):
            continue
        ends = expiry(rule.confidence, rule.half_life_days, mine[0].at, policy.min_confidence)
        return Heard(source, confidence, ends, tuple(mine[: max(SHOWN, rule.min_signals)]))
    return None


def told(signal: Signal) -> str:
    """The signal as a sentence."""
    if signal.says:
        return signal.says
    verb = (
        f"加入{signal.interest}群"
        if signal.source == "group"
        else f"出现{signal.interest}方面的线索"
    )
    return f"{bank_date(signal.at)} {verb}"


def faded(confidence: int, half_life_days: int | None, since: datetime, at: datetime) -> int:
    """What is left at ``at`` of a confidence that a signal of ``since`` gave, in whole per cent."""
    if half_life_days is None or at <= since:
        return confidence
    lives = (at - since) / timedelta(days=half_life_days)
    left: float = confidence * 0.5**lives
    return floor(left + _UP)


def expiry(
    confidence: int, half_life_days: int | None, since: datetime, least: int
) -> datetime | None:
    """When a confidence fades below ``least``; None where it does not fade."""
    if half_life_days is None:
        return None
    lives = log2(confidence / least) if confidence > least else 0.0
    return since + timedelta(days=half_life_days * lives)


def oldest_that_counts(rule: SourceRule, least: int, at: datetime) -> datetime | None:
    """Signals of this moment or later are worth ``least`` at ``at``; None: all are.

    The counterpart of ``faded`` for databases. A rule never worth as much gives a moment to come.
    """
    if rule.confidence < least:
        return at + timedelta(days=36_500)
    if rule.half_life_days is None:
        return None
    lives = log2(rule.confidence / (least - _UP))
    return at - timedelta(days=rule.half_life_days * lives)


def by_interest(signals: Iterable[Signal]) -> Mapping[str, list[Signal]]:
    """Signals by the interest they speak of."""
    found: dict[str, list[Signal]] = {}
    for one in signals:
        found.setdefault(one.interest, []).append(one)
    return found
