"""What became of what was asked: WeCom's list of results is read to its end, then judged."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.handover_policy import HandoverPolicy
from crm_sync.repository.keys import UNTRACKED
from delivery.errors import WorkItemNotOpen
from delivery.polling import Calls
from delivery.worklist import close_work
from kit import ledger, log
from kit.db import Database
from portfolio.handover import outcomes, reading, rules, store
from portfolio.handover.facts import (
    ASKED,
    CONTACT,
    GROUP,
    KEPT,
    PLANNED,
    TAKEN,
    UNKNOWN,
    UNSETTLED,
    WAITING,
    LineFact,
    Verdict,
)
from portfolio.handover.reading import Found
from portfolio.models.handovers import HandoverLine, HandoverRun
from wecom import groups
from wecom.client import Caller
from wecom.errors import RelationGone, WecomError

_AWAITED: Final = (ASKED, UNKNOWN, WAITING)
_log = log.get(__name__)


async def read(
    database: Database,
    wecom: Caller,
    run_id: int,
    clock: Callable[[], datetime],
    policy: HandoverPolicy,
    calls: Calls,
    *,
    everything: bool = False,
) -> dict[str, int]:
    """Read the results of everything of one handover that is due; counts by state.

    ``everything``: also what is not due yet. Reading twice does no harm. Where WeCom does not
    answer, or ``calls`` are used up, the next round reads on from where this one stood.
    """
    counts: dict[str, int] = {}
    async with database.reading() as session:
        run = await store.one(session, run_id)
        due = await _due(session, run_id, None if everything else clock())
    if run is None or not due:
        return counts
    for to_userid in sorted({line.to_userid or "" for line in due if line.kind == CONTACT}):
        mine = [line for line in due if line.kind == CONTACT and line.to_userid == to_userid]
        try:
            found = await reading.between(database, wecom, run, to_userid, clock, calls)
        except WecomError as error:
            _log.warning("handover.results_unread", errcode=error.errcode)
            continue
        except Exception as error:  # because one bad pair must not keep the others waiting
            _log.exception("handover.results_failed", run=run_id, cause=type(error).__name__)
            continue
        if found is None:
            return counts
        verdicts = {line.line_id: _judge(line, found, policy) for line in mine}
        await _write(database, run_id, mine, verdicts, clock(), policy, counts, read_from=to_userid)
    chats = [line for line in due if line.kind == GROUP]
    for line in chats:
        if not calls.take():
            break
        try:
            verdict = await _owner(wecom, line, clock(), policy)
        except WecomError as error:
            _log.warning("handover.group_unread", errcode=error.errcode)
            continue
        await _write(database, run_id, [line], {line.line_id: verdict}, clock(), policy, counts)
    return counts


async def _due(session: AsyncSession, run_id: int, at: datetime | None) -> list[LineFact]:
    query = select(*store.LINE).where(
        col(HandoverLine.run_id) == run_id, col(HandoverLine.state).in_(_AWAITED)
    )
    if at is not None:
        query = query.where(col(HandoverLine.next_at) <= at)
    return [LineFact(*row) for row in await session.execute(query.order_by(col(HandoverLine.id)))]


def _judge(line: LineFact, found: Found, policy: HandoverPolicy) -> Verdict:
    """By the time the reading began: what was asked since may be missing in its list."""
    return rules.looked_up(
        found.states.get(line.item),
        line.state,
        line.asked_at or found.began_at,
        line.due_at,
        line.attempts,
        found.began_at,
        policy,
    )


async def _owner(wecom: Caller, line: LineFact, at: datetime, policy: HandoverPolicy) -> Verdict:
    """Who owns the group now says whether the call arrived."""
    try:
        group = await groups.get(wecom, line.item)
    except RelationGone as error:
        return rules.group_asked(error.errcode or 49008, at)
    if group.owner.lower() == (line.to_userid or "").lower():
        return Verdict(TAKEN, settled_at=at)
    asked_at = line.asked_at or at
    if at - asked_at < policy.settle:
        state = WAITING if line.state == WAITING else UNKNOWN
        return Verdict(state, next_at=asked_at + policy.settle)
    if line.attempts < policy.attempts:
        return Verdict(PLANNED, next_at=at)
    return Verdict(KEPT, settled_at=at)


async def _write(
    database: Database,
    run_id: int,
    lines: list[LineFact],
    verdicts: dict[int, Verdict],
    at: datetime,
    policy: HandoverPolicy,
    counts: dict[str, int],
    *,
    read_from: str = "",
) -> None:
    async with database.transaction() as session:
        run = await store.locked(session, run_id)
        assert run is not None  # noqa: S101 — a run is never deleted
        standing = await _standing(session, run_id)
        open_ = [line for line in lines if line.line_id in standing]
        kept = {line.line_id: verdicts[line.line_id] for line in open_}
        if kept:
            await outcomes.apply(session, run, open_, kept, at=at, policy=policy)
        if read_from:
            await reading.forget(session, run_id, read_from)
    for verdict in kept.values():
        counts[verdict.state] = counts.get(verdict.state, 0) + 1


async def _standing(session: AsyncSession, run_id: int) -> frozenset[int]:
    """Lines whose result is still awaited: an event may have settled one meanwhile."""
    query = select(col(HandoverLine.id)).where(
        col(HandoverLine.run_id) == run_id, col(HandoverLine.state).in_(_AWAITED)
    )
    return frozenset(one for one in (await session.execute(query)).scalars() if one is not None)


async def finish(session: AsyncSession, run_id: int, at: datetime) -> bool:
    """Close a running handover of which every line is settled; whether it was."""
    run = await store.locked(session, run_id)
    if run is None or run.state != "running":
        return False
    if await store.count_lines(session, run_id, states=UNSETTLED):
        return False
    await session.execute(
        update(HandoverRun)
        .where(col(HandoverRun.id) == run_id)
        .values(state="finished", finished_at=at),
        execution_options=UNTRACKED,
    )
    await reading.over(session, run_id)
    done = await store.one(session, run_id)
    assert done is not None  # noqa: S101 — its row is locked by us
    entry = ledger.Entry(
        kind="staff",
        act="handover.finished",
        actor=outcomes.SYSTEM,
        object=f"handover:{run_id}",
        unit=run.unit_id,
        payload={f"{kind}.{state}": number for (kind, state), number in done.counts.items()},
    )
    await ledger.append(session, [entry], at=at)
    try:
        await close_work(
            session,
            f"leaver:{run.staff_id}",
            by=outcomes.SYSTEM,
            resolution="移交已办完，没有办成的各有一件工单",
            at=at,
        )
    except WorkItemNotOpen:
        return True  # nobody opened one, or a person has closed it
    return True
