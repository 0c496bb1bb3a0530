"""Takes disguises off: separators, split characters, emoji, initials, words written by sound."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from compliance.screening.folding import fold
from compliance.screening.homophones import LATIN, Homophones
from compliance.screening.views import View

_HAN = "\u3400-\u9fff"
_KEPT = ',。!?:;、()"“”‘’《》【】\\n%$¥￥'
# A symbol, emoji or space between two Han characters.
_BETWEEN = re.compile(f"(?<=[{_HAN}])[^{_HAN}0-9a-z{_KEPT}]{{1,4}}(?=[{_HAN}])")
# Three or more single characters kept apart by anything that is not a word: 保、本、保、息
_SINGLES = re.compile(
    f"(?:(?<=^)|(?<=[^{_HAN}0-9a-z]))(?:[{_HAN}][^{_HAN}0-9a-z]{{1,3}}){{2,20}}[{_HAN}](?![{_HAN}])"
)
_APART = re.compile(f"[^{_HAN}0-9a-z]+")
# The same letter strewn between Han characters: 风x险x零
_STREWN = re.compile(f"[{_HAN}](?:([a-z])[{_HAN}])(?:\\1[{_HAN}]){{1,20}}")
_BOXED = re.compile(f"[(\\[【「『\"“'‘<{{]([{_HAN}])[)\\]】」』\"”'’>}}]")
_LETTER = re.compile("[a-z]")
# Without any of these nothing but a homophone or a split character can be hidden: what ordinary
# talk does not hold, or one character alone between marks, as in (保)(本) and 、保、本、.
_SUSPECT = re.compile(
    f"[^{_HAN}0-9,。!?:;、()“”《》%\\n\x1f]|[^{_HAN}0-9a-z][{_HAN}][^{_HAN}0-9a-z]"
)


class Unmasker:
    """Writes a text out as it is meant to be read."""

    def __init__(self, data: dict[str, Any]) -> None:
        table: dict[str, str] = {}
        for section in ("split", "emoji", "initials", "reversed", "slang"):
            table |= {fold(key): value for key, value in data[section].items()}
        keys = sorted(table)
        # An entry that stands for itself keeps a harmless word from being read as a disguise.
        self._values = [None if table[key] == key else table[key] for key in keys]
        self._latin = [bool(_LETTER.match(key) or _LETTER.match(key[-1])) for key in keys]
        self._automaton = AhoCorasick(
            keys, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA
        )
        self._homophones = Homophones(data["homophones"]["red"], data["homophones"]["ordinary"])

    def unmask(self, view: View, *, financial: bool) -> View:
        """The view with its disguises off; the same object where there is none."""
        before = view
        view = self._apply(view, self._dictionary(view.text))
        if _SUSPECT.search(view.text):
            view = self._apply(view, _boxed(view.text))
            view = self._apply(view, _separators(view.text))
            if view is not before:
                view = self._apply(view, self._dictionary(view.text))
        if financial or LATIN.search(view.text):
            view = self._apply(view, self._homophones.edits(view.text, han=financial))
        return view

    def _apply(self, view: View, edits: list[tuple[int, int, str]]) -> View:
        return view.rewritten(edits) if edits else view

    def _dictionary(self, text: str) -> list[tuple[int, int, str]]:
        edits = []
        for index, start, end in self._automaton.find_matches_as_indexes(text):
            value = self._values[index]
            if value is None or (self._latin[index] and _cuts_latin(text, start, end)):
                continue
            edits.append((start, end, value))
        return edits


def _cuts_latin(text: str, start: int, end: int) -> bool:
    """Whether the match begins or ends inside a longer latin word, as `tx` does in `txt`."""

    def joined(at: int) -> bool:
        pair = text[max(0, at - 1) : at + 1]
        return len(pair) == 2 and pair.isascii() and pair.isalpha()

    return joined(start) or joined(end)


def _boxed(text: str) -> list[tuple[int, int, str]]:
    return [(m.start(), m.end(), m.group(1)) for m in _BOXED.finditer(text)]


def _separators(text: str) -> list[tuple[int, int, str]]:
    spans = [m.span() for m in _BETWEEN.finditer(text)]
    for run in _SINGLES.finditer(text):
        spans += [m.span() for m in _APART.finditer(text, *run.span())]
    for run in _STREWN.finditer(text):
        letter = run.group(1)
        spans += [(i, i + 1) for i in range(*run.span()) if text[i] == letter]
    return _disjoint(spans)


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int, str]]:
    edits: list[tuple[int, int, str]] = []
    for start, end in sorted(set(spans)):
        if not edits or start >= edits[-1][1]:
            edits.append((start, end, ""))
    return edits
