"""Where the archive keeps data about a person; all of it is evidence and is kept."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import opened
from archive.models import ArchivedMessage, MessagePerson
from kit.db import cipher_of
from kit.personal_data import Fate, Holds, Person

AT_MOST: Final = 20_000


async def messages_with(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """What was said by or to a person, oldest first; the newest twenty thousand."""
    if not person.contacts:
        return []
    seqs = (
        select(col(MessagePerson.seq))
        .where(col(MessagePerson.person).in_(person.contacts))
        .order_by(col(MessagePerson.seq).desc())
        .limit(AT_MOST)
    )
    query = (
        select(ArchivedMessage)
        .where(col(ArchivedMessage.seq).in_(seqs))
        .order_by(col(ArchivedMessage.seq))
    )
    cipher = cipher_of(session)
    found = []
    for row in (await session.execute(query)).scalars():
        message = opened(cipher, row)
        found.append(
            {
                "seq": row.seq,
                "sent_at": row.sent_at,
                "from_id": row.from_id,
                "room_id": row.room_id,
                "msgtype": row.msgtype,
                "text": message.text,
            }
        )
    return found


PERSONAL: Final = (
    Holds("archived_message", "会话存档", Fate.KEEP, "sales_talk", collect=messages_with),
    Holds("message_person", "会话存档的参与人", Fate.KEEP, "sales_talk"),
    Holds("archive_alert", "会话预警", Fate.KEEP, "sales_talk", sealed={"note": "{key}"}),
)
