"""Whom broadcasts of others reached: written by page, counted per contact, forgotten after a while."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED, among
from delivery.models import Broadcast, OutsideBroadcast, OutsideReach
from kit.db import insert_new

FULL: Final = 99
"""More than WeCom lets anybody send to one customer in any of its windows."""
AT_ONCE: Final = 4_000


async def uses(session: AsyncSession, contacts: Collection[str], since: date) -> dict[str, int]:
    """How much of WeCom's limit others have used since the day ``since``; only those with any."""
    found: dict[str, int] = {}
    asked = sorted(set(contacts))
    for start in range(0, len(asked), AT_ONCE):
        query = (
            select(col(OutsideReach.external_userid), func.sum(col(OutsideReach.uses)))
            .where(
                among(session, col(OutsideReach.external_userid), asked[start : start + AT_ONCE]),
                col(OutsideReach.sent_on) >= since,
            )
            .group_by(col(OutsideReach.external_userid))
        )
        for contact, number in await session.execute(query):
            found[contact] = int(number)
    return found


async def note(session: AsyncSession, msgid: str, reached: Sequence[tuple[str, date]]) -> None:
    """These contacts got this broadcast on these days; known ones are left as they are."""
    await insert_new(
        session,
        OutsideReach,
        [
            {"msgid": msgid, "external_userid": contact, "sent_on": day, "uses": 1}
            for contact, day in sorted(reached)
        ],
        key=["msgid", "external_userid"],
    )


async def note_full(session: AsyncSession, msgid: str, contacts: Sequence[str], day: date) -> None:
    """WeCom said of our broadcast that these have had enough: nothing more in that window."""
    await insert_new(
        session,
        OutsideReach,
        [
            {"msgid": msgid, "external_userid": contact, "sent_on": day, "uses": FULL}
            for contact in sorted(contacts)
        ],
        key=["msgid", "external_userid"],
    )


async def known(session: AsyncSession, msgids: Collection[str]) -> set[str]:
    """Those of ``msgids`` that this system has made, or has found before."""
    found: set[str] = set()
    for column in (col(Broadcast.msgid), col(OutsideBroadcast.msgid)):
        query = select(column).where(among(session, column, sorted(msgids)))
        found.update((await session.execute(query)).scalars())
    return found


async def drop_ours(session: AsyncSession) -> None:
    """What was taken for somebody else's before its own answer was found counts with our slots."""
    mine = select(col(Broadcast.msgid)).where(col(Broadcast.msgid) != "")
    taken = select(col(OutsideBroadcast.msgid)).where(col(OutsideBroadcast.msgid).in_(mine))
    await session.execute(
        delete(OutsideReach).where(
            col(OutsideReach.msgid).in_(taken), col(OutsideReach.uses) != FULL
        ),
        execution_options=UNTRACKED,
    )
    await session.execute(
        delete(OutsideBroadcast).where(col(OutsideBroadcast.msgid).in_(mine)),
        execution_options=UNTRACKED,
    )


async def forget(session: AsyncSession, before: date) -> int:
    """Drop what no window of WeCom's counts any more; how many reached contacts that were."""
    gone = await session.execute(
        delete(OutsideReach)
        .where(col(OutsideReach.sent_on) < before)
        .returning(col(OutsideReach.msgid)),
        execution_options=UNTRACKED,
    )
    return len(gone.all())
