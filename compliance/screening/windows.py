"""Cuts long texts into overlapping windows of whole sentences, which bounds the cost of a match."""

from __future__ import annotations

import re

WHOLE = 160  # a text up to this length is judged in one piece
_STEP = 110
_SENTENCE = re.compile("[^。!?\\n]*[。!?\\n]*")


def windows(text: str) -> list[tuple[int, int]]:
    """Spans that cover `text`; each but the first begins one sentence early."""
    if len(text) <= WHOLE:
        return [(0, len(text))] if text else []
    pieces: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while end - start > _STEP:  # a sentence without end is cut hard, with an overlap
            pieces.append((start, start + _STEP))
            start += _STEP - 30
        if start < end:
            pieces.append((start, end))
    spans: list[tuple[int, int]] = []
    first = 0
    while first < len(pieces):
        last = first
        while last + 1 < len(pieces) and pieces[last + 1][1] - pieces[first][0] <= WHOLE:
            last += 1
        spans.append((pieces[first][0], pieces[last][1]))
        if last + 1 >= len(pieces):
            break
        first = last if last > first else last + 1
    return spans
