"""The screening engine: text in, verdict with explained hits out. Pure, immutable, built once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from compliance.screening import rulebook as rulebooks
from compliance.screening.detectors import DETECTORS, Looked, possible
from compliance.screening.facts import SPEAKERS, Hit, Speaker, Verdict
from compliance.screening.folding import clean
from compliance.screening.found import MOST_OF_ONE_RULE, Found
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


class Talk(NamedTuple):
    """Who speaks, about which product, and on which day."""

    speaker: Speaker
    product: str | None
    on: date


_LOOKED_AT = 40  # matches of one pattern in a window, excused ones too; it bounds the work


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
        self._last_change = max((rule.effective_from for rule in rulebook.active), default=date.min)
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

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Judge one text. `warn` hits leave the verdict at pass; a customer is never blocked.

        A rule judges from its `effective_from` on: give the day in Shanghai as `on`. Without a
        day all rules judge, those that are only announced too.
        """
        found = Found(text)
        talk = Talk(speaker, product, on or date.max)
        whole = clean(text)
        length = len(whole.text)
        if length <= WHOLE:
            if length:
                self._screen_view(whole, talk, found)
        else:
            for start, end in windows(whole.text):
                self._screen_view(whole.part(start, end), talk, found)
        if possible(whole):
            self._detect(whole, talk, found)
        if not found.any:
            return self._nothing
        return lowered(found.verdict(self._rulebook.version), self._lowered)

    def screen_many(
        self, texts: Sequence[tuple[str, Speaker, str | None]], *, on: date | None = None
    ) -> list[Verdict]:
        """Judge many texts of one day, each with its speaker and product, in order."""
        return [
            self.screen(text, speaker=who, product=product, on=on) for text, who, product in texts
        ]

    def _screen_view(self, view: View, talk: Talk, found: Found) -> None:
        scan, plain = self._reader.read(view)
        tone = Tone(plain.text, talk.speaker, talk.product, self._rulebook.phrasing)
        known = excused = False
        if candidates := self._candidates(scan.present, talk):
            context = self._context(scan.text, talk)
            known = self._judge(context, candidates, view, tone, found)
            excused = context.excused
        if plain is not view:
            known |= self._judge_unmasked(scan.present, plain, talk, tone, found)
        if not known and (stretch := tone.alarm(excused=excused)):
            self._explain(tone, plain, stretch, talk, found)

    def _judge(
        self,
        context: Context,
        candidates: Sequence[Candidate],
        view: View,
        tone: Tone,
        found: Found,
    ) -> bool:
        """Add what stands in the plain view; whether a rule that is no dry run was broken."""
        matched = list(_matches(context, candidates, found))
        agreed = _agreed(candidate.rule for candidate, _, _ in matched) if matched else ()
        for candidate, start, end in matched:
            severity = candidate.clause.severity[context.speaker]
            if not candidate.clause.certain:
                sure = candidate.rule.family in agreed
                severity = tone.doubted(
                    severity,
                    start,
                    end,
                    sure=sure,
                    straight=promised(context, candidate.rule),
                )
            found.add(candidate.rule, severity, *view.span(start, end))
        return any(not candidate.rule.dry_run for candidate, _, _ in matched)

    def _judge_unmasked(self, seen: int, plain: View, talk: Talk, tone: Tone, found: Found) -> bool:
        """Add what stands only behind a disguise, which shows intent and is doubted less."""
        again = self._reader.index.scan(plain.text)
        if not self._reader.index.tells_more(again.present, seen):
            return False
        known = False
        context = self._context(again.text, talk)
        for candidate, start, end in _matches(
            context, self._candidates(again.present, talk), found
        ):
            severity = candidate.clause.severity[talk.speaker]
            if not candidate.clause.certain:
                severity = tone.disguised(severity)
            found.add(candidate.rule, severity, *plain.span(start, end))
            known = known or not candidate.rule.dry_run
        return known

    def _explain(
        self, tone: Tone, plain: View, stretch: tuple[int, int], talk: Talk, found: Found
    ) -> None:
        """Add what sounds like a violation, unless enough of it was found elsewhere."""
        if not found.takes(self._rulebook.phrasing.id, *plain.span(*stretch)):
            return
        if (heard := tone.explained(*stretch)) is not None:
            rule, start, end = heard
            if rule.effective_from <= talk.on:
                found.add(rule, "review", *plain.span(start, end))

    def _candidates(self, present: int, talk: Talk) -> list[Candidate]:
        found = self._reader.index.candidates(present, talk.speaker, talk.product)
        if self._last_change <= talk.on:
            return found
        return [candidate for candidate in found if candidate.rule.effective_from <= talk.on]

    def _context(self, text: str, talk: Talk) -> Context:
        return Context(text, talk.speaker, talk.product, self._rulebook.grammar)

    def _detect(self, view: View, talk: Talk, found: Found) -> None:
        looked = Looked(found.text, view)
        for rule, clause in self._detecting[talk.speaker]:
            if rule.effective_from > talk.on:
                continue
            for detector in clause.detectors:
                spans = DETECTORS[detector](looked)
                if spans and not _excused(clause, self._context(view.text, talk)):
                    for start, end in spans:
                        found.add(rule, clause.severity[talk.speaker], start, end)


@cache
def _shipped() -> Screener:
    return Screener(rulebooks.load())


def _matches(
    context: Context, candidates: Iterable[Candidate], found: Found
) -> Iterator[tuple[Candidate, int, int]]:
    """Every pattern that no guard excuses, with its span in the view."""
    for candidate in candidates:
        severity = candidate.clause.severity[context.speaker]
        if candidate.pattern.regex.search(context.text) and not found.enough_of(
            candidate.rule, severity
        ):
            for start, end in _spans(candidate, context):
                yield candidate, start, end


def _spans(candidate: Candidate, context: Context) -> Iterator[tuple[int, int]]:
    """Spans of the pattern that no guard excuses; what is excused hides nothing behind it."""
    clause = candidate.clause
    if _excused(clause, context):
        return
    told = 0
    for match in islice(candidate.pattern.regex.finditer(context.text), _LOOKED_AT):
        start, end = match.span()
        if start == end:
            continue
        if any(GUARDS[guard](context, start, end) for guard in clause.guards):
            context.excused = True
            continue
        yield start, end
        told += 1
        if told == MOST_OF_ONE_RULE:
            return


def promised(context: Context, rule: Rule) -> bool:
    """Whether a promise is said straight: of these two families nobody speaks by chance."""
    return rule.family in ("guaranteed_return", "risk_denial") and context.said_straight


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
