"""Reads a whole column at once where every cell of it is plain, which is nearly always.

One pattern over all cells joined by line feeds costs a tenth of a call per cell. A column with
a single unusual cell is left to ``cells``, cell by cell; the results are the same.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from kit.tabular.cells import INVISIBLE
from kit.tabular.fields import Field, Type

_KEYS = re.compile(r"(?:(?:[A-Za-z0-9][A-Za-z0-9_:/@-]*)?\n)*", re.ASCII)
_LIKE_NUMBERS = re.compile(r"^\d+[eE]\d+$", re.ASCII | re.MULTILINE)
_CENTS = re.compile(r"(?:(?:\d{1,13}\.\d\d)?\n)*", re.ASCII)
_PHONES = re.compile(r"(?:(?:1[3-9]\d{9})?\n)*", re.ASCII)
_DRESSED = re.compile(r"^[=＝@＠+＋\-－'\s]|[^\S\n]$", re.MULTILINE)


def plain_values(field: Field, cells: Sequence[str], nulls: Collection[str]) -> list[Any] | None:
    """The values of a column whose cells are all plain; None where some cell is not.

    Says nothing about cells that are missing where a value is required: those are not plain.
    """
    read = _READERS.get(field.type)
    if read is None or not cells:
        return None
    joined = "\n".join(cells) + "\n"
    if joined.count("\n") != len(cells) or (field.type in _WORDS and _has(cells, nulls)):
        return None
    return read(field, cells, joined)


def _has(cells: Sequence[str], nulls: Collection[str]) -> bool:
    return not set(nulls).difference(("",)).isdisjoint(cells)


def _keys(field: Field, cells: Sequence[str], joined: str) -> list[Any] | None:
    if (
        not _KEYS.fullmatch(joined)
        or _LIKE_NUMBERS.search(joined)
        or max(map(len, cells)) > field.longest
    ):
        return None
    return _or_none(field, cells)


def _texts(field: Field, cells: Sequence[str], joined: str) -> list[Any] | None:
    if (
        INVISIBLE.search(joined.replace("\n", ""))
        or _DRESSED.search(joined)
        or max(map(len, cells)) > field.longest
    ):
        return None
    return _or_none(field, cells)


def _phones(field: Field, cells: Sequence[str], joined: str) -> list[Any] | None:
    return _or_none(field, cells) if _PHONES.fullmatch(joined) else None


def _cents(field: Field, cells: Sequence[str], joined: str) -> list[Any] | None:
    if not _CENTS.fullmatch(joined):
        return None
    if "" not in cells:
        return list(map(int, joined.replace(".", "").split()))
    if field.required:
        return None
    return [int(cell) if cell else None for cell in joined.replace(".", "").split("\n")[:-1]]


def _or_none(field: Field, cells: Sequence[str]) -> list[Any] | None:
    """The cells, blanks as None; None where a blank is not allowed."""
    if "" not in cells:
        return list(cells)
    return None if field.required else [cell or None for cell in cells]


_READERS: Final[Mapping[Type, Callable[[Field, Sequence[str], str], list[Any] | None]]] = {
    Type.KEY: _keys,
    Type.TEXT: _texts,
    Type.PHONE: _phones,
    Type.YUAN: _cents,
}
_WORDS: Final = frozenset({Type.KEY, Type.TEXT})
