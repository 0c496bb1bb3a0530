"""Answers read leniently: what is missing is empty, what is promised and missing is one clear error."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeGuard, TypeVar

from wecom.errors import AnswerUnreadable

T = TypeVar("T")

_LATEST: Final = 253_402_300_799  # the last second of the year 9999


class Answer:
    """One JSON object of an answer; ``path`` is the call that gave it.

    A list or an object of another type is an error and never empty: a reconciliation must not take
    a changed answer for "there are none".
    """

    __slots__ = ("fields", "path")

    def __init__(self, path: str, fields: Mapping[str, Any]) -> None:
        self.path = path
        self.fields = fields

    def text(self, name: str) -> str:
        """Return a text, '' where it is missing; a number is written out."""
        value = self.fields.get(name)
        if isinstance(value, str):
            return value
        return str(value) if _is_int(value) else ""

    def need(self, name: str) -> str:
        """Return a text that the page promises, or raise :class:`AnswerUnreadable`."""
        found = self.text(name)
        if not found:
            raise AnswerUnreadable(self.path, f"the answer has no {name}")
        return found

    def integer(self, name: str) -> int | None:
        """Return a whole number, also one that WeCom wrote in quotes; None where there is none."""
        value = self.fields.get(name)
        if _is_int(value):
            return value
        if isinstance(value, str):
            digits = value.removeprefix("-")
            if digits.isascii() and digits.isdecimal() and len(digits) <= 19:
                return int(value)
        return None

    def count(self, name: str) -> int:
        """Return a whole number, 0 where it is missing."""
        return self.integer(name) or 0

    def number(self, name: str) -> float | None:
        """Return a share or a duration as WeCom counts it; never used for money."""
        value = self.fields.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return None

    def flag(self, name: str) -> bool:
        """Return true for true, 1 and "1"."""
        value = self.fields.get(name)
        return value is True or value == 1 or value == "1"

    def moment(self, name: str) -> datetime | None:
        """Return an instant from whole seconds, aware UTC; None for 0 and for no time."""
        second = self.integer(name)
        if second is None or not 0 < second <= _LATEST:
            return None
        return datetime.fromtimestamp(second, UTC)

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; numbers are written out, empty ones left out."""
        found = []
        for value in self._list(name):
            if isinstance(value, str):
                # The samples of page 93333 have ids with blanks behind them.
                found.append(value.strip())
            elif _is_int(value):
                found.append(str(value))
            else:
                raise AnswerUnreadable(self.path, f"{name} holds other things than texts")
        return tuple(one for one in found if one)

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers; others are left out."""
        return tuple(value for value in self._list(name) if _is_int(value))

    def objects(self, name: str) -> tuple["Answer", ...]:
        """Return a list of objects, empty where it is missing or null."""
        values = self._list(name)
        if not all(isinstance(value, dict) for value in values):
            raise AnswerUnreadable(self.path, f"{name} holds other things than objects")
        return tuple(Answer(self.path, value) for value in values)

    def child(self, name: str) -> "Answer":
        """Return an object, an empty one where it is missing or null."""
        value = self.fields.get(name)
        if value is None:
            return Answer(self.path, {})
        if not isinstance(value, dict):
            raise AnswerUnreadable(self.path, f"{name} is not an object")
        return Answer(self.path, value)

    def need_child(self, name: str) -> "Answer":
        """Return an object that the page promises."""
        found = self.child(name)
        if not found.fields:
            raise AnswerUnreadable(self.path, f"the answer has no {name}")
        return found

    def _list(self, name: str) -> list[Any]:
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise AnswerUnreadable(self.path, f"{name} is not a list")
        return value


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. ``next_cursor`` is '' at the end, whichever way WeCom says so."""

    items: tuple[T, ...]
    next_cursor: str


P = TypeVar("P", bound=Page[Any])


async def follow(fetch: Callable[[str], Awaitable[P]], cursor: str = "") -> AsyncIterator[P]:
    """Yield pages from ``cursor`` on until the end.

    Keep ``page.next_cursor`` with what was read to go on after an interruption. A cursor that
    comes twice in a row would never end and is an error.
    """
    while True:
        page = await fetch(cursor)
        yield page
        if not page.next_cursor:
            return
        if page.next_cursor == cursor:
            raise AnswerUnreadable("pager", "WeCom gave the same cursor twice")
        cursor = page.next_cursor
