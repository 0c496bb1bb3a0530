"""A sliding window that many processes share, as a value: what is taken, used, given back, closed.

A permit counts from the moment it is taken until its window has passed since the call was
*finished*, because somewhere in between lies the moment at which the other side counted it. So
neither a slow connection nor the edge of a window lets one call too many through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

from kit.pacing.facts import Limit, Pace

CELLS: Final = 120
"""Cells of a window: calls of one cell leave together, at most a 120th of the window late."""
LOOK_AGAIN: Final = 0.1
"""Seconds after which a place that another call holds may be free."""
LONGEST_CALL: Final = 30.0
"""Seconds a call may take: so long after its lease a vanished holder's last call may be counted."""
HOUR: Final = 3_600
NEARLY_FULL: Final = 0.9


@dataclass(slots=True)
class Held:
    """Permits of one holder that are not accounted for yet, and until when it may use them.

    ``abreast``: how many calls it may have under way at once; ``wish``: how many it asked for.
    """

    number: int
    until: float
    abreast: int = 0
    wish: int = 0


@dataclass(slots=True)
class Book:
    """What is known of one scope; moments in seconds since 1970."""

    cells: dict[int, dict[int, int]] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    blocked_until: float = 0.0
    trying: bool = False  # once the block is over, one call finds out whether WeCom agrees
    tried_by: str = ""  # the holder of that call's permit
    narrow_to: int = 0
    narrow_until: float = 0.0

    @property
    def outstanding(self) -> int:
        return sum(one.number for one in self.held.values())


