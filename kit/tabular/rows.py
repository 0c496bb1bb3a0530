"""Applies a mapping to chunks of cells: typed columns out, refused lines beside them.

Works a column at a time, because a million calls of a small function cost more than the work
in them; only lines in trouble are looked at one by one.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, Final

from kit.tabular.cells import Parser, Remembering, parser_of
from kit.tabular.columns import plain_values
from kit.tabular.delimited import Chunk
from kit.tabular.expressions import Evaluate, LookupFailed
from kit.tabular.fields import Field, Layout, Type
from kit.tabular.functions import ExpressionFailed
from kit.tabular.mapping import Rule
from kit.tabular.refusals import Bad, Reject, Row, RowCode

KEY_JOINT: Final = "|"
_UNREPEATED: Final = frozenset({Type.KEY, Type.PHONE, Type.YUAN, Type.FEN})


@dataclass(slots=True)
class Batch:
    """Some rows as typed columns by target name, in file order, and the lines refused.

    ``keys`` are the rows' keys as text. ``chunks`` are the raw columns as they were read, one
    set after the other, and ``origins`` say where in them each row stood: only refusals look
    there, so they are never joined or thinned.
    """

    lines: Sequence[int]
    keys: list[str]
    columns: dict[str, list[Any]]
    rejects: list[Reject] = field(default_factory=list)
    chunks: Sequence[Sequence[Sequence[str]]] = ()
    origins: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def rows(self) -> Iterator[Row]:
        """The rows one by one, for kinds of which there are few."""
        names = list(self.columns)
        for line, values in zip(self.lines, zip(*self.columns.values(), strict=True), strict=True):
            yield Row(line, dict(zip(names, values, strict=True)))

    def cells(self, place: int) -> tuple[str, ...]:
        """The raw cells of the row at ``place``."""
        left = self.origins[place]
        for columns in self.chunks:
            if left < len(columns[0]):
                return tuple(column[left] for column in columns)
            left -= len(columns[0])
        raise IndexError(place)

    def refuse(self, places: Mapping[int, tuple[str, str, str]]) -> None:
        """Take the rows at ``places`` out, each for (code, column, reason)."""
        if not places:
            return
        for place, (code, column, reason) in sorted(places.items()):
            self.rejects.append(
                Reject(
                    line=self.lines[place],
                    code=code,
                    column=column,
                    reason=reason,
                    cells=self.cells(place),
                    key=self.keys[place],
                )
            )
        self.keep([place for place in range(len(self)) if place not in places])

    @classmethod
    def joined(cls, parts: Sequence["Batch"]) -> "Batch":
        """Batches that follow each other in one file, as one."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            lines=list(chain.from_iterable(part.lines for part in parts)),
            keys=list(chain.from_iterable(part.keys for part in parts)),
            columns={
                name: list(chain.from_iterable(part.columns[name] for part in parts))
                for name in parts[0].columns
            },
            rejects=list(chain.from_iterable(part.rejects for part in parts)),
            chunks=list(chain.from_iterable(part.chunks for part in parts)),
            origins=_shifted(parts),
        )

    def keep(self, places: Sequence[int]) -> None:
        """Leave only the rows at ``places``, in that order."""
        self.lines = [self.lines[place] for place in places]
        self.keys = [self.keys[place] for place in places]
        self.origins = [self.origins[place] for place in places]
        self.columns = {
            name: [values[place] for place in places] for name, values in self.columns.items()
        }


def _shifted(parts: Sequence[Batch]) -> Sequence[int]:
    """The origins of batches that follow each other; a range where every row is still there."""
    heights = [sum(len(columns[0]) for columns in part.chunks) for part in parts]
    if all(type(part.origins) is range for part in parts):
        return range(sum(heights))
    found: list[int] = []
    before = 0
    for part, height in zip(parts, heights, strict=True):
        found.extend(origin + before for origin in part.origins)
        before += height
    return found


