"""Recomputes the archive against the ledger and names the message that does not prove itself.

Each stored page left the digests of its messages in one ledger entry. A message is sound when
its digest, computed now from what is stored, is the one that its page's entry lists, and that
entry itself is sound. Whether the ledger is the one of old is for its anchors to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.digests import STORED, STREAM, message_digest, page_digests
from archive.models import ArchivedMessage, MessageKey
from archive.opening import BODY
from kit.crypto import FieldCipher, KeyUnknown, SealBroken
from kit.db import cipher_of
from kit.ledger import verify as ledger_verify
from kit.ledger.entries import payload_digest
from kit.ledger.models import LedgerEntry, LedgerKey

FaultKind = Literal["changed", "missing", "swapped", "inserted", "page"]

_SAYING: Final[dict[FaultKind, str]] = {
    "changed": "内容与入库时的摘要不符：被改动",
    "missing": "入库时有这一条，现在没有：被删除",
    "swapped": "现在放在这个序号下的是另一条消息：被调换",
    "inserted": "入库记录里没有这一条：后来塞入",
    "page": "这一页的入库记录本身通不过核验",
}


@dataclass(frozen=True, slots=True)
class ArchiveFault:
    """One message that does not prove itself. ``page`` is the number of its ledger entry."""

    seq: int
    msgid: str
    page: int
    kind: FaultKind

    @property
    def saying(self) -> str:
        """The fault in a sentence for people."""
        return f"第 {self.seq} 条：{_SAYING[self.kind]}"


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What was recomputed and what was found, messages first, then the ledger's own faults."""

    pages: int
    messages: int
    faults: tuple[ArchiveFault, ...]
    ledger: ledger_verify.Report

    @property
    def sound(self) -> bool:
        """Whether every message and every page entry proves itself."""
        return not self.faults and self.ledger.sound


@dataclass(frozen=True, slots=True)
class Seal:
    """Whether one message is as it was when it was stored, with both digests."""

    seq: int
    msgid: str
    page: int
    sound: bool
    recorded: str
    computed: str
    saying: str


async def verify(session: AsyncSession) -> ArchiveReport:
    """Recompute every message of every page, and the chain the pages stand in."""
    ledger = await ledger_verify.verify(session, [STREAM])
    faults: list[ArchiveFault] = []
    known: set[int] = set()
    messages = 0
    for page in await _pages(session):
        known.add(page)
        listed = await _listed(session, page)
        rows = await _rows(session, page)
        messages += len(rows)
        if listed is None:
            faults.extend(ArchiveFault(row.seq, row.msgid, page, "page") for row in rows)
            continue
        faults.extend(await _page_faults(session, page, listed, rows))
        session.expunge_all()
    strays = select(col(ArchivedMessage.page)).distinct()
    for page in sorted(set((await session.execute(strays)).scalars()) - known):
        rows = await _rows(session, page)
        messages += len(rows)
        faults.extend(ArchiveFault(row.seq, row.msgid, page, "inserted") for row in rows)
    return ArchiveReport(len(known), messages, tuple(sorted(faults, key=lambda f: f.seq)), ledger)


async def seals(session: AsyncSession, seqs: Sequence[int]) -> tuple[Seal, ...]:
    """Recompute the named messages alone, each against its page's entry; for a page's seal."""
    query = select(ArchivedMessage).where(col(ArchivedMessage.seq).in_(list(seqs)))
    rows = {row.seq: row for row in (await session.execute(query)).scalars()}
    pages = {row.page for row in rows.values()}
    listed = {page: await _listed(session, page) for page in sorted(pages)}
    found = []
    for seq in sorted(seqs):
        row = rows.get(seq)
        if row is None:
            found.append(Seal(seq, "", 0, False, "", "", f"第 {seq} 条：{_SAYING['missing']}"))
            continue
        digests = listed[row.page]
        computed = _computed(cipher_of(session), row)
        recorded = (digests or {}).get(seq, "")
        kind: FaultKind = "page" if digests is None else "changed" if recorded else "inserted"
        sound = bool(recorded) and computed == recorded
        saying = "未被改动" if sound else f"第 {seq} 条：{_SAYING[kind]}"
        found.append(Seal(seq, row.msgid, row.page, sound, recorded, computed, saying))
    return tuple(found)


async def _page_faults(
    session: AsyncSession, page: int, listed: dict[int, str], rows: Sequence[ArchivedMessage]
) -> list[ArchiveFault]:
    cipher = cipher_of(session)
    faults: list[ArchiveFault] = []
    numbers_by_digest = {digest: seq for seq, digest in listed.items()}
    for row in rows:
        if row.seq not in listed:
            faults.append(ArchiveFault(row.seq, row.msgid, page, "inserted"))
        elif _computed(cipher, row) != listed[row.seq]:
            moved = numbers_by_digest.get(row.digest) not in (None, row.seq)
            kind: FaultKind = "swapped" if moved else "changed"
            faults.append(ArchiveFault(row.seq, row.msgid, page, kind))
    gone = sorted(set(listed) - {row.seq for row in rows})
    if gone:
        query = select(col(MessageKey.seq), col(MessageKey.msgid)).where(
            col(MessageKey.seq).in_(gone)
        )
        names = {seq: msgid for seq, msgid in await session.execute(query)}  # noqa: C416
        faults += [ArchiveFault(seq, names.get(seq, ""), page, "missing") for seq in gone]
    return faults


def _computed(cipher: FieldCipher, row: ArchivedMessage) -> str:
    """The digest of what is stored now; empty where the body does not even open."""
    try:
        raw = cipher.open_bytes(BODY, row.msgid, row.body)
    except (SealBroken, KeyUnknown):
        return ""
    return message_digest(
        row.salt,
        seq=row.seq,
        msgid=row.msgid,
        action=row.action,
        msgtype=row.msgtype,
        from_id=row.from_id,
        room_id=row.room_id,
        sent_at=row.sent_at,
        raw=raw,
    )


async def _pages(session: AsyncSession) -> list[int]:
    query = (
        select(col(LedgerEntry.seq))
        .where(col(LedgerEntry.stream) == STREAM, col(LedgerEntry.act) == STORED)
        .order_by(col(LedgerEntry.seq))
    )
    return list((await session.execute(query)).scalars())


async def _rows(session: AsyncSession, page: int) -> Sequence[ArchivedMessage]:
    query = (
        select(ArchivedMessage)
        .where(col(ArchivedMessage.page) == page)
        .order_by(col(ArchivedMessage.seq))
    )
    return (await session.execute(query)).scalars().all()


async def _listed(session: AsyncSession, page: int) -> dict[int, str] | None:
    """The digests of a page out of its ledger entry; None where that entry is not sound."""
    query = select(LedgerEntry).where(
        col(LedgerEntry.stream) == STREAM, col(LedgerEntry.seq) == page
    )
    entry = (await session.execute(query)).scalars().one_or_none()
    key = select(col(LedgerKey.hash)).where(
        col(LedgerKey.stream) == STREAM, col(LedgerKey.seq) == page
    )
    given = (await session.execute(key)).scalar_one_or_none()
    if entry is None or entry.payload is None or entry.hash != given:
        return None
    try:
        payload = cipher_of(session).open_bytes(
            "ledger_entry.payload", f"{STREAM}#{page}", entry.payload
        )
    except (SealBroken, KeyUnknown):
        return None
    computed = ledger_verify.hash_of(entry)
    if computed != entry.hash or payload_digest(entry.salt, payload) != entry.payload_digest:
        return None
    return page_digests(orjson.loads(payload))
