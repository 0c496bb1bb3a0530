"""A rule that stops too much is lowered: where it would block, it asks a person. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from compliance.screening.facts import RANK, Hit, Outcome, Verdict


def lowered(verdict: Verdict, rules: AbstractSet[str]) -> Verdict:
    """The verdict with every block of one of ``rules`` taken down to review.

    The outcome is again the gravest of what is left; other severities stay as they are, so that
    a lowering never makes anything stricter and never takes a hit away.
    """
    if not rules or not any(_falls(hit, rules) for hit in verdict.hits):
        return verdict
    hits = sorted(
        (replace(hit, severity="review") if _falls(hit, rules) else hit for hit in verdict.hits),
        key=lambda hit: (-RANK[hit.severity], hit.start, hit.rule),
    )
    gravest = hits[0].severity
    outcome: Outcome = "pass" if gravest == "warn" else gravest
    real = [hit for hit in hits if not hit.dry_run]
    families = tuple(dict.fromkeys(hit.family for hit in real))
    rewrite = next((hit.rewrites[0] for hit in real if hit.rewrites), None)
    return replace(verdict, verdict=outcome, families=families, hits=tuple(hits), rewrite=rewrite)


def _falls(hit: Hit, rules: AbstractSet[str]) -> bool:
    return hit.severity == "block" and hit.rule in rules
