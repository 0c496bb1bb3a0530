"""How a text sounds as a whole and sentence by sentence, and what follows from it."""

from __future__ import annotations

import re

from compliance.screening.facts import Severity, Speaker
from compliance.screening.rulebook import PhrasingPolicy
from compliance.screening.rules import Rule

_LONG = 60  # characters; in a longer text one red sentence would drown in calm ones
_SHORT = 6  # characters; a text of fewer has no sound to tell
_CAUTION = 0.4  # a single sentence out of many must sound worse than a whole message
_SENTENCE = re.compile("[^。!?\\n]+[。!?\\n]*")


class Tone:
    """The learned judgement of one text, computed where it is asked for."""

    def __init__(
        self, text: str, speaker: Speaker, product: str | None, policy: PhrasingPolicy
    ) -> None:
        self._text = text
        self._speaker: Speaker = speaker
        self._product = product
        self._policy = policy
        self._heard: float | None = None

    @property
    def _whole(self) -> float:
        if self._heard is None:
            self._heard = self._score(0, len(self._text))
        return self._heard

    def _score(self, start: int, end: int) -> float:
        table = self._policy.table
        if table is None:
            return 0.0
        return table.score(self._text[start:end], self._speaker, self._product)

    def doubted(
        self, severity: Severity, start: int, end: int, *, sure: bool, straight: bool
    ) -> Severity:
        """The severity of a pattern's hit: milder where text and sentence both sound harmless.

        A text of more than a few words must itself sound like a violation to be blocked. What is
        `sure`, because two rules of one family say it, is doubted less and never dismissed; nor
        is a grave hit in a text that says all `straight`, with nothing that may take it back.
        """
        policy = self._policy
        talk = len(self._text) > policy.talk
        if (sure and not talk) or len(self._text) < _SHORT:
            return severity
        score = self._whole
        if score < policy.doubt_talk:
            for sentence in _SENTENCE.finditer(self._text):
                if sentence.start() < end and start < sentence.end():
                    score = max(score, self._score(*sentence.span()))
        if score < policy.dismiss and not sure and not (straight and severity == "block"):
            return "warn"
        doubt = policy.doubt_talk if talk and not sure else policy.doubt
        if score < doubt and severity == "block":
            return "review"
        return severity

    def disguised(self, severity: Severity) -> Severity:
        """The severity of a hit that only the unmasked text shows: dismissed in harmless talk.

        Emoji, spaces and pinyin stand in ordinary chat too; only a text that sounds harmless as a
        whole was not written to hide something.
        """
        if _SHORT <= len(self._text) <= _LONG and self._whole < self._policy.disguised:
            return "warn"
        return severity

    def alarm(self, *, excused: bool) -> tuple[int, int] | None:
        """The stretch that sounds like a violation: the whole text, or a sentence of a long one.

        Where a guard has `excused` red words (不保本, 是骗局) the sentence must sound worse, because
        warnings are worded like what they warn of.
        """
        stop = self._policy.stop + (self._policy.excused if excused else 0.0)
        if self._speaker == "customer":
            stop += self._policy.customer
        if self._whole > stop:
            return 0, len(self._text)
        if len(self._text) > _LONG:
            for one in _SENTENCE.finditer(self._text):
                if len(one.group()) > 6 and self._score(*one.span()) > stop + _CAUTION:
                    return one.span()
        return None

    def explained(self, start: int, end: int) -> tuple[Rule, int, int] | None:
        """The rule of the nearest family, and what tells most of the stretch."""
        table = self._policy.table
        if table is None:
            return None
        text = self._text[start:end]
        first, last = table.evidence(text, self._speaker)
        return self._policy.rules[table.family(text)], start + first, start + last
