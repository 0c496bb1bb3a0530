"""What a pattern of words cannot find: numbers with a check digit, characters nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from compliance.screening.folding import hidden_spans
from compliance.screening.numbers import (
    Number,
    checked,
    is_card_number,
    is_identity_number,
    is_mobile_number,
    many_digits,
    numbers,
)
from compliance.screening.views import View


class Looked:
    """A text with what the detectors look for, each kind found once for all of them."""

    def __init__(self, raw: str, view: View) -> None:
        self._raw = raw
        self._view = view

    def numbered(self, check: Callable[[str], bool]) -> list[tuple[int, int]]:
        """Spans of the original with a number that passes ``check``."""
        return [self._view.span(*span) for span in checked(self._view.text, self._numbers, check)]

    @cached_property
    def _numbers(self) -> list[Number]:
        return list(numbers(self._view.text))

    @cached_property
    def hidden(self) -> list[tuple[int, int]]:
        """Spans of the original with characters that nobody sees."""
        # Because a view with the positions of the original has dropped no character.
        return hidden_spans(self._raw) if self._view.moved else []


Detector = Callable[[Looked], list[tuple[int, int]]]


def possible(view: View) -> bool:
    """Whether any detector may find something: one cheap look before the three costly ones."""
    return view.moved or many_digits(view.text)


DETECTORS: dict[str, Detector] = {
    "identity_number": lambda looked: looked.numbered(is_identity_number),
    "card_number": lambda looked: looked.numbered(is_card_number),
    "mobile_number": lambda looked: looked.numbered(is_mobile_number),
    "hidden_characters": lambda looked: looked.hidden,
}
