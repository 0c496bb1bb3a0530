"""Text with marked stretches, as the pages' macro ``ui.rich`` shows it: (kind, text) pairs.

Kinds: ``""`` plain, ``var`` filled from the bank's systems, ``hit`` a broken rule, ``q`` what
was searched for, ``del`` and ``ins`` a change.
"""

from collections.abc import Iterable, Sequence

Part = tuple[str, str]


def marked(text: str, spans: Iterable[tuple[int, int]], kind: str = "hit") -> list[Part]:
    """``text`` cut at ``spans`` (start, end); overlapping and empty spans are joined or dropped."""
    parts: list[Part] = []
    place = 0
    for start, end in _joined(spans, len(text)):
        if start > place:
            parts.append(("", text[place:start]))
        parts.append((kind, text[start:end]))
        place = end
    if place < len(text):
        parts.append(("", text[place:]))
    return parts


def pieces(values: Sequence[tuple[str, str]]) -> list[Part]:
    """A rendered script's (field, value) pieces: its own words plain, values as ``var``."""
    return [("var" if field else "", value) for field, value in values]


def _joined(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(a, 0), min(b, length)) for a, b in spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
