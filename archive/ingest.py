"""Pulls the session archive: page by page until it is empty, then asks again for what is missing.

Every sequence number ends as stored, quarantined with its ciphertext, known as a repeat, or
confirmed absent by a second pull (P17). The cursor moves only in the transaction that stores the
page, so a crash at any point loses nothing and repeats harmlessly.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlmodel import col

from archive.errors import SourceStuck
from archive.facts import ConsentFact, PullReport
from archive.gaps import confirm_gaps
from archive.landing import Keys, OnPage, fetched, land
from archive.models import ArchiveCursor
from archive.repository import SOURCE, StoredPage, position_of
from kit.db import Database
from wecom.archive.records import Record
from wecom.archive.source import MAX_RECORDS, ArchiveSource

_REPEATS_IN_A_ROW: Final = 3


async def pull(
    database: Database,
    source: ArchiveSource,
    private_keys: Keys,
    *,
    at: datetime,
    page_size: int = MAX_RECORDS,
    max_pages: int | None = None,
    on_page: OnPage | None = None,
) -> PullReport:
    """Pull until the source has nothing more (or ``max_pages`` are done).

    Gaps that an earlier pull opened are asked for again and then stand as absent. Raises the
    errors of ``wecom.errors`` as the source raises them, SourceStuck when it repeats itself;
    what was stored before stays.
    """
    report = PullReport()
    repeats = 0
    async with database.reading() as session:
        position = await position_of(session, SOURCE)
    while max_pages is None or report.pages < max_pages:
        records = await fetched(source, position, page_size)
        if not records:
            await _nothing_more(database, at)
            break
        page, consents = await land(database, records, private_keys, at, on_page, moves=True)
        report = _told(report, records, page, consents)
        repeats = 0 if page.position > position else repeats + 1
        if repeats == _REPEATS_IN_A_ROW:
            raise SourceStuck(
                "会话存档反复给出已存过的记录，没有新的",
                saw=f"序号 {position}",
                do="稍后会再拉取；一直如此，请核对存档接口的代理是否缓存了应答",
            )
        position = max(position, page.position)
    absent, late = await confirm_gaps(
        database, source, private_keys, at=at, page_size=page_size, on_page=on_page
    )
    return replace(report, absent=absent, late=late, position=position)


async def _nothing_more(database: Database, at: datetime) -> None:
    """Note that the source had nothing more, so that silence is told from not having asked."""
    async with database.transaction() as session:
        await session.execute(
            update(ArchiveCursor)
            .where(col(ArchiveCursor.name) == SOURCE)
            .values(checked_at=at)
            .execution_options(synchronize_session=False)
        )


def _told(
    report: PullReport,
    records: Sequence[Record],
    page: StoredPage,
    consents: tuple[ConsentFact, ...],
) -> PullReport:
    times = [one.message.sent_at for one in page.stored]
    newest = max([*times, *([report.newest] if report.newest else [])], default=None)
    return replace(
        report,
        pages=report.pages + 1,
        received=report.received + len(records),
        stored=report.stored + len(page.stored),
        repeated=report.repeated + page.repeated,
        quarantined=report.quarantined + page.quarantined,
        holes=report.holes + page.holes,
        newest=newest,
        consents=(*report.consents, *consents),
    )
