"""The small language in which rules are written, and its translation to a bounded regex.

    {loss}        a concept of concepts.toml: any of its words
    (a|b|{c})     alternatives; an empty one makes the group optional
    x?            the atom before may be missing
    ~  ~12        a gap of up to 8 (12) characters that does not leave the sentence
    ~~  ~~20      a gap of up to 12 (20) characters that may leave it
    !(a|b)        here none of these follows
    ^  $          beginning or end of a sentence
    <rate> <money> <num> <digits> <code> <end>   numbers and runs of characters, see BUILT_IN

Every pattern knows the sets of words of which one must occur (`needs`), so that a text without
them never reaches the regex. There is no unbounded repetition, hence no catastrophic match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compliance.screening.errors import RulebookBroken

_N = "[0-9一二三四五六七八九十百千两俩几零半〇]"
_DECIMAL = f"{_N}(?:{_N}|[.多点]){{0,5}}"
BUILT_IN = {
    "num": _DECIMAL,
    "rate": (
        f"(?:百分之{_DECIMAL}|{_DECIMAL}(?:%|个百分点|个多?点|多点|厘|分利|分息|分的利|个利)"
        f"|{_N}{{1,2}}(?:个?点|[.]){_N}(?![0-9]*[个元块万分天号人月年]))"
    ),
    "money": f"{_DECIMAL}(?:个?万|千|百|块|元|w|k|毛|分钱|大洋|个w|个达不溜)(?:块|元)?",
    "digits": "[0-9]{4,24}",
    "code": "(?<![0-9])(?:60|00|30|68|83|87)[0-9]{4}(?![0-9])",
    "end": "(?=[。!?;；\\n,~～…)]|$)",
}


class Unit(frozenset[str]):
    """Words of which a number needs one. They speed the search up and tell nothing else."""


_UNITS = {
    "rate": Unit(["百分之", "%", "百分点", "点", "厘", "分利", "分息", "分的利", "个利", "."]),
    "money": Unit(["万", "千", "百", "块", "元", "w", "k", "毛", "分钱", "大洋", "个达不溜"]),
    "code": Unit(["60", "00", "30", "68", "83", "87"]),
}
_STOP = "。!?\\n;；"
_META = set("{}()|?~!^$<>")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: its source, its regex, and the word sets it needs (each non-empty)."""

    source: str
    regex: re.Pattern[str]
    needs: tuple[frozenset[str], ...]
    units: tuple[Unit, ...]  # of its numbers; needed too


