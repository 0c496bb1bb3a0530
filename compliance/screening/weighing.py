"""Adds up the weights of all known pieces of a text, found in one pass of an automaton."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import repeat
from operator import getitem, itemgetter

from ahocorasick_rs import AhoCorasick, Implementation

_PIECE = itemgetter(0)


class Weighing:
    """Weights of pieces for several kinds of talk, which share one automaton."""

    def __init__(self, kinds: Mapping[str, Mapping[str, float]], longest: int) -> None:
        """Pieces of more than ``longest`` characters are left out."""
        pieces = sorted(
            {piece for weights in kinds.values() for piece in weights if 0 < len(piece) <= longest}
        )
        # Not a DFA, because with some ten thousand pieces that takes twenty times the memory,
        # and what is not in the processor's cache is what costs here; hence the arrays too.
        self._automaton = AhoCorasick(pieces, implementation=Implementation.ContiguousNFA)
        self._weights = {
            kind: array("d", (weights.get(piece, 0.0) for piece in pieces))
            for kind, weights in kinds.items()
        }
        self._unknown = {
            kind: frozenset(i for i, piece in enumerate(pieces) if piece not in weights)
            for kind, weights in kinds.items()
        }

    def total(self, text: str, kind: str) -> tuple[float, int]:
        """The sum of the weights that ``kind`` gives to the pieces in ``text``, and their number.

        A piece counts once however often it stands in the text.
        """
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        found = set(map(_PIECE, matches))
        if unknown := self._unknown[kind]:
            found -= unknown
        return sum(map(getitem, repeat(self._weights[kind]), found)), len(found)
