"""Finds in one pass which patterns may match: an automaton over all words the patterns need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import itemgetter, or_
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from compliance.screening.facts import Speaker
from compliance.screening.patterns import Pattern, rarest
from compliance.screening.rules import Clause, Rule

_WORD = itemgetter(0)
_KINDS_OF_TALK = 64  # speakers times products; a caller's odd product must not grow the table
SHADE = "\x1f"  # stands where a harmless word was, so that no pattern reaches into it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern whose words all occur in the text."""

    rule: Rule
    clause: Clause
    pattern: Pattern
    needs: int  # bit set of word sets
    order: int


class Scan(NamedTuple):
    """What the first pass saw: the word sets that occur, and the text with shields shaded."""

    text: str
    present: int


@dataclass(frozen=True, slots=True)
class _Concerned:
    """The candidates that concern one speaker and product, by the bit of their rarest words."""

    anchors: int
    by_anchor: dict[int, tuple[Candidate, ...]]


class Index:
    """All patterns of a rulebook, looked up by the words that occur in a text."""

    def __init__(
        self,
        rules: Iterable[Rule],
        shields: Iterable[str],
        watched: Iterable[frozenset[str]] = (),
    ) -> None:
        self._bits: dict[frozenset[str], int] = {}
        for words in watched:
            self._bit(words)
        by_anchor: dict[int, list[Candidate]] = defaultdict(list)
        order = 0
        for rule in rules:
            for clause in rule.clauses:
                for pattern in clause.patterns:
                    needs = 0
                    for words in pattern.needs:
                        needs |= 1 << self._bit(words)
                    candidate = Candidate(rule, clause, pattern, needs, order)
                    by_anchor[self._bit(rarest(pattern.needs))].append(candidate)
                    order += 1
        self._by_anchor = dict(by_anchor)
        self._concerned: dict[tuple[Speaker, str | None], _Concerned] = {}
        self.size = order
        self._words = sorted({word for words in self._bits for word in words} | set(shields))
        self._masks = [0] * len(self._words)
        position = {word: i for i, word in enumerate(self._words)}
        for words, bit in self._bits.items():
            for word in words:
                self._masks[position[word]] |= 1 << bit
        self._shielding = frozenset(position[word] for word in shields)
        self._automaton = AhoCorasick(self._words, implementation=Implementation.DFA)

    @property
    def words(self) -> int:
        """How many literal words the automaton knows, shields included."""
        return len(self._words)

    def _bit(self, words: frozenset[str]) -> int:
        return self._bits.setdefault(words, len(self._bits))

    def mask_of(self, words: frozenset[str]) -> int:
        """The bit that a scan sets where any of `words` (one of `watched`) occurs."""
        return 1 << self._bits[words]

    def scan(self, text: str) -> Scan:
        """One pass over `text`; a second one only where a shield was found."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        words = set(map(_WORD, found))
        if not self._shielding.isdisjoint(words):
            chars = list(text)
            for word, start, end in found:
                if word in self._shielding:
                    chars[start:end] = SHADE * (end - start)
            text = "".join(chars)
            words = set(map(_WORD, self._automaton.find_matches_as_indexes(text, overlapping=True)))
        return Scan(text, reduce(or_, map(self._masks.__getitem__, words), 0))

    def count(self, text: str) -> int:
        """How many words occur, counting nothing else."""
        return len(self._automaton.find_matches_as_indexes(text, overlapping=True))

    def candidates(self, present: int, speaker: Speaker, product: str | None) -> list[Candidate]:
        """Patterns whose every word set is present and which concern this speaker and product."""
        concerned = self._concerned.get((speaker, product))
        if concerned is None:
            concerned = self._concern(speaker, product)
        by_anchor = concerned.by_anchor
        anchors = present & concerned.anchors
        missing = ~present
        found = []
        while anchors:
            low = anchors & -anchors
            anchors ^= low
            for candidate in by_anchor[low]:
                if not candidate.needs & missing:
                    found.append(candidate)
        return found

    def _concern(self, speaker: Speaker, product: str | None) -> _Concerned:
        """The candidates of one kind of talk, kept because there are few kinds."""
        by_anchor: dict[int, tuple[Candidate, ...]] = {}
        for bit, candidates in self._by_anchor.items():
            kept = tuple(
                candidate
                for candidate in candidates
                if speaker in candidate.clause.speakers
                and (candidate.clause.products is None or product in candidate.clause.products)
            )
            if kept:
                by_anchor[1 << bit] = kept
        concerned = _Concerned(sum(by_anchor), by_anchor)
        if len(self._concerned) < _KINDS_OF_TALK:
            self._concerned[speaker, product] = concerned
        return concerned
