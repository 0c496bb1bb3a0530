"""Puts a page of opened records away: messages, index, gaps, ledger and cursor together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.digests import KIND, STORED, UNIT, page_payload
from archive.index import Indexed, index_of
from archive.models import (
    ArchiveCursor,
    ArchivedMessage,
    ArchiveGap,
    ArchiveRepeat,
    MessageKey,
    MessagePerson,
    Quarantine,
)
from archive.opening import Held, Prepared
from archive.reading import NUMBER_TAKEN
from kit.db import insert_into, insert_new
from kit.ledger import Entry, append

SOURCE: Final = "source:wecom"
KEPT_BY_WECOM: Final = timedelta(days=5)  # [91774]: after that a message cannot be had any more


@dataclass(frozen=True, slots=True)
class StoredPage:
    """What became of one page of records; ``page`` is 0 where no message was new."""

    page: int
    stored: tuple[Prepared, ...]
    repeated: int
    quarantined: int
    holes: int
    position: int


async def locked_cursor(session: AsyncSession, name: str) -> ArchiveCursor:
    """The cursor ``name``, made where missing, locked until the transaction ends."""
    await session.execute(
        insert_into(session, ArchiveCursor)
        .values(name=name, position=0, first=0)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    query = select(ArchiveCursor).where(col(ArchiveCursor.name) == name).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def position_of(session: AsyncSession, name: str) -> int:
    """Where the cursor ``name`` stands; 0 before its first move."""
    query = select(col(ArchiveCursor.position)).where(col(ArchiveCursor.name) == name)
    return (await session.execute(query)).scalar_one_or_none() or 0


async def store_page(
    session: AsyncSession,
    prepared: Sequence[Prepared],
    held: Sequence[Held],
    *,
    at: datetime,
    moves: bool = True,
) -> StoredPage:
    """Store what is new, in the caller's transaction; the cursor moves in the same one.

    Whatever is known already, by message id or by number, is left alone. With ``moves`` False
    (second pulls, releases from quarantine) neither the cursor nor the gaps change.
    """
    cursor = await locked_cursor(session, SOURCE)
    numbers = [one.message.seq for one in prepared] + [one.seq for one in held]
    known_ids, known_numbers = await _known(
        session, [one.message.msgid for one in prepared], numbers
    )
    new: dict[str, Prepared] = {}
    repeats: dict[int, str] = {}
    clashes: list[Held] = []
    for one in prepared:
        message = one.message
        if message.msgid in known_ids or message.msgid in new:
            stored_as = known_ids.get(message.msgid) or new[message.msgid].message.seq
            if stored_as != message.seq:
                repeats[message.seq] = message.msgid
        elif message.seq in known_numbers:
            clashes.append(one.held(NUMBER_TAKEN))
        else:
            new[message.msgid] = one
            known_numbers.add(message.seq)
    kept = list(new.values())
    page = await _insert_messages(session, kept, at) if kept else 0
    await _free(session, kept, at)
    await insert_new(
        session,
        ArchiveRepeat,
        [{"seq": seq, "msgid": msgid, "at": at} for seq, msgid in repeats.items()],
        key=["seq"],
    )
    quarantined = await _quarantine(session, [*held, *clashes], at)
    await _fill_gaps(session, [seq for seq in numbers if seq < cursor.position])
    holes = await _move(session, cursor, numbers, at) if moves else 0
    return StoredPage(
        page=page,
        stored=tuple(kept),
        repeated=len(prepared) - len(kept) - len(clashes),
        quarantined=quarantined,
        holes=holes,
        position=cursor.position,
    )


async def _known(
    session: AsyncSession, msgids: Sequence[str], numbers: Sequence[int]
) -> tuple[dict[str, int], set[int]]:
    query = select(col(MessageKey.msgid), col(MessageKey.seq)).where(
        or_(col(MessageKey.msgid).in_(msgids), col(MessageKey.seq).in_(numbers))
    )
    found = (await session.execute(query)).all()
    return {msgid: seq for msgid, seq in found}, {seq for _, seq in found}  # noqa: C416


async def _insert_messages(session: AsyncSession, kept: Sequence[Prepared], at: datetime) -> int:
    """Insert new messages under one ledger entry; its number is their page."""
    listed = [(one.message.seq, one.digest) for one in kept]
    [place] = await append(
        session,
        [
            Entry(
                kind=KIND,
                act=STORED,
                actor="system:archive",
                object=f"archive:{min(listed)[0]}-{max(listed)[0]}",
                unit=UNIT,
                payload=page_payload(listed),
            )
        ],
        at=at,
    )
    page = int(place.rpartition("#")[2])
    await session.execute(
        insert(MessageKey),
        [
            {"msgid": one.message.msgid, "seq": one.message.seq, "sent_at": one.message.sent_at}
            for one in kept
        ],
    )
    await session.execute(insert(ArchivedMessage), [_row(one, page, at) for one in kept])
    persons = [
        {"person": person, "seq": one.message.seq, "sent_at": one.message.sent_at}
        for one in kept
        for person in one.message.persons
    ]
    if persons:
        await session.execute(insert(MessagePerson), persons)
    await index_of(session).add(
        session, [Indexed(one.message.seq, one.message.sent_at, one.tokens) for one in kept]
    )
    return page


def _row(one: Prepared, page: int, at: datetime) -> dict[str, Any]:
    message = one.message
    return {
        "seq": message.seq,
        "sent_at": message.sent_at,
        "msgid": message.msgid,
        "page": page,
        "action": message.action,
        "msgtype": message.msgtype,
        "from_id": message.from_id,
        "from_kind": message.from_kind,
        "room_id": message.room_id,
        "talk": message.talk,
        "external": message.external,
        "time_given": message.time_given,
        "refers_to": message.refers_to,
        "text_hash": one.text_hash,
        "received_at": at,
        "salt": one.salt,
        "digest": one.digest,
        "body": one.body,
    }


async def _free(session: AsyncSession, kept: Sequence[Prepared], at: datetime) -> None:
    """Let go of quarantined records that came again and could be stored now."""
    places = [(one.record.seq, one.record.msgid) for one in kept]
    if places:
        await session.execute(
            update(Quarantine)
            .where(
                tuple_(col(Quarantine.seq), col(Quarantine.msgid)).in_(places),
                col(Quarantine.state) == "held",
            )
            .values(state="released", released_at=at)
            .execution_options(synchronize_session=False)
        )


async def _quarantine(session: AsyncSession, held: Sequence[Held], at: datetime) -> int:
    """Keep what could not be stored; returns how many of them were not known before."""
    query = select(col(Quarantine.seq), col(Quarantine.msgid)).where(
        col(Quarantine.seq).in_([one.seq for one in held])
    )
    known = {(seq, msgid) for seq, msgid in await session.execute(query)} if held else set()
    new = {(one.seq, one.msgid): one for one in held if (one.seq, one.msgid) not in known}
    if new:
        await session.execute(
            insert(Quarantine),
            [
                {
                    "seq": one.seq,
                    "msgid": one.msgid,
                    "key_version": one.key_version,
                    "record": one.record,
                    "cause": one.cause,
                    "state": "held",
                    "attempts": 1,
                    "held_at": at,
                }
                for one in new.values()
            ],
        )
    return len(new)


async def _move(
    session: AsyncSession, cursor: ArchiveCursor, numbers: Iterable[int], at: datetime
) -> int:
    """Move the cursor to the highest number; numbers passed over become gaps."""
    last_asked = max((one for one in (cursor.moved_at, cursor.checked_at) if one), default=at)
    away = at - last_asked > KEPT_BY_WECOM
    holes: list[dict[str, Any]] = []
    for seq in sorted({seq for seq in numbers if seq > cursor.position}):
        if cursor.position and seq > cursor.position + 1:
            holes.append(
                {
                    "first_seq": cursor.position + 1,
                    "last_seq": seq - 1,
                    "state": "open",
                    "cause": "window" if away else "hole",
                    "opened_at": at,
                }
            )
        if not cursor.first:
            cursor.first = seq
        away = False
        cursor.position = seq
        cursor.moved_at = at
    if holes:
        await session.execute(insert(ArchiveGap), holes)
    await session.flush()
    return sum(hole["last_seq"] - hole["first_seq"] + 1 for hole in holes)


async def _fill_gaps(session: AsyncSession, numbers: Sequence[int]) -> None:
    """Count again what came of the gaps in which ``numbers`` lie."""
    if not numbers:
        return
    query = select(ArchiveGap).where(
        col(ArchiveGap.first_seq) <= max(numbers), col(ArchiveGap.last_seq) >= min(numbers)
    )
    for gap in (await session.execute(query)).scalars():
        if any(gap.first_seq <= seq <= gap.last_seq for seq in numbers):
            gap.found = await numbers_kept(session, gap.first_seq, gap.last_seq)
    await session.flush()


async def numbers_kept(session: AsyncSession, first: int, last: int) -> int:
    """How many sequence numbers between two are stored, in quarantine or known as repeats."""
    known = (
        select(col(MessageKey.seq).label("seq"))
        .where(col(MessageKey.seq).between(first, last))
        .union(
            select(col(Quarantine.seq)).where(col(Quarantine.seq).between(first, last)),
            select(col(ArchiveRepeat.seq)).where(col(ArchiveRepeat.seq).between(first, last)),
        )
        .subquery()
    )
    return int((await session.execute(select(func.count()).select_from(known))).scalar_one())
