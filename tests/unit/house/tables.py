"""Which package each table belongs to."""

from functools import cache

from sqlalchemy.orm import class_mapper
from sqlmodel import SQLModel

import app  # noqa: F401 — so that every table is known

TABLES = frozenset(SQLModel.metadata.tables)
"""Every table of the bank's database."""


@cache
def _owners() -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = list(SQLModel.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if getattr(one, "__table__", None) is not None:
            table = class_mapper(one).local_table
            found[str(getattr(table, "name", ""))] = one.__module__.partition(".")[0]
    return found


def package_of(table: str) -> str:
    """The package whose models declare ``table``; empty for a table that no model declares."""
    return _owners().get(table, "")
