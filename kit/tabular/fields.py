"""What a kind of file has: typed fields with a key, and the columns they may come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
PAST: Final = "past"
"""A date that cannot lie after the day of the import, such as a birthday."""


class Type(StrEnum):
    """What a cell becomes."""

    TEXT = "text"  # str, trimmed, nothing invisible in it
    KEY = "key"  # str of letters, digits and -_.:/@
    INTEGER = "integer"  # int
    YUAN = "yuan"  # text in 元 -> int in 分, by decimals, never by floats
    FEN = "fen"  # text in 分 -> int in 分
    DATE = "date"  # date
    MOMENT = "moment"  # date or date and time at the bank -> aware datetime in UTC
    FLAG = "flag"  # bool
    CHOICE = "choice"  # one of the choices
    PHONE = "phone"  # 11 digits
    LIST = "list"  # several keys or words, split at ; ， 、 |
    DAYS = "days"  # several dates or ranges a~b -> list of (first, last)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of file.

    ``title`` is its Chinese name, which a header may use as well. ``into`` is the name under
    which the value is handed on, where several fields feed the same (元 and 分). ``choices``
    maps every accepted spelling to the value. ``personal`` values never stand in a reason.
    ``distinct`` says that values hardly repeat, so that remembering them is of no use.
    """

    name: str
    title: str
    type: Type = Type.TEXT
    required: bool = False
    into: str = ""
    longest: int = 80
    choices: Mapping[str, str | int] = field(default_factory=dict)
    lowest: int | None = None
    highest: int | None = None
    when: str = ""  # PAST, or empty
    personal: bool = False
    distinct: bool = False
    example: str = ""
    note: str = ""

    @property
    def target(self) -> str:
        """The name of the value."""
        return self.into or self.name


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of one kind of file. ``key`` names the values that make a row one of a kind.

    Columns named ``<free>.anything`` are free text fields, gathered by the package that lands
    them; an empty ``free`` allows none.
    """

    kind: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    free: str = ""

    def find(self, name: str) -> Field | None:
        """The field of that name (or Chinese title), a free field, or None."""
        for one in self.fields:
            if name in (one.name, one.title):
                return one
        head, dot, rest = name.partition(".")
        if self.free and head == self.free and dot and rest.replace("_", "").isalnum():
            return Field(name, name, longest=200)
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all fields, in their order."""
        return tuple(one.name for one in self.fields)
