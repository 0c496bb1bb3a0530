"""Screening without haste: every view is made, every word is looked for, every pattern is tried.

What the engine does to be fast must not change what it says; this says what that is. Only the
meaning is shared with the engine: the folding tables, the regexes, the guards, the windows, and
how hits make a verdict.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from compliance.screening import Speaker, Verdict, folding, words
from compliance.screening.detectors import DETECTORS, Looked
from compliance.screening.disguise import _SUSPECT, _boxed, _cuts_latin, _separators
from compliance.screening.engine import _excused, _spans, promised
from compliance.screening.folding import fold
from compliance.screening.found import Found
from compliance.screening.hearing import ANY, LONGEST, by, heard, numberless
from compliance.screening.homophones import Homophones
from compliance.screening.matcher import SHADE, Candidate
from compliance.screening.phrasing import FILE, SIDE_SCALE, Phrasing, _best_stretch
from compliance.screening.rulebook import DEFAULT_PATH, Rulebook
from compliance.screening.semantics import Context
from compliance.screening.tone import Tone
from compliance.screening.views import View
from compliance.screening.windows import windows


class SlowScreener:
    """Judges texts by the same rulebook as the engine, at a hundredth of its speed."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = replace(
            rulebook,
            phrasing=replace(
                rulebook.phrasing, table=SlowPhrasing.from_file(DEFAULT_PATH / FILE, rulebook.cues)
            ),
        )
        disguises = rulebook.disguises
        self._table = {
            fold(key): value
            for section in ("split", "emoji", "initials", "reversed", "slang")
            for key, value in disguises[section].items()
        }
        listed = disguises["homophones"]
        self._homophones = Homophones(listed["red"], listed["ordinary"])
        self._word_sets = {
            one
            for rule in rulebook.active
            for clause in rule.clauses
            for pattern in clause.patterns
            for one in pattern.needs
        } | {rulebook.financial}
        self._words = frozenset().union(*self._word_sets)
        self._lengths = sorted(set(map(len, self._table)), reverse=True)

    def screen(self, text: str, *, speaker: Speaker, product: str | None = None) -> Verdict:
        found = Found(text)
        whole = slow_clean(text)
        for start, end in windows(whole.text):
            self._screen_view(whole.part(start, end), speaker, product, found)
        looked = Looked(text, whole)
        for rule in self._rulebook.active:
            for clause in rule.clauses:
                context = Context(whole.text, speaker, product, self._rulebook.grammar)
                if speaker in clause.speakers and not _excused(clause, context):
                    for detector in clause.detectors:
                        for start, end in DETECTORS[detector](looked):
                            found.add(rule, clause.severity[speaker], start, end)
        return found.verdict(self._rulebook.version)

    def _screen_view(self, view: View, speaker: Speaker, product: str | None, found: Found) -> None:
        shaded = self._shaded(view.text)
        plain = self._unmasked(view, shaded)
        tone = Tone(plain.text, speaker, product, self._rulebook.phrasing)
        context = Context(shaded, speaker, product, self._rulebook.grammar)
        matched = list(self._matches(context, found))
        broken = {one.rule.id: one.rule.family for one, _, _ in matched if not one.rule.dry_run}
        known = bool(broken)
        for one, start, end in matched:
            severity = one.clause.severity[speaker]
            if not one.clause.certain:
                sure = list(broken.values()).count(one.rule.family) > 1
                severity = tone.doubted(
                    severity, start, end, sure=sure, straight=promised(context, one.rule)
                )
            found.add(one.rule, severity, *view.span(start, end))
        again = self._shaded(plain.text)
        if not self._seen(again) <= self._seen(shaded):
            unmasked = Context(again, speaker, product, self._rulebook.grammar)
            for one, start, end in self._matches(unmasked, found):
                severity = one.clause.severity[speaker]
                if not one.clause.certain:
                    severity = tone.disguised(severity)
                found.add(one.rule, severity, *plain.span(start, end))
                known = known or not one.rule.dry_run
        if not known and (stretch := tone.alarm(excused=context.excused)):
            heard = tone.explained(*stretch)
            assert heard is not None
            rule, start, end = heard
            found.add(rule, "review", *plain.span(start, end))

    def _shaded(self, text: str) -> str:
        chars = list(text)
        for word in self._rulebook.shields:
            for at in range(len(text)):
                if text.startswith(word, at):
                    chars[at : at + len(word)] = SHADE * len(word)
        return "".join(chars)

    def _seen(self, text: str) -> set[frozenset[str]]:
        present = {word for word in self._words if word in text}
        return {one for one in self._word_sets if not one.isdisjoint(present)}

    def _unmasked(self, view: View, shaded: str) -> View:
        financial = any(word in shaded for word in self._rulebook.financial)
        before = view.text
        view = view.rewritten(list(self._disguises(view.text)))
        suspect = _SUSPECT.search(view.text) is not None
        view = view.rewritten(_boxed(view.text))
        view = view.rewritten(_separators(view.text))
        if view.text != before and suspect:
            view = view.rewritten(list(self._disguises(view.text)))
        return view.rewritten(self._homophones.edits(view.text, han=financial))

    def _disguises(self, text: str) -> Iterator[tuple[int, int, str]]:
        at = 0
        while at < len(text):
            ends = [
                at + length
                for length in self._lengths
                if at + length <= len(text) and text[at : at + length] in self._table
            ]
            end = next(iter(ends), at + 1)
            if ends and not _cuts_latin(text, at, end):
                yield at, end, self._table[text[at:end]]
            at = end

    def _matches(self, context: Context, found: Found) -> Iterator[tuple[Candidate, int, int]]:
        for rule in self._rulebook.active:
            for clause in rule.clauses:
                if context.speaker in clause.speakers and (
                    clause.products is None or context.product in clause.products
                ):
                    for pattern in clause.patterns:
                        candidate = Candidate(rule, clause, pattern, 0, 0)
                        if not found.enough_of(rule, clause.severity[context.speaker]):
                            for start, end in _spans(candidate, context):
                                yield candidate, start, end


