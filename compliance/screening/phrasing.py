"""The sound of a whole sentence: how near its wording is to labelled violations and near-misses.

A linear model over character sequences, learned by `learn.py` from `rulebook/lessons.jsonl` and
kept as a table of weights. It finds paraphrase that no pattern foresaw, and doubts pattern hits
in sentences that sound harmless. Every score is a sum over visible pieces of the text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from compliance.screening.errors import RulebookBroken
from compliance.screening.facts import Speaker

FILE = "phrases.tsv"
LONGEST = 3
SIDE_SCALE = 0.3  # speaker and product weigh little beside the words
_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """What a character sequence contributes, squared rarity and weight; again for customers."""

    norm: float
    weight: float
    customer_norm: float
    customer_weight: float


def reading(text: str) -> str:
    """The form in which sentences are compared: numbers alike, beginning and end marked."""
    return "^" + _DIGITS.sub("0", text) + "$"


def pieces(read: str) -> set[str]:
    """All sequences of one to three characters."""
    grams = set(read)
    grams.update(map("".join, pairwise(read)))
    grams.update(map("".join, zip(read, read[1:], read[2:], strict=False)))
    return grams


class Phrasing:
    """The learned table. `score` above 0 leans to a violation, below 0 to a harmless line."""

    def __init__(
        self,
        table: dict[str, Piece],
        sides: dict[str, float],
        families: dict[str, dict[str, float]],
    ) -> None:
        self._table = table
        # Because scoring is on the path of every message: one look-up per piece, plain tuples.
        self._staff = {gram: (one.norm, one.weight) for gram, one in table.items()}
        self._customer = {
            gram: (one.norm + one.customer_norm, one.weight + one.customer_weight)
            for gram, one in table.items()
        }
        self._sides = sides
        self._families = families

    @classmethod
    def from_file(cls, path: Path) -> Phrasing:
        """Read the table that `learn.py` wrote. Raises RulebookBroken where it cannot be read."""
        table: dict[str, Piece] = {}
        sides: dict[str, float] = {}
        families: dict[str, dict[str, float]] = {}
        try:
            for line in path.read_text("utf-8").split("\n")[1:]:
                kind, _, rest = line.partition("\t")
                fields = rest.split("\t")
                if kind == "piece":
                    norm, weight, customer_norm, customer_weight = map(float, fields[1:])
                    table[fields[0]] = Piece(norm, weight, customer_norm, customer_weight)
                elif kind == "side":
                    sides[fields[0]] = float(fields[1])
                elif kind:
                    families.setdefault(kind, {})[fields[0]] = float(fields[1])
        except (OSError, ValueError, IndexError) as error:
            raise RulebookBroken(
                "句式权重表读不出来",
                saw=str(error),
                where=str(path),
                do="运行 python -m compliance.screening.learn 重新生成",
            ) from error
        return cls(table, sides, families)

    def score(self, text: str, speaker: Speaker, product: str | None) -> float:
        """Log odds that a person would have stopped this text."""
        base = self._sides["bias"] + SIDE_SCALE * (
            self._sides.get(speaker, 0.0) + self._sides.get(str(product), 0.0)
        )
        norm = total = 0.0
        find = (self._customer if speaker == "customer" else self._staff).get
        for gram in pieces(reading(text)):
            if found := find(gram):
                norm += found[0]
                total += found[1]
        return base + total / math.sqrt(norm) if norm else base

    def evidence(self, text: str, speaker: Speaker) -> tuple[int, int]:
        """The stretch of `text` that speaks most strongly for a violation."""
        gains = [0.0] * len(text)
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + LONGEST) + 1):
                piece = self._table.get(_DIGITS.sub("0", text[start:end]))
                if piece is None:
                    continue
                weight = piece.weight + (piece.customer_weight if speaker == "customer" else 0.0)
                for i in range(start, end):
                    gains[i] += weight / (end - start)
        return _best_stretch(gains)

    def family(self, text: str) -> str:
        """The kind of violation whose wording is nearest."""
        grams = pieces(reading(text))
        return max(
            self._families,
            key=lambda name: sum(self._families[name].get(gram, 0.0) for gram in grams),
        )


def _best_stretch(gains: list[float]) -> tuple[int, int]:
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
