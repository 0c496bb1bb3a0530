"""Files into the bank's tables: each kind lands in the package that owns it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.feed.service import Feed
from compliance import complaint_files
from compliance import service as consents
from compliance.complaint_files import FiledCase
from compliance.facts import ConsentFact
from config import policy_catalogue
from config.policy_shelf import Shelf
from config.settings import ImportSettings, key_bytes
from content_library.item_landing import ITEMS, land_items
from content_library.item_rows import read_path
from content_library.material_files import beside
from crm_sync.imports.job import ComplaintRow, ConsentRow, LandComplaints, TouchRow
from crm_sync.imports.report import ImportReport
from crm_sync.imports.service import import_file
from crm_sync.repository.people import units_of_customers
from delivery import complaining, opting_out
from delivery.attached import addresses_of
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit.tabular.limits import Limits
from wiring import screening_duty
from wiring.parts import Parts

ORDER: Final = (
    "units",
    "staff",
    "products",
    "navs",
    "customers",
    "holdings",
    "assignments",
    "consents",
    "snapshots",
    "events",
    "flows",
    "touches",
    "farming",
    "signals",
    "complaints",
    "certificates",
)
"""The order in which a bank's files go in: each kind refers only to those before it."""


async def land_consents(
    session: AsyncSession, rows: Sequence[ConsentRow], at: datetime, actor: str
) -> int:
    """Customers' decisions out of a file, into the consent history; refusals empty the queues."""
    facts = [ConsentFact(*row) for row in rows]
    units = await units_of_customers(session, [fact.customer_id for fact in facts])
    fresh = await consents.give_consents(session, facts, at, actor, units=units)
    await opting_out.follow_refusals(session, facts, actor=actor, at=at)
    return fresh


async def land_touches(
    session: AsyncSession, rows: Sequence[TouchRow], at: datetime, actor: str
) -> int:
    """What reached customers over other channels, out of a file, into the touch log."""
    units = await units_of_customers(session, [row[1] for row in rows])
    return await touches.land(
        session,
        [
            Touched(
                source=f"file:{number}",
                customer_id=customer_id,
                staff_id=staff_id,
                unit_id=units.get(customer_id, ""),
                channel=channel,
                purpose=purpose,
                trigger="",
                state="void" if void else "recorded",
                at=happened_at,
                act=act,
                outcome="" if void else outcome,
            )
            for number, customer_id, staff_id, channel, purpose, act, outcome, happened_at, void in rows
        ],
    )


@dataclass(frozen=True, slots=True)
class _Complaints:
    """Cases of the bank's complaint system, judged by the policy that holds when they land."""

    shelf: Shelf

    async def __call__(
        self, session: AsyncSession, rows: Sequence[ComplaintRow], at: datetime, actor: str
    ) -> int:
        units = await units_of_customers(session, [row.customer_id for row in rows])
        policy = self.shelf.of(policy_catalogue.COMPLAINTS)
        cases = [
            FiledCase(**row._asdict(), unit_id=units.get(row.customer_id) or "hq") for row in rows
        ]
        return await complaining.land(session, cases, policy=policy, at=at, actor=actor)

    async def of_others(
        self, session: AsyncSession, customers: Mapping[str, int]
    ) -> frozenset[str]:
        return await complaint_files.of_others(session, customers)


def land_complaints(shelf: Shelf) -> LandComplaints:
    """Who lands complaints out of a file or a push."""
    return _Complaints(shelf)


def limits(given: ImportSettings) -> Limits:
    """How much a file may ask of this installation."""
    return Limits(
        file_bytes=given.max_bytes,
        batch_rows=given.batch_rows,
        drop_percent=given.max_drop_percent,
    )


async def bring(
    parts: Parts,
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
    progress: Callable[..., Any] | None = None,
) -> ImportReport:
    """Import one file with this installation's limits."""
    return await import_file(
        parts.databases.bank,
        kind,
        path,
        mapping=mapping,
        manifest=manifest,
        dry_run=dry_run,
        accept_drop=accept_drop,
        partial=partial,
        accept_older=accept_older,
        by=by,
        at=at,
        limits=limits(parts.settings.imports),
        land_consents=land_consents,
        land_touches=land_touches,
        land_complaints=land_complaints(parts.shelf),
        progress=progress,
    )


def feed(parts: Parts) -> Feed:
    """What bank systems push to, with this installation's keys and limits."""
    return Feed(
        database=parts.databases.bank,
        keys={
            system: {version: key_bytes(key) for version, key in one.keys.items()}
            for system, one in parts.settings.feeds.items()
        },
        kinds={system: one.kinds for system, one in parts.settings.feeds.items()},
        limits=limits(parts.settings.imports),
        max_bytes=parts.settings.feed.max_bytes,
        max_rows=parts.settings.feed.max_rows,
        clock_seconds=parts.settings.feed.clock,
        land_consents=land_consents,
        land_touches=land_touches,
        land_complaints=land_complaints(parts.shelf),
        clock=parts.clock,
    )


async def work_off_feed(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Batches that were kept and not answered: their process ended too early."""
    return {"batches": await feed(parts).work_off_all()}


async def bring_items(
    parts: Parts, kind: str, path: Path, *, by: str, at: datetime
) -> dict[str, Any]:
    """Items of a library from TOML or CSV, each submitted for somebody else's approval.

    ``kind`` is one of ITEMS. The files of materials (``source_file``) stand in ``materials/``
    beside the file; their content says what they are. Raises ScriptRefused.
    """
    found = read_path(path, ITEMS[kind][0])
    async with parts.databases.bank.transaction() as session:
        landed = await land_items(
            session, kind, found, beside(path.parent / "materials"), examiner=parts.examiner,
            allowed=addresses_of(parts.desk.policy), by=by, at=at,
        )  # fmt: skip
        await screening_duty.review_content(session, landed.submitted, parts, at)
    return {
        "submitted": list(landed.submitted),
        "unchanged": list(landed.unchanged),
        "refused": dict(landed.refused),
        "rows": [asdict(row) for row in landed.rows],
    }
