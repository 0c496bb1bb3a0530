"""Folds what looks alike into one form: width, case, script, look-alikes, invisible characters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import zhconv_rs

from compliance.screening.views import View

# Latin look-alikes in other scripts. NFKC leaves them, so they are listed by hand.
_LOOK_ALIKES = dict(
    zip(
        "АаВЕеКкМмНОоРрСсТтХхУуІіЈјЅѕԁԛԝΑαΒΕΖΗΙιΚκΜΝνΟοΡρΤΥυΧχ",
        "aabeekkmmhoopp" + "ccttxxyyiijjssdqw" + "aabezhiikkmnvooppt" + "yuxx",
        strict=True,
    )
)
# Circled digits that NFKC does not know.
_DINGBATS = {chr(base + i): str(i + 1) for base in (0x2776, 0x2780, 0x278A) for i in range(9)} | {
    "⓪": "0",
    "⓿": "0",
    "🄋": "0",
    "🄌": "0",
}
# Han characters drawn almost like one that matters here, or written to be read as it.
_HAN_ALIKES = dict(
    zip(
        "夲夳岆睌險亐啲収祱収髙徳㐂銭歀帳甴佢咁",
        "本大保晚险亏的收税收高德喜钱款账由他这",
        strict=True,
    )
)
_UNUSUAL = re.compile("[^\u4e00-\u9fff\u3000-\u3020\x00-\x7e]")  # cheap test before the wide one
# What ordinary talk is full of; replacing these leaves most texts with nothing else to fold.
_PUNCTUATION = tuple((chr(ord(char) + 0xFEE0), char) for char in ",!?:;()")
_NEVER = {"…", "·", "‥", "½", "¼", "¾"}  # would grow into characters of another meaning


def _invisible(char: str) -> bool:
    """Formatting and combining characters, and fillers that draw nothing."""
    if char in "\u3164\u115f\u1160\uffa0\u2800":
        return True
    return unicodedata.category(char) in {"Cf", "Mn", "Me"}


def _candidates() -> range | list[int]:
    planes = [
        range(0x80, 0xD800),
        range(0xF900, 0x10000),
        range(0x1D400, 0x1D800),
        range(0x1F100, 0x1F270),
        range(0x2F800, 0x2FA20),
        range(0xE0000, 0xE01F0),
    ]
    return [code for plane in planes for code in plane]


@cache
def _tables() -> tuple[dict[int, str], dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Same-length folds; folds that change the length; what the latter concern; what any concern.

    Ordinary characters are listed as themselves because a missing key costs `str.translate`
    ten times a found one.
    """
    same = {
        code: chr(code) for code in (*range(0x80), *range(0x3000, 0x3020), *range(0x4E00, 0xA000))
    }
    same |= {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
    # Because half of a surrogate pair cannot be encoded, and JSON may carry one.
    same |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    changing: dict[str, str] = {}
    for code in _candidates():
        char = chr(code)
        if char in _NEVER:
            continue
        if _invisible(char):
            changing[char] = ""
            continue
        if 0xAC00 <= code <= 0xD7A3:  # Hangul syllables stay as they are
            continue
        folded = unicodedata.normalize("NFKC", char).lower()
        if 0x3400 <= ord(folded[:1] or "a") <= 0x9FFF and len(folded) == 1:
            folded = zhconv_rs.zhconv(folded, "zh-hans")
        if folded == char or not folded.strip():
            if folded != char:
                same[code] = " "
            continue
        if len(folded) == 1:
            same[code] = folded
        elif len(folded) <= 4:
            changing[char] = folded
    for table in (_LOOK_ALIKES, _DINGBATS, _HAN_ALIKES):
        for char, folded in table.items():
            changing.pop(char, None)
            same[ord(char)] = folded
    odd = re.compile("[" + "".join(re.escape(char) for char in sorted(changing)) + "]")
    return same, changing, odd, _class_of(same, changing)


def _class_of(same: dict[int, str], changing: dict[str, str]) -> re.Pattern[str]:
    """One character that folding may change. All planes above the first count, because a class
    of scattered characters there is slow to test."""
    codes = sorted(
        {code for code, folded in same.items() if folded != chr(code) and code <= 0xFFFF}
        | {ord(char) for char in changing if ord(char) <= 0xFFFF}
    )
    return re.compile(
        "[" + "".join(f"\\u{code:04x}" for code in codes) + "\\U00010000-\\U0010ffff]"
    )


def fold(text: str) -> str:
    """The folded form without the way back, for words of the rulebook."""
    return clean(text).text


def clean(raw: str) -> View:
    """Fold `raw` and drop invisible characters. Never raises, whatever the characters.

    A view without maps holds as many characters as `raw`, hence none of them was invisible.
    """
    same, changing, odd, foldable = _tables()
    text = raw
    for wide, narrow in _PUNCTUATION:
        text = text.replace(wide, narrow)
    if foldable.search(text) is None:
        return View(text)
    text = text.translate(same)
    if _UNUSUAL.search(text) is None or odd.search(text) is None:
        return View(text)
    edits = [(m.start(), m.end(), changing[m.group()]) for m in odd.finditer(text)]
    return View(text).rewritten(edits)


# Because emoji are joined by U+200D and coloured by U+FE0F, only an invisible character
# between Han characters or letters says that somebody hides a word.
_HIDDEN = re.compile(
    "(?<=[0-9A-Za-z\u3400-\u9fff])"
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufe00-\ufe0f\u0300-\u036f\u20d0-\u20ff\U000e0000-\U000e01ef]+"
    "(?=[0-9A-Za-z\u3400-\u9fff])"
)


def hidden_spans(raw: str) -> list[tuple[int, int]]:
    """Spans of invisible characters that stand inside a word."""
    return [m.span() for m in _HIDDEN.finditer(raw)]
