"""Databases of the bank as sources: pulled by command or at the hours of the policy."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from config import policy_catalogue
from config.import_policy import ImportPolicy, Pull
from config.settings import SourceSettings
from crm_sync.imports.images import drop_older
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.report import ImportReport
from crm_sync.imports.service import import_rows
from crm_sync.imports.taking import Wanted
from crm_sync.sources import SqlOpening, watermark_of
from crm_sync.sources.errors import SourceUnknown
from kit.clock import BANK_TIME
from kit.errors import AppError
from kit.tabular import read_mapping
from wiring.importing import land_complaints, land_consents, land_touches, limits
from wiring.parts import Parts

log = structlog.get_logger()
ORDER: Final = {kind: place for place, kind in enumerate(LAYOUTS)}


async def pull(
    parts: Parts,
    source: str,
    kind: str,
    *,
    mapping: Path | None = None,
    manifest: Path | None = None,
    full: bool = False,
    wanted: Wanted = Wanted(),  # noqa: B008 — a tuple of three answers
    by: str,
    at: datetime,
) -> ImportReport:
    """Import one kind of row from a source of the settings.

    Where the mapping names a watermark and one is kept, only newer rows are read and nothing is
    removed; ``full`` reads everything. Raises SourceUnknown and what an import raises.
    """
    known = found(parts, source)
    path = mapping or known.mappings / f"{kind}.toml"
    since = None
    if not full and kind in LAYOUTS:
        said = read_mapping(path, LAYOUTS[kind])
        if said.sql is not None and said.sql.watermark:
            async with parts.databases.bank.reading() as session:
                since = await watermark_of(session, said.source, kind)
    opening = SqlOpening(
        source, kind, known.url.get_secret_value(), path, since=since, manifest=manifest
    )

    async def keep(session: Any, report: ImportReport) -> None:
        await opening.keep(session, report, at)

    return await import_rows(
        parts.databases.bank,
        kind,
        opening,
        wanted=wanted._replace(partial=wanted.partial or since is not None),
        by=by,
        at=at,
        limits=limits(parts.settings.imports),
        land_consents=land_consents,
        land_touches=land_touches,
        land_complaints=land_complaints(parts.shelf),
        also=keep,
    )


def found(parts: Parts, source: str) -> SourceSettings:
    """The settings of a source. Raises SourceUnknown."""
    known = parts.settings.sources
    if source not in known:
        raise SourceUnknown(
            "设置里没有这个数据源",
            saw=source[:40],
            where="GENGYUN_SOURCES__名称__URL 与 …__MAPPINGS",
            do=f"已有：{'、'.join(known)}" if known else "还没有设置任何数据源，见 docs/data.md",
        )
    return known[source]


def due(policy: ImportPolicy, at: datetime) -> list[tuple[Pull, bool]]:
    """What is pulled in this hour of the bank's day, and whether as a whole."""
    now = at.astimezone(BANK_TIME)
    wanted = [one for one in policy.pull if now.hour in one.hours]
    wanted.sort(key=lambda one: ORDER.get(one.kind, len(ORDER)))
    return [(one, now.isoweekday() in one.full_weekdays) for one in wanted]


async def pull_due(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Pull what is due; a refusal is on record with its run and does not stop the others."""
    policy = parts.shelf.of(policy_catalogue.IMPORTS)
    told: dict[str, Any] = {}
    for one, full in due(policy, at):
        name = f"{one.source}.{one.kind}"
        try:
            report = await pull(
                parts, one.source, one.kind, full=full, by="system:sources", at=parts.clock()
            )
            counts = report.counts.as_dict()
            told[name] = {key: counts[key] for key in ("added", "updated", "removed", "rejected")}
        except AppError as refusal:
            log.warning("source.refused", source=one.source, kind=one.kind, code=refusal.code)
            told[name] = {"refused": refusal.code}
    return told


async def drop_images(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Let go of the images of loads that are older than the policy keeps them."""
    days = parts.shelf.of(policy_catalogue.IMPORTS).keep_images_days
    async with parts.databases.bank.transaction() as session:
        return {"loads": await drop_older(session, at - timedelta(days=days))}
