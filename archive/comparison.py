"""Compares what members say they sent with what the archive holds, word for word (逐字比对).

A claimed send is **confirmed** by a message of the same member in the same talk, near in time,
whose text has the same hash; it **differs** when such a message stands there with other words;
else it is not seen. A staff message to a customer that no send accounts for was typed by hand.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import COMPARED
from archive.facts import ClaimedSend, Compared
from archive.models import ArchivedMessage, SendMatch
from archive.parties import plain_id, talk_of
from archive.repository import locked_cursor
from kit.db import upsert

EARLIER: Final = timedelta(minutes=5)
LATER: Final = timedelta(minutes=30)
"""How far a message may lie before and after the claim: a phone that was offline claims late,
and one that is offline still has the message to send."""


@dataclass(frozen=True, slots=True)
class Said:
    """A staff message, as far as the comparison needs it."""

    seq: int
    msgid: str
    userid: str
    talk: str
    text_hash: str | None
    sent_at: datetime


async def compare(
    session: AsyncSession, sends: Sequence[ClaimedSend], *, until: datetime, at: datetime
) -> tuple[Compared, ...]:
    """Find the message of each claimed send, and keep the outcome.

    ``sends`` are the claims not confirmed yet (at most 5,000 a call); ``until`` says that every
    claim before it is among them or was, so that staff messages before it without a send count
    as typed by hand. A later call may turn not_seen or differs into confirmed, never back.
    """
    confirmed = await _confirmed(session, [send.send_id for send in sends])
    pending = [send for send in sends if send.send_id not in confirmed]
    found = matched(pending, await _said(session, pending))
    rows = [
        {"send_id": one.send_id, "state": one.state, "msgid": one.msgid, "compared_at": at}
        for one in found
    ]
    await upsert(
        session, SendMatch, rows, key=["send_id"], update=["state", "msgid", "compared_at"]
    )
    cursor = await locked_cursor(session, COMPARED)
    cursor.position = max(cursor.position, int(until.timestamp()))
    cursor.moved_at = at
    await session.flush()
    return (*confirmed.values(), *found)


def matched(sends: Iterable[ClaimedSend], said: Iterable[Said]) -> tuple[Compared, ...]:
    """Match claims and messages: equal words first, nearest first, no message for two claims."""
    talks: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for one in said:
        talks[one.userid, one.talk].append(one)
    ordered = sorted(sends, key=lambda send: (send.claimed_at, send.send_id))
    taken: set[int] = set()
    outcome: dict[str, Compared] = {}
    for send in ordered:
        same = [one for one in _near(send, talks, taken) if one.text_hash == send.text_hash]
        if same:
            taken.add(same[0].seq)
            outcome[send.send_id] = Compared(send.send_id, "confirmed", same[0].msgid)
    for send in ordered:
        if send.send_id not in outcome:
            other = _near(send, talks, taken)
            if other:
                taken.add(other[0].seq)
                outcome[send.send_id] = Compared(send.send_id, "differs", other[0].msgid)
            else:
                outcome[send.send_id] = Compared(send.send_id, "not_seen", None)
    return tuple(outcome[send.send_id] for send in ordered)


def _near(
    send: ClaimedSend, talks: dict[tuple[str, str], list[Said]], taken: set[int]
) -> list[Said]:
    within = [
        one
        for one in talks[plain_id(send.userid), talk_of_send(send)]
        if one.seq not in taken and -EARLIER <= one.sent_at - send.claimed_at <= LATER
    ]
    return sorted(within, key=lambda one: (abs(one.sent_at - send.claimed_at), one.seq))


def talk_of_send(send: ClaimedSend) -> str:
    """The talk a claimed send belongs to."""
    to = () if send.external_userid is None else (send.external_userid,)
    return talk_of(send.chat_id or "", plain_id(send.userid), to)


async def _said(session: AsyncSession, sends: Sequence[ClaimedSend]) -> list[Said]:
    """Staff texts in the talks of ``sends``, not yet matched to another send."""
    if not sends:
        return []
    first = min(send.claimed_at for send in sends) - EARLIER
    last = max(send.claimed_at for send in sends) + LATER
    used = select(col(SendMatch.msgid)).where(
        col(SendMatch.msgid) == col(ArchivedMessage.msgid),
        col(SendMatch.state) == "confirmed",
    )
    query = select(
        col(ArchivedMessage.seq),
        col(ArchivedMessage.msgid),
        col(ArchivedMessage.from_id),
        col(ArchivedMessage.talk),
        col(ArchivedMessage.text_hash),
        col(ArchivedMessage.sent_at),
    ).where(
        col(ArchivedMessage.talk).in_(sorted({talk_of_send(send) for send in sends})),
        col(ArchivedMessage.sent_at).between(first, last),
        col(ArchivedMessage.from_kind) == "staff",
        col(ArchivedMessage.action) == "send",
        col(ArchivedMessage.msgtype) == "text",
        ~used.exists(),
    )
    return [Said(*row) for row in await session.execute(query)]


async def _confirmed(session: AsyncSession, send_ids: Sequence[str]) -> dict[str, Compared]:
    query = select(SendMatch).where(
        col(SendMatch.send_id).in_(list(send_ids)), col(SendMatch.state) == "confirmed"
    )
    return {
        row.send_id: Compared(row.send_id, "confirmed", row.msgid)
        for row in (await session.execute(query)).scalars()
    }
