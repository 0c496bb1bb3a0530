"""A customer's word about a channel (惯用渠道、不要的渠道): said, taken back, read for a batch."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import ChannelWord
from crm_sync.repository.keys import among
from kit import ledger
from kit.db import upsert


class Word(StrEnum):
    """What may be said about a channel."""

    PREFERS = "prefers"
    REFUSES = "refuses"


class Words(Struct, frozen=True):
    """The channel a customer likes best (empty: none was named) and those they refuse."""

    prefers: str = ""
    refuses: frozenset[str] = frozenset()


async def say(
    session: AsyncSession,
    customer_id: int,
    channel: str,
    word: Word | None,
    *,
    source: str,
    actor: str,
    unit: str,
    at: datetime,
) -> None:
    """Write down a word, or with None take it back. Only one channel is liked best."""
    if word is not Word.REFUSES:
        await session.execute(
            delete(ChannelWord)
            .where(
                col(ChannelWord.customer_id) == customer_id,
                (col(ChannelWord.channel) == channel) | (col(ChannelWord.word) == Word.PREFERS)
                if word is Word.PREFERS
                else col(ChannelWord.channel) == channel,
            )
            .execution_options(synchronize_session=False)
        )
    if word is not None:
        row = {
            "customer_id": customer_id,
            "channel": channel,
            "word": word.value,
            "source": source,
            "said_at": at,
        }
        await upsert(
            session,
            ChannelWord,
            [row],
            key=["customer_id", "channel"],
            update=["word", "source", "said_at"],
        )
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="customer",
                act="channel.said",
                actor=actor,
                object=f"customer:{customer_id}",
                unit=unit,
                reason=source,
                payload={"channel": channel, "word": word.value if word else ""},
            )
        ],
        at=at,
    )


async def words_of(session: AsyncSession, customer_ids: Collection[int]) -> dict[int, Words]:
    """The words of those customers who said any; one question for all of them."""
    if not customer_ids:
        return {}
    query = select(
        col(ChannelWord.customer_id), col(ChannelWord.channel), col(ChannelWord.word)
    ).where(among(session, col(ChannelWord.customer_id), customer_ids))
    liked: dict[int, str] = {}
    refused: dict[int, set[str]] = {}
    for customer_id, channel, word in await session.execute(query):
        if word == Word.PREFERS:
            liked[customer_id] = channel
        else:
            refused.setdefault(customer_id, set()).add(channel)
    return {
        one: Words(liked.get(one, ""), frozenset(refused.get(one, ())))
        for one in liked.keys() | refused.keys()
    }


def refused(customer_id: Any, channel: Any) -> ColumnElement[bool]:
    """The condition that the customer in one column refuses the channel in another."""
    return exists().where(
        col(ChannelWord.customer_id) == customer_id,
        col(ChannelWord.channel) == channel,
        col(ChannelWord.word) == Word.REFUSES.value,
    )
