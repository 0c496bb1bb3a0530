"""What a member has just said to one contact, as far as the archive has it by now.

For the sidebar, which reads a tap together with the words before it. The words go to screening
and nowhere else: nobody is shown them here.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import opened
from archive.models import ArchivedMessage
from archive.parties import plain_id, talk_of
from compliance.screening.splits import Said
from kit.db import cipher_of

Pair = tuple[str, str]
"""A member's userid in lower case, and the contact's external_userid."""


async def said_lately(
    session: AsyncSession, pairs: Collection[Pair], *, since: datetime, until: datetime
) -> Mapping[Pair, list[Said]]:
    """The members' own messages in their single talks with the contacts, oldest first."""
    talks = {talk_of("", userid, (external,)): (userid, external) for userid, external in pairs}
    if not talks:
        return {}
    query = (
        select(ArchivedMessage)
        .where(
            col(ArchivedMessage.talk).in_(sorted(talks)),
            col(ArchivedMessage.from_kind) == "staff",
            col(ArchivedMessage.action) == "send",
            col(ArchivedMessage.sent_at).between(since, until),
        )
        .order_by(col(ArchivedMessage.sent_at), col(ArchivedMessage.seq))
    )
    cipher = cipher_of(session)
    found: dict[Pair, list[Said]] = {}
    for row in (await session.execute(query)).scalars():
        text = opened(cipher, row).text
        if text:
            found.setdefault(talks[row.talk], []).append(Said(text, row.sent_at))
    return found


def pair_of(userid: str, external_userid: str) -> Pair:
    """The pair as talks know it."""
    return plain_id(userid), external_userid
