"""One run from its open source to its record: read, compare, take over or say what would be."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports import runs
from crm_sync.imports.errors import DayTooOld
from crm_sync.imports.intake import Intake, Progress
from crm_sync.imports.job import Job, LandComplaints, LandConsents, LandTouches
from crm_sync.imports.kinds import LANDINGS
from crm_sync.imports.kinds.assignments import AssignmentsLanding
from crm_sync.imports.kinds.certificates import CertificatesLanding
from crm_sync.imports.kinds.complaints import ComplaintsLanding
from crm_sync.imports.kinds.consents import ConsentsLanding
from crm_sync.imports.kinds.touches import TouchesLanding
from crm_sync.imports.landing import Landing
from crm_sync.imports.openings import Also, Described
from crm_sync.imports.report import SHOWN_REJECTS, Counts, ImportReport
from crm_sync.imports.staging import staging
from kit.db import Database
from kit.tabular import Layout, Limits, Mapping, Opened

_NAMED: Final = 10
"""So many members of staff are named in a note."""


class Wanted(NamedTuple):
    """What to do with the rows: only look; accept that many are missing; they are not all;
    accept that they are of an earlier day than what is there."""

    dry_run: bool = False
    accept_drop: bool = False
    partial: bool = False
    accept_older: bool = False


class Taking:
    """One run: what it found so far, so that a refusal can say it too."""

    def __init__(
        self,
        database: Database,
        layout: Layout,
        run_id: int,
        picture: int,
        by: str,
        at: datetime,
        limits: Limits,
        land_consents: LandConsents | None,
        land_touches: LandTouches | None = None,
        land_complaints: LandComplaints | None = None,
    ) -> None:
        self._database = database
        self._layout = layout
        self._run_id = run_id
        self._picture = picture
        self._by = by
        self._at = at
        self._limits = limits
        self._land_consents = land_consents
        self._land_touches = land_touches
        self._land_complaints = land_complaints
        self._intake: Intake | None = None
        self._source = ("", "")

    async def run(
        self, found: Described, wanted: Wanted, *, progress: Progress | None, also: Also | None
    ) -> ImportReport:
        """Read, compare, and take over or say what would be."""
        opened, mapping, manifest = found
        landing = self._landing(found)
        if not wanted.accept_older:
            await self._not_older(opened.name)
        direct = None if wanted.dry_run else landing.direct()
        async with staging(self._database, landing.columns, direct) as stage:
            intake = self._intake = Intake(landing, opened, stage)
            await intake.read(progress)
            sha256 = opened.sha256()
            if manifest is not None:
                manifest.check(rows=opened.rows, sha256=sha256, file=opened.name)
            await intake.compare(
                drop_percent=self._limits.drop_percent,
                accept_drop=wanted.accept_drop,
                partial=wanted.partial,
            )
            state = "dry_run" if wanted.dry_run else "applied"
            if not wanted.dry_run:
                async with stage.taking() as (session, table):
                    await runs.guard(
                        session,
                        kind=self._layout.kind,
                        run_id=self._run_id,
                        seen=self._picture,
                    )
                    if intake.counts.updated:
                        await landing.keep_images(session, table)
                    if intake.counts.added or intake.counts.updated:
                        await landing.take(session, table)
                    if intake.gone:
                        await landing.remove(session, intake.gone)
                    _correct(intake.counts, landing)
                    await self._finish(session, self._ending(state, sha256, landing=landing))
                    if also is not None:
                        await also(session, self._report(opened, mapping, landing, state, sha256))
        if wanted.dry_run:
            await self.record(state, sha256=sha256)
        return self._report(opened, mapping, landing, state, sha256)

    def _landing(self, found: Described) -> Landing:
        opened, mapping, manifest = found
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
                land_touches=self._land_touches,
                land_complaints=self._land_complaints,
            )
        )

    async def _not_older(self, name: str) -> None:
        """Raises DayTooOld where a later day of this source came in already."""
        source, day = self._source
        async with self._database.reading() as session:
            newest = await runs.newest_day(session, self._layout.kind, source) if day else ""
        if len(day) == len(newest) == len("2026-11-22") and day < newest:
            raise DayTooOld(
                "这份数据的日期比已经导入的旧，没有导入",
                saw=f"{day}；来源 {source or '未写'} 已导入到 {newest}",
                where=f"{name} 的 source_date（清单、映射或推送里）",
                do="多半是拿错了哪天的文件；确实要用旧数据时加 --accept-older，"
                "要撤掉新的那次用 gengyun import revert 编号",
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
        self,
        state: str,
        sha256: str = "",
        *,
        refusal: dict[str, object] | None = None,
        landing: Landing | None = None,
    ) -> runs.Ending:
        counts = self._intake.counts if self._intake else Counts()
        source, source_date = self._source
        return runs.Ending(
            state=state,
            counts=counts,
            sha256=sha256,
            source=source,
            source_date=source_date,
            refusal=refusal or {},
            touched=tuple(landing.touched()) if landing else (),
            revertible=landing is not None and landing.undo is not None,
        )

    async def record(
        self, state: str, *, sha256: str = "", refusal: dict[str, object] | None = None
    ) -> None:
        """Close the run in a transaction of its own: nothing else was written."""
        async with self._database.transaction() as session:
            await self._finish(session, self._ending(state, sha256, refusal=refusal))

    def _report(
        self, opened: Opened, mapping: Mapping, landing: Landing, state: str, sha256: str
    ) -> ImportReport:
        intake = self._intake
        assert intake is not None  # noqa: S101 — a report follows a whole reading
        return ImportReport(
            run_id=self._run_id,
            kind=self._layout.kind,
            file_name=opened.name,
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
    """What its owner knew already is not added."""
    if landing.fresh is not None:
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
    if isinstance(landing, CertificatesLanding) and landing.refused:
        whose = sorted(set(landing.refused))
        more = "等" if len(whose) > _NAMED else ""
        yield (
            f"{len(landing.refused)} 张证书已由人判为不认可，文件没有改动"
            f"（工号 {'、'.join(whose[:_NAMED])}{more}）；确已更正的，请重新登记后再导入"
        )
    if isinstance(landing, ConsentsLanding) and state == "dry_run":
        yield "试导入不区分新旧同意；登记过的在正式导入时不会重复登记"
    if isinstance(landing, TouchesLanding) and state == "dry_run":
        yield "试导入不区分新旧触达；同一触达号在正式导入时不会重复登记"
    if isinstance(landing, ComplaintsLanding) and state == "dry_run":
        yield "试导入不区分新旧投诉；同一投诉号在正式导入时只推进状态"
