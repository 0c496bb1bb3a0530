"""What a pattern of words cannot find: numbers with a check digit, characters nobody sees."""

from __future__ import annotations

from collections.abc import Callable

from compliance.screening.folding import hidden_spans
from compliance.screening.numbers import (
    is_card_number,
    is_identity_number,
    is_mobile_number,
    many_digits,
    spans,
)
from compliance.screening.views import View

Detector = Callable[
    [str, View], list[tuple[int, int]]
]  # original and folded text -> original spans


def _of_numbers(check: Callable[[str], bool]) -> Detector:
    def detect(raw: str, view: View) -> list[tuple[int, int]]:
        return [view.span(start, end) for start, end in spans(view.text, check)]

    return detect


def _hidden(raw: str, view: View) -> list[tuple[int, int]]:
    # Because a view without maps has dropped no character.
    return [] if view.starts is None else hidden_spans(raw)


def possible(view: View) -> bool:
    """Whether any detector may find something: one cheap look before the three costly ones."""
    return view.starts is not None or many_digits(view.text)


DETECTORS: dict[str, Detector] = {
    "identity_number": _of_numbers(is_identity_number),
    "card_number": _of_numbers(is_card_number),
    "mobile_number": _of_numbers(is_mobile_number),
    "hidden_characters": _hidden,
}
