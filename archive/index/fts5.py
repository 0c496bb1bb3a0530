"""The index on SQLite: FTS5 without content, one hex word a token, row id = sequence number."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from archive.index.tokens import Indexed


class Fts5Index:
    """FTS5 walks its lists in the order of row ids, so the newest hits come without sorting."""

    async def add(self, session: AsyncSession, messages: Sequence[Indexed]) -> None:
        """Index stored messages, in their transaction."""
        if messages:
            await session.execute(
                text("INSERT INTO message_fts (rowid, grams) VALUES (:seq, :grams)"),
                [{"seq": one.seq, "grams": " ".join(map(_word, one.tokens))} for one in messages],
            )

    async def newest(
        self,
        session: AsyncSession,
        all_of: Sequence[int],
        any_of: Sequence[Sequence[int]],
        *,
        below: int | None,
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[int]:
        """See ``MessageIndex.newest``."""
        parts = [_word(token) for token in all_of]
        parts += [f"({' OR '.join(map(_word, tokens))})" for tokens in any_of]
        found = await session.execute(
            text(
                "SELECT rowid FROM message_fts WHERE message_fts MATCH :query"
                " AND rowid < :below ORDER BY rowid DESC LIMIT :limit"
            ),
            {
                "query": _all(parts),
                "below": 2**63 - 1 if below is None else below,
                "limit": limit,
            },
        )
        return [int(seq) for seq in found.scalars()]


def _word(token: int) -> str:
    return f"x{token & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def _all(parts: Iterable[str]) -> str:
    return " AND ".join(parts)
