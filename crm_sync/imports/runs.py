"""The record of imports: one row a run, its rejected lines sealed, one ledger entry."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import AnotherImport
from crm_sync.imports.report import Counts
from crm_sync.models import ImportReject, ImportRun
from kit.db import cipher_of, is_postgresql
from kit.ledger import Entry, append
from kit.tabular.refusals import Reject

LINE_TEXT = "import_reject.line_text"


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A rejected line as it is kept, opened."""

    line: int
    code: str
    column: str
    reason: str
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    state: str  # applied | dry_run | refused | failed
    counts: Counts
    sha256: str = ""
    source: str = ""
    source_date: str = ""
    refusal: dict[str, Any] = field(default_factory=dict)
    touched: tuple[str, ...] = ()
    revertible: bool = False


APPLIED: Final = ("applied", "reverted", "revert")
"""States of runs that changed rows."""


async def start(
    session: AsyncSession,
    *,
    kind: str,
    name: str,
    mapping: str,
    origin: str = "file",
    by: str,
    at: datetime,
) -> int:
    """Open the record of a run; returns its id."""
    statement = insert(ImportRun).returning(col(ImportRun.id))
    row = {
        "kind": kind[:20],
        "file_name": name[:200],
        "sha256": "",
        "mapping": mapping,
        "origin": origin,
        "state": "running",
        "by": by,
        "started_at": at,
    }
    return int((await session.execute(statement, row)).scalar_one() or 0)


async def picture(session: AsyncSession, kind: str) -> int:
    """How many runs of ``kind`` have changed rows so far: what a comparison stands on."""
    counted = await session.execute(
        select(func.count())
        .select_from(ImportRun)
        .where(col(ImportRun.kind) == kind, col(ImportRun.state).in_(APPLIED))
    )
    return int(counted.scalar_one())


async def newest_day(session: AsyncSession, kind: str, source: str) -> str:
    """The newest day of which a load of ``kind`` from ``source`` stands; empty without one."""
    found = await session.execute(
        select(func.max(col(ImportRun.source_date))).where(
            col(ImportRun.kind) == kind,
            col(ImportRun.source) == source,
            col(ImportRun.state) == "applied",
        )
    )
    return found.scalar_one() or ""


async def alone(session: AsyncSession, kind: str) -> None:
    """Wait until nobody else applies or takes back rows of ``kind``; SQLite has one writer."""
    if is_postgresql(session):
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"import:{kind}"}
        )


async def guard(session: AsyncSession, *, kind: str, run_id: int, seen: int) -> None:
    """Be the only import of ``kind`` until the transaction ends.

    Raises AnotherImport where one was applied since ``seen`` (its ``picture``) was taken, because what
    this run compared with is then no longer what is there.
    """
    await alone(session, kind)
    if await picture(session, kind) != seen:
        raise AnotherImport(
            "读这个文件的时候，同一种数据被另一次导入更新了",
            do="重新导入这个文件",
            run=run_id,
        )


async def finish(
    session: AsyncSession,
    run_id: int,
    ending: Ending,
    rejects: Sequence[Reject],
    *,
    kind: str,
    by: str,
    at: datetime,
) -> None:
    """Close the record of a run with its rejected lines (sealed) and its ledger entry."""
    await session.execute(
        update(ImportRun)
        .where(col(ImportRun.id) == run_id)
        .values(
            state=ending.state,
            counts=ending.counts.as_dict(),
            sha256=ending.sha256,
            source=ending.source,
            source_date=ending.source_date,
            refusal=ending.refusal,
            touched=list(ending.touched),
            revertible=ending.revertible,
            finished_at=at,
        )
    )
    cipher = cipher_of(session)
    rows = [
        {
            "run_id": run_id,
            "line": reject.line,
            "code": str(reject.code),
            "column": reject.column,
            "reason": reject.reason[:300],
            "line_text": cipher.seal(LINE_TEXT, f"{run_id}/{reject.line}", _csv(reject.cells)),
        }
        for reject in {reject.line: reject for reject in rejects}.values()
    ]
    if rows:
        await session.execute(insert(ImportReject), rows)
    entry = Entry(
        kind="import",
        act=f"import.{ending.state}",
        actor=by,
        object=f"run:{run_id}",
        reason=kind,
        payload={
            "counts": ending.counts.as_dict(),
            "sha256": ending.sha256,
            "source": ending.source,
            "source_date": ending.source_date,
            "refusal": ending.refusal,
        },
    )
    await append(session, [entry], at=at)


async def rejected_lines(session: AsyncSession, run_id: int) -> list[RejectedLine]:
    """Every rejected line of a run, in the order of the file."""
    found = await session.execute(
        select(ImportReject)
        .where(col(ImportReject.run_id) == run_id)
        .order_by(col(ImportReject.line))
    )
    cipher = cipher_of(session)
    return [
        RejectedLine(
            line=row.line,
            code=row.code,
            column=row.column,
            reason=row.reason,
            cells=_cells(cipher.open_or_none(LINE_TEXT, f"{run_id}/{row.line}", row.line_text)),
        )
        for row in found.scalars()
    ]


def _csv(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cells(line: str | None) -> tuple[str, ...]:
    return tuple(next(csv.reader(io.StringIO(line or "", newline="")), []))
