"""Collects the hits of one text and makes its verdict of them."""

from __future__ import annotations

from compliance.screening.facts import RANK, Hit, Outcome, Severity, Verdict
from compliance.screening.rules import Rule

MOST_OF_ONE_RULE = 3  # because a reviewer reads the first few; it also bounds the work


class Found:
    """The hits of one text while they are collected."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._by_rule: dict[str, tuple[Rule, list[tuple[int, int, Severity]]]] = {}

    @property
    def any(self) -> bool:
        """Whether there is a hit at all."""
        return bool(self._by_rule)

    def enough_of(self, rule: Rule, severity: Severity) -> bool:
        """Whether more hits of the rule would tell nobody anything: enough, and none is milder."""
        entry = self._by_rule.get(rule.id)
        if entry is None or len(entry[1]) < MOST_OF_ONE_RULE:
            return False
        return rule.dry_run or all(RANK[mild] >= RANK[severity] for _, _, mild in entry[1])

    def takes(self, rule: str, start: int, end: int) -> bool:
        """Whether a hit of the rule inside the span could change anything."""
        _, spans = self._by_rule.get(rule, (None, ()))
        return len(spans) < MOST_OF_ONE_RULE or any(s < end and start < e for s, e, _ in spans)

    def add(self, rule: Rule, severity: Severity, start: int, end: int) -> None:
        """Keep a span; overlapping spans of a rule become one with the graver severity.

        A rule on its dry run warns, whatever it will do later. Where there are enough, a graver
        span takes the place of the mildest.
        """
        if rule.dry_run:
            severity = "warn"
        spans = self._by_rule.setdefault(rule.id, (rule, []))[1]
        for i, (s, e, other) in enumerate(spans):
            if start < e and s < end:
                graver = max(severity, other, key=RANK.__getitem__)
                spans[i] = (min(s, start), max(e, end), graver)
                return
        if len(spans) < MOST_OF_ONE_RULE:
            spans.append((start, end, severity))
            return
        mildest = min(range(len(spans)), key=lambda at: RANK[spans[at][2]])
        if RANK[spans[mildest][2]] < RANK[severity]:
            spans[mildest] = (start, end, severity)

    def verdict(self, version: str) -> Verdict:
        """The strictest outcome over the hits, which come gravest first."""
        hits = sorted(
            (
                Hit(rule.id, rule.family, severity, start, end, self.text[start:end],
                    rule.reason, rule.law, rule.rewrites, rule.dry_run)
                for rule, spans in self._by_rule.values()
                for start, end, severity in spans
            ),
            key=lambda hit: (-RANK[hit.severity], hit.start, hit.rule),
        )  # fmt: skip
        real = [hit for hit in hits if not hit.dry_run]
        outcome: Outcome = "pass"
        if hits and hits[0].severity != "warn":
            outcome = hits[0].severity
        return Verdict(
            verdict=outcome,
            families=tuple(dict.fromkeys(hit.family for hit in real)),
            hits=tuple(hits),
            rewrite=next((hit.rewrites[0] for hit in real if hit.rewrites), None),
            rulebook=version,
        )
