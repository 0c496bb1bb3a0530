"""Finds in one pass which patterns may match: an automaton over all words the patterns need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from compliance.screening.facts import Speaker
from compliance.screening.patterns import Pattern, rarest
from compliance.screening.rules import Clause, Rule

SHADE = "\x1f"  # stands where a harmless word was, so that no pattern reaches into it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern whose words all occur in the text."""

    rule: Rule
    clause: Clause
    pattern: Pattern
    needs: int  # bit set of word sets
    order: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What the first pass saw: the word sets that occur, and the text with shields shaded."""

    text: str
    present: int


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
        self._anchors = sum(1 << bit for bit in by_anchor)
        self.size = order
        self._words = sorted({word for words in self._bits for word in words} | set(shields))
        self._masks = [0] * len(self._words)
        position = {word: i for i, word in enumerate(self._words)}
        for words, bit in self._bits.items():
            for word in words:
                self._masks[position[word]] |= 1 << bit
        self._shielding = frozenset(position[word] for word in shields)
        self._automaton = AhoCorasick(self._words, implementation=Implementation.DFA)

    def _bit(self, words: frozenset[str]) -> int:
        return self._bits.setdefault(words, len(self._bits))

    def mask_of(self, words: frozenset[str]) -> int:
        """The bit that a scan sets where any of `words` (one of `watched`) occurs."""
        return 1 << self._bits[words]

    def scan(self, text: str) -> Scan:
        """One pass over `text`; a second one only where a shield was found."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        shades = [(start, end) for word, start, end in found if word in self._shielding]
        if shades:
            chars = list(text)
            for start, end in shades:
                chars[start:end] = SHADE * (end - start)
            text = "".join(chars)
            found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        present = 0
        for word, _, _ in found:
            present |= self._masks[word]
        return Scan(text, present)

    def candidates(
        self, present: int, speaker: Speaker, product: str | None
    ) -> Iterator[Candidate]:
        """Patterns whose every word set is present and which concern this speaker and product."""
        anchors = present & self._anchors
        while anchors:
            low = anchors & -anchors
            anchors ^= low
            for candidate in self._by_anchor[low.bit_length() - 1]:
                if candidate.needs & present != candidate.needs:
                    continue
                clause = candidate.clause
                if speaker not in clause.speakers:
                    continue
                if clause.products is None or product in clause.products:
                    yield candidate
