"""What came in by file, for people: runs, the newest of each kind, rejected lines by reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import ImportReject, ImportRun


@dataclass(frozen=True, slots=True)
class RunFact:
    """One import as pages show it."""

    id: int
    kind: str
    file_name: str
    sha256: str
    mapping: str
    source: str
    source_date: str
    state: str
    refusal: Mapping[str, Any]
    counts: Mapping[str, int]
    by: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RejectFact:
    """A line that was not taken; never its cells."""

    line: int
    code: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Lines of a run that were rejected for one reason in one column; one of their sentences."""

    code: str
    column: str
    lines: int
    example: str


async def runs(
    session: AsyncSession,
    *,
    kind: str | None = None,
    state: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[RunFact]:
    """The newest runs below the id ``before``."""
    query = select(ImportRun).where(*_conditions(kind, state))
    if before is not None:
        query = query.where(col(ImportRun.id) < before)
    query = query.order_by(col(ImportRun.id).desc()).limit(limit)
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def count(session: AsyncSession, *, kind: str | None = None, state: str | None = None) -> int:
    """How many runs match; the same conditions as ``runs``."""
    query = select(func.count()).select_from(ImportRun).where(*_conditions(kind, state))
    return int((await session.execute(query)).scalar_one())


async def one(session: AsyncSession, run_id: int) -> RunFact | None:
    """The run with this id, or None."""
    row = await session.get(ImportRun, run_id)
    return None if row is None else _fact(row)


async def recent_of_each(session: AsyncSession, *, number: int = 14) -> dict[str, list[RunFact]]:
    """The newest ``number`` applied or refused runs of each kind, newest first."""
    place = (
        func.row_number()
        .over(partition_by=col(ImportRun.kind), order_by=col(ImportRun.id).desc())
        .label("place")
    )
    ranked = (
        select(col(ImportRun.id).label("id"), place)
        .where(col(ImportRun.state) != "dry_run")
        .subquery()
    )
    query = (
        select(ImportRun)
        .join(ranked, ranked.c.id == col(ImportRun.id))
        .where(ranked.c.place <= number)
        .order_by(col(ImportRun.id).desc())
    )
    found: dict[str, list[RunFact]] = {}
    for row in (await session.execute(query)).scalars():
        found.setdefault(row.kind, []).append(_fact(row))
    return found


async def rejects(
    session: AsyncSession,
    run_id: int,
    *,
    code: str | None = None,
    column: str | None = None,
    limit: int = 50,
    after: int = 0,
) -> list[RejectFact]:
    """Rejected lines of a run in the order of the file, above the line ``after``."""
    query = select(ImportReject).where(
        *_of_run(run_id, code, column), col(ImportReject.line) > after
    )
    query = query.order_by(col(ImportReject.line)).limit(limit)
    return [
        RejectFact(row.line, row.code, row.column, row.reason)
        for row in (await session.execute(query)).scalars()
    ]


async def reasons(session: AsyncSession, run_id: int) -> list[ReasonCount]:
    """A run's rejects by code and column, the most frequent first."""
    query = (
        select(
            col(ImportReject.code),
            col(ImportReject.column),
            func.count(),
            func.min(col(ImportReject.reason)),
        )
        .where(col(ImportReject.run_id) == run_id)
        .group_by(col(ImportReject.code), col(ImportReject.column))
        .order_by(func.count().desc(), col(ImportReject.code), col(ImportReject.column))
    )
    return [
        ReasonCount(code, column, int(lines), example)
        for code, column, lines, example in await session.execute(query)
    ]


async def kinds(session: AsyncSession) -> list[str]:
    """Every kind of file that ever came, by name."""
    query = select(col(ImportRun.kind)).distinct().order_by(col(ImportRun.kind))
    return list((await session.execute(query)).scalars())


async def count_rejects(
    session: AsyncSession, run_id: int, *, code: str | None = None, column: str | None = None
) -> int:
    """How many lines match; the same conditions as ``rejects``."""
    query = select(func.count()).select_from(ImportReject).where(*_of_run(run_id, code, column))
    return int((await session.execute(query)).scalar_one())


def _of_run(run_id: int, code: str | None, column: str | None) -> list[Any]:
    found: list[Any] = [col(ImportReject.run_id) == run_id]
    if code is not None:
        found.append(col(ImportReject.code) == code)
    if column is not None:
        found.append(col(ImportReject.column) == column)
    return found


def _conditions(kind: str | None, state: str | None) -> list[Any]:
    found: list[Any] = []
    if kind is not None:
        found.append(col(ImportRun.kind) == kind)
    if state is not None:
        found.append(col(ImportRun.state) == state)
    return found


def _fact(row: ImportRun) -> RunFact:
    assert row.id is not None  # noqa: S101 — a stored run has a number
    return RunFact(
        row.id,
        row.kind,
        row.file_name,
        row.sha256,
        row.mapping,
        row.source,
        row.source_date,
        row.state,
        row.refusal,
        row.counts,
        row.by,
        row.started_at,
        row.finished_at,
    )
