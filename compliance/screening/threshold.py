"""Says where to put the threshold `stop`: k-fold cross-validation on the lessons.

    python -m compliance.screening.threshold [FOLDS]

Each lesson is scored by a table learned from the other folds; prints, for each threshold, the
share of violations heard and of harmless lines wrongly heard. Rules' examples are learned from in
every fold and never scored. Takes FOLDS times as long as learning.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from compliance.screening.hearing import Cues
from compliance.screening.learn import LESSONS, Lesson, of_rules, read, table
from compliance.screening.phrasing import FILE, Phrasing
from compliance.screening.reader import Reader
from compliance.screening.rulebook import DEFAULT_PATH, load

THRESHOLDS = (0.0, 0.3, 0.6, 0.85, 1.1, 1.4, 1.7, 2.0)


def scored(
    lessons: Sequence[Lesson], always: Sequence[Lesson], folds: int, cues: Cues
) -> list[tuple[Lesson, float]]:
    """Every lesson with its score by a table that has not seen it."""
    order = list(range(len(lessons)))
    random.Random(11).shuffle(order)  # noqa: S311  # because the folds must repeat
    heard: list[tuple[Lesson, float]] = []
    with tempfile.TemporaryDirectory(prefix="gengyun-fold-") as directory:
        for fold in range(folds):
            out = [lessons[at] for at in order[fold::folds]]
            left = [lessons[at] for i, at in enumerate(order) if i % folds != fold]
            file = Path(directory) / FILE
            file.write_text(table([*left, *always], f"fold {fold}", cues), "utf-8")
            phrasing = Phrasing.from_file(file, cues)
            heard += [(one, phrasing.score(one.text, one.speaker, one.product)) for one in out]
    return heard


def rows(heard: Sequence[tuple[Lesson, float]]) -> list[str]:
    """The table for people: threshold, violations heard, harmless lines heard, precision."""
    bad = sum(one.bad for one, _ in heard)
    lines = [f"{len(heard)} lessons, {bad} of them violations", "stop   recall  false  precision"]
    for stop in THRESHOLDS:
        rightly = sum(one.bad for one, score in heard if score > stop)
        wrongly = sum(not one.bad for one, score in heard if score > stop)
        lines.append(
            f"{stop:4.2f}   {rightly / bad:.3f}   {wrongly / (len(heard) - bad):.3f}  "
            f"{rightly / max(1, rightly + wrongly):.3f}"
        )
    return lines


def main(arguments: Sequence[str]) -> int:
    """Print the table; five folds unless told otherwise."""
    folds = int(arguments[0]) if arguments else 5
    rulebook = load(learned=False)
    reader = Reader(rulebook)
    lessons = read(DEFAULT_PATH / LESSONS, reader.unmasked)
    for row in rows(
        scored(lessons, of_rules(rulebook.rules, reader.unmasked), folds, rulebook.cues)
    ):
        sys.stdout.write(row + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
