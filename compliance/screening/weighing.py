"""Adds up the weights of all known pieces of a text, found in one pass of an automaton."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from operator import getitem

from ahocorasick_rs import AhoCorasick, Implementation

Place = tuple[int, int, int]
"""The number of a piece, and where it starts and ends."""


class Weighing:
    """The pieces that any kind of talk gives a weight to, in one automaton."""

    def __init__(self, pieces: Iterable[str], longest: int) -> None:
        """Pieces of more than ``longest`` characters are left out."""
        self._pieces = sorted({piece for piece in pieces if 0 < len(piece) <= longest})
        # Not a DFA, because with some ten thousand pieces that takes twenty times the memory,
        # and what is not in the processor's cache is what costs here; hence the arrays too.
        self._automaton = AhoCorasick(self._pieces, implementation=Implementation.ContiguousNFA)

    def places(self, text: str) -> list[Place]:
        """Every piece in ``text``, as often as it stands there."""
        return self._automaton.find_matches_as_indexes(text, overlapping=True)

    def scale(self, *kinds: Mapping[str, float]) -> array[float]:
        """The weights that ``kinds`` together give, by number of the piece."""
        scales = [list(map(weights.get, self._pieces, repeat(0.0))) for weights in kinds]
        return array("d", scales[0] if len(scales) == 1 else map(sum, zip(*scales, strict=True)))


def weight(scale: Sequence[float], pieces: Iterable[int]) -> float:
    """The sum of the weights of pieces, each given once."""
    return sum(map(getitem, repeat(scale), pieces))
