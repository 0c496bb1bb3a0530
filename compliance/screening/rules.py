"""A rule as the rulebook states it: who may not say what, why, and what to say instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from compliance.screening.facts import Severity, Speaker
from compliance.screening.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Example:
    """A regression sentence of a rule."""

    text: str
    speaker: Speaker
    product: str | None


@dataclass(frozen=True, slots=True)
class Topic:
    """What a talk is about: told by the product it belongs to, or by words in it."""

    products: frozenset[str]
    words: Pattern


@dataclass(frozen=True, slots=True)
class Clause:
    """Patterns that share their guards. Any pattern makes the clause true unless a guard objects."""

    patterns: tuple[Pattern, ...]
    detectors: tuple[str, ...]  # names in numbers.DETECTORS
    guards: tuple[str, ...]
    unless: tuple[Pattern, ...]  # anywhere in the text: nothing is meant
    along: tuple[Pattern, ...]  # if any is given, one must occur somewhere in the text
    topic: Topic | None  # if given, the talk must be about it
    speakers: frozenset[Speaker]
    products: frozenset[str | None] | None  # None: any product
    severity: dict[Speaker, Severity]
    certain: bool  # a hit stands however harmless the sentence sounds


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the catalogue with its examples, which run as tests."""

    id: str
    name: str
    family: str
    law: str
    reason: str
    rewrites: tuple[str, ...]
    clauses: tuple[Clause, ...]
    match: tuple[Example, ...] = field(default=())
    no_match: tuple[Example, ...] = field(default=())
    owner: str = ""  # the desk that answers for the rule, in Chinese
    effective_from: date = date.min  # from when the law it rests on is in force
    version: int = 1  # grows with every change of meaning
    dry_run: bool = False  # recorded as a warning and counted apart, stops nothing
    enabled: bool = True
