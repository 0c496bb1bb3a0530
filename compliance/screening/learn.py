"""Learns the phrasing table from labelled sentences.

    python -m compliance.screening.learn

Reads `rulebook/lessons.jsonl` (`text speaker product verdict family`), writes
`rulebook/phrases.tsv`. What reviewers release or return belongs into the lessons; the same
lessons always give the same table.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from compliance.screening.facts import SPEAKERS, Speaker
from compliance.screening.hearing import ANY, Cues, heard, pieces, reading
from compliance.screening.phrasing import FAMILY, FILE, SIDE, SIDE_SCALE
from compliance.screening.reader import Reader
from compliance.screening.rulebook import DEFAULT_PATH, load
from compliance.screening.rules import Rule

LESSONS = "lessons.jsonl"
_COST = 20.0  # how much a misjudged lesson weighs against simple weights
_EPOCHS = 40
_RARITY = 6.5  # about the rarity of an ordinary piece; brings a lesson to about unit length
_NEGLIGIBLE = 0.1  # a weight in circumstances below this changes no verdict
_FAMILY_PIECES = 260
_SEEN = 2  # lessons a piece must stand in: half as large a table, and no worse on folds
_SEEN_SO = 3  # lessons a piece must stand in so: by a speaker, on a product, negated, warned
Name = tuple[str, str]  # circumstance, piece


@dataclass(frozen=True, slots=True)
class Lesson:
    """One labelled sentence, as it is read once its disguises are off."""

    text: str
    speaker: Speaker
    product: str | None
    bad: bool
    family: str | None


def digest(path: Path) -> str:
    """What identifies the lessons a table was learned from."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def read(path: Path, unmasked: Callable[[str], str]) -> list[Lesson]:
    """The lessons of a file, with texts unmasked."""
    lessons = []
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        lessons.append(
            Lesson(
                unmasked(entry["text"]),
                entry["speaker"],
                entry["product"],
                entry["verdict"] != "pass",
                entry["family"],
            )
        )
    return lessons


def of_rules(rules: Sequence[Rule], unmasked: Callable[[str], str]) -> list[Lesson]:
    """The examples of the rules, and their rewrites, as lessons too."""
    lessons = []
    for rule in rules:
        for examples, bad in ((rule.match, True), (rule.no_match, False)):
            for one in examples:
                family = rule.family if bad else None
                lessons.append(Lesson(unmasked(one.text), one.speaker, one.product, bad, family))
        for text in rule.rewrites:
            lessons.append(Lesson(unmasked(text), "manager", None, False, None))
            lessons.append(Lesson(unmasked(text), "content", None, False, None))
    return lessons


def vectors(
    lessons: Sequence[Lesson], cues: Cues
) -> tuple[list[list[tuple[int, float]]], list[Name]]:
    """Rarity-weighted pieces per lesson, plus speaker and product; and the names.

    The number of pieces in any circumstance alone sets the scale, which keeps scoring at run
    time to one look-up per piece and circumstance.
    """
    told: list[list[Name]] = []
    spread: Counter[Name] = Counter()
    for lesson in lessons:
        names = sorted(heard(lesson.text, lesson.speaker, lesson.product, cues))
        told.append(names)
        spread.update(names)
    kept = {
        name: count
        for name, count in spread.items()
        if count >= (_SEEN if name[0] == ANY else _SEEN_SO)
    }
    index = {name: i for i, name in enumerate(sorted(kept))}
    rarity = {name: rarity_of(count, len(lessons)) for name, count in kept.items()}
    sides = ["bias", *SPEAKERS, *sorted({str(lesson.product) for lesson in lessons})]
    side_index = {side: len(index) + i for i, side in enumerate(sides)}
    rows = []
    for lesson, names in zip(lessons, told, strict=True):
        known = [name for name in names if name in index]
        scale = _RARITY * math.sqrt(sum(name[0] == ANY for name in known) or 1)
        row = [(index[name], rarity[name] / scale) for name in known]
        row += [
            (side_index["bias"], 1.0),
            (side_index[lesson.speaker], SIDE_SCALE),
            (side_index[str(lesson.product)], SIDE_SCALE),
        ]
        rows.append(row)
    return rows, [*index, *((SIDE, side) for side in sides)]


def rarity_of(count: int, lessons: int) -> float:
    """How much a piece that stands in `count` of so many lessons counts."""
    return math.log((1 + lessons) / (1 + count)) + 1


def importances(lessons: Sequence[Lesson]) -> list[float]:
    """How much each lesson counts, so that on every product, and from every speaker, violations
    and harmless lines count alike.

    Because writers name a product more often when they write a violation, and a table that took
    this for a clue would hear less where no product is told.
    """
    told = Counter((lesson.speaker, lesson.product, lesson.bad) for lesson in lessons)
    return [
        min(
            2.0,
            (told[one.speaker, one.product, True] + told[one.speaker, one.product, False])
            / (2 * told[one.speaker, one.product, one.bad]),
        )
        for one in lessons
    ]


