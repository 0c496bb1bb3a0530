"""Who says what about whom: negation, false negation, question, quotation, warning.

A guard looks at a hit in its surroundings and may say that the words do not promise anything.
The words it knows are data (`guards.toml`); the grammar is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from compliance.screening.facts import Speaker
from compliance.screening.patterns import trie_regex

_STOPS = "。!?\n;；"


@dataclass(frozen=True, slots=True)
class Grammar:
    """The compiled word lists of `guards.toml`."""

    negator: re.Pattern[str]
    negated_left: re.Pattern[str]
    double_negative: re.Pattern[str]
    denied_right: re.Pattern[str]
    warning: re.Pattern[str]
    bait: re.Pattern[str]
    question: re.Pattern[str]
    inquiry: re.Pattern[str]  # a manager's real question; most of theirs are rhetorical
    taken_back: re.Pattern[str]
    reported: re.Pattern[str]

    @classmethod
    def from_words(cls, words: Mapping[str, list[str]]) -> Grammar:
        """Compile the lists `negators carriers double_negatives denials warnings baits …`."""

        def any_of(name: str) -> str:
            return trie_regex(words[name])

        return cls(
            negator=re.compile(any_of("negators")),
            negated_left=re.compile(
                f"{any_of('negators')}(?:{any_of('carriers')}|[、\"“'‘「]){{0,6}}$"
            ),
            double_negative=re.compile(any_of("double_negatives")),
            denied_right=re.compile(f"[^{_STOPS}]{{0,10}}?{any_of('denials')}"),
            warning=re.compile(any_of("warnings")),
            bait=re.compile(any_of("baits")),
            question=re.compile(any_of("questions")),
            inquiry=re.compile(f"{any_of('inquiries')}[^{_STOPS}]*[?吗]"),
            taken_back=re.compile(any_of("inner_negators")),
            reported=re.compile(any_of("reporters")),
        )


class Context:
    """One text with its speaker, and what the grammar says about places in it."""

    def __init__(self, text: str, speaker: Speaker, product: str | None, grammar: Grammar) -> None:
        self.text = text
        self.speaker = speaker
        self.product = product
        self._grammar = grammar
        self.excused = False  # set once a guard has taken a pattern's hit back

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The bounds of the sentence around a span, its stop included."""
        left = max(self.text.rfind(stop, 0, start) for stop in _STOPS) + 1
        rights = [at for stop in _STOPS if (at := self.text.find(stop, end)) >= 0]
        return left, (min(rights) + 1 if rights else len(self.text))

    def negated(self, start: int, end: int) -> bool:
        """A negator governs the hit from the left, or a denial follows it in its sentence."""
        left = self.text[max(0, start - 14) : start]
        if match := self._grammar.negated_left.search(left):
            return self._grammar.double_negative.search(left[max(0, match.start() - 3) :]) is None
        return self._grammar.denied_right.match(self.text, end) is not None

    @cached_property
    def warned(self) -> bool:
        """The text warns of the thing or states the rule against it, and takes nothing back."""
        places = [match.start() for match in self._grammar.warning.finditer(self.text)]
        return bool(places) and self._grammar.bait.search(self.text, places[-1]) is None

    @cached_property
    def said_straight(self) -> bool:
        """No word of the text negates, asks, warns, reports or denies: nothing takes it back."""
        grammar = self._grammar
        turning = (grammar.negator, grammar.question, grammar.warning, grammar.reported)
        return not any(words.search(self.text) for words in turning)

    def asked(self, start: int, end: int) -> bool:
        """The sentence with the hit is a real question: any of a customer, few of a manager."""
        left, right = self.sentence(start, end)
        sentence = self.text[left:right]
        if self.speaker == "customer":
            return self._grammar.question.search(sentence) is not None
        return self._grammar.inquiry.search(sentence) is not None

    def refused(self, start: int, end: int) -> bool:
        """Inside the hit somebody is told not to: 验证码千万别发给我."""
        return self._grammar.taken_back.search(self.text, start, end) is not None

    def reported(self, start: int, end: int) -> bool:
        """Somebody else says it: the hit is what the speaker heard, saw or was sent."""
        left, _ = self.sentence(start, end)
        return self._grammar.reported.search(self.text, max(left, start - 24), end) is not None


Guard = Callable[[Context, int, int], bool]
GUARDS: dict[str, Guard] = {
    "negated": lambda context, start, end: context.negated(start, end),
    "warned": lambda context, start, end: context.warned,
    "asked": lambda context, start, end: context.asked(start, end),
    "refused": lambda context, start, end: context.refused(start, end),
    "reported": lambda context, start, end: context.reported(start, end),
}
