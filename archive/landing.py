"""One page from the source into the archive: fetched, opened in threads, stored in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from archive.errors import SourceUnreadable
from archive.facts import ConsentFact
from archive.opening import Prepared, open_records
from archive.parties import kind_of
from archive.reading import Message
from archive.repository import StoredPage, store_page
from kit.db import Database
from wecom.archive.records import Record
from wecom.archive.source import ArchiveSource

Keys = Mapping[int, RSAPrivateKey]
"""The bank's private keys by public key version, loaded once (loading takes tens of ms)."""

OnPage = Callable[[AsyncSession, Sequence[ConsentFact]], Awaitable[None]]
"""Called inside the transaction of a page that holds consents, to act upon them with it."""

LARGEST: Final = 2**63 - 1


async def fetched(source: ArchiveSource, after: int, limit: int) -> tuple[Record, ...]:
    """Records above ``after``. Raises SourceUnreadable for a number that no database keeps."""
    records = await source.fetch(after, limit)
    for record in records:
        if not 0 < record.seq <= LARGEST:
            raise SourceUnreadable(
                "会话存档给出的序号超出范围", saw=str(record.seq), do="请联系系统管理员"
            )
    return records


async def land(
    database: Database,
    records: Sequence[Record],
    private_keys: Keys,
    at: datetime,
    on_page: OnPage | None,
    *,
    moves: bool,
) -> tuple[StoredPage, tuple[ConsentFact, ...]]:
    """Open and store a page; ``moves`` says whether the cursor goes with it."""
    prepared, held = await open_records(records, private_keys, database.cipher, at)
    async with database.transaction() as session:
        page = await store_page(session, prepared, held, at=at, moves=moves)
        consents = consents_of(page.stored)
        if on_page is not None and consents:
            await on_page(session, consents)
    return page, consents


def consents_of(stored: Sequence[Prepared]) -> tuple[ConsentFact, ...]:
    """The agree and disagree messages among stored ones, in order."""
    ordered = sorted((one.message for one in stored), key=lambda message: message.seq)
    return tuple(_consent(one) for one in ordered if one.msgtype in {"agree", "disagree"})


def _consent(message: Message) -> ConsentFact:
    staff = next((one for one in message.to if kind_of(one) == "staff"), None)
    return ConsentFact(
        external_userid=message.from_id,
        userid=None if message.room_id else staff,
        room_id=message.room_id,
        agreed=message.msgtype == "agree",
        at=message.sent_at,
        msgid=message.msgid,
    )
