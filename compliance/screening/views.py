"""A view is the text as a detector reads it, with the way back to the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Edit = tuple[int, int, str]


class Maps(NamedTuple):
    """Character `i` of a view stands for `original[starts[i]:ends[i]]`."""

    starts: Sequence[int]
    ends: Sequence[int]


class View:
    """Derived text with the way back, which is worked out where somebody asks for it.

    Most texts are rewritten to be looked at once and found harmless, so nobody asks.
    """

    __slots__ = ("_edited", "_maps", "text")

    def __init__(
        self,
        text: str,
        maps: Maps | None = None,
        edited: tuple[View, Sequence[Edit]] | None = None,
    ) -> None:
        """Without ``maps`` and ``edited`` the view has the positions of the original."""
        self.text = text
        self._maps = maps
        self._edited = edited

    @property
    def moved(self) -> bool:
        """Whether the positions may differ from those of the original."""
        return self._maps is not None or self._edited is not None

    @property
    def maps(self) -> Maps:
        """The place of every character in the original."""
        if self._maps is None:
            if self._edited is None:
                length = len(self.text)
                self._maps = Maps(range(length), range(1, length + 1))
            else:
                self._maps = _rewritten(*self._edited)
        return self._maps

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original behind the non-empty `text[start:end]`."""
        if not self.moved:
            return start, end
        starts, ends = self.maps
        return starts[start], ends[end - 1]

    def part(self, start: int, end: int) -> View:
        """The view of a slice, still pointing into the original."""
        starts, ends = self.maps
        return View(self.text[start:end], Maps(starts[start:end], ends[start:end]))

    def rewritten(self, edits: Sequence[Edit]) -> View:
        """A view with disjoint, ordered spans replaced; a replacement stands for its whole span."""
        parts: list[str] = []
        at = 0
        for start, end, replacement in edits:
            parts += self.text[at:start], replacement
            at = end
        parts.append(self.text[at:])
        return View("".join(parts), edited=(self, edits))


def _rewritten(view: View, edits: Sequence[Edit]) -> Maps:
    origin, until = view.maps
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, replacement in edits:
        starts += origin[at:start]
        ends += until[at:start]
        if len(replacement) == end - start:
            starts += origin[start:end]
            ends += until[start:end]
        else:
            starts += [origin[start]] * len(replacement)
            ends += [until[end - 1]] * len(replacement)
        at = end
    starts += origin[at:]
    ends += until[at:]
    return Maps(starts, ends)