def width(span: int) -> int:
    """Seconds of one cell of a window of ``span`` seconds."""
    return max(1, span // CELLS)


def forget(book: Book, limit: Limit, at: float) -> None:
    """Drop what has left its window; permits of a vanished holder count as used at the very end."""
    for name in [name for name, one in book.held.items() if one.until <= at]:
        gone = book.held.pop(name)
        _count(book, limit, gone.number, gone.until + LONGEST_CALL)
    known = {span for span, _ in limit.spans}
    for span in list(book.cells):
        if span not in known:
            del book.cells[span]
            continue
        cells = book.cells[span]
        for cell in [cell for cell in cells if _leaves(cell, span) <= at]:
            del cells[cell]


def room(book: Book, limit: Limit, share: int, at: float) -> int:
    """How many permits may be taken now (after ``forget``); ``share`` in percent of each window."""
    if at < book.blocked_until:
        return 0
    outstanding = book.outstanding
    if book.trying:
        return 0 if outstanding else 1
    free = inf
    for span, most in limit.spans:
        used = sum(book.cells.get(span, {}).values()) + outstanding
        free = min(free, max(1, most * share // 100) - used)
    return int(max(0, min(free, 1_000_000)))


def fullest(book: Book, limit: Limit) -> float:
    """The part of the fullest window that is used or held (after ``forget``)."""
    outstanding = book.outstanding
    parts = [
        (sum(book.cells.get(span, {}).values()) + outstanding) / most for span, most in limit.spans
    ]
    return max(parts, default=0.0)


def abreast(book: Book, limit: Limit, share: int, at: float, holder: str, wish: int) -> int:
    """How many calls ``holder``, who wishes for ``wish``, may have under way at once.

    Who wishes for little gets it, the others share the rest evenly, so that one of four processes
    does not take it all; what another still has it keeps until it looks again.
    """
    wide = _at_once(book, limit, at)
    if wide is None:
        return wish
    wide = max(1, wide * share // 100)
    others = [one for name, one in book.held.items() if name != holder]
    left = wide - sum(one.abreast for one in others)
    return max(0, min(wish, _even(wide, [wish, *(one.wish for one in others)]), left))


def _even(wide: int, wishes: Sequence[int]) -> int:
    """The most that anybody gets of ``wide`` where all ``wishes`` cannot be met."""
    left = wide
    for place, wish in enumerate(sorted(wishes)):
        even = left // (len(wishes) - place)
        if wish > even:
            return max(1, even)
        left -= wish
    return wide


def wait(book: Book, limit: Limit, share: int, at: float) -> float:
    """Seconds until one permit may be free again, as far as can be told now."""
    if at < book.blocked_until:
        return book.blocked_until - at
    outstanding = book.outstanding
    longest = 0.0
    for span, most in limit.spans:
        cells = book.cells.get(span, {})
        over = sum(cells.values()) + outstanding - max(1, most * share // 100) + 1
        if over <= 0:
            continue
        for cell in sorted(cells):
            over -= cells[cell]
            if over <= 0:
                longest = max(longest, _leaves(cell, span) - at)
                break
        else:
            longest = max(longest, LOOK_AGAIN)  # it hangs on calls that are under way
    return max(longest, LOOK_AGAIN)


def take(book: Book, holder: str, number: int, until: float) -> None:
    """Give ``holder`` permits, usable until ``until``; its older ones live as long."""
    kept = book.held.setdefault(holder, Held(0, until))
    kept.number, kept.until = kept.number + number, until
    if book.trying:
        book.tried_by = holder


def stand(book: Book, holder: str, abreast: int, wish: int, until: float) -> None:
    """Write down how many calls ``holder`` may have under way; ``wish`` 0: it wants none now."""
    kept = book.held.setdefault(holder, Held(0, until))
    kept.abreast, kept.wish = abreast, wish
    if not (kept.number or abreast or wish):
        del book.held[holder]


def settle(book: Book, limit: Limit, holder: str, used: int, back: int, at: float) -> None:
    """Account for permits of ``holder``: calls that are finished, and permits nobody needs.

    What its lease took away meanwhile is counted already.
    """
    kept = book.held.get(holder)
    if kept is None:
        return
    used = min(used, kept.number)
    back = min(back, kept.number - used)
    kept.number -= used + back
    _count(book, limit, used, at)


def refused(book: Book, limit: Limit, code: int, pace: Pace, at: float) -> None:
    """WeCom said no for the frequency (45009) or for what runs at once (45033).

    45009 closes the scope for the time of WeCom's block: an hour when the hour's window was
    nearly full, else a minute; then one call tries. 45033 pauses it shortly and halves what runs
    at once for a while.
    """
    if code == 45033:
        running = sum(one.abreast for one in book.held.values())
        wide = _at_once(book, limit, at) or max(2, running)
        book.narrow_to, book.narrow_until = max(1, wide // 2), at + pace.narrow_for
        book.blocked_until = max(book.blocked_until, at + pace.crowded_block)
        return
    full = any(
        sum(book.cells.get(span, {}).values()) + book.outstanding >= most * NEARLY_FULL
        for span, most in limit.spans
        if span == HOUR
    )
    long = pace.hour_block if full and not book.trying else pace.minute_block
    book.blocked_until = max(book.blocked_until, at + long)
    book.trying, book.tried_by = True, ""


def answered(book: Book, holder: str) -> None:
    """Calls of ``holder`` were answered: if one of them was the one that tried, all is well."""
    if book.trying and book.tried_by == holder:
        book.trying, book.tried_by = False, ""


def as_json(book: Book) -> dict[str, Any]:
    """The book as a JSON object; ``from_json`` reads it back."""
    return {
        "cells": {str(span): sorted(cells.items()) for span, cells in book.cells.items() if cells},
        "held": {
            name: [one.number, one.until, one.abreast, one.wish] for name, one in book.held.items()
        },
        "blocked_until": book.blocked_until,
        "trying": book.trying,
        "tried_by": book.tried_by,
        "narrow_to": book.narrow_to,
        "narrow_until": book.narrow_until,
    }


def from_json(kept: Mapping[str, Any]) -> Book:
    """The book that ``as_json`` wrote; an empty object is an empty book."""
    cells: Mapping[str, Sequence[Sequence[int]]] = kept.get("cells", {})
    return Book(
        cells={int(span): {cell: number for cell, number in row} for span, row in cells.items()},  # noqa: C416
        held={name: Held(*one) for name, one in kept.get("held", {}).items()},
        blocked_until=kept.get("blocked_until", 0.0),
        trying=kept.get("trying", False),
        tried_by=kept.get("tried_by", ""),
        narrow_to=kept.get("narrow_to", 0),
        narrow_until=kept.get("narrow_until", 0.0),
    )


def _leaves(cell: int, span: int) -> float:
    return (cell + 1) * width(span) + span


def _count(book: Book, limit: Limit, number: int, at: float) -> None:
    if number:
        for span, _ in limit.spans:
            cells = book.cells.setdefault(span, {})
            cell = int(at // width(span))
            cells[cell] = cells.get(cell, 0) + number


def _at_once(book: Book, limit: Limit, at: float) -> int | None:
    if at < book.narrow_until:
        return book.narrow_to if limit.at_once is None else min(book.narrow_to, limit.at_once)
    return limit.at_once
