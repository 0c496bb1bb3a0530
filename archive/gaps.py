"""Asks a second time for the sequence numbers that the source passed over."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from archive.landing import LARGEST, Keys, OnPage, fetched, land
from archive.models import ArchiveGap
from archive.repository import numbers_kept
from kit.db import Database
from wecom.archive.source import ArchiveSource

Span = tuple[int, int]


async def confirm_gaps(
    database: Database,
    source: ArchiveSource,
    private_keys: Keys,
    *,
    at: datetime,
    page_size: int,
    on_page: OnPage | None,
) -> tuple[int, int]:
    """Ask for the gaps that an earlier pull opened; returns numbers found absent and found late.

    What comes now is stored like any page; what does not come a second time stands as absent.
    """
    gaps = await _open_before(database, at)
    absent = late = asked_to = 0
    while gaps:
        asked_to = max(asked_to, gaps[0][0] - 1)
        records = await fetched(source, asked_to, page_size)
        within = [one for one in records if _inside(gaps, one.seq)]
        if within:
            await land(database, within, private_keys, at, on_page, moves=False)
        reached = max((one.seq for one in records), default=LARGEST)
        settled = [gap for gap in gaps if gap[1] <= reached]
        if not settled and reached <= asked_to:
            break  # the source repeats itself; the next pull asks again
        gone, came = await _settle(database, settled, at)
        absent, late = absent + gone, late + came
        gaps = gaps[len(settled) :]
        asked_to = max(asked_to, reached)
    return absent, late


async def _open_before(database: Database, at: datetime) -> list[Span]:
    async with database.reading() as session:
        query = (
            select(col(ArchiveGap.first_seq), col(ArchiveGap.last_seq))
            .where(col(ArchiveGap.state) == "open", col(ArchiveGap.opened_at) < at)
            .order_by(col(ArchiveGap.first_seq))
        )
        return [(first, last) for first, last in await session.execute(query)]


def _inside(gaps: Sequence[Span], seq: int) -> bool:
    place = bisect_right(gaps, seq, key=lambda gap: gap[0])
    return place > 0 and seq <= gaps[place - 1][1]


async def _settle(database: Database, gaps: Sequence[Span], at: datetime) -> tuple[int, int]:
    absent = late = 0
    async with database.transaction() as session:
        for first, last in gaps:
            came = await numbers_kept(session, first, last)
            late += came
            absent += last - first + 1 - came
            await session.execute(
                update(ArchiveGap)
                .where(col(ArchiveGap.first_seq) == first)
                .values(state="absent", found=came, confirmed_at=at)
                .execution_options(synchronize_session=False)
            )
    return absent, late
