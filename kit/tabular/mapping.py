"""The mapping of a file: which column, constant or expression feeds which field, and how."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kit.tabular.expressions import Expression
from kit.tabular.fields import Layout

NULLS: Final = ("", "\\N", "NULL")


@dataclass(frozen=True, slots=True)
class Shape:
    """How the cells stand in a file. ``columns`` names them where there is no header."""

    format: str = "auto"
    delimiter: str | None = None
    header: bool = True
    columns: tuple[str, ...] = ()
    encoding: str = "auto"
    nulls: tuple[str, ...] = NULLS


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one field comes from: exactly one of ``source``, ``constant``, ``expression``."""

    target: str
    source: str | None = None
    constant: str | None = None
    expression: Expression | None = None
    values: Map[str, str] | None = None
    dates: tuple[str, ...] = ()
    optional: bool = False  # the column may be missing from the file


@dataclass(frozen=True, slots=True)
class Side:
    """A look-up table: another file, joined in memory by ``key``."""

    name: str
    path: Path
    shape: Shape
    key: str
    value: str | None
    where: Map[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of a database are meant: a ``table`` or one SELECT (``query``).

    ``watermark`` is a column of the answer that only rises; ``overlap`` is how far below the
    last one to read again (seconds, days or numbers, as the column is). ``rows`` is a SELECT
    that answers how many rows there must be.
    """

    table: str = ""
    query: str = ""
    watermark: str = ""
    overlap: int = 0
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping. ``supplement`` adds columns to rows that another source owns.

    ``strict`` refuses columns that no rule reads (so that a misspelt one is not lost quietly);
    it holds where no mapping file says which columns are meant.
    """

    name: str
    kind: str
    source: str
    source_date: str
    synthetic: bool
    supplement: bool
    shape: Shape
    rules: tuple[Rule, ...]
    sides: tuple[Side, ...] = ()
    strict: bool = False
    digest: str = ""
    sql: Query | None = None


def default_mapping(layout: Layout, *, source: str = "csv") -> Mapping:
    """Our own column names (or their Chinese titles), every one optional but the required."""
    return Mapping(
        name="",
        kind=layout.kind,
        source=source,
        source_date="",
        synthetic=False,
        supplement=False,
        shape=Shape(),
        rules=tuple(
            Rule(target=one.name, source=one.name, optional=not one.required)
            for one in layout.fields
        ),
        strict=True,
    )