class SlowPhrasing(Phrasing):
    """The learned table, asked piece by piece."""

    def score(self, text: str, speaker: Speaker, product: str | None) -> float:
        told = sorted(heard(text, speaker, product, self._cues))
        kinds = self._kinds
        known = [kinds[kind][piece] for kind, piece in told if piece in kinds.get(kind, {})]
        number = sum(kind == ANY and piece in kinds[ANY] for kind, piece in told)
        sides = self._sides
        side = sides.get(speaker, 0.0) + sides.get(str(product), 0.0)
        return sides["bias"] + SIDE_SCALE * side + sum(known) / math.sqrt(number or 1)

    def evidence(self, text: str, speaker: Speaker) -> tuple[int, int]:
        kinds = (self._kinds[ANY], self._kinds.get(by(speaker), {}))
        gains = [0.0] * len(text)
        for length in range(1, LONGEST + 1):
            for start in range(len(text) - length + 1):
                gram = numberless(text[start : start + length])
                weight = sum(weights.get(gram, 0.0) for weights in kinds)
                for i in range(start, start + length):
                    gains[i] += weight / length
        return _best_stretch(gains)


def slow_clean(raw: str) -> View:
    """Folding character by character."""
    same, changing, _, _ = folding._tables()
    text = raw.translate(same)
    edits = [(i, i + 1, changing[char]) for i, char in enumerate(text) if char in changing]
    return View(text).rewritten(edits) if edits else View(text)


def slow_cut(text: str) -> list[tuple[int, int]]:
    """The most probable words, by trying every word at every place."""
    frequencies, unknown = words._frequencies()
    best = [(0.0, len(text))] * (len(text) + 1)
    for start in range(len(text) - 1, -1, -1):
        best[start] = max(
            (
                frequencies.get(text[start:end], unknown if end == start + 1 else -1e9)
                + best[end][0],
                end,
            )
            for end in range(start + 1, min(len(text), start + words._LONGEST) + 1)
        )
    spans, at = [], 0
    while at < len(text):
        spans.append((at, best[at][1]))
        at = best[at][1]
    return spans
