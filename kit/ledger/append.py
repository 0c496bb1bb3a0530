"""Appends entries to their chains, in the transaction of the change they record."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.db import cipher_of, insert_into, is_postgresql, upsert
from kit.ledger.entries import GENESIS, Entry, canonical, entry_hash, payload_digest
from kit.ledger.models import LedgerEntry, LedgerKey, LedgerStream


async def append(session: AsyncSession, entries: Sequence[Entry], *, at: datetime) -> list[str]:
    """Chain ``entries`` in the caller's transaction; returns ``stream#seq`` of each, in order.

    The heads of the streams are locked in the order of their names, so two transactions that
    touch the same streams never wait for each other in a ring. A batch costs a handful of
    statements however long it is.
    """
    if not entries:
        return []
    at = at.astimezone(UTC)
    cipher = cipher_of(session)
    heads = await _locked_heads(session, sorted({entry.stream for entry in entries}), at)
    rows, places = [], []
    for entry in entries:
        seq, prev = heads[entry.stream]
        seq += 1
        salt = secrets.token_bytes(16)
        payload = canonical(entry.payload) if entry.payload else b""
        digest = payload_digest(salt, payload)
        hashed = entry_hash(
            stream=entry.stream,
            seq=seq,
            at=at,
            actor=entry.actor,
            act=entry.act,
            object=entry.object,
            unit=entry.unit,
            reason=entry.reason,
            request_id=entry.request_id,
            prev=prev,
            payload_digest=digest,
        )
        place = f"{entry.stream}#{seq}"
        rows.append(
            {
                "stream": entry.stream,
                "seq": seq,
                "at": at,
                "actor": entry.actor,
                "act": entry.act,
                "object": entry.object,
                "unit": entry.unit,
                "reason": entry.reason,
                "request_id": entry.request_id,
                "prev": prev,
                "payload_digest": digest,
                "hash": hashed,
                "salt": salt,
                "payload": cipher.seal("ledger_entry.payload", place, payload) if payload else None,
            }
        )
        heads[entry.stream] = (seq, hashed)
        places.append(place)
    await session.execute(insert_into(session, LedgerEntry), rows)
    await session.execute(
        insert_into(session, LedgerKey),
        [{"stream": row["stream"], "seq": row["seq"], "hash": row["hash"]} for row in rows],
    )
    await upsert(
        session,
        LedgerStream,
        [
            {"stream": stream, "seq": seq, "hash": hashed, "at": at}
            for stream, (seq, hashed) in heads.items()
        ],
        key=["stream"],
        update=["seq", "hash", "at"],
    )
    return places


async def hold(session: AsyncSession, streams: Collection[str], *, at: datetime) -> None:
    """Take the turn on chains now, before other rows are locked, for an ``append`` later on.

    Because two transactions that lock the same things must lock them in the same order.
    """
    await _locked_heads(session, sorted(set(streams)), at.astimezone(UTC))


async def _locked_heads(
    session: AsyncSession, streams: Sequence[str], at: datetime
) -> dict[str, tuple[int, str]]:
    """The heads of ``streams``, created where missing, locked until the transaction ends."""
    heads: dict[str, tuple[int, str]] = defaultdict(lambda: (0, GENESIS))
    if is_postgresql(session):
        await session.execute(
            insert_into(session, LedgerStream).on_conflict_do_nothing(index_elements=["stream"]),
            [{"stream": name, "seq": 0, "hash": GENESIS, "at": at} for name in streams],
        )
    found = await session.execute(
        select(LedgerStream.stream, LedgerStream.seq, LedgerStream.hash)  # type: ignore[call-overload]
        .where(col(LedgerStream.stream).in_(streams))
        .order_by(LedgerStream.stream)
        .with_for_update()
    )
    for stream, seq, hashed in found:
        heads[stream] = (seq, hashed)
    return heads
