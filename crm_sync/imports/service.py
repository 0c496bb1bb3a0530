"""Takes one file in: staged, compared, reported, and applied in one transaction or not at all."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports import runs
from crm_sync.imports.errors import KindUnknown, SupplementRefused
from crm_sync.imports.intake import Intake, Progress
from crm_sync.imports.job import Job, LandConsents
from crm_sync.imports.kinds import LANDINGS
from crm_sync.imports.kinds.assignments import AssignmentsLanding
from crm_sync.imports.kinds.consents import ConsentsLanding
from crm_sync.imports.landing import Landing
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.report import SHOWN_REJECTS, Counts, ImportReport
from crm_sync.imports.staging import staging
from kit.clock import bank_date
from kit.db import Database
from kit.errors import AppError
from kit.tabular import (
    Layout,
    Limits,
    Manifest,
    Mapping,
    Opened,
    default_mapping,
    open_table,
    read_manifest,
    read_mapping,
)


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
    by: str,
    at: datetime,
    limits: Limits | None = None,
    land_consents: LandConsents | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one file of ``kind`` (see ``LAYOUTS``) from CSV, TSV or Parquet.

    Without ``mapping`` the columns are our own (docs/data.md). Rows are compared by digest
    with what is there: the same file twice writes nothing. Rows of the same source that the
    file lacks are marked removed, unless it is ``partial``; where they are more than a fifth,
    the file is refused without ``accept_drop``. ``by`` is a ledger actor, ``at`` aware UTC.

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
            path=path,
            mapping=mapping.name[:80] if mapping else "",
            by=by,
            at=at,
        )
    taking = _Taking(database, layout, run_id, by, at, limits, land_consents)
    try:
        chosen, promised = _described(layout, path, mapping, manifest, limits)
        with open_table(path, chosen, layout, today=bank_date(at), limits=limits) as opened:
            return await taking.run(
                opened,
                chosen,
                promised,
                dry_run=dry_run,
                accept_drop=accept_drop,
                partial=partial,
                progress=progress,
            )
    except AppError as refusal:
        refusal.facts["run"] = run_id
        await taking.record("refused", refusal=refusal.as_dict())
        raise
    except Exception as error:
        await taking.record("failed", refusal={"what": type(error).__name__})
        raise


def _described(
    layout: Layout, path: Path, mapping: Path | None, manifest: Path | None, limits: Limits
) -> tuple[Mapping, Manifest | None]:
    chosen = read_mapping(mapping, layout, limits) if mapping else default_mapping(layout)
    if chosen.supplement and layout.kind != "customers":
        raise SupplementRefused(
            f"{layout.title}文件不能补充别的来源的行",
            where=chosen.name,
            do="去掉 mode = “supplement”",
        )
    return chosen, read_manifest(manifest, path.name) if manifest else None


class _Taking:
    """One run: what it found so far, so that a refusal can say it too."""

    def __init__(
        self,
        database: Database,
        layout: Layout,
        run_id: int,
        by: str,
        at: datetime,
        limits: Limits,
        land_consents: LandConsents | None,
    ) -> None:
        self._database = database
        self._layout = layout
        self._run_id = run_id
        self._by = by
        self._at = at
        self._limits = limits
        self._land_consents = land_consents
        self._intake: Intake | None = None
        self._source = ("", "")

    async def run(
        self,
        opened: Opened,
        mapping: Mapping,
        manifest: Manifest | None,
        *,
        dry_run: bool,
        accept_drop: bool,
        partial: bool,
        progress: Progress | None,
    ) -> ImportReport:
        """Read, compare, and take over or say what would be."""
        landing = self._landing(opened, mapping, manifest)
        direct = None if dry_run else landing.direct()
        async with staging(self._database, landing.columns, direct) as stage:
            intake = self._intake = Intake(landing, opened, stage)
            await intake.read(progress)
            sha256 = opened.sha256()
            if manifest is not None:
                manifest.check(rows=opened.rows, sha256=sha256, file=opened.path.name)
            await intake.compare(
                drop_percent=self._limits.drop_percent, accept_drop=accept_drop, partial=partial
            )
            state = "dry_run" if dry_run else "applied"
            if not dry_run:
                async with stage.taking() as (session, table):
                    await runs.guard(session, kind=self._layout.kind, run_id=self._run_id)
                    if intake.counts.added or intake.counts.updated:
                        await landing.take(session, table)
                    if intake.gone:
                        await landing.remove(session, intake.gone)
                    _correct(intake.counts, landing)
                    await self._finish(session, self._ending(state, sha256=sha256))
        if dry_run:
            await self.record(state, sha256=sha256)
        return self._report(opened, mapping, landing, state, sha256)

    def _landing(self, opened: Opened, mapping: Mapping, manifest: Manifest | None) -> Landing:
        source_date = mapping.source_date or (manifest.source_date if manifest else "")
        self._source = (mapping.source, source_date)
        return LANDINGS[self._layout.kind](
            Job(
                run_id=self._run_id,
                source=mapping.source,
                source_date=source_date,
                synthetic=mapping.synthetic,
                supplement=mapping.supplement,
                targets=opened.targets,
                at=self._at,
                by=self._by,
                cipher=self._database.cipher,
                land_consents=self._land_consents,
            )
        )

    async def _finish(self, session: AsyncSession, ending: runs.Ending) -> None:
        await runs.finish(
            session,
            self._run_id,
            ending,
            self._intake.rejects if self._intake else (),
            kind=self._layout.kind,
            by=self._by,
            at=self._at,
        )

    def _ending(
        self, state: str, *, sha256: str = "", refusal: dict[str, object] | None = None
    ) -> runs.Ending:
        counts = self._intake.counts if self._intake else Counts()
        source, source_date = self._source
        return runs.Ending(state, counts, sha256, source, source_date, refusal or {})

    async def record(
        self, state: str, *, sha256: str = "", refusal: dict[str, object] | None = None
    ) -> None:
        """Close the run in a transaction of its own: nothing else was written."""
        async with self._database.transaction() as session:
            await self._finish(session, self._ending(state, sha256=sha256, refusal=refusal))

    def _report(
        self, opened: Opened, mapping: Mapping, landing: Landing, state: str, sha256: str
    ) -> ImportReport:
        intake = self._intake
        assert intake is not None  # noqa: S101 — a report follows a whole reading
        return ImportReport(
            run_id=self._run_id,
            kind=self._layout.kind,
            file_name=opened.path.name,
            state=state,
            source=self._source[0],
            source_date=self._source[1],
            synthetic=mapping.synthetic,
            sha256=sha256,
            encoding=opened.encoding,
            header=opened.header,
            counts=intake.counts,
            present_before=intake.present_before,
            rejects=tuple(sorted(intake.rejects, key=lambda one: one.line)[:SHOWN_REJECTS]),
            notes=tuple(_notes(opened, intake.counts, landing, state)),
        )


def _correct(counts: Counts, landing: Landing) -> None:
    """Decisions that their owner knew already are not added."""
    if isinstance(landing, ConsentsLanding) and landing.fresh is not None:
        counts.unchanged += counts.added - landing.fresh
        counts.added = landing.fresh


def _notes(opened: Opened, counts: Counts, landing: Landing, state: str) -> Iterator[str]:
    if opened.multiline:
        yield f"有 {opened.multiline} 条记录跨行；若不是有意换行，请检查引号"
    if counts.withheld:
        yield (
            f"文件里找不到 {counts.withheld} 行现有数据，但有坏行读不出主键，"
            "可能就是它们，本次没有标记移除"
        )
    if isinstance(landing, AssignmentsLanding) and landing.elsewhere:
        yield f"{landing.elsewhere} 户的管户由别的来源决定，文件没有覆盖"
    if isinstance(landing, ConsentsLanding) and state == "dry_run":
        yield "试导入不区分新旧同意；登记过的在正式导入时不会重复登记"
