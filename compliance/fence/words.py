"""Which words are certain: said alone by a manager, the rulebook blocks them. Pure.

Whoever writes them means them: a word that needs a sentence around it to be wrong (保本 in 不保本)
is left to screening, because WeCom looks for the letters alone.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from compliance.screening import Screener
from compliance.screening.rulebook import DEFAULT_PATH
from config.intercept_policy import InterceptPolicy
from wecom.intercept import BLOCK, PHONE, WARN, Rule, Scope

MOST_WORDS: Final = 300
LONGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Certain:
    """A word with the families of rules that block it."""

    word: str
    families: frozenset[str]


def concept_words(path: Path = DEFAULT_PATH) -> list[str]:
    """Every word of the rulebook's concepts, sorted."""
    concepts = tomllib.loads((path / "concepts.toml").read_text(encoding="utf-8"))["concepts"]
    words = {word for listed in concepts.values() for word in listed if not word.startswith("+")}
    return sorted(words)


def certain(
    screener: Screener, words: Iterable[str], least_chars: int, on: date | None = None
) -> list[Certain]:
    """Those of ``words`` that are blocked ``on`` a day when a manager says nothing else."""
    fit = [word for word in words if least_chars <= len(word) <= LONGEST]
    verdicts = screener.screen_many([(word, "manager", None) for word in fit], on=on)
    found = []
    for word, verdict in zip(fit, verdicts, strict=True):
        families = frozenset(hit.family for hit in verdict.hits if hit.severity == "block")
        if verdict.verdict == "block" and families:
            found.append(Certain(word, families))
    return found


def wanted(known: Sequence[Certain], policy: InterceptPolicy) -> list[Rule]:
    """The rules that WeCom should have: each list in parts of 300 words, each word in one list."""
    rules: list[Rule] = []
    taken: set[str] = set()
    for one in policy.rule:
        families = frozenset(one.families)
        words = [held.word for held in known if held.families & families and held.word not in taken]
        taken.update(words)
        kept = _shortest(words)
        parts = [
            tuple(kept[start : start + MOST_WORDS]) for start in range(0, len(kept), MOST_WORDS)
        ]
        if not parts and one.phones:
            parts = [()]
        for number, part in enumerate(parts, 1):
            rules.append(
                Rule(
                    name=f"{policy.prefix}·{one.name}{number}",
                    words=part,
                    action=BLOCK if one.action == "block" else WARN,
                    scope=Scope(tuple(sorted(one.staff)), tuple(sorted(one.departments))),
                    semantics=(PHONE,) if one.phones and number == 1 else (),
                )
            )
    return rules


def _shortest(words: Sequence[str]) -> list[str]:
    """Without words that hold another one of the list: WeCom finds them by the shorter one."""
    kept: list[str] = []
    for word in sorted(words, key=lambda one: (len(one), one)):
        if not any(short in word for short in kept):
            kept.append(word)
    return sorted(kept)
