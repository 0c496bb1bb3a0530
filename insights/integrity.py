"""Whether the record is still what was written: full checks kept in a row, single entries anew."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive import integrity as archive_integrity
from compliance import consent_batches
from insights.models import IntegrityCheck
from kit.crypto import KeyUnknown, SealBroken
from kit.db import Database, cipher_of
from kit.ledger import verify as ledger_verify
from kit.ledger.entries import GENESIS, payload_digest
from kit.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerKey, LedgerStream

Record = Literal["ledger", "archive"]
FAULTS_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry or message that does not prove itself: its place and what is wrong."""

    place: str
    kind: str
    saying: str


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one full check; ``number`` is how many faults there were in all."""

    record: Record
    at: datetime
    took_ms: int
    chains: int
    entries: int
    sound: bool
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether one entry is as it was written, recomputed now, with both hashes."""

    sound: bool
    recorded: str
    computed: str
    saying: str
    head: int
    head_hash: str


async def verify_now(database: Database, at: datetime) -> tuple[Check, Check]:
    """Recompute ledger and archive from the first entry on; keep both outcomes."""
    checks = (await _verify_ledger(database, at), await _verify_archive(database, at))
    async with database.transaction() as session:
        await session.execute(
            insert(IntegrityCheck),
            [
                {
                    "record": one.record,
                    "at": one.at,
                    "took_ms": one.took_ms,
                    "chains": one.chains,
                    "entries": one.entries,
                    "sound": one.sound,
                    "faults": [
                        {"place": fault.place, "kind": fault.kind, "saying": fault.saying}
                        for fault in one.faults[:FAULTS_KEPT]
                    ],
                }
                for one in checks
            ],
        )
    return checks


async def _verify_ledger(database: Database, at: datetime) -> Check:
    begun = time.monotonic()
    async with database.reading() as session:
        report = await ledger_verify.verify(session)
        faults = (*report.faults, *await consent_batches.check(session))
    return Check(
        "ledger",
        at,
        int((time.monotonic() - begun) * 1000),
        report.streams,
        report.entries,
        not faults,
        tuple(Fault(one.place, one.kind, one.saying) for one in faults),
    )


async def _verify_archive(database: Database, at: datetime) -> Check:
    begun = time.monotonic()
    async with database.reading() as session:
        report = await archive_integrity.verify(session)
    return Check(
        "archive",
        at,
        int((time.monotonic() - begun) * 1000),
        report.pages,
        report.messages,
        report.sound,
        tuple(Fault(f"message#{one.seq}", one.kind, one.saying) for one in report.faults),
    )


async def last_check(session: AsyncSession, record: Record) -> Check | None:
    """The newest full check of a record, or None where there was none yet."""
    query = (
        select(IntegrityCheck)
        .where(col(IntegrityCheck.record) == record)
        .order_by(col(IntegrityCheck.at).desc())
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return Check(
        record,
        row.at,
        row.took_ms,
        row.chains,
        row.entries,
        row.sound,
        tuple(Fault(one["place"], one["kind"], one["saying"]) for one in row.faults),
    )


async def checkpointed_at(session: AsyncSession) -> datetime | None:
    """When all heads were last signed together, or None."""
    query = (
        select(col(LedgerCheckpoint.made_at))
        .order_by(col(LedgerCheckpoint.made_at).desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def prove(session: AsyncSession, stream: str, seq: int) -> Proof | None:
    """Recompute one entry and its link to the one before; None where the entry is not there."""
    query = select(LedgerEntry).where(
        col(LedgerEntry.stream) == stream, col(LedgerEntry.seq) == seq
    )
    entry = (await session.execute(query)).scalars().one_or_none()
    if entry is None:
        return None
    keys = await session.execute(
        select(col(LedgerKey.seq), col(LedgerKey.hash)).where(
            col(LedgerKey.stream) == stream, col(LedgerKey.seq).in_([seq - 1, seq])
        )
    )
    given = {number: hashed for number, hashed in keys}  # noqa: C416
    head = await session.get(LedgerStream, stream)
    computed = ledger_verify.hash_of(entry)
    recorded = given.get(seq, "")
    before = GENESIS if seq == 1 else given.get(seq - 1, "")
    if computed != recorded or entry.hash != recorded:
        saying = "内容与存证摘要不一致：被改动"
    elif entry.prev != before:
        saying = "与上一条接不上：上一条被改动或删除"
    elif not _payload_holds(session, entry):
        saying = "正文与存证摘要不一致：被改动"
    else:
        saying = ""
    return Proof(
        sound=not saying,
        recorded=recorded,
        computed=computed,
        saying=saying,
        head=head.seq if head is not None else 0,
        head_hash=head.hash if head is not None else "",
    )


def _payload_holds(session: AsyncSession, entry: LedgerEntry) -> bool:
    payload = b""
    if entry.payload is not None:
        try:
            payload = cipher_of(session).open_bytes(
                "ledger_entry.payload", f"{entry.stream}#{entry.seq}", entry.payload
            )
        except (SealBroken, KeyUnknown):
            return False
    return payload_digest(entry.salt, payload) == entry.payload_digest
