"""Monthly partitions of the high-volume tables on PostgreSQL; nothing to do on SQLite.

Rows whose month was never prepared land in the DEFAULT partition rather than being refused;
``prepare`` makes the coming months ahead so that this stays an exception.
"""

from datetime import date, datetime

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from kit.clock import bank_date


def partitioned_tables() -> list[str]:
    """The names of every table that is partitioned by month."""
    return sorted(
        table.name
        for table in SQLModel.metadata.tables.values()
        if table.dialect_options["postgresql"].get("partition_by")
    )


def _month(day: date, ahead: int) -> date:
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def prepare(connection: Connection, at: datetime, *, months_ahead: int = 2) -> list[str]:
    """Create the DEFAULT partition and those of this and the coming months; returns new names."""
    if connection.dialect.name != "postgresql":
        return []
    made: list[str] = []
    for table in partitioned_tables():
        known = set(
            connection.execute(
                text(
                    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                    " JOIN pg_class p ON p.oid = i.inhparent WHERE p.relname = :table"
                ),
                {"table": table},
            ).scalars()
        )
        if f"{table}_default" not in known:
            connection.execute(
                text(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT')
            )
            made.append(f"{table}_default")
        for ahead in range(months_ahead + 1):
            start, end = _month(bank_date(at), ahead), _month(bank_date(at), ahead + 1)
            name = f"{table}_{start:%Y_%m}"
            if name not in known:
                connection.execute(
                    text(
                        f'CREATE TABLE "{name}" PARTITION OF "{table}"'
                        f" FOR VALUES FROM ('{start}+08') TO ('{end}+08')"
                    )
                )
                made.append(name)
    return made
