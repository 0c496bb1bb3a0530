"""What screening hands to others: a hit with its reason, and a verdict over all hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Speaker = Literal["manager", "customer", "content"]
Severity = Literal["block", "review", "warn"]
Outcome = Literal["pass", "review", "block"]

SPEAKERS: tuple[Speaker, ...] = ("manager", "customer", "content")
LEARNED_RULE = "R-SEM-01"
"""The one rule that weighs a whole sentence instead of finding a phrase (phrasing.toml)."""
RANK: dict[Severity, int] = {"warn": 0, "review": 1, "block": 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """One broken rule at one place. `text[start:end]` of the original is `self.text`."""

    rule: str
    family: str
    severity: Severity
    start: int
    end: int
    text: str
    reason: str  # Chinese, for the person who wrote the line
    law: str
    rewrites: tuple[str, ...]  # sentences that pass screening and may be sent instead
    dry_run: bool = False  # the rule is on trial: recorded as a warning, stops nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strictest outcome over all hits. `warn` hits leave the verdict at pass.

    Families and rewrite leave out the hits of rules on their dry run.
    """

    verdict: Outcome
    families: tuple[str, ...]
    hits: tuple[Hit, ...]
    rewrite: str | None
    rulebook: str
