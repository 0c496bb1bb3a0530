"""Reads the ledger back for people: pages of entries, newest first, and one entry's payload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.db import cipher_of
from kit.ledger.models import LedgerEntry


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it stands in the ledger, its payload opened."""

    stream: str
    seq: int
    at: datetime
    actor: str
    act: str
    object: str
    unit: str
    reason: str
    request_id: str
    hash: str
    prev: str
    payload: Mapping[str, Any]

    @property
    def place(self) -> str:
        """``stream#seq``."""
        return f"{self.stream}#{self.seq}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: every field narrows; ``units`` None means every unit."""

    units: frozenset[str] | None = None
    acts: frozenset[str] | None = None
    kind: str | None = None
    actor: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    if wanted.units is not None:
        conditions.append(col(LedgerEntry.unit).in_(sorted(wanted.units)))
    if wanted.acts is not None:
        conditions.append(col(LedgerEntry.act).in_(sorted(wanted.acts)))
    if wanted.kind is not None:
        conditions.append(col(LedgerEntry.stream).like(f"{wanted.kind}:%"))
    if wanted.actor is not None:
        conditions.append(col(LedgerEntry.actor) == wanted.actor)
    if wanted.object is not None:
        conditions.append(col(LedgerEntry.object) == wanted.object)
    if wanted.since is not None:
        conditions.append(col(LedgerEntry.at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(LedgerEntry.at) < wanted.until)
    return conditions


async def page(
    session: AsyncSession,
    wanted: Wanted,
    *,
    limit: int = 50,
    before: tuple[datetime, str, int] | None = None,
) -> list[Recorded]:
    """The newest ``limit`` entries that match, before the keyset ``(at, stream, seq)``."""
    query = select(LedgerEntry).where(*_conditions(wanted))
    if before is not None:
        keyset = tuple_(col(LedgerEntry.at), col(LedgerEntry.stream), col(LedgerEntry.seq))
        query = query.where(keyset < tuple_(*before))
    query = query.order_by(
        col(LedgerEntry.at).desc(), col(LedgerEntry.stream).desc(), col(LedgerEntry.seq).desc()
    ).limit(limit)
    return _opened(session, (await session.execute(query)).scalars().all())


async def places(session: AsyncSession, wanted: Wanted) -> list[tuple[str, int]]:
    """``(stream, seq)`` of every entry that matches, oldest first; no payload is read."""
    query = select(col(LedgerEntry.stream), col(LedgerEntry.seq)).where(*_conditions(wanted))
    query = query.order_by(col(LedgerEntry.at), col(LedgerEntry.stream), col(LedgerEntry.seq))
    return [(stream, seq) for stream, seq in await session.execute(query)]


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many entries match."""
    query = select(func.count()).select_from(LedgerEntry).where(*_conditions(wanted))
    return int((await session.execute(query)).scalar_one())


async def about(
    session: AsyncSession,
    objects: Sequence[str],
    *,
    acts: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    without: str = "",
    limit: int = 200,
) -> list[Recorded]:
    """The oldest ``limit`` entries about any of ``objects`` in [since, until], payloads opened.

    ``without``: a kind of streams whose entries are left out.
    """
    if not objects:
        return []
    query = select(LedgerEntry).where(col(LedgerEntry.object).in_(sorted(objects)))
    if acts is not None:
        query = query.where(col(LedgerEntry.act).in_(sorted(acts)))
    if since is not None:
        query = query.where(col(LedgerEntry.at) >= since)
    if until is not None:
        query = query.where(col(LedgerEntry.at) <= until)
    if without:
        query = query.where(col(LedgerEntry.stream).not_like(f"{without}:%"))
    query = query.order_by(
        col(LedgerEntry.at), col(LedgerEntry.stream), col(LedgerEntry.seq)
    ).limit(limit)
    return _opened(session, (await session.execute(query)).scalars().all())


async def one(session: AsyncSession, stream: str, seq: int) -> Recorded | None:
    """The entry at ``stream#seq``, or None."""
    query = select(LedgerEntry).where(
        col(LedgerEntry.stream) == stream, col(LedgerEntry.seq) == seq
    )
    found = _opened(session, (await session.execute(query)).scalars().all())
    return found[0] if found else None


def _opened(session: AsyncSession, rows: Sequence[LedgerEntry]) -> list[Recorded]:
    cipher = cipher_of(session)
    return [
        Recorded(
            stream=row.stream,
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            act=row.act,
            object=row.object,
            unit=row.unit,
            reason=row.reason,
            request_id=row.request_id,
            hash=row.hash,
            prev=row.prev,
            payload=orjson.loads(
                cipher.open_bytes("ledger_entry.payload", f"{row.stream}#{row.seq}", row.payload)
            )
            if row.payload is not None
            else {},
        )
        for row in rows
    ]
