"""What changed between two templates, word by word, for the person who decides."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from content_library.facts import Segment

_TOKEN = re.compile(r"\{\{[^{}]*\}\}|[0-9][0-9.,:%\-]*|[A-Za-z]+|\s+|.", re.DOTALL)
_SHORT = 2


def words_of(text: str) -> list[str]:
    """Fields, numbers, Latin words and single characters: never half a field or half a number."""
    return _TOKEN.findall(text)


def compare(old: str, new: str) -> tuple[Segment, ...]:
    """``new`` against ``old``: what is kept, deleted and inserted, in reading order.

    Joining kept and deleted gives ``old``, kept and inserted ``new``. Islands of one or two
    kept characters between changes are shown as changed too, because they read as noise.
    """
    before, after = words_of(old), words_of(new)
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    changes: list[tuple[str, str, str]] = []
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        gone, come = "".join(before[old_start:old_end]), "".join(after[new_start:new_end])
        changes.append(("keep" if kind == "equal" else "change", gone, come))
    return tuple(_segments(_without_islands(changes)))


def _without_islands(changes: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    merged: list[tuple[str, str, str]] = []
    last = len(changes) - 1
    for place, (kind, gone, come) in enumerate(changes):
        island = kind == "keep" and len(gone) <= _SHORT and 0 < place < last and "{{" not in gone
        if island:
            kind = "change"
        if merged and merged[-1][0] == kind:
            merged[-1] = (kind, merged[-1][1] + gone, merged[-1][2] + come)
        else:
            merged.append((kind, gone, come))
    return merged


def _segments(changes: Sequence[tuple[str, str, str]]) -> list[Segment]:
    segments: list[Segment] = []
    for kind, gone, come in changes:
        if kind == "keep":
            segments.append(Segment("keep", gone))
            continue
        if gone:
            segments.append(Segment("del", gone))
        if come:
            segments.append(Segment("ins", come))
    return segments
