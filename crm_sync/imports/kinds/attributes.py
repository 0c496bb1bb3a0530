"""Free columns (``attributes.payroll``) gathered into one JSON object a row."""

from collections.abc import Iterable
from typing import Final

import orjson

from kit.tabular.rows import Batch

PREFIX = "attributes."
REMEMBERED: Final = 65_536


def free_targets(targets: Iterable[str]) -> list[str]:
    """The targets that are free columns, in the order of their names."""
    return sorted(target for target in targets if target.startswith(PREFIX))


def attributes_of(batch: Batch) -> list[dict[str, str]]:
    """One object a row: the free columns that have a value."""
    names = free_targets(batch.columns)
    short = [name.removeprefix(PREFIX) for name in names]
    return [
        {name: value for name, value in zip(short, row, strict=True) if value is not None}
        for row in zip(*(batch.columns[name] for name in names), strict=True)
    ]


class Gathered:
    """Makes the JSON text of rows, and remembers it: most rows have the flags of another."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str | None, ...], str] = {}

    def texts(self, batch: Batch) -> list[str]:
        """One JSON object a row, as ``attributes_of`` gives them."""
        names = free_targets(batch.columns)
        short = [name.removeprefix(PREFIX) for name in names]
        known, found = self._texts, []
        for row in zip(*(batch.columns[name] for name in names), strict=True):
            text = known.get(row)
            if text is None:
                given = zip(short, row, strict=True)
                text = orjson.dumps({name: one for name, one in given if one is not None}).decode()
                if len(known) < REMEMBERED:
                    known[row] = text
            found.append(text)
        return found