def fit(
    rows: Sequence[Sequence[tuple[int, float]]],
    bad: Sequence[bool],
    importance: Sequence[float],
    size: int,
) -> list[float]:
    """Weights of a regularised logistic regression, by coordinate descent in the dual.

    Deterministic: the order of the lessons is shuffled by a fixed seed.
    """
    weights = [0.0] * size
    signs = [1.0 if one else -1.0 for one in bad]
    squares = [sum(value * value for _, value in row) for row in rows]
    alphas = [1e-4] * len(rows)
    for row, sign, alpha in zip(rows, signs, alphas, strict=True):
        for i, value in row:
            weights[i] += sign * alpha * value
    order = list(range(len(rows)))
    shuffle = random.Random(7).shuffle  # noqa: S311  # because the order must repeat, not surprise
    for _ in range(_EPOCHS):
        shuffle(order)
        for at in order:
            margin = signs[at] * sum(weights[i] * value for i, value in rows[at])
            before = alphas[at]
            after = _coordinate(squares[at], margin, before, _COST * importance[at])
            alphas[at] = after
            step = signs[at] * (after - before)
            if step:
                for i, value in rows[at]:
                    weights[i] += step * value
    return weights


def _coordinate(square: float, margin: float, before: float, cost: float) -> float:
    """The best alpha in (0, cost) while all others stand still, by safeguarded Newton steps."""
    low, high = 1e-9 * cost, (1 - 1e-9) * cost
    alpha = min(max(before, low), high)
    for _ in range(30):
        slope = square * (alpha - before) + margin + math.log(alpha / (cost - alpha))
        if abs(slope) < 1e-6:
            break
        if slope > 0:
            high = alpha
        else:
            low = alpha
        step = alpha - slope / (square + cost / (alpha * (cost - alpha)))
        alpha = step if low < step < high else (low + high) / 2
    return alpha


def family_pieces(lessons: Sequence[Lesson]) -> dict[str, list[tuple[str, float]]]:
    """For each family the pieces that tell it best from the other families."""
    counts: dict[str, Counter[str]] = {}
    overall: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for lesson in lessons:
        if lesson.bad and lesson.family:
            grams = pieces(reading(lesson.text))
            counts.setdefault(lesson.family, Counter()).update(grams)
            overall.update(grams)
            sizes[lesson.family] += 1
    total = sum(sizes.values())
    best = {}
    for family, own in sorted(counts.items()):
        ratios = []
        for gram, count in own.items():
            others = overall[gram] - count
            inside = (count + 0.2) / (sizes[family] + 1)
            outside = (others + 0.2) / (total - sizes[family] + 1)
            if count >= 2 and inside > outside:
                ratios.append((gram, math.log(inside / outside) * min(1.0, count / 4)))
        ratios.sort(key=lambda entry: (-entry[1], entry[0]))
        best[family] = ratios[:_FAMILY_PIECES]
    return best


def table(lessons: Sequence[Lesson], source: str, cues: Cues) -> str:
    """The whole table as text; its first line names the lessons it was learned from."""
    rows, names = vectors(lessons, cues)
    weights = fit(rows, [one.bad for one in lessons], importances(lessons), len(names))
    spread = Counter(i for row in rows for i, _ in row)
    lines = [f"# learned from {source}"]
    for i, (kind, name) in enumerate(names):
        if kind == SIDE:
            lines.append(f"{kind}\t{name}\t{weights[i]:.4f}")
            continue
        weight = rarity_of(spread[i], len(lessons)) * weights[i] / _RARITY
        if (kind == ANY or abs(weight) > _NEGLIGIBLE) and not set(name) & set("\t\n"):
            lines.append(f"{kind}\t{name}\t{weight:.2f}")
    for family, entries in family_pieces(lessons).items():
        lines += [
            f"{FAMILY}{family}\t{gram}\t{ratio:.2f}"
            for gram, ratio in entries
            if not set(gram) & set("\t\n")
        ]
    return "\n".join(lines) + "\n"


def learned() -> str:
    """The table that the lessons and examples that ship with the product give."""
    rulebook = load(learned=False)
    reader = Reader(rulebook)
    source = DEFAULT_PATH / LESSONS
    lessons = read(source, reader.unmasked) + of_rules(rulebook.rules, reader.unmasked)
    return table(lessons, digest(source), rulebook.cues)


def main() -> int:
    """Learn from the lessons that ship with the product and write the table beside them."""
    (DEFAULT_PATH / FILE).write_text(learned(), "utf-8")
    sys.stdout.write(f"{LESSONS} -> {FILE}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
