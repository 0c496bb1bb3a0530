"""Takes rows in: staged, compared, reported, and applied in one transaction or not at all."""

import asyncio
from datetime import datetime
from pathlib import Path

from crm_sync.imports import runs
from crm_sync.imports.errors import KindUnknown, SupplementRefused
from crm_sync.imports.intake import Progress
from crm_sync.imports.job import LandComplaints, LandConsents, LandTouches
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.openings import Also, FileOpening, Opening
from crm_sync.imports.report import ImportReport
from crm_sync.imports.taking import Taking, Wanted
from kit.clock import bank_date
from kit.db import Database
from kit.errors import AppError
from kit.tabular import Limits


async def import_file(
    database: Database,
    kind: str,
    path: Path,
    *,
    mapping: Path | None = None,
    manifest: Path | None = None,
    dry_run: bool = False,
    accept_drop: bool = False,
    partial: bool = False,
    accept_older: bool = False,
    by: str,
    at: datetime,
    limits: Limits | None = None,
    land_consents: LandConsents | None = None,
    land_touches: LandTouches | None = None,
    land_complaints: LandComplaints | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one file of ``kind`` (see ``LAYOUTS``) from CSV, TSV or Parquet.

    Without ``mapping`` the columns are our own (docs/data.md). See ``import_rows``.
    """
    return await import_rows(
        database,
        kind,
        FileOpening(path, mapping, manifest),
        wanted=Wanted(dry_run, accept_drop, partial, accept_older),
        by=by,
        at=at,
        limits=limits,
        land_consents=land_consents,
        land_touches=land_touches,
        land_complaints=land_complaints,
        progress=progress,
    )


async def import_rows(
    database: Database,
    kind: str,
    opening: Opening,
    *,
    wanted: Wanted,
    by: str,
    at: datetime,
    limits: Limits | None = None,
    land_consents: LandConsents | None = None,
    land_touches: LandTouches | None = None,
    land_complaints: LandComplaints | None = None,
    progress: Progress | None = None,
    also: Also | None = None,
) -> ImportReport:
    """Import what ``opening`` opens: a file, the answer of a query, rows that were pushed.

    Rows are compared by digest with what is there: the same rows twice write nothing. Rows of
    the same source that it lacks are marked removed, unless it is ``partial``; where they are
    more than a fifth, all of it is refused without ``accept_drop``, and
    where they are of an earlier day than the source's last without ``accept_older``. ``by`` is a ledger actor,
    ``at`` aware UTC. ``also`` writes in the transaction that takes the rows over.

    Everything is written in one transaction, with one ledger entry, or nothing is. Raises the
    AppErrors of ``kit.tabular.errors`` and ``crm_sync.imports.errors``; the run, its reason
    and its rejected lines are then on record under the ``run`` of the error's facts.
    """
    layout = LAYOUTS.get(kind)
    if layout is None:
        raise KindUnknown("没有这种数据", saw=kind[:40], do=f"可导入：{'、'.join(LAYOUTS)}")
    limits = limits or Limits()
    async with database.transaction() as session:
        run_id = await runs.start(
            session,
            kind=kind,
            name=opening.name,
            mapping=opening.mapping_name[:80],
            origin=opening.origin,
            by=by,
            at=at,
        )
        picture = await runs.picture(session, kind)
    taking = Taking(
        database, layout, run_id, picture, by, at, limits,
        land_consents, land_touches, land_complaints,
    )  # fmt: skip
    try:
        found = await asyncio.to_thread(opening.open, layout, limits, bank_date(at))
        with found.opened:
            if found.mapping.supplement and layout.kind != "customers":
                raise SupplementRefused(
                    f"{layout.title}文件不能补充别的来源的行",
                    where=found.mapping.name,
                    do="去掉 mode = “supplement”",
                )
            return await taking.run(found, wanted, progress=progress, also=also)
    except AppError as refusal:
        refusal.facts["run"] = run_id
        await taking.record("refused", refusal=refusal.as_dict())
        raise
    except Exception as error:
        await taking.record("failed", refusal={"what": type(error).__name__})
        raise
