"""What each package says about the tables in which it keeps data about a person.

A package has a ``personal.py`` with a ``PERSONAL`` tuple, one line a table; ``insights.personal``
reads them all to hand a person their data and to erase it. A test reads the database's metadata
and fails where a table that names a person is in none of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Person:
    """One customer and the WeCom contacts that are matched to them."""

    customer_id: int
    customer_no: str
    contacts: tuple[str, ...]


class Fate(StrEnum):
    """What an erasure does to the rows of a table."""

    ERASE = "erase"  # the rows go
    BLANK = "blank"  # the row stays, empty, because others refer to it
    KEEP = "keep"  # the law has them kept; ``because`` names the rule in retention.toml
    EXEMPT = "exempt"  # about nobody, or not the person's; ``because`` says why, in words


NOW: Final = object()
"""Stands in ``blank`` for the moment of the erasure."""

Collect = Callable[[AsyncSession, Person], Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Holds:
    """A table about persons.

    ``sealed`` maps an encrypted column to what it is bound to, filled from the row
    (``{id}``, ``{userid}/{external_userid}``); ``seals`` renames the column's seal where it is
    not ``table.column``. ``blank`` and ``stays`` together name every column of a BLANK table.
    ``collect`` reads the rows where the person is not named in a column of the table.
    """

    table: str
    title: str
    fate: Fate
    because: str = ""
    sealed: Mapping[str, str] = field(default_factory=dict)
    seals: Mapping[str, str] = field(default_factory=dict)
    blank: Mapping[str, Any] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()
    collect: Collect | None = None


_OF_CUSTOMER: Final = "customer_id"
_OF_NUMBER: Final = "customer_no"
_OF_CONTACT: Final = ("external_userid", "member_id", "person", "from_id")


def naming_columns(table: Table) -> list[str]:
    """The columns of a table that say whom a row is about."""
    return [
        str(column.name)
        for column in table.columns
        if column.name.endswith((_OF_CUSTOMER, _OF_NUMBER, "external_userid"))
        or column.name in _OF_CONTACT
    ]


def about(table: Table, person: Person) -> list[Any]:
    """One condition for each naming column; a row that meets any of them is about the person."""
    found: list[Any] = []
    for name in naming_columns(table):
        column = table.c[name]
        if name.endswith(_OF_CUSTOMER):
            found.append(column == person.customer_id)
        elif name.endswith(_OF_NUMBER):
            found.append(column == person.customer_no)
        elif person.contacts:
            found.append(column.in_(person.contacts))
    return found
