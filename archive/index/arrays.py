"""The index on PostgreSQL: a ``bigint[]`` of tokens a message, under GIN."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, cast, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.index.tokens import Indexed
from archive.models import MessageGrams
from kit.db import insert_into


class ArrayIndex:
    """GIN answers which messages hold the tokens; PostgreSQL sorts what is left."""

    async def add(self, session: AsyncSession, messages: Sequence[Indexed]) -> None:
        """Index stored messages, in their transaction."""
        if messages:
            await session.execute(
                insert_into(session, MessageGrams),
                [
                    {"seq": one.seq, "sent_at": one.sent_at, "grams": list(one.tokens)}
                    for one in messages
                ],
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
        grams = col(MessageGrams.grams)
        numbers = ARRAY(BigInteger)
        query = select(col(MessageGrams.seq))
        if all_of:
            query = query.where(type_coerce(grams, numbers).contains(cast(list(all_of), numbers)))
        for tokens in any_of:
            query = query.where(type_coerce(grams, numbers).overlap(cast(list(tokens), numbers)))
        if below is not None:
            query = query.where(col(MessageGrams.seq) < below)
        if since is not None:
            query = query.where(col(MessageGrams.sent_at) >= since)
        if until is not None:
            query = query.where(col(MessageGrams.sent_at) < until)
        query = query.order_by(col(MessageGrams.seq).desc()).limit(limit)
        return list((await session.execute(query)).scalars())
