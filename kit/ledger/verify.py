"""Recomputes the chains: finds a changed, removed, swapped or inserted entry and names it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.crypto import SealBroken
from kit.db import cipher_of
from kit.ledger.entries import GENESIS, entry_hash, payload_digest
from kit.ledger.models import LedgerEntry, LedgerKey, LedgerStream

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not prove itself: where, and what is wrong with it."""

    stream: str
    seq: int
    kind: str  # changed | payload | missing | swapped | inserted | truncated
    saying: str

    @property
    def place(self) -> str:
        """``stream#seq``, the name the console and the commands use."""
        return f"{self.stream}#{self.seq}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was recomputed and what was found."""

    streams: int
    entries: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether every entry proves itself."""
        return not self.faults


async def verify(session: AsyncSession, streams: Sequence[str] | None = None) -> Report:
    """Recompute every chain (or the named ones) from its first entry to its head."""
    query = select(LedgerStream).order_by(col(LedgerStream.stream))
    if streams is not None:
        query = query.where(col(LedgerStream.stream).in_(list(streams)))
    heads = (await session.execute(query)).scalars().all()
    faults: list[Fault] = []
    checked = 0
    for head in heads:
        count, found = await _verify_stream(session, head)
        checked += count
        faults.extend(found)
    if streams is None:
        faults.extend(await _without_a_head(session, {head.stream for head in heads}))
    return Report(len(heads), checked, tuple(faults))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one chain, recomputed: from ``first`` to ``last``, ``head`` its newest entry."""

    stream: str
    first: int
    last: int
    head: int
    entries: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether every entry of it proves itself and follows from the one before."""
        return not self.faults


async def verify_segment(session: AsyncSession, stream: str, first: int, last: int) -> Segment:
    """Recompute the entries ``first`` to ``last`` of one chain, and their link to what was before.

    Costs what the stretch is long, however long the chain; the full check stays ``verify``.
    """
    head = await session.get(LedgerStream, stream, populate_existing=True)
    newest = head.seq if head is not None else 0
    first, last = max(first, 1), min(last, newest)
    numbers = col(LedgerKey.seq).between(first - 1, last)
    keys = select(col(LedgerKey.seq), col(LedgerKey.hash)).where(
        col(LedgerKey.stream) == stream, numbers
    )
    given = {seq: hashed for seq, hashed in await session.execute(keys)}  # noqa: C416
    query = (
        select(LedgerEntry)
        .where(col(LedgerEntry.stream) == stream, col(LedgerEntry.seq).between(first, last))
        .order_by(col(LedgerEntry.seq))
    )
    there = {row.seq: row for row in (await session.execute(query)).scalars()}
    faults: list[Fault] = []
    prev = GENESIS if first == 1 else given.get(first - 1, "")
    for seq in range(first, last + 1):
        entry = there.get(seq)
        if entry is None:
            faults.append(Fault(stream, seq, "missing", "这一条被删除"))
        elif (found := _fault_of(session, entry, prev, given.get(seq))) is not None:
            faults.append(found)
        prev = given.get(seq, entry.hash if entry is not None else prev)
    if head is not None and last == newest and last >= first and prev != head.hash:
        faults.append(Fault(stream, last, "changed", "链头与最后一条不符"))
    return Segment(stream, first, last, newest, len(there), tuple(faults))


async def _verify_stream(session: AsyncSession, head: LedgerStream) -> tuple[int, list[Fault]]:
    faults: list[Fault] = []
    keys = select(col(LedgerKey.seq), col(LedgerKey.hash)).where(
        col(LedgerKey.stream) == head.stream
    )
    given = {seq: hashed for seq, hashed in await session.execute(keys)}  # noqa: C416
    expected, prev, count = 1, GENESIS, 0
    async for entry in _entries(session, head.stream):
        count += 1
        while expected < entry.seq:
            faults.append(Fault(head.stream, expected, "missing", "这一条被删除"))
            prev = given.get(expected, prev)
            expected += 1
        found = _fault_of(session, entry, prev, given.get(entry.seq))
        if found is not None:
            faults.append(found)
        prev = given.get(entry.seq, entry.hash)
        expected = entry.seq + 1
    while expected <= head.seq:
        faults.append(Fault(head.stream, expected, "truncated", "链尾的这一条被删除"))
        expected += 1
    if not faults and count and prev != head.hash:
        faults.append(Fault(head.stream, head.seq, "changed", "链头与最后一条不符"))
    if expected - 1 > head.seq:
        faults.append(Fault(head.stream, expected - 1, "inserted", "链头之后多出的一条"))
    return count, faults


def hash_of(entry: LedgerEntry) -> str:
    """The digest of an entry, computed now from what is stored."""
    return entry_hash(
        stream=entry.stream,
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        act=entry.act,
        object=entry.object,
        unit=entry.unit,
        reason=entry.reason,
        request_id=entry.request_id,
        prev=entry.prev,
        payload_digest=entry.payload_digest,
    )


def _fault_of(
    session: AsyncSession, entry: LedgerEntry, prev: str, given: str | None
) -> Fault | None:
    computed = hash_of(entry)
    if given is None:
        return Fault(entry.stream, entry.seq, "inserted", "这个序号从未发出过")
    if entry.prev != prev:
        kind = "swapped" if computed != entry.hash or entry.hash != given else "changed"
        return Fault(entry.stream, entry.seq, kind, "与上一条接不上：被调换或改写")
    if computed != entry.hash or entry.hash != given:
        return Fault(entry.stream, entry.seq, "changed", "内容与摘要不符：被改写")
    if entry.payload is None:
        payload = b""
    else:
        try:
            payload = cipher_of(session).open_bytes(
                "ledger_entry.payload", f"{entry.stream}#{entry.seq}", entry.payload
            )
        except SealBroken:
            return Fault(entry.stream, entry.seq, "payload", "正文密文被改写或挪动")
    if payload_digest(entry.salt, payload) != entry.payload_digest:
        return Fault(entry.stream, entry.seq, "payload", "正文与摘要不符：被改写")
    return None


async def _entries(session: AsyncSession, stream: str) -> AsyncIterator[LedgerEntry]:
    after = 0
    while True:
        page = (
            (
                await session.execute(
                    select(LedgerEntry)
                    .where(col(LedgerEntry.stream) == stream, col(LedgerEntry.seq) > after)
                    .order_by(col(LedgerEntry.seq))
                    .limit(PAGE)
                )
            )
            .scalars()
            .all()
        )
        for entry in page:
            yield entry
        if len(page) < PAGE:
            return
        after = page[-1].seq
        session.expunge_all()


async def _without_a_head(session: AsyncSession, known: set[str]) -> list[Fault]:
    found = (await session.execute(select(col(LedgerKey.stream)).distinct())).scalars().all()
    return [
        Fault(stream, 0, "missing", "整条链的链头被删除") for stream in found if stream not in known
    ]
