"""Who spoke with whom in single chats, and when first, among messages that are new.

Only that somebody wrote, never what: other packages may know whether a friendship is two-way.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.models import ArchivedMessage
from archive.parties import kind_of, talk_of
from crm_sync.repository.keys import among


@dataclass(frozen=True, slots=True)
class PairTalk:
    """A member and a contact, and the first word of each (and the customer's last) among the messages read."""

    userid: str
    external_userid: str
    staff_wrote_at: datetime | None
    customer_wrote_at: datetime | None
    customer_wrote_last_at: datetime | None = None


async def spoken(session: AsyncSession, after: int, limit: int) -> tuple[list[PairTalk], int]:
    """The pairs of the next ``limit`` messages behind ``after``, and the last sequence number."""
    ahead = (
        select(col(ArchivedMessage.seq))
        .where(col(ArchivedMessage.seq) > after)
        .order_by(col(ArchivedMessage.seq))
        .limit(limit)
        .subquery()
    )
    last = (await session.execute(select(func.max(ahead.c.seq)))).scalar_one_or_none()
    if last is None:
        return [], after
    moment = col(ArchivedMessage.sent_at)
    wrote = col(ArchivedMessage.from_kind)
    query = (
        select(
            col(ArchivedMessage.talk),
            func.min(case((wrote == "staff", moment))),
            func.min(case((wrote == "customer", moment))),
            func.max(case((wrote == "customer", moment))),
        )
        .where(
            col(ArchivedMessage.seq) > after,
            col(ArchivedMessage.seq) <= last,
            col(ArchivedMessage.room_id) == "",
            col(ArchivedMessage.external).is_(True),
            col(ArchivedMessage.action) == "send",
        )
        .group_by(col(ArchivedMessage.talk))
    )
    found: list[PairTalk] = []
    for talk, by_staff, by_customer, last_word in await session.execute(query):
        pair = _pair(talk)
        if pair is not None:
            found.append(PairTalk(*pair, by_staff, by_customer, last_word))
    return found, int(last)


def _pair(talk: str) -> tuple[str, str] | None:
    """(userid, external_userid) of a talk of two; None for any other talk."""
    people = talk.split("|")
    if len(people) != 2:
        return None
    kinds = [kind_of(one) for one in people]
    if sorted(kinds) != ["customer", "staff"]:
        return None
    staff, customer = people if kinds[0] == "staff" else reversed(people)
    return staff.lower(), customer


async def last_words(
    session: AsyncSession, pairs: Collection[tuple[str, str]], since: datetime
) -> dict[tuple[str, str], datetime]:
    """When each of ``pairs`` (userid in lower case, contact) last wrote to each other since.

    A pair that has not is left out; one statement, whoever wrote.
    """
    talks = {talk_of("", contact, [userid]): (userid, contact) for userid, contact in pairs}
    if not talks:
        return {}
    query = (
        select(col(ArchivedMessage.talk), func.max(col(ArchivedMessage.sent_at)))
        .where(
            among(session, col(ArchivedMessage.talk), talks),
            col(ArchivedMessage.sent_at) >= since,
            col(ArchivedMessage.room_id) == "",
            col(ArchivedMessage.action) == "send",
        )
        .group_by(col(ArchivedMessage.talk))
    )
    return {talks[talk]: last for talk, last in await session.execute(query)}
