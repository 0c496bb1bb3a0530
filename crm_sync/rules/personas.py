"""Whether a customer belongs to a persona, and the sentences that say why or why not.

An evaluation of a million customers asks the same conditions in SQL (``crm_sync.personas``);
a test holds the two together, so that the explanation is the reason and not a second opinion.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.persona_policy import SOURCES, Ground, Persona, Source
from crm_sync.rules.conditions import Frame, Values, Verdict, explain
from crm_sync.rules.signals import Heard, told


@dataclass(frozen=True, slots=True)
class Judged:
    """One persona, judged: the best ground where it is met, else what is lacking."""

    persona: str
    met: bool
    source: Source = "crm"
    confidence: int = 0
    evidence: tuple[dict[str, Any], ...] = ()
    expires_at: datetime | None = None
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One ground, judged: met or not, by which source, and in which words."""

    met: bool
    source: Source
    confidence: int
    evidence: tuple[dict[str, Any], ...]
    sayings: tuple[str, ...]
    expires_at: datetime | None = None


def judge(persona: Persona, values: Values, frame: Frame) -> Judged:
    """Whether the customer of ``values`` belongs to ``persona`` by the rules alone."""
    findings = [check(one, values, frame) for one in persona.when]
    against = [found for one in persona.unless if (found := check(one, values, frame)).met]
    met = [finding for finding in findings if finding.met]
    if against:
        sayings = tuple(f"已排除：{saying}" for one in against for saying in one.sayings)
        return Judged(persona.name, False, why_not=sayings)
    if not met:
        sayings = tuple(dict.fromkeys(saying for one in findings for saying in one.sayings))
        return Judged(persona.name, False, why_not=sayings)
    best = min(met, key=lambda one: (SOURCES.index(one.source), -one.confidence))
    expiries = [one.expires_at for one in met]
    latest = None if None in expiries else max(moment for moment in expiries if moment)
    evidence = tuple(row for one in met for row in one.evidence)
    return Judged(persona.name, True, best.source, best.confidence, evidence, expires_at=latest)


def check(ground: Ground, values: Values, frame: Frame) -> Finding:
    """Judge one ground."""
    verdict = explain(ground.rule, values, frame)
    if ground.interest is not None:
        return _of_traces(verdict)
    rule = frame.personas.sources[ground.source]
    met = verdict.met and rule.enabled
    evidence = tuple({"fact": ground.source, "says": says} for says in verdict.why)
    return Finding(met, ground.source, rule.confidence, evidence, verdict.why or verdict.why_not)


def _of_traces(verdict: Verdict) -> Finding:
    heard = verdict.answers[0].heard
    if heard is None:
        return Finding(False, "group", 0, (), verdict.why_not)
    return Finding(
        True, heard.source, heard.confidence, evidence_of(heard), heard.sayings, heard.expires_at
    )


def evidence_of(heard: Heard) -> tuple[dict[str, Any], ...]:
    """Traces as evidence: which, where it can be found again, and the sentence."""
    return tuple(
        {"fact": f"{one.source}:{one.interest}", "value": one.ref, "says": told(one)}
        for one in heard.signals
    )