def trie_regex(words: Iterable[str]) -> str:
    """One alternation that tries the longest word first and shares common beginnings."""
    root: dict[str, dict] = {}  # type: ignore[type-arg]  # because the type is recursive
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}

    def build(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
        ends_here = "" in node
        by_tail: dict[str, list[str]] = {}
        for char, child in node.items():
            if char:
                by_tail.setdefault(build(child), []).append(char)
        options = []
        for tail, chars in by_tail.items():
            if len(chars) == 1:
                options.append(re.escape(chars[0]) + tail)
            else:
                options.append("[" + "".join(map(re.escape, chars)) + "]" + tail)
        if not options:
            return ""
        if len(options) == 1 and not ends_here:
            return options[0]
        return "(?:" + "|".join(options) + ")" + ("?" if ends_here else "")

    return build(root)


class Compiler:
    """Turns pattern sources into patterns, given the concepts."""

    def __init__(self, concepts: Mapping[str, frozenset[str]]) -> None:
        self._concepts = concepts
        self._regexes = {name: trie_regex(sorted(words)) for name, words in concepts.items()}

    def compile(self, source: str, *, anchored: bool = True) -> Pattern:
        """Raises RulebookBroken where the source cannot be read, or has no word to find it by.

        Only patterns that are looked up must be `anchored`; those of conditions need not.
        """
        parser = _Parser(source, self._concepts, self._regexes)
        regex, needs = parser.whole()
        words = tuple(dict.fromkeys(one for one in needs if not isinstance(one, Unit)))
        units = tuple(dict.fromkeys(one for one in needs if isinstance(one, Unit)))
        if anchored and not words:
            raise RulebookBroken("样式里没有任何必须出现的词", saw=source, do="加一个概念或词")
        return Pattern(source, re.compile(regex), words, units)


class _Parser:
    def __init__(
        self, source: str, concepts: Mapping[str, frozenset[str]], regexes: Mapping[str, str]
    ) -> None:
        self._source = source
        self._concepts = concepts
        self._regexes = regexes
        self._at = 0

    def whole(self) -> tuple[str, list[frozenset[str]]]:
        regex, needs = self._alternatives()
        if self._at < len(self._source):
            raise self._broken("多出的字符")
        return regex, needs

    def _alternatives(self) -> tuple[str, list[frozenset[str]]]:
        options = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence())
        if len(options) == 1:
            return options[0]
        regex = "(?:" + "|".join(regex for regex, _ in options) + ")"
        words = [[one for one in needs if not isinstance(one, Unit)] for _, needs in options]
        if not all(words):
            return regex, []
        # Because any option may be the one, the need is the union of each option's rarest set.
        union = frozenset().union(*(max(needs, key=rarity) for needs in words))
        return regex, [union]

    def _sequence(self) -> tuple[str, list[frozenset[str]]]:
        regex: list[str] = []
        needs: list[frozenset[str]] = []
        while (char := self._peek()) not in ("", "|", ")"):
            if not self._meta():
                literal = self._literal()
                optional = len(literal) == 1 and self._peek() == "?"
                self._at += optional
                regex.append(re.escape(literal) + ("?" if optional else ""))
                needs.extend([] if optional else [frozenset([literal])])
                continue
            part, required = self._atom(char)
            if self._peek() == "?":
                self._at += 1
                part, required = f"(?:{part})?", []
            regex.append(part)
            needs.extend(required)
        return "".join(regex), needs

    def _literal(self) -> str:
        start = self._at
        while self._peek() and not self._meta():
            self._at += 1
        if self._peek() == "?" and self._at > start + 1:
            self._at -= 1  # only the last character is optional, as in a regex
        return self._source[start : self._at]

    def _atom(self, char: str) -> tuple[str, list[frozenset[str]]]:
        self._at += 1
        if char == "{":
            return self._concept(self._until("}"))
        if char == "(":
            part, needs = self._alternatives()
            self._expect(")")
            return f"(?:{part})", needs
        if char == "~":
            return self._gap(), []
        if char == "<":
            name = self._until(">")
            if name not in BUILT_IN:
                raise self._broken(f"没有 <{name}> 这种数字样式")
            return BUILT_IN[name], [_UNITS[name]] if name in _UNITS else []
        if char == "!":
            self._expect("(")
            part, _ = self._alternatives()
            self._expect(")")
            return f"(?!{part})", []
        if char == "^":
            return f"(?:^|(?<=[{_STOP},:]))", []
        if char == "$":
            return f"(?=[{_STOP}]|$)", []
        raise self._broken(f"这里不能写 {char}")

    def _concept(self, name: str) -> tuple[str, list[frozenset[str]]]:
        if name not in self._concepts:
            raise self._broken(f"没有 {{{name}}} 这个概念")
        return self._regexes[name], [self._concepts[name]]

    def _gap(self) -> str:
        wide = self._peek() == "~"
        if wide:
            self._at += 1
        start = self._at
        while self._peek().isascii() and self._peek().isdigit():
            self._at += 1
        length = int(self._source[start : self._at] or ("12" if wide else "8"))
        return (r"[\s\S]" if wide else f"[^{_STOP}]") + f"{{0,{min(length, 40)}}}?"

    def _meta(self) -> bool:
        """Whether the next character belongs to the language; a lone ! is a character of the text."""
        char = self._peek()
        return char in _META and (char != "!" or self._source[self._at + 1 : self._at + 2] == "(")

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _expect(self, char: str) -> None:
        if self._peek() != char:
            raise self._broken(f"缺少 {char}")
        self._at += 1

    def _until(self, char: str) -> str:
        end = self._source.find(char, self._at)
        if end < 0:
            raise self._broken(f"缺少 {char}")
        inner = self._source[self._at : end]
        self._at = end + 1
        return inner

    def _broken(self, what: str) -> RulebookBroken:
        return RulebookBroken(f"样式写法有误：{what}", saw=f"{self._source}（第 {self._at} 位）")


def rarity(words: frozenset[str]) -> float:
    """Greater for sets that ordinary text rarely contains: few words, long words."""
    return -sum(10.0 ** (-2 * min(len(word), 4)) for word in words)
