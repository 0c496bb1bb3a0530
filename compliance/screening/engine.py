"""The screening engine: text in, verdict with explained hits out. Pure, immutable, built once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cache
from pathlib import Path

from compliance.screening import rulebook as rulebooks
from compliance.screening.detectors import DETECTORS, possible
from compliance.screening.facts import RANK, SPEAKERS, Hit, Outcome, Severity, Speaker, Verdict
from compliance.screening.folding import clean
from compliance.screening.lowering import lowered
from compliance.screening.matcher import Candidate
from compliance.screening.reader import Reader
from compliance.screening.rulebook import Rulebook
from compliance.screening.rules import Clause, Rule
from compliance.screening.semantics import GUARDS, Context
from compliance.screening.tone import Tone
from compliance.screening.views import View
from compliance.screening.windows import WHOLE, windows

__all__ = ["Hit", "Screener", "Speaker", "Verdict"]

_HITS_OF_ONE_RULE = 3  # because a reviewer reads the first few; it also bounds the work


class Screener:
    """Judges texts by one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._reader = Reader(rulebook)
        self._lowered: frozenset[str] = frozenset()
        self._detecting = {
            speaker: [
                (rule, clause)
                for rule in rulebook.active
                for clause in rule.clauses
                if clause.detectors and speaker in clause.speakers
            ]
            for speaker in SPEAKERS
        }
        # One for all texts in which nothing was found: most of them.
        self._nothing = Verdict("pass", (), (), None, rulebook.version)

    @classmethod
    def from_rulebook(cls, path: Path | None = None) -> Screener:
        """Build from a rulebook directory, by default the one that ships with the product.

        The shipped rulebook is read once a process, because it is immutable and costs a second.

        Raises RulebookBroken naming file and rule where the data cannot be used.
        """
        return _shipped() if path is None else cls(rulebooks.load(path))

    def with_lowered(self, rules: frozenset[str]) -> Screener:
        """A screener that knows the same and asks for review where ``rules`` would block.

        It shares everything with this one, so it costs nothing to make.
        """
        other = copy(self)
        other._lowered = rules
        return other

    @property
    def lowered(self) -> frozenset[str]:
        """The rules that ask for review at the moment although the rulebook lets them block."""
        return self._lowered

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force, for pages that list them and for tests that run their examples."""
        return self._rulebook

    def normalised(self, text: str) -> str:
        """The text as it is read once its disguises are off, for whoever judges it."""
        return self._reader.unmasked(text)

    @property
    def patterns(self) -> int:
        """How many patterns the index holds."""
        return self._reader.index.size

    @property
    def words(self) -> int:
        """How many literal words the first pass looks for."""
        return self._reader.index.words

    def bare_scan(self, text: str) -> int:
        """How many words of the rulebook the automaton sees: the yardstick of screening's speed."""
        return self._reader.index.count(text)

    def screen(self, text: str, *, speaker: Speaker, product: str | None = None) -> Verdict:
        """Judge one text. `warn` hits leave the verdict at pass; a customer is never blocked."""
        found = _Found(text)
        whole = clean(text)
        length = len(whole.text)
        if length <= WHOLE:
            if length:
                self._screen_view(whole, speaker, product, found)
        else:
            for start, end in windows(whole.text):
                self._screen_view(whole.part(start, end), speaker, product, found)
        if possible(whole):
            self._detect(whole, speaker, product, found)
        if not found.any:
            return self._nothing
        return lowered(found.verdict(self._rulebook.version), self._lowered)

    def screen_many(self, texts: Sequence[tuple[str, Speaker, str | None]]) -> list[Verdict]:
        """Judge many texts, each with its speaker and product, in order."""
        return [self.screen(text, speaker=who, product=product) for text, who, product in texts]

    def _screen_view(
        self, view: View, speaker: Speaker, product: str | None, found: _Found
    ) -> None:
        reading = self._reader.read(view)
        plain = reading.unmasked
        tone = Tone(plain.text, speaker, product, self._rulebook.phrasing)
        context = Context(reading.scan.text, speaker, product, self._rulebook.grammar)
        known = False
        matched = list(self._match(context, reading.scan.present, found))
        agreed = _agreed(candidate.rule for candidate, _, _ in matched) if matched else ()
        for candidate, start, end in matched:
            severity = candidate.clause.severity[speaker]
            # Because a disguise shows intent, what is found only behind one (below) is not doubted.
            if not candidate.clause.certain and (plain is view or len(view.text) <= WHOLE):
                sure = candidate.rule.family in agreed
                severity = tone.doubted(severity, start, end, sure=sure)
            found.add(candidate.rule, severity, *view.span(start, end))
            known = known or not candidate.rule.dry_run
        if plain is not view:
            again = self._reader.index.scan(plain.text)
            if again.present & ~reading.scan.present:
                unmasked = Context(again.text, speaker, product, self._rulebook.grammar)
                for candidate, start, end in self._match(unmasked, again.present, found):
                    severity = candidate.clause.severity[speaker]
                    found.add(candidate.rule, severity, *plain.span(start, end))
                    known = known or not candidate.rule.dry_run
        if not known and (heard := tone.violation(excused=context.excused)) is not None:
            rule, start, end = heard
            found.add(rule, "review", *plain.span(start, end))

    def _match(
        self, context: Context, present: int, found: _Found
    ) -> Iterator[tuple[Candidate, int, int]]:
        """Every pattern that no guard excuses, with its span in the view."""
        if not present:
            return
        candidates = self._reader.index.candidates(present, context.speaker, context.product)
        for candidate in candidates:
            if found.enough_of(candidate.rule):
                continue
            for start, end in self._spans(candidate, context):
                yield candidate, start, end

    def _spans(self, candidate: Candidate, context: Context) -> Iterator[tuple[int, int]]:
        """Spans of the pattern that no guard excuses."""
        clause = candidate.clause
        excused = None
        for count, match in enumerate(candidate.pattern.regex.finditer(context.text)):
            if count >= _HITS_OF_ONE_RULE:
                return
            if excused is None:
                excused = _excused(clause, context)
            if excused:
                return
            start, end = match.span()
            if start == end:
                continue
            if any(GUARDS[guard](context, start, end) for guard in clause.guards):
                context.excused = True
            else:
                yield start, end

    def _detect(self, view: View, speaker: Speaker, product: str | None, found: _Found) -> None:
        for rule, clause in self._detecting[speaker]:
            for detector in clause.detectors:
                spans = DETECTORS[detector](found.text, view)
                if spans and not _excused(
                    clause, Context(view.text, speaker, product, self._rulebook.grammar)
                ):
                    for start, end in spans:
                        found.add(rule, clause.severity[speaker], start, end)


