"""What was said around a message, for somebody who may see it; the look is recorded."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import described, opened
from archive.errors import MessageUnknown
from archive.facts import FoundMessage, SearchScope, Viewing
from archive.models import ArchivedMessage, MessageKey
from archive.search import Query, conditions
from kit.db import cipher_of
from kit.ledger import Entry, append

AROUND: Final = 10
_AT_MOST: Final = 100


async def context(
    session: AsyncSession,
    scope: SearchScope,
    msgid: str,
    viewing: Viewing,
    *,
    at: datetime,
    around: int = AROUND,
) -> tuple[FoundMessage, ...]:
    """The message and up to ``around`` before and after it in its talk, oldest first.

    Writes one ledger entry (kind access, act ``chat.viewed``). Raises MessageUnknown, with the
    same words, for a message that does not exist and for one out of the viewer's sight.
    """
    middle = await _seen(session, scope, msgid)
    if middle is None:
        raise MessageUnknown("没有这条消息，或不在你的查看范围内", msgid=msgid)
    around = min(max(around, 0), _AT_MOST)
    talk = select(ArchivedMessage).where(
        col(ArchivedMessage.talk) == middle.talk, *conditions(scope, Query())
    )
    seq = col(ArchivedMessage.seq)
    earlier = talk.where(seq < middle.seq).order_by(seq.desc()).limit(around)
    later = talk.where(seq > middle.seq).order_by(seq).limit(around)
    rows = [
        *reversed((await session.execute(earlier)).scalars().all()),
        middle,
        *(await session.execute(later)).scalars().all(),
    ]
    cipher = cipher_of(session)
    found = await described(session, [(row, opened(cipher, row), ()) for row in rows])
    await append(
        session,
        [
            Entry(
                kind="access",
                act="chat.viewed",
                actor=viewing.actor,
                object=f"message:{msgid}",
                unit=viewing.unit,
                reason=viewing.reason,
                request_id=viewing.request_id,
                payload={"shown": [message.msgid for message in found]},
            )
        ],
        at=at,
    )
    return found


async def _seen(session: AsyncSession, scope: SearchScope, msgid: str) -> ArchivedMessage | None:
    query = (
        select(ArchivedMessage)
        .join(
            MessageKey,
            (col(MessageKey.seq) == col(ArchivedMessage.seq))
            & (col(MessageKey.sent_at) == col(ArchivedMessage.sent_at)),
        )
        .where(col(MessageKey.msgid) == msgid, *conditions(scope, Query()))
    )
    return (await session.execute(query)).scalar_one_or_none()
