"""Finds messages by keyed two-character windows and by tags, newest first; reads nothing.

A message is indexed under keyed 64-bit hashes of every two-character window of its searchable
text, and of tags for its persons, its group, its day and its month. What the index returns are
candidates: callers open them and look for the real words.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from archive.index.arrays import ArrayIndex
from archive.index.fts5 import Fts5Index
from archive.index.tokens import Indexed, Tag, day_tokens, message_tokens, tag, text_tokens
from kit.db import is_postgresql

__all__ = [
    "Indexed",
    "MessageIndex",
    "Tag",
    "day_tokens",
    "index_of",
    "message_tokens",
    "tag",
    "text_tokens",
]


class MessageIndex(Protocol):
    """What both databases offer."""

    async def add(self, session: AsyncSession, messages: Sequence[Indexed]) -> None:
        """Index stored messages, in their transaction."""
        ...

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
        """Sequence numbers, highest first, of messages with every token of ``all_of`` and one
        of each of ``any_of``; under ``below`` where given. At least one token must be given.
        ``since`` and ``until`` may spare months that cannot hold a hit; callers narrow exactly.
        """
        ...


def index_of(session: AsyncSession) -> MessageIndex:
    """The index of the database this session speaks to."""
    return ArrayIndex() if is_postgresql(session) else Fts5Index()
