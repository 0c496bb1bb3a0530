"""What the learned part hears: pieces of a text, alone and in their circumstances.

A piece says one thing by itself and another after a negator, in a warning, from a customer, about
a deposit. So each piece counts alone, and again by who says it, on which product, whether it
follows a negator in its clause, and whether the text warns of something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import add

from compliance.screening.facts import Speaker

LONGEST = 3  # characters of a piece
_DIGITS = re.compile("[0-9]+")
_CLAUSE = re.compile("[^,。!?;\\n~…，！？；]+[,。!?;\\n~…，！？；]*")

ANY = "any"
NEGATED = "negated"
WARNED = "warned"


@dataclass(frozen=True, slots=True)
class Cues:
    """The words of `guards.toml` that turn what follows, or what surrounds them."""

    negator: re.Pattern[str]
    warning: re.Pattern[str]


def numberless(text: str) -> str:
    """The text with all numbers alike."""
    return _DIGITS.sub("0", text)


def reading(text: str) -> str:
    """The form in which sentences are compared: numbers alike, beginning and end marked."""
    return "^" + _DIGITS.sub("0", text) + "$"


def pieces(read: str) -> set[str]:
    """All sequences of one to three characters."""
    pairs = list(map(add, read, read[1:]))
    return {*read, *pairs, *map(add, pairs, read[2:])}


def short_pieces(read: str) -> set[str]:
    """All sequences of one or two characters."""
    return {*read, *map(add, read, read[1:])}


def negated_spans(read: str, cues: Cues) -> list[tuple[int, int]]:
    """For each clause with a negator, the stretch from its first one on."""
    if cues.negator.search(read) is None:  # as in most texts
        return []
    return [
        (negator.start(), clause.end())
        for clause in _CLAUSE.finditer(read)
        if (negator := cues.negator.search(read, *clause.span()))
    ]


def by(speaker: Speaker) -> str:
    """The name of the circumstance that this speaker says it."""
    return f"by {speaker}"


def on(product: str | None) -> str:
    """The name of the circumstance that the talk is about this product, or about none."""
    return f"on {product}"


def heard(
    text: str, speaker: Speaker, product: str | None, cues: Cues
) -> Iterator[tuple[str, str]]:
    """Every (circumstance, piece) of a text. A manager's own way of speaking is the ordinary one."""
    read = reading(text)
    grams = pieces(read)
    short = short_pieces(read)
    for gram in grams:
        yield ANY, gram
    if speaker != "manager":
        for gram in grams:
            yield by(speaker), gram
    for gram in short:
        yield on(product), gram
    if cues.warning.search(read):
        for gram in short:
            yield WARNED, gram
    turned = [pieces(read[start:end]) for start, end in negated_spans(read, cues)]
    for gram in set().union(*turned):
        yield NEGATED, gram
