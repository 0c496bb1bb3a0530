"""Evidence packs for people: pages, one pack, and the messages it was asked for."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import described, opened, rows_of
from archive.errors import PackUnknown
from archive.evidence.requests import PackFact, fact
from archive.facts import FoundMessage, SearchScope
from archive.models import ArchivedMessage, EvidenceItem, EvidencePack
from archive.search import Query, conditions
from kit.db import cipher_of


@dataclass(frozen=True, slots=True)
class PackMessage:
    """A message of a pack with the rules that were noted when it was asked for."""

    message: FoundMessage
    rules: tuple[str, ...]
    digest: str


async def page(
    session: AsyncSession,
    scope: SearchScope,
    *,
    state: str | None = None,
    limit: int = 50,
    before: str | None = None,
) -> list[PackFact]:
    """The newest packs, below the number ``before``."""
    query = select(EvidencePack).where(*_conditions(scope, state))
    if before is not None:
        query = query.where(col(EvidencePack.number) < before)
    query = query.order_by(col(EvidencePack.number).desc()).limit(limit)
    return [fact(session, pack) for pack in (await session.execute(query)).scalars()]


async def count(session: AsyncSession, scope: SearchScope, *, state: str | None = None) -> int:
    """How many packs match; the same conditions as ``page``."""
    query = select(func.count()).select_from(EvidencePack).where(*_conditions(scope, state))
    return int((await session.execute(query)).scalar_one())


async def one(session: AsyncSession, scope: SearchScope, number: str) -> PackFact:
    """The pack of that number, if all of it is in sight. Raises PackUnknown otherwise."""
    query = select(EvidencePack).where(
        col(EvidencePack.number) == number, *_conditions(scope, None)
    )
    pack = (await session.execute(query)).scalar_one_or_none()
    if pack is None:
        raise PackUnknown("没有这个证据包", saw=number[:20], where="合规 · 证据包")
    return fact(session, pack)


async def messages(session: AsyncSession, number: str, *, limit: int = 500) -> list[PackMessage]:
    """The first ``limit`` messages of a pack, opened, by number.

    Whoever shows them records the look (``evidence.viewed`` with their ids).
    """
    query = (
        select(EvidenceItem)
        .where(col(EvidenceItem.number) == number)
        .order_by(col(EvidenceItem.seq))
        .limit(limit)
    )
    items = {item.seq: item for item in (await session.execute(query)).scalars()}
    rows = await rows_of(session, list(items))
    cipher = cipher_of(session)
    found = await described(session, [(row, opened(cipher, row), ()) for row in rows.values()])
    return [
        PackMessage(one, tuple(items[one.seq].rules), rows[one.seq].digest)
        for one in sorted(found, key=lambda message: message.seq)
    ]


async def msgids(session: AsyncSession, seqs: list[int]) -> dict[int, str]:
    """The message id behind each sequence number that is stored; says nothing else of it."""
    query = select(col(ArchivedMessage.seq), col(ArchivedMessage.msgid)).where(
        col(ArchivedMessage.seq).in_(seqs)
    )
    return {seq: msgid for seq, msgid in await session.execute(query)}  # noqa: C416


def _conditions(scope: SearchScope, state: str | None) -> list[Any]:
    """A pack is in sight where none of its messages is out of it."""
    found: list[Any] = [] if state is None else [col(EvidencePack.state) == state]
    if not scope.everything:
        mine = select(col(ArchivedMessage.seq)).where(
            col(ArchivedMessage.seq) == col(EvidenceItem.seq), *conditions(scope, Query())
        )
        hidden = select(col(EvidenceItem.seq)).where(
            col(EvidenceItem.number) == col(EvidencePack.number), ~mine.exists()
        )
        found.append(~hidden.exists())
    return found
