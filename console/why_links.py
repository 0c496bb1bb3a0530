"""Where the chain behind a message is shown, for every list that shows messages."""

from typing import Final
from urllib.parse import quote

PATH: Final = "/c/why"
MESSAGES: Final = frozenset({"send", "broadcast", "moment", "sms", "outbox"})
"""Kinds of places that stand for a message, besides a to-do."""


def why_of(place: str) -> str | None:
    """The page of why for ``todo:<id>``, ``send:<id>``, ``broadcast:<id>/<contact>`` and the like.

    None for a place that is no message: a call by hand, a visit, another system's touch.
    """
    kind, _, which = place.partition(":")
    if kind == "todo":
        number = which.partition("/")[0]
        return f"{PATH}/{number}" if number.isdecimal() else None
    if kind in MESSAGES and which:
        return f"{PATH}?ref={quote(place, safe='')}"
    return None
