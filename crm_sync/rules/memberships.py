"""Which of the personas a customer fits are active: at most so many, one of them primary."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from config.persona_policy import SOURCES, PersonaPolicy, Source
from crm_sync.rules.personas import Judged

BY_HAND: Final = "by_hand"
"""The fact in the evidence of a membership that a person gave."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A customer belongs to a persona, and why."""

    persona: str
    source: Source
    confidence: int
    evidence: tuple[dict[str, Any], ...]
    expires_at: datetime | None
    is_primary: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether a person gave it."""
        return any(row.get("fact") == BY_HAND for row in self.evidence)


def candidates(
    judged: Iterable[Judged],
    kept: Iterable[Membership],
    *,
    refused: Collection[str],
    at: datetime,
    policy: PersonaPolicy,
) -> list[Membership]:
    """Everything that speaks for a persona, best first, each persona once.

    ``kept`` are memberships no rule of this run can judge (by hand, or of a source that was not
    read); a refusal has deleted those it means. ``refused`` keeps the rules from finding them anew.
    """
    found: dict[str, Membership] = {}
    offered = [
        Membership(one.persona, one.source, one.confidence, one.evidence, one.expires_at)
        for one in judged
        if one.met and one.persona not in refused
    ]
    for one in (*offered, *kept):
        if one.expires_at is not None and one.expires_at <= at:
            continue
        if policy.named(one.persona) is None:
            continue
        held = found.get(one.persona)
        if held is None or _rank(one, policy) < _rank(held, policy):
            found[one.persona] = one
    return sorted(found.values(), key=lambda one: _rank(one, policy))


def active(ranked: Sequence[Membership], policy: PersonaPolicy) -> list[Membership]:
    """The best ``max_active``, the very best of them primary.

    What a person gave is always among them: otherwise the next evaluation would undo their word.
    """
    first = [one for one in ranked if one.by_hand]
    chosen = [*first, *(one for one in ranked if not one.by_hand)][: policy.max_active]
    chosen.sort(key=lambda one: _rank(one, policy))
    return [replace(one, is_primary=place == 0) for place, one in enumerate(chosen)]


def _rank(one: Membership, policy: PersonaPolicy) -> tuple[int, int, int, str]:
    """Source, then the persona's priority, then confidence: crm > self > others (personas.md 2)."""
    persona = policy.named(one.persona)
    priority = persona.priority if persona is not None else 0
    return (SOURCES.index(one.source), -priority, -one.confidence, one.persona)
