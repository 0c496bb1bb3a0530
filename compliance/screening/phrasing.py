"""The sound of a whole sentence: how near its wording is to labelled violations and near-misses.

A linear model over character sequences in their circumstances (`hearing`), learned by `learn.py`
from `rulebook/lessons.jsonl` and kept as a table of weights. It finds paraphrase that no pattern
foresaw, and doubts pattern hits in sentences that sound harmless. Every score is a sum over
visible pieces of the text.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import add, itemgetter
from pathlib import Path

from compliance.screening.errors import RulebookBroken
from compliance.screening.facts import Speaker
from compliance.screening.hearing import (
    ANY,
    LONGEST,
    NEGATED,
    WARNED,
    Cues,
    by,
    negated_spans,
    numberless,
    on,
    pieces,
    reading,
)
from compliance.screening.weighing import Weighing, weight

FILE = "phrases.tsv"
SIDE_SCALE = 0.3  # speaker and product weigh little beside the words
SIDE = "side"
FAMILY = "family "
_PIECE = itemgetter(0)
Weights = dict[str, float]


class Phrasing:
    """The learned table. `score` above 0 leans to a violation, below 0 to a harmless line."""

    def __init__(self, kinds: Mapping[str, Weights], cues: Cues) -> None:
        self._cues = cues
        self._kinds = kinds
        self._sides = kinds.get(SIDE, {"bias": 0.0})
        self._weighing = Weighing(kinds.get(ANY, {}), LONGEST)
        self._voices: dict[Speaker, Weights] = {}
        self._scales: dict[tuple[Speaker, str | None], array[float]] = {}
        self._warned = self._weighing.scale(kinds.get(WARNED, {}))
        self._negated = self._weighing.scale(kinds.get(NEGATED, {}))
        families = [kind for kind in kinds if kind.startswith(FAMILY)]
        self._names = tuple(kind.removeprefix(FAMILY) for kind in families)
        self._telling: dict[str, list[tuple[int, float]]] = {}
        for number, kind in enumerate(families):
            for gram, ratio in kinds[kind].items():
                self._telling.setdefault(gram, []).append((number, ratio))

    @classmethod
    def from_file(cls, path: Path, cues: Cues) -> Phrasing:
        """Read the table that `learn.py` wrote. Raises RulebookBroken where it cannot be read."""
        kinds: dict[str, Weights] = {}
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
        return cls(kinds, cues)

    def score(self, text: str, speaker: Speaker, product: str | None) -> float:
        """Log odds that a person would have stopped this text."""
        read = reading(text)
        places = self._weighing.places(read)
        pieces = set(map(_PIECE, places))
        total = weight(self._scale(speaker, product), pieces)
        if self._cues.warning.search(read):
            total += weight(self._warned, pieces)
        if spans := negated_spans(read, self._cues):
            until = _ends(spans, len(read))
            turned = {piece for piece, start, end in places if end <= until[start]}
            total += weight(self._negated, turned)
        sides = self._sides
        return (
            sides["bias"]
            + SIDE_SCALE * (sides.get(speaker, 0.0) + sides.get(str(product), 0.0))
            + total / math.sqrt(len(pieces) or 1)
        )

    def _scale(self, speaker: Speaker, product: str | None) -> array[float]:
        scale = self._scales.get((speaker, product))
        if scale is None:
            names = (ANY, by(speaker), on(product))
            scale = self._weighing.scale(*(self._kinds.get(name, {}) for name in names))
            self._scales[speaker, product] = scale
        return scale

    def evidence(self, text: str, speaker: Speaker) -> tuple[int, int]:
        """The stretch of `text` that speaks most strongly for a violation."""
        weights = self._voice(speaker)
        alike = numberless(text) != text

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

    def _voice(self, speaker: Speaker) -> Weights:
        """What pieces weigh from this speaker, on whatever product."""
        voice = self._voices.get(speaker)
        if voice is None:
            ordinary, own = self._kinds.get(ANY, {}), self._kinds.get(by(speaker), {})
            voice = ordinary | {gram: ordinary.get(gram, 0.0) + more for gram, more in own.items()}
            self._voices[speaker] = voice
        return voice

    def family(self, text: str) -> str:
        """The kind of violation whose wording is nearest."""
        sums = [0.0] * len(self._names)
        for gram in sorted(pieces(reading(text)) & self._telling.keys()):
            for number, ratio in self._telling[gram]:
                sums[number] += ratio
        return self._names[sums.index(max(sums))]


def _ends(spans: Sequence[tuple[int, int]], length: int) -> list[int]:
    """For each place the end of the span around it, or 0. The spans are disjoint and ordered."""
    ends = [0] * length
    for first, last in spans:
        ends[first:last] = [last] * (last - first)
    return ends


@lru_cache(maxsize=4096)
def _alike(gram: str) -> str:
    return numberless(gram)


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
