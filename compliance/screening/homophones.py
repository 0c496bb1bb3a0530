"""Finds red words written by sound: 宝本, bao本, baoben for 保本. Whole words only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from ahocorasick_rs import AhoCorasick, Implementation
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

from compliance.screening import words

_BASE = 0xF0000  # one private code point for each syllable
_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"))
LATIN = re.compile("[a-z]{2,30}")  # a run that may be pinyin
_LOOKS = 12  # candidates of one window whose words are cut; a text full of them is red by then
_MARGIN = 8  # characters on each side of a candidate that are cut into words
# Readings that the dictionary lists second but that are meant when a word is disguised.
_READINGS = {
    "薄": "bao",
    "堡": "bao",
    "葆": "bao",
    "曝": "bao",
    "率": "lv",
    "券": "quan",
    "叁": "san",
}


def _sound(syllable: str) -> str:
    """A syllable without what dialects blur: zh/z, ch/c, sh/s, final -ng/-n."""
    for spoken, folded in _NEAR:
        if syllable.startswith(spoken):
            syllable = folded + syllable[2:]
    if syllable.endswith("ng") and not syllable.endswith("ong"):
        syllable = syllable[:-1]
    return syllable.replace("ü", "v")


@cache
def _tables() -> tuple[dict[int, str], dict[str, str]]:
    """Han code point to syllable character, and toneless pinyin to syllable character."""
    codes: dict[str, str] = {}
    by_pinyin: dict[str, str] = {}
    by_han: dict[int, str] = {}
    plain: dict[str, str] = {}
    for code, readings in PINYIN_DICT.items():
        if not 0x4E00 <= code <= 0x9FFF:
            continue
        first = readings.split(",")[0]
        if first not in plain:
            plain[first] = to_normal(first)
        pinyin = _READINGS.get(chr(code), plain[first])
        sound = _sound(pinyin)
        char = codes.setdefault(sound, chr(_BASE + len(codes)))
        by_han[code] = char
        by_pinyin[pinyin] = char
    return by_han, by_pinyin


@lru_cache(maxsize=4096)
def _syllables(run: str) -> list[tuple[str, int, int]] | None:
    """Cut a latin run into pinyin syllables, longest first; None where it is not pinyin."""
    _, by_pinyin = _tables()
    if not run:
        return []
    for length in range(min(6, len(run)), 1, -1):
        code = by_pinyin.get(run[:length])
        if code is None:
            continue
        rest = _syllables(run[length:])
        if rest is not None:
            return [(code, 0, length), *((c, s + length, e + length) for c, s, e in rest)]
    return None


class Homophones:
    """An automaton over the sounds of the red words."""

    def __init__(self, red: Iterable[str], ordinary: Iterable[str]) -> None:
        by_han, _ = _tables()
        self._red: list[str] = []
        sounds: list[str] = []
        for word in red:
            self._red.append(word)
            sounds.append("".join(by_han[ord(char)] for char in word))
        self._ordinary = frozenset(ordinary)
        self._automaton = AhoCorasick(sounds, implementation=Implementation.DFA)

    def edits(self, text: str, *, han: bool) -> list[tuple[int, int, str]]:
        """Replacements that write the red word out. Pure Han ones only if `han`."""
        by_han, _ = _tables()
        sounds = text.translate(by_han)
        at: list[tuple[int, int]] | None = None
        if LATIN.search(text):
            sounds, at = self._with_latin(text)
        edits: list[tuple[int, int, str]] = []
        until = looked = 0
        for index, first, last in sorted(
            self._automaton.find_matches_as_indexes(sounds, overlapping=True),
            key=lambda match: (match[1], -match[2]),
        ):
            start, end = (first, last) if at is None else (at[first][0], at[last - 1][1])
            written, red = text[start:end], self._red[index]
            if start < until or written == red:
                continue
            latin = LATIN.search(written) is not None
            if not latin:
                looked += 1
                if not han or looked > _LOOKS:
                    continue
            if self._whole(text, start, end, written, latin):
                edits.append((start, end, red))
                until = end
        return edits

    def _with_latin(self, text: str) -> tuple[str, list[tuple[int, int]]]:
        by_han, _ = _tables()
        units: list[tuple[str, int, int]] = []
        at = 0
        for run in LATIN.finditer(text):
            units += [(by_han.get(ord(text[i]), text[i]), i, i + 1) for i in range(at, run.start())]
            syllables = _syllables(run.group())
            if syllables is None:
                units += [(text[i], i, i + 1) for i in range(run.start(), run.end())]
            else:
                units += [(code, run.start() + s, run.start() + e) for code, s, e in syllables]
            at = run.end()
        units += [(by_han.get(ord(text[i]), text[i]), i, i + 1) for i in range(at, len(text))]
        return "".join(unit[0] for unit in units), [unit[1:] for unit in units]

    def _whole(self, text: str, start: int, end: int, written: str, latin: bool) -> bool:
        """Whether the disguised word stands alone: no neighbouring word owns part of it."""
        if latin:
            return True
        if written in self._ordinary or words.is_word(written):
            return False
        left = max(0, start - _MARGIN)
        for first, last in words.cut(text[left : end + _MARGIN]):
            first, last = first + left, last + left
            if last - first < 2 or last <= start or first >= end:
                continue
            if first < start or last > end:
                return False
        return True
