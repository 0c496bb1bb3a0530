"""Word boundaries: the most probable way to cut a short text into dictionary words.

The frequencies are those of jieba's dictionary, read directly, because its own loader keeps a
cache file in a directory that anybody may write to.
"""

from __future__ import annotations

import math
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LONGEST = 5


@cache
def _frequencies() -> tuple[dict[str, float], float]:
    """Log frequency of every word of up to five characters, and that of an unknown character.

    Two characters with which longer words begin are listed too, so that where they are missing
    nothing longer need be looked up.
    """
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "jieba is not installed; its dictionary gives the word boundaries"
        )
    counts: dict[str, int] = {}
    with Path(spec.origin).with_name("dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, count, _ = line.split(" ", 2)
            if len(word) <= _LONGEST:
                counts[word] = int(count) or 1
    total = math.log(sum(counts.values()))
    known = {word: math.log(count) - total for word, count in counts.items()}
    for word in counts:
        if len(word) > 2:
            known.setdefault(word[:2], -math.inf)
    return known, -total


def is_word(text: str, *, at_least: int = 3) -> bool:
    """Whether the dictionary knows `text` as one word of some use."""
    frequencies, unknown = _frequencies()
    known = frequencies.get(text)
    return known is not None and known - unknown >= math.log(at_least)


def cut(text: str) -> list[tuple[int, int]]:
    """Spans of the words of `text` on its most probable path."""
    frequencies, unknown = _frequencies()
    length = len(text)
    best = [0.0] * (length + 1)
    ends = [length] * (length + 1)
    for start in range(length - 1, -1, -1):
        until = start + 1
        most = frequencies.get(text[start], unknown) + best[until]
        for end in range(start + 2, min(length, start + _LONGEST) + 1):
            known = frequencies.get(text[start:end])
            if known is None:
                if end == start + 2:
                    break
            # Because of two equal paths the one with the longer first word is taken.
            elif known + best[end] >= most:
                most, until = known + best[end], end
        best[start], ends[start] = most, until
    spans = []
    at = 0
    while at < len(text):
        spans.append((at, ends[at]))
        at = ends[at]
    return spans