@cache
def _shipped() -> Screener:
    return Screener(rulebooks.load())


def _agreed(rules: Iterable[Rule]) -> set[str]:
    """Families of which two different rules were matched, dry runs not counted."""
    matched: defaultdict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if not rule.dry_run:
            matched[rule.family].add(rule.id)
    return {family for family, ids in matched.items() if len(ids) > 1}


def _excused(clause: Clause, context: Context) -> bool:
    """Whether the text as a whole says that the clause is not meant."""
    text = context.text
    topic = clause.topic
    if topic and context.product not in topic.products and not topic.words.regex.search(text):
        return True
    if any(pattern.regex.search(text) for pattern in clause.unless):
        return True
    return bool(clause.along) and not any(pattern.regex.search(text) for pattern in clause.along)


class _Found:
    """The hits of one text while they are collected."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._by_rule: dict[str, tuple[Rule, list[tuple[int, int, Severity]]]] = {}

    @property
    def any(self) -> bool:
        """Whether there is a hit at all."""
        return bool(self._by_rule)

    def enough_of(self, rule: Rule) -> bool:
        entry = self._by_rule.get(rule.id)
        return entry is not None and len(entry[1]) >= _HITS_OF_ONE_RULE

    def add(self, rule: Rule, severity: Severity, start: int, end: int) -> None:
        """Keep a span; overlapping spans of a rule become one with the graver severity.

        A rule on its dry run warns, whatever it will do later.
        """
        if rule.dry_run:
            severity = "warn"
        spans = self._by_rule.setdefault(rule.id, (rule, []))[1]
        for i, (s, e, other) in enumerate(spans):
            if start < e and s < end:
                graver = max(severity, other, key=RANK.__getitem__)
                spans[i] = (min(s, start), max(e, end), graver)
                return
        if len(spans) < _HITS_OF_ONE_RULE:
            spans.append((start, end, severity))

    def verdict(self, version: str) -> Verdict:
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
