"""A view is the text as a detector reads it, with the way back to the original."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """Derived text; character `i` stands for `original[starts[i]:ends[i]]`.

    Both maps are None where the view has the positions of the original.
    """

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original behind the non-empty `text[start:end]`."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def part(self, start: int, end: int) -> View:
        """The view of a slice, still pointing into the original."""
        if self.starts is None or self.ends is None:
            return View(
                self.text[start:end], tuple(range(start, end)), tuple(range(start + 1, end + 1))
            )
        return View(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def rewritten(self, edits: Iterable[tuple[int, int, str]]) -> View:
        """A view with disjoint, ordered spans replaced; a replacement stands for its whole span."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for start, end, replacement in edits:
            self._keep(at, start, parts, starts, ends)
            origin, until = self.span(start, end)
            parts.append(replacement)
            if len(replacement) == end - start:
                for i in range(start, end):
                    one_start, one_end = self.span(i, i + 1)
                    starts.append(one_start)
                    ends.append(one_end)
            else:
                starts.extend([origin] * len(replacement))
                ends.extend([until] * len(replacement))
            at = end
        self._keep(at, len(self.text), parts, starts, ends)
        return View("".join(parts), tuple(starts), tuple(ends))

    def _keep(
        self, start: int, end: int, parts: list[str], starts: list[int], ends: list[int]
    ) -> None:
        if start >= end:
            return
        parts.append(self.text[start:end])
        if self.starts is None or self.ends is None:
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            starts.extend(self.starts[start:end])
            ends.extend(self.ends[start:end])
