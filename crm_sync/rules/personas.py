"""Whether a customer belongs to a persona, and the sentences that say why or why not.

The same functions judge a million customers and explain one, so that the explanation is the
reason and not a second opinion.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import floor, log2
from typing import Any, Final

from config.persona_policy import SOURCES, Condition, Persona, PersonaPolicy, Source
from crm_sync.rules.ages import age
from kit.clock import bank_date

KINDS: Final[Mapping[str, str]] = {
    "deposit": "存款",
    "wealth": "理财",
    "fund": "基金",
    "insurance": "保险",
    "metal": "贵金属",
    "loan": "贷款",
    "card": "银行卡",
}
YES: Final = frozenset({"1", "true", "是", "Y"})
"""Values that say no more than that an attribute is there."""
GENDERS: Final[Mapping[str, str]] = {"F": "女", "M": "男"}
_VALUES: Final = re.compile(r"[;；,，、/\s]+")
_SHOWN: Final = 3


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
class Held:
    """What a customer has of one kind of business: how many, the highest product risk."""

    count: int
    risk: int | None


@dataclass(frozen=True, slots=True)
class Subject:
    """All that persona rules may look at of one customer."""

    customer_id: int
    born_on: date | None
    gender: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition, judged: met or not, by which source, and in which words."""

    met: bool
    source: Source
    confidence: int
    evidence: tuple[dict[str, Any], ...]
    sayings: tuple[str, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One persona, judged: the best finding where it is met, else what is lacking."""

    persona: str
    met: bool
    source: Source = "crm"
    confidence: int = 0
    evidence: tuple[dict[str, Any], ...] = ()
    expires_at: datetime | None = None
    why_not: tuple[str, ...] = ()


def judge(persona: Persona, subject: Subject, policy: PersonaPolicy, at: datetime) -> Judged:
    """Whether ``subject`` belongs to ``persona`` at ``at`` by the rules alone."""
    findings = [check(one, subject, policy, at) for one in persona.when]
    excluded = [check(one, subject, policy, at) for one in persona.unless]
    against = [finding for finding in excluded if finding.met]
    met = [finding for finding in findings if finding.met]
    if against:
        sayings = tuple(f"已排除：{saying}" for one in against for saying in one.sayings)
        return Judged(persona.name, False, why_not=sayings)
    if not met:
        sayings = tuple(dict.fromkeys(saying for one in findings for saying in one.sayings))
        return Judged(persona.name, False, why_not=sayings)
    best = min(met, key=lambda one: (SOURCES.index(one.source), -one.confidence))
    evidence = [row for one in met for row in one.evidence]
    expiries = [one.expires_at for one in met]
    latest = None if None in expiries else max(moment for moment in expiries if moment)
    return Judged(
        persona.name, True, best.source, best.confidence, tuple(evidence), expires_at=latest
    )


def check(condition: Condition, subject: Subject, policy: PersonaPolicy, at: datetime) -> Finding:
    """Judge one condition; every part of it adds a sentence, met or not."""
    if condition.interests:
        return _check_interests(condition.interests, subject, policy, at)
    parts = [part for part in _parts(condition, subject, policy, bank_date(at)) if part is not None]
    met = all(ok for ok, _, _ in parts)
    rule = policy.sources[condition.source]
    return Finding(
        met=met and rule.enabled,
        source=condition.source,
        confidence=rule.confidence,
        evidence=tuple(fact | {"says": says} for ok, fact, says in parts if ok),
        sayings=tuple(says for ok, _, says in parts if met or not ok),
    )


_Part = tuple[bool, dict[str, Any], str]


def _parts(
    condition: Condition, subject: Subject, policy: PersonaPolicy, on: date
) -> list[_Part | None]:
    return [
        _age(condition, subject, on),
        _birth_year(condition, subject),
        _gender(condition, subject),
        _attribute(condition, subject, policy.labels),
        _holding(condition, subject),
        _tag(condition, subject),
    ]


def _age(condition: Condition, subject: Subject, on: date) -> _Part | None:
    low, high = condition.age_min, condition.age_max
    if low is None and high is None:
        return None
    if subject.born_on is None:
        return False, {}, "出生日期未登记，无法判断年龄"
    years = age(subject.born_on, on)
    fact = {"fact": "born_on", "value": subject.born_on.isoformat()}
    says = f"{subject.born_on} 出生，{years} 岁"
    if low is not None and years < low:
        return False, fact, f"{says}，未满 {low} 岁"
    if high is not None and years > high:
        return False, fact, f"{says}，超过 {high} 岁"
    bounds = [f"满 {low} 岁"] if low is not None else []
    bounds += [f"不超过 {high} 岁"] if high is not None else []
    return True, fact, f"{says}，{'、'.join(bounds)}"


def _birth_year(condition: Condition, subject: Subject) -> _Part | None:
    low, high = condition.born_from, condition.born_to
    if low is None and high is None:
        return None
    if subject.born_on is None:
        return False, {}, "出生日期未登记，无法判断出生年"
    year = subject.born_on.year
    fact = {"fact": "born_on", "value": subject.born_on.isoformat()}
    range_says = f"{low if low is not None else ''}–{high if high is not None else ''} 年"
    inside = (low is None or year >= low) and (high is None or year <= high)
    verb = "属" if inside else "不属"
    return inside, fact, f"{subject.born_on} 出生，{verb} {range_says}"


def _gender(condition: Condition, subject: Subject) -> _Part | None:
    if condition.gender is None:
        return None
    seen = GENDERS.get(subject.gender, "未登记")
    fact = {"fact": "gender", "value": subject.gender}
    return subject.gender == condition.gender, fact, f"性别：{seen}"


def _attribute(condition: Condition, subject: Subject, labels: Mapping[str, str]) -> _Part | None:
    wanted = condition.attribute
    if wanted is None:
        return None
    label = labels.get(wanted.key, wanted.key)
    told = values_of(subject.attributes.get(wanted.key, ""))
    shared = [value for value in told if value in wanted.any]
    fact = {"fact": f"attribute:{wanted.key}", "value": "；".join(shared)}
    if shared:
        # Because “养老金代发（1）” says less to a person than “养老金代发”.
        plain = [value for value in shared if value not in YES]
        return True, fact, f"客户资料：{label}" + (f"（{'、'.join(plain)}）" if plain else "")
    return False, fact, f"客户资料未登记：{label}" if not told else f"客户资料：{label}不符"


def _holding(condition: Condition, subject: Subject) -> _Part | None:
    wanted = condition.holds
    if wanted is None:
        return None
    at_least = wanted.risk_min or 0
    found = {
        kind: [one for one in subject.held.get(kind, ()) if (one.risk or 0) >= at_least]
        for kind in wanted.kinds
    }
    names = "、".join(KINDS[kind] for kind in wanted.kinds)
    floor_says = f"（R{wanted.risk_min} 及以上）" if wanted.risk_min else ""
    count = sum(one.count for ones in found.values() for one in ones)
    fact = {
        "fact": "holds",
        "value": {kind: sum(o.count for o in ones) for kind, ones in found.items()},
    }
    if count:
        return True, fact, f"持有{names}{floor_says} {count} 笔"
    return False, fact, f"没有持有{names}{floor_says}"


def _tag(condition: Condition, subject: Subject) -> _Part | None:
    if not condition.tags:
        return None
    shared = sorted(subject.tags.intersection(condition.tags))
    fact = {"fact": "tag", "value": "；".join(shared)}
    if shared:
        return True, fact, f"客户经理打了标签“{'”“'.join(shared)}”"
    return False, fact, f"没有标签“{'”“'.join(condition.tags)}”"


def _check_interests(
    interests: Sequence[str], subject: Subject, policy: PersonaPolicy, at: datetime
) -> Finding:
    """The strongest source that speaks of one of ``interests`` often enough, not yet faded."""
    nothing = Finding(
        False, "group", 0, (), (f"没有{'、'.join(interests)}方面的群、活动或点击线索",)
    )
    told = [one for one in subject.signals if one.interest in interests and one.at <= at]
    for source in SOURCES:
        rule = policy.sources[source]
        heard = [
            one
            for one in told
            if one.source == source and (one.consented or not rule.needs_consent)
        ]
        days = {bank_date(one.at) for one in heard}
        if not rule.enabled or len(heard) < rule.min_signals or len(days) < rule.min_days:
            continue
        newest = max(heard, key=lambda one: (one.at, one.ref))
        confidence = faded(rule.confidence, rule.half_life_days, newest.at, at)
        if confidence < policy.min_confidence:
            continue
        shown = sorted(heard, key=lambda one: (one.at, one.ref), reverse=True)
        evidence = tuple(
            {"fact": f"{one.source}:{one.interest}", "value": one.ref, "says": _told(one)}
            for one in shown[: max(_SHOWN, rule.min_signals)]
        )
        expires_at = expiry(rule.confidence, rule.half_life_days, newest.at, policy.min_confidence)
        sayings = tuple(str(row["says"]) for row in evidence)
        return Finding(True, source, confidence, evidence, sayings, expires_at)
    return nothing


def _told(signal: Signal) -> str:
    return signal.says or f"{bank_date(signal.at)} 出现{signal.interest}方面的线索"


def values_of(text: str) -> tuple[str, ...]:
    """The single values in an attribute that lists several."""
    return tuple(value for value in _VALUES.split(text) if value)


def faded(confidence: int, half_life_days: int | None, since: datetime, at: datetime) -> int:
    """What is left at ``at`` of a confidence that a signal of ``since`` gave, in whole per cent."""
    if half_life_days is None or at <= since:
        return confidence
    lives = (at - since) / timedelta(days=half_life_days)
    left: float = confidence * 0.5**lives
    return floor(left + 1e-9)


def expiry(
    confidence: int, half_life_days: int | None, since: datetime, least: int
) -> datetime | None:
    """When a confidence fades below ``least``; None where it does not fade."""
    if half_life_days is None:
        return None
    lives = log2(confidence / least) if confidence > least else 0.0
    return since + timedelta(days=half_life_days * lives)
