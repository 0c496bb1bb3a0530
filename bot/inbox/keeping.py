"""The statements that every callback waits for: keep what has not been kept before.

Plain SQL through the session's own connection, because what the ORM adds to an INSERT of sixty
rows costs more than everything else that a callback needs (make bench measures it).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.inbox.models import Inbox
from kit.db import Database


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decrypted event on its way into the inbox."""

    id: int
    digest: str
    ordering_key: str
    body: bytes  # sealed
    kept_at: datetime


_POSTGRESQL: Final = """
WITH came AS (
  SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::varchar[], $4::varchar[], $5::bytea[])
    AS came (id, kept_at, digest, ordering_key, body)
), fresh AS (
  INSERT INTO inbox_digest (digest, inbox_id, kept_at)
  SELECT digest, id, kept_at FROM came ORDER BY digest
  ON CONFLICT (digest) DO NOTHING RETURNING digest
)
INSERT INTO inbox
  (id, kept_at, digest, kind, ordering_key, body, state, attempts, due_at, worker, cause)
SELECT came.id, came.kept_at, digest, '', ordering_key, body, 'new', 0, came.kept_at, '', ''
FROM came JOIN fresh USING (digest) ORDER BY came.id
RETURNING digest
"""

# One statement for all rows, because sqlite3 gives the interpreter's lock away and takes it back
# at every row of an executemany, which beside a busy event loop costs more than the row itself.
# The bodies come as one blob, each row with its place in it.
_SQLITE_KNOWN: Final = (
    "SELECT digest FROM inbox_digest WHERE digest IN (SELECT value FROM json_each(?))"
)
_SQLITE_DIGESTS: Final = """
INSERT INTO inbox_digest (digest, inbox_id, kept_at)
SELECT value ->> 1, value ->> 0, value ->> 2 FROM json_each(?)
"""
_SQLITE_ROWS: Final = """
INSERT INTO inbox
  (id, kept_at, digest, kind, ordering_key, body, state, attempts, due_at, worker, cause)
SELECT value ->> 0, value ->> 2, value ->> 1, '', value ->> 3,
  substr(?, value ->> 4, value ->> 5), 'new', 0, value ->> 2, '', ''
FROM json_each(?)
"""
_MOMENT = Inbox.__table__.c.kept_at.type  # type: ignore[attr-defined]
_STORED = _MOMENT.dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())


async def keep(database: Database, arrivals: Sequence[Arrival]) -> set[str]:
    """Keep what has not been kept before, in one transaction; returns the digests that are new.

    The digests are taken in their order, so that two processes with the same repeats never wait
    for each other in a ring.
    """
    wanted = list({arrival.digest: arrival for arrival in arrivals}.values())
    if database.is_sqlite:
        return await database.at_once(lambda connection: _keep_on_sqlite(connection, wanted))
    async with database.transaction() as session:
        return await _keep_on_postgresql(await session.connection(), wanted)


async def _keep_on_postgresql(connection: AsyncConnection, wanted: Sequence[Arrival]) -> set[str]:
    kept = await connection.exec_driver_sql(
        _POSTGRESQL,
        (
            [one.id for one in wanted],
            [one.kept_at for one in wanted],
            [one.digest for one in wanted],
            [one.ordering_key for one in wanted],
            [one.body for one in wanted],
        ),
    )
    return set(kept.scalars())


def _keep_on_sqlite(connection: Connection, wanted: Sequence[Arrival]) -> set[str]:
    """Look, then insert: the transaction holds the one writer's lock, so nobody comes between."""
    digests = orjson.dumps([one.digest for one in wanted]).decode()
    known = set(connection.exec_driver_sql(_SQLITE_KNOWN, (digests,)).scalars())
    fresh = [one for one in wanted if one.digest not in known]
    if fresh:
        rows, place = [], 1
        for one in fresh:
            rows.append(
                (one.id, one.digest, _stored(one.kept_at), one.ordering_key, place, len(one.body))
            )
            place += len(one.body)
        listed, bodies = orjson.dumps(rows).decode(), b"".join(one.body for one in fresh)
        connection.exec_driver_sql(_SQLITE_DIGESTS, (listed,))
        connection.exec_driver_sql(_SQLITE_ROWS, (bodies, listed))
    return {one.digest for one in fresh}


def _stored(at: datetime) -> object:
    """A moment as the column's own type writes it on SQLite."""
    return at if _STORED is None else _STORED(at)
