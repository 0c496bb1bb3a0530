"""What a membership stands on, as it was stored, read back as sentences.

A row is either a sentence with where to find it again (``fact``, ``value``, ``says``), or a
condition of the policy with what was seen of the customer, ``{"rule": …, "seen": […]}``: one
value a question, in order. The second kind is what an evaluation in SQL can write by itself.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from config.conditions import Ask
from config.dimensions import Type
from crm_sync.rules.condition_answers import BY_BIRTH, Answer, plainly
from crm_sync.rules.conditions import judged, parse


def sayings(evidence: Iterable[Mapping[str, Any]], on: date) -> tuple[str, ...]:
    """The evidence as sentences, each once; ages and terms are told as of the day ``on``."""
    found: list[str] = []
    for row in evidence:
        if row.get("says"):
            found.append(str(row["says"]))
        elif "rule" in row:
            found += _recalled(row["rule"], row.get("seen", ()), on)
    return tuple(dict.fromkeys(found))


def _recalled(raw: object, seen: Iterable[Any], on: date) -> tuple[str, ...]:
    values = iter(seen)

    def answered(ask: Ask) -> Answer:
        return plainly(ask, typed(ask, next(values, None)), on, {})

    verdict = judged(parse(raw), answered)
    return verdict.why or verdict.why_not


def typed(ask: Ask, value: Any) -> Any:
    """A value that a database wrote as JSON, as the rules take it."""
    is_day = ask.of.type is Type.DATE or ask.of.name in BY_BIRTH
    return date.fromisoformat(value) if is_day and isinstance(value, str) else value
