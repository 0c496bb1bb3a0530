"""Reading and writing runs and lines; statements that settle many lines at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED, among
from portfolio.handover.facts import OPEN_RUNS, UNSETTLED, LineFact, RunFact, Verdict
from portfolio.models.handovers import HandoverLine, HandoverRun

_FRESH: Final = {"populate_existing": True}
"""Because rows are written by statements that no object in the session is kept in step with."""
LINE: Sequence[Any] = (
    col(HandoverLine.id).label("line_id"),
    col(HandoverLine.run_id),
    col(HandoverLine.kind),
    col(HandoverLine.item),
    col(HandoverLine.customer_id),
    col(HandoverLine.relation),
    col(HandoverLine.to_staff_id),
    col(HandoverLine.to_userid),
    col(HandoverLine.state),
    col(HandoverLine.code),
    col(HandoverLine.attempts),
    col(HandoverLine.asked_at),
    col(HandoverLine.due_at),
    col(HandoverLine.settled_at),
)


async def runs(
    session: AsyncSession,
    *,
    units: frozenset[str] | None = None,
    state: str | None = None,
    kind: str | None = None,
    staff_id: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[RunFact]:
    """Handovers that match, the newest first."""
    query = select(HandoverRun).where(*_asked(session, units, state, kind, staff_id))
    if before is not None:
        query = query.where(col(HandoverRun.id) < before)
    query = query.order_by(col(HandoverRun.id).desc()).limit(limit)
    rows = (await session.execute(query, execution_options=_FRESH)).scalars().all()
    return await _facts(session, rows)


async def count_runs(
    session: AsyncSession,
    *,
    units: frozenset[str] | None = None,
    state: str | None = None,
    kind: str | None = None,
    staff_id: str | None = None,
) -> int:
    """How many match."""
    query = (
        select(func.count())
        .select_from(HandoverRun)
        .where(*_asked(session, units, state, kind, staff_id))
    )
    return int((await session.execute(query)).scalar_one())


def _asked(
    session: AsyncSession,
    units: frozenset[str] | None,
    state: str | None,
    kind: str | None,
    staff_id: str | None,
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if units is not None:
        found.append(among(session, col(HandoverRun.unit_id), units))
    if state == "open":
        found.append(col(HandoverRun.state).in_(OPEN_RUNS))
    elif state:
        found.append(col(HandoverRun.state) == state)
    if kind:
        found.append(col(HandoverRun.kind) == kind)
    if staff_id:
        found.append(col(HandoverRun.staff_id) == staff_id)
    return found


async def one(
    session: AsyncSession, run_id: int, *, units: frozenset[str] | None = None
) -> RunFact | None:
    """One handover, None where there is none in sight."""
    query = select(HandoverRun).where(
        col(HandoverRun.id) == run_id, *_asked(session, units, None, None, None)
    )
    rows = (await session.execute(query, execution_options=_FRESH)).scalars().all()
    found = await _facts(session, rows)
    return found[0] if found else None


async def open_run(session: AsyncSession, staff_id: str) -> RunFact | None:
    """The handover of a member of staff that is not over, if there is one."""
    found = await runs(session, state="open", staff_id=staff_id, limit=1)
    return found[0] if found else None


async def locked(session: AsyncSession, run_id: int) -> HandoverRun | None:
    """The row of a run, held until the transaction ends."""
    query = select(HandoverRun).where(col(HandoverRun.id) == run_id).with_for_update()
    found: HandoverRun | None = (
        await session.execute(query, execution_options=_FRESH)
    ).scalar_one_or_none()
    return found


async def _facts(session: AsyncSession, rows: Sequence[HandoverRun]) -> list[RunFact]:
    if not rows:
        return []
    ids = [row.id for row in rows if row.id is not None]
    counts: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    nobody: defaultdict[int, int] = defaultdict(int)
    query = (
        select(
            col(HandoverLine.run_id),
            col(HandoverLine.kind),
            col(HandoverLine.state),
            func.count(),
            func.count(col(HandoverLine.to_staff_id)),
        )
        .where(among(session, col(HandoverLine.run_id), ids))
        .group_by(col(HandoverLine.run_id), col(HandoverLine.kind), col(HandoverLine.state))
    )
    for run_id, kind, state, number, given in await session.execute(query):
        counts[run_id][kind, state] = int(number)
        nobody[run_id] += int(number) - int(given)
    return [
        RunFact(
            run_id=row.id or 0,
            kind=row.kind,
            origin=row.origin,
            staff_id=row.staff_id,
            userid=row.userid,
            unit_id=row.unit_id,
            state=row.state,
            reason=row.reason,
            takers=tuple(row.takers),
            created_at=row.created_at,
            created_by=row.created_by,
            planned_at=row.planned_at,
            planned_by=row.planned_by,
            approved_at=row.approved_at,
            approved_by=row.approved_by,
            finished_at=row.finished_at,
            counts=counts[row.id or 0],
            nobody=nobody[row.id or 0],
        )
        for row in rows
    ]


async def lines(
    session: AsyncSession,
    run_id: int,
    *,
    kind: str | None = None,
    states: Collection[str] = (),
    nobody: bool = False,
    limit: int = 50,
    after: int = 0,
) -> list[LineFact]:
    """Lines of a run in the order they were planned."""
    query = select(*LINE).where(*_lines(run_id, kind, states, nobody), col(HandoverLine.id) > after)
    query = query.order_by(col(HandoverLine.id)).limit(limit)
    return [LineFact(*row) for row in await session.execute(query)]


async def count_lines(
    session: AsyncSession,
    run_id: int,
    *,
    kind: str | None = None,
    states: Collection[str] = (),
    nobody: bool = False,
) -> int:
    """How many lines match."""
    query = (
        select(func.count()).select_from(HandoverLine).where(*_lines(run_id, kind, states, nobody))
    )
    return int((await session.execute(query)).scalar_one())


def _lines(
    run_id: int, kind: str | None, states: Collection[str], nobody: bool
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(HandoverLine.run_id) == run_id]
    if kind:
        found.append(col(HandoverLine.kind) == kind)
    if states:
        found.append(col(HandoverLine.state).in_(sorted(states)))
    if nobody:
        found.append(col(HandoverLine.to_staff_id).is_(None))
    return found


async def settle(session: AsyncSession, verdicts: Mapping[int, Verdict], at: datetime) -> None:
    """Write what became of lines; one statement for all that became the same.

    A line that an event has settled meanwhile stays as it is.
    """
    alike: defaultdict[Verdict, list[int]] = defaultdict(list)
    for line_id, verdict in verdicts.items():
        alike[verdict].append(line_id)
    for verdict, ids in alike.items():
        values: dict[str, Any] = {
            "state": verdict.state,
            "code": verdict.code,
            "next_at": verdict.next_at,
            "settled_at": verdict.settled_at,
            "learnt_at": at,
        }
        if verdict.due_at is not None:
            values["due_at"] = verdict.due_at
        await session.execute(
            update(HandoverLine)
            .where(
                among(session, col(HandoverLine.id), ids), col(HandoverLine.state).in_(UNSETTLED)
            )
            .values(**values),
            execution_options=UNTRACKED,
        )


async def being_handed_over(
    session: AsyncSession, userids: Collection[str]
) -> set[tuple[str, str]]:
    """The (userid, external_userid) that are under way: WeCom lists them nowhere meanwhile."""
    query = (
        select(col(HandoverRun.userid), col(HandoverLine.item))
        .join(HandoverLine, col(HandoverLine.run_id) == col(HandoverRun.id))
        .where(
            among(session, col(HandoverRun.userid), userids),
            col(HandoverLine.kind) == "contact",
            col(HandoverLine.state).in_(("asked", "unknown", "waiting")),
        )
    )
    return {(userid, item) for userid, item in await session.execute(query)}


async def running(session: AsyncSession) -> list[int]:
    """The handovers that are under way."""
    query = (
        select(col(HandoverRun.id))
        .where(col(HandoverRun.state) == "running")
        .order_by(col(HandoverRun.id))
    )
    return [run_id for run_id in (await session.execute(query)).scalars() if run_id is not None]


async def taken_since(session: AsyncSession, at: datetime) -> list[tuple[str, str, str]]:
    """(kind, item, taker's userid) of contacts and groups whose taking was learnt since ``at``."""
    query = select(
        col(HandoverLine.kind), col(HandoverLine.item), col(HandoverLine.to_userid)
    ).where(
        col(HandoverLine.state) == "taken",
        col(HandoverLine.kind) != "customer",
        col(HandoverLine.learnt_at) >= at,
    )
    return [(row[0], row[1], row[2] or "") for row in await session.execute(query)]