@dataclass(frozen=True, slots=True)
class Feed:
    """How one field is fed: a parser over a column, an expression, or one value for all."""

    field: Field
    parse: Parser
    place: int | None = None
    evaluate: Evaluate | None = None
    constant: str | None = None
    remember: Remembering | None = None
    plain: bool = False  # no value map, so that a whole column can be read at once
    nulls: Collection[str] = ()

    def values(self, chunk: Chunk, rows: Sequence[Sequence[str]]) -> tuple[list[Any], bool]:
        """The values of a chunk, and whether some of them are Bad."""
        if self.place is not None:
            cells: Sequence[Any] = chunk.columns[self.place]
        elif self.evaluate is not None:
            cells = [_evaluated(self.evaluate, row) for row in rows]
        else:
            return self._constant(len(chunk.lines))
        if self.remember is not None:
            self.remember.troubled = False
            return list(map(self.remember.__getitem__, cells)), self.remember.troubled
        if self.place is not None and self.plain:
            whole = plain_values(self.field, cells, self.nulls)
            if whole is not None:
                return whole, False
        values = list(map(self.parse, cells))
        return values, Bad in set(map(type, values))

    def _constant(self, count: int) -> tuple[list[Any], bool]:
        value = self.parse(self.constant or "")
        return [value] * count, type(value) is Bad


def _evaluated(evaluate: Evaluate, row: Sequence[str]) -> Any:
    try:
        return evaluate(row)
    except LookupFailed as failure:
        return Bad(RowCode.LOOKUP, str(failure))
    except ExpressionFailed as failure:
        return Bad(RowCode.EXPRESSION, str(failure))


def feed_of(
    rule: Rule,
    field: Field,
    *,
    place: int | None,
    evaluate: Evaluate | None,
    today: date,
    nulls: Collection[str],
) -> Feed:
    """The feed of one rule of a mapping."""
    parse = parser_of(field, today=today, dates=rule.dates, values=rule.values, nulls=nulls)
    repeats = field.type not in _UNREPEATED and not field.distinct and place is not None
    return Feed(
        field=field,
        parse=parse,
        place=place,
        evaluate=evaluate,
        constant=rule.constant,
        remember=Remembering(parse) if repeats else None,
        plain=rule.values is None,
        nulls=nulls,
    )


class RowMaker:
    """Makes batches of one file's chunks."""

    def __init__(self, layout: Layout, feeds: Sequence[Feed]) -> None:
        self._layout = layout
        self._feeds = feeds
        self._wants_rows = any(feed.evaluate is not None for feed in feeds)
        self.targets = tuple(feed.field.target for feed in feeds)

    def batch(self, chunk: Chunk) -> Batch:
        """Typed columns of a chunk; every problem of a line is named in its one refusal."""
        rows = list(zip(*chunk.columns, strict=True)) if self._wants_rows else ()
        columns: dict[str, list[Any]] = {}
        troubles: dict[int, list[tuple[str, Bad]]] = {}
        for feed in self._feeds:
            values, troubled = feed.values(chunk, rows)
            columns[feed.field.target] = values
            if troubled:
                for place, value in enumerate(values):
                    if type(value) is Bad:
                        troubles.setdefault(place, []).append((feed.field.name, value))
        rejects = [*chunk.refused, *self._rejects(chunk, columns, troubles)]
        batch = Batch(chunk.lines, [], columns, rejects, [chunk.columns], range(len(chunk.lines)))
        if troubles:
            batch.keys = [""] * len(chunk.lines)
            batch.keep([place for place in range(len(chunk.lines)) if place not in troubles])
        batch.keys = self._keys(batch.columns)
        return batch

    def _keys(self, columns: Mapping[str, Sequence[Any]]) -> list[str]:
        parts = [columns[name] for name in self._layout.key]
        if len(parts) == 1:
            return list(parts[0])
        return [KEY_JOINT.join(map(str, row)) for row in zip(*parts, strict=True)]

    def _rejects(
        self,
        chunk: Chunk,
        columns: Mapping[str, Sequence[Any]],
        troubles: Mapping[int, Sequence[tuple[str, Bad]]],
    ) -> Iterator[Reject]:
        for place, found in sorted(troubles.items()):
            parts = [columns[name][place] for name in self._layout.key]
            readable = not any(type(part) is Bad or part is None for part in parts)
            yield Reject(
                line=chunk.lines[place],
                code=found[0][1].code,
                column=found[0][0],
                reason="；".join(f"{name}：{bad.reason}" for name, bad in found[:3])[:300],
                cells=tuple(column[place] for column in chunk.columns),
                key=KEY_JOINT.join(map(str, parts)) if readable else None,
            )


MakeBatches = Callable[[Chunk], Batch]
