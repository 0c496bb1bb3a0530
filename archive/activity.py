"""Numbers of the archive: where every sequence number is, and how much is said in groups."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.digests import STORED, STREAM
from archive.facts import CompletenessSheet, GroupTalk
from archive.models import (
    ArchiveCursor,
    ArchivedMessage,
    ArchiveGap,
    ArchiveRepeat,
    Finding,
    MessageKey,
    Quarantine,
)
from archive.repository import SOURCE
from archive.screening import SCREENING
from kit.ledger.models import LedgerEntry


async def sheet(session: AsyncSession) -> CompletenessSheet:
    """The completeness sheet (对账单) as of now; every figure is one count over rows."""
    cursor = (
        await session.execute(select(ArchiveCursor).where(col(ArchiveCursor.name) == SOURCE))
    ).scalar_one_or_none()
    first, last = (cursor.first, cursor.position) if cursor else (0, 0)
    stored, newest = (
        await session.execute(select(func.count(), func.max(col(MessageKey.sent_at))))
    ).one()
    stored_elsewhere = select(col(MessageKey.seq)).where(col(MessageKey.seq) == col(Quarantine.seq))
    quarantined = await _count(
        session,
        select(func.count(col(Quarantine.seq).distinct())).where(
            col(Quarantine.state) == "held", ~stored_elsewhere.exists()
        ),
    )
    repeated = await _count(session, select(func.count()).select_from(ArchiveRepeat))
    absent, open_holes, beyond = await _gaps(session)
    screened = await _screened(session)
    span = last - first + 1 if last else 0
    return CompletenessSheet(
        first_seq=first,
        last_seq=last,
        stored=stored,
        repeated=repeated,
        quarantined=quarantined,
        absent=absent,
        open_holes=open_holes,
        unexplained=span - stored - repeated - quarantined - absent - open_holes,
        beyond_window=beyond,
        newest_sent_at=newest,
        received_at=cursor.moved_at if cursor else None,
        checked_at=cursor.checked_at if cursor else None,
        pages=await _count(session, _pages()),
        pages_screened=await _count(
            session, _pages().where(col(LedgerEntry.seq) <= (screened.position if screened else 0))
        ),
        rulebook=screened.name.removeprefix(SCREENING) if screened else "",
    )


async def _gaps(session: AsyncSession) -> tuple[int, int, int]:
    """Numbers confirmed absent, not confirmed yet, and lost because we were away too long."""
    size = col(ArchiveGap.last_seq) - col(ArchiveGap.first_seq) + 1 - col(ArchiveGap.found)
    gone = col(ArchiveGap.state) == "absent"
    lost = gone & (col(ArchiveGap.cause) == "window")
    row = (
        await session.execute(
            select(
                func.coalesce(func.sum(case((gone, size), else_=0)), 0),
                func.coalesce(func.sum(case((gone, 0), else_=size)), 0),
                func.coalesce(func.sum(case((lost, size), else_=0)), 0),
            )
        )
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


async def _screened(session: AsyncSession) -> ArchiveCursor | None:
    query = (
        select(ArchiveCursor)
        .where(col(ArchiveCursor.name).startswith(SCREENING))
        .order_by(col(ArchiveCursor.moved_at).desc().nulls_last(), col(ArchiveCursor.name))
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


def _pages() -> Select[int]:
    return (
        select(func.count())
        .select_from(LedgerEntry)
        .where(col(LedgerEntry.stream) == STREAM, col(LedgerEntry.act) == STORED)
    )


async def group_talks(
    session: AsyncSession, chat_ids: Sequence[str], *, since: datetime, until: datetime
) -> dict[str, GroupTalk]:
    """What was said in groups between two moments; groups without a word are left out."""
    room = col(ArchivedMessage.talk)  # a group's talk is its id, and is what is indexed
    customer = case((col(ArchivedMessage.from_kind) == "customer", col(ArchivedMessage.from_id)))
    within = (
        room.in_(list(chat_ids)),
        col(ArchivedMessage.sent_at) >= since,
        col(ArchivedMessage.sent_at) < until,
        col(ArchivedMessage.action) == "send",
    )
    query = (
        select(
            room,
            func.count(),
            func.count(col(ArchivedMessage.from_id).distinct()),
            func.count(customer.distinct()),
            func.max(col(ArchivedMessage.sent_at)),
        )
        .where(*within)
        .group_by(room)
    )
    hits = (
        select(room, func.count(col(Finding.msgid).distinct()))
        .join(Finding, col(Finding.seq) == col(ArchivedMessage.seq))
        .where(*within)
        .group_by(room)
    )
    findings = {chat_id: count for chat_id, count in await session.execute(hits)}  # noqa: C416
    return {
        chat_id: GroupTalk(
            chat_id=chat_id,
            messages=messages,
            speakers=speakers,
            customers_speaking=customers,
            findings=findings.get(chat_id, 0),
            last_at=last_at,
        )
        for chat_id, messages, speakers, customers, last_at in await session.execute(query)
    }


async def archived_groups(session: AsyncSession, chat_ids: Sequence[str]) -> frozenset[str]:
    """Those of ``chat_ids`` from which at least one message was ever archived."""
    query = (
        select(col(ArchivedMessage.talk))
        .where(col(ArchivedMessage.talk).in_(list(chat_ids)))
        .distinct()
    )
    return frozenset((await session.execute(query)).scalars())


async def _count(session: AsyncSession, query: Select[int]) -> int:
    return int((await session.execute(query)).scalar_one())
