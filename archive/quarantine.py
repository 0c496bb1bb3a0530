"""Tries again what could not be opened: a private key may have been added since."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.landing import Keys, OnPage, consents_of
from archive.models import MessageKey, Quarantine
from archive.opening import held_record, open_records
from archive.repository import store_page
from kit.db import Database
from wecom.archive.source import MAX_RECORDS

Place = tuple[int, str]


async def release(
    database: Database,
    private_keys: Keys,
    *,
    at: datetime,
    limit: int = MAX_RECORDS,
    on_page: OnPage | None = None,
) -> tuple[int, int]:
    """Open quarantined records again, the least tried first; returns how many tried and freed.

    What opens is stored like any page; the cursor does not move.
    """
    async with database.reading() as session:
        query = (
            select(col(Quarantine.seq), col(Quarantine.msgid), col(Quarantine.record))
            .where(col(Quarantine.state) == "held")
            .order_by(col(Quarantine.attempts), col(Quarantine.seq))
            .limit(limit)
        )
        held = [
            (seq, msgid, held_record(kept)) for seq, msgid, kept in await session.execute(query)
        ]
    records = [record for _, _, record in held]
    prepared, _ = await open_records(records, private_keys, database.cipher, at)
    msgid_of = {(one.record.seq, one.record.msgid): one.message.msgid for one in prepared}
    async with database.transaction() as session:
        page = await store_page(session, prepared, [], at=at, moves=False)
        if on_page is not None and (consents := consents_of(page.stored)):
            await on_page(session, consents)
        keys = select(col(MessageKey.msgid)).where(col(MessageKey.msgid).in_(msgid_of.values()))
        kept = set((await session.execute(keys)).scalars())
        await _mark(
            session,
            [(seq, msgid) for seq, msgid, _ in held],
            {"attempts": col(Quarantine.attempts) + 1},
        )
        free = [
            (seq, msgid)
            for seq, msgid, record in held
            if msgid_of.get((record.seq, record.msgid)) in kept
        ]
        await _mark(session, free, {"state": "released", "released_at": at})
    return len(held), len(free)


async def _mark(
    session: AsyncSession, places: Sequence[Place], values: Mapping[str, object]
) -> None:
    if places:
        await session.execute(
            update(Quarantine)
            .where(tuple_(col(Quarantine.seq), col(Quarantine.msgid)).in_(places))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
