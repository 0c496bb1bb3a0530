"""Finds in one pass which patterns may match: an automaton over all words the patterns need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter, itemgetter, or_
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from compliance.screening.facts import Speaker
from compliance.screening.patterns import Pattern, rarity
from compliance.screening.rules import Clause, Rule

_WORD = itemgetter(0)
_ORDER = attrgetter("order")
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
        watched: Sequence[frozenset[str]] = (),
        usual: Iterable[str] = (),
    ) -> None:
        """``usual`` texts (folded) tell which words are rare: by these a pattern is looked up."""
        self._bits: dict[frozenset[str], int] = {}
        for words in watched:
            self._bit(words)
        self._candidates = [
            Candidate(rule, clause, pattern, self._mask((*pattern.needs, *pattern.units)), order)
            for order, (rule, clause, pattern) in enumerate(
                (rule, clause, pattern)
                for rule in rules
                for clause in rule.clauses
                for pattern in clause.patterns
            )
        ]
        told = {words for one in self._candidates for words in one.pattern.needs}
        self._told = self._mask(told.union(watched))
        self._words = sorted({word for words in self._bits for word in words} | set(shields))
        position = {word: i for i, word in enumerate(self._words)}
        self._masks = [0] * len(self._words)
        for words, bit in self._bits.items():
            for word in words:
                self._masks[position[word]] |= 1 << bit
        self._shielding = frozenset(position[word] for word in shields)
        # No DFA: it takes ten times the memory, and is no faster once other work has had the cache.
        self._automaton = AhoCorasick(self._words, implementation=Implementation.ContiguousNFA)
        self._by_anchor = self._anchored(usual)
        self._concerned: dict[tuple[Speaker, str | None], _Concerned] = {}

    @property
    def size(self) -> int:
        """How many patterns there are."""
        return len(self._candidates)

    @property
    def words(self) -> int:
        """How many literal words the automaton knows, shields included."""
        return len(self._words)

    def _bit(self, words: frozenset[str]) -> int:
        return self._bits.setdefault(words, len(self._bits))

    def _mask(self, needs: Iterable[frozenset[str]]) -> int:
        return reduce(or_, (1 << self._bit(words) for words in needs), 0)

    def _anchored(self, usual: Iterable[str]) -> dict[int, list[Candidate]]:
        """The candidates by the bit of the needed words that are seen in the fewest usual texts."""
        seen = [self.scan(text).present for text in usual]
        often = {
            words: sum(present >> bit & 1 for present in seen) for words, bit in self._bits.items()
        }
        by_anchor: dict[int, list[Candidate]] = defaultdict(list)
        for candidate in self._candidates:
            needs = (*candidate.pattern.needs, *candidate.pattern.units)
            anchor = min(needs, key=lambda words: (often[words], -rarity(words)))
            by_anchor[self._bits[anchor]].append(candidate)
        return dict(by_anchor)

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

    def tells_more(self, again: int, seen: int) -> bool:
        """Whether a scan saw words of rules that another had not seen."""
        return bool(again & ~seen & self._told)

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
        # Because only the first few hits of a rule are kept, the order of the rulebook decides.
        found.sort(key=_ORDER)
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
