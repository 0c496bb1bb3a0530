"""The sound of a whole sentence: how near its wording is to labelled violations and near-misses.

A linear model over character sequences, learned by `learn.py` from `rulebook/lessons.jsonl` and
kept as a table of weights. It finds paraphrase that no pattern foresaw, and doubts pattern hits
in sentences that sound harmless. Every score is a sum over visible pieces of the text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import add
from pathlib import Path

from compliance.screening.errors import RulebookBroken
from compliance.screening.facts import Speaker
from compliance.screening.weighing import Weighing

FILE = "phrases.tsv"
LONGEST = 3
SIDE_SCALE = 0.3  # speaker and product weigh little beside the words
_DIGITS = re.compile("[0-9]+")


def reading(text: str) -> str:
    """The form in which sentences are compared: numbers alike, beginning and end marked."""
    return "^" + _DIGITS.sub("0", text) + "$"


def pieces(read: str) -> set[str]:
    """All sequences of one to three characters."""
    pairs = list(map(add, read, read[1:]))
    return {*read, *pairs, *map(add, pairs, read[2:])}


class Phrasing:
    """The learned table. `score` above 0 leans to a violation, below 0 to a harmless line."""

    def __init__(
        self,
        staff: dict[str, float],
        customer: dict[str, float],
        sides: dict[str, float],
        families: dict[str, dict[str, float]],
    ) -> None:
        self._of_piece = {"staff": staff, "customer": customer}
        self._weighing = Weighing(self._of_piece, LONGEST)
        self._sides = sides
        self._names = tuple(families)
        self._telling: dict[str, list[tuple[int, float]]] = {}
        for number, ratios in enumerate(families.values()):
            for gram, ratio in ratios.items():
                self._telling.setdefault(gram, []).append((number, ratio))

    @classmethod
    def from_file(cls, path: Path) -> Phrasing:
        """Read the table that `learn.py` wrote. Raises RulebookBroken where it cannot be read."""
        kinds: dict[str, dict[str, float]] = {"staff": {}, "customer": {}, "side": {}}
        try:
            for line in path.read_text("utf-8").split("\n")[1:]:
                if line:
                    kind, name, value = line.split("\t")
                    kinds.setdefault(kind, {})[name] = float(value)
        except (OSError, ValueError) as error:
            raise RulebookBroken(
                "句式权重表读不出来",
                saw=str(error),
                where=str(path),
                do="运行 python -m compliance.screening.learn 重新生成",
            ) from error
        staff, extra = kinds.pop("staff"), kinds.pop("customer")
        customer = staff | {gram: staff.get(gram, 0.0) + more for gram, more in extra.items()}
        return cls(staff, customer, kinds.pop("side"), kinds)

    def score(self, text: str, speaker: Speaker, product: str | None) -> float:
        """Log odds that a person would have stopped this text."""
        total, known = self._weighing.total(reading(text), _kind(speaker))
        sides = self._sides
        return (
            sides["bias"]
            + SIDE_SCALE * (sides.get(speaker, 0.0) + sides.get(str(product), 0.0))
            + total / math.sqrt(known or 1)
        )

    def evidence(self, text: str, speaker: Speaker) -> tuple[int, int]:
        """The stretch of `text` that speaks most strongly for a violation."""
        weights = self._of_piece[_kind(speaker)]
        alike = _DIGITS.search(text) is not None

        def shares(grams: Iterable[str], length: int) -> list[float]:
            known = map(weights.get, map(_alike, grams) if alike else grams, repeat(0.0))
            return [weight / length for weight in known]

        pairs = list(map(add, text, text[1:]))
        ones, twos = shares(text, 1), shares(pairs, 2)
        threes = shares(map(add, pairs, text[2:]), 3)
        # A character gains from each sequence that begins one or two places before it, or at it.
        second, third = [0.0, *twos], [0.0, 0.0, *threes]
        twos.append(0.0)
        middle = [0.0, *threes, 0.0]
        threes += 0.0, 0.0
        gains = list(map(sum, zip(ones, second, twos, third, middle, threes, strict=False)))
        return _best_stretch(gains)

    def family(self, text: str) -> str:
        """The kind of violation whose wording is nearest."""
        sums = [0.0] * len(self._names)
        for gram in sorted(pieces(reading(text)) & self._telling.keys()):
            for number, ratio in self._telling[gram]:
                sums[number] += ratio
        return self._names[sums.index(max(sums))]


@lru_cache(maxsize=4096)
def _alike(gram: str) -> str:
    return _DIGITS.sub("0", gram)


def _kind(speaker: Speaker) -> str:
    return "customer" if speaker == "customer" else "staff"


def _best_stretch(gains: Sequence[float]) -> tuple[int, int]:
    """Bounds of the contiguous run with the greatest sum; never empty for a non-empty list."""
    best, bounds = -math.inf, (0, len(gains))
    running, start = 0.0, 0
    for i, gain in enumerate(gains):
        if running <= 0:
            running, start = 0.0, i
        running += gain
        if running > best:
            best, bounds = running, (start, i + 1)
    return bounds
