"""Why a cell or a line is not taken, as values: nothing is raised for one bad line of a million."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RowCode(StrEnum):
    """The code of a refused line; each is a heading of ``docs/errors.md``."""

    REQUIRED = "E-2201"
    TOO_LONG = "E-2202"
    CHARACTERS = "E-2203"
    KEY = "E-2204"
    NUMBER = "E-2205"
    NEGATIVE = "E-2206"
    PRECISION = "E-2207"
    DATE = "E-2208"
    DATE_RANGE = "E-2209"
    CHOICE = "E-2210"
    FLAG = "E-2211"
    PHONE = "E-2212"
    RAGGED = "E-2213"
    EXPRESSION = "E-2214"
    LOOKUP = "E-2215"
    VALUE_MAP = "E-2216"
    CELL = "E-2217"


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that has no value; ``reason`` is Chinese and repeats no personal datum."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is not taken. ``cells`` is what stood there (personal: seal it at rest).

    ``line`` counts physical lines from 1 (the header is one); in Parquet it is the row from 1.
    ``key`` is the row's key where it could be read.
    """

    line: int
    code: str
    column: str
    reason: str
    cells: tuple[str, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is taken: its typed values by field."""

    line: int
    values: Mapping[str, Any]
