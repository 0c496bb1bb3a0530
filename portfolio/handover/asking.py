"""WeCom is asked to hand over: intent first, then the call, then its answer; never twice in doubt.

A line that was marked as asked and has no answer (a kill, a timeout, "system busy") is looked up
in WeCom's list of results (``results``); only what the list does not show is asked again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.handover_policy import HandoverPolicy
from crm_sync import handing_over
from crm_sync.repository.keys import UNTRACKED, among
from delivery.worklist import Work, open_work
from kit import log
from kit.db import Database
from portfolio.handover import outcomes, rules, store
from portfolio.handover.facts import (
    ASKED,
    CONTACT,
    GONE,
    GROUP,
    PLANNED,
    RESIGNED,
    UNKNOWN,
    LineFact,
    Verdict,
)
from portfolio.models.handovers import HandoverLine, HandoverRun
from wecom import transfers
from wecom.client import Caller
from wecom.errors import Busy, Misconfigured, OutcomeUnknown, TokenExpired, Unreachable, WecomError

A_CALL: Final = 100
"""Contacts or groups of one request [92125][92127]."""
TRY_AGAIN: Final = timedelta(minutes=1)
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """One call that is about to be made; its lines are marked as asked."""

    kind: str
    resigned: bool
    userid: str
    to_userid: str
    lines: tuple[LineFact, ...]


async def ask(
    database: Database,
    wecom: Caller,
    run_id: int,
    clock: Callable[[], datetime],
    policy: HandoverPolicy,
) -> dict[str, int]:
    """Ask for everything of one approved handover that waits to be asked for; counts by state."""
    counts: dict[str, int] = {}
    for kind in (CONTACT, GROUP):
        while True:
            async with database.transaction() as session:
                request = await _claim(session, run_id, kind, clock())
            if request is None:
                break
            if not request.lines:
                continue
            verdicts, go_on = await _call(wecom, request, clock, policy)
            async with database.transaction() as session:
                await _record(session, run_id, request, verdicts, clock(), policy)
            for verdict in verdicts.values():
                counts[verdict.state] = counts.get(verdict.state, 0) + 1
            if not go_on:
                return counts
    return counts


async def _claim(session: AsyncSession, run_id: int, kind: str, at: datetime) -> Request | None:
    """Mark the next lines to one taker as asked. The run's row is locked: nobody marks them too."""
    run = await store.locked(session, run_id)
    if run is None or run.state != "running":
        return None
    waiting = (
        (col(HandoverLine.run_id) == run_id)
        & (col(HandoverLine.kind) == kind)
        & (col(HandoverLine.state) == PLANNED)
        & or_(col(HandoverLine.next_at).is_(None), col(HandoverLine.next_at) <= at)
    )
    first = (
        select(col(HandoverLine.to_userid)).where(waiting).order_by(col(HandoverLine.id)).limit(1)
    )
    to_userid = (await session.execute(first)).scalar_one_or_none()
    if not to_userid:
        return None
    query = select(*store.LINE).where(waiting, col(HandoverLine.to_userid) == to_userid)
    rows = await session.execute(query.order_by(col(HandoverLine.id)).limit(A_CALL))
    found = [LineFact(*row) for row in rows]
    if kind == CONTACT:
        found = await _without_gone(session, run, found, at)
    if found:
        await session.execute(
            update(HandoverLine)
            .where(among(session, col(HandoverLine.id), [line.line_id for line in found]))
            .values(
                state=ASKED, asked_at=at, next_at=at + rules.CLOCKS_DIFFER,
                attempts=HandoverLine.attempts + 1,
            ),
            execution_options=UNTRACKED,
        )  # fmt: skip
    return Request(kind, run.kind == RESIGNED, run.userid, to_userid, tuple(found))


async def _without_gone(
    session: AsyncSession, run: HandoverRun, found: Sequence[LineFact], at: datetime
) -> list[LineFact]:
    """Those whom the giver still has; the customer may have left since the plan."""
    there = await handing_over.still_followed(session, run.userid, [line.item for line in found])
    gone = {line.line_id: Verdict(GONE, settled_at=at) for line in found if line.item not in there}
    await store.settle(session, gone, at)
    return [line for line in found if line.item in there]


async def _call(
    wecom: Caller, request: Request, clock: Callable[[], datetime], policy: HandoverPolicy
) -> tuple[dict[int, Verdict], bool]:
    """The verdict on every line of the request, and whether to go on asking now."""
    items = [line.item for line in request.lines]
    try:
        codes = await _codes(wecom, request, items)
    except (Busy, Unreachable) as error:
        pause = timedelta(seconds=error.retry_after_s) if isinstance(error, Busy) else TRY_AGAIN
        return _all(request, Verdict(PLANNED, next_at=clock() + max(pause, TRY_AGAIN))), False
    except OutcomeUnknown:
        return _all(request, Verdict(UNKNOWN, next_at=clock())), False
    except (Misconfigured, TokenExpired) as error:
        _log.warning("handover.not_allowed", errcode=error.errcode)
        later = Verdict(PLANNED, error.errcode, next_at=clock() + timedelta(hours=1))
        return _all(request, later), False
    except WecomError as error:
        return _all(request, _whole(error, request, clock(), policy)), True
    at = clock()
    if request.kind == GROUP:
        return {
            line.line_id: rules.group_asked(codes.get(line.item, 0), at) for line in request.lines
        }, True
    verdicts = {}
    for line in request.lines:
        # A contact that the answer leaves out is one without a trustworthy answer.
        code = codes.get(line.item)
        verdicts[line.line_id] = (
            Verdict(UNKNOWN, next_at=at) if code is None else rules.asked(code, at, policy)
        )
    return verdicts, True


async def _codes(wecom: Caller, request: Request, items: Sequence[str]) -> dict[str, int]:
    if request.kind == GROUP:
        give = transfers.groups_of_leaver if request.resigned else transfers.groups
        found = await give(wecom, items, request.to_userid)
    elif request.resigned:
        found = await transfers.customers_of_leaver(wecom, request.userid, request.to_userid, items)
    else:
        # No greeting: what is told to a customer goes through delivery's door alone.
        found = await transfers.customers(wecom, request.userid, request.to_userid, items)
    return {one.item_id: (one.error.errcode or 0) if one.error else 0 for one in found}


def _all(request: Request, verdict: Verdict) -> dict[int, Verdict]:
    return {line.line_id: verdict for line in request.lines}


def _whole(error: WecomError, request: Request, at: datetime, policy: HandoverPolicy) -> Verdict:
    """The request as a whole was refused: every line of it was."""
    code = error.errcode or 0
    if not code:
        return Verdict(UNKNOWN, next_at=at)
    return rules.group_asked(code, at) if request.kind == GROUP else rules.asked(code, at, policy)


async def _record(
    session: AsyncSession,
    run_id: int,
    request: Request,
    verdicts: Mapping[int, Verdict],
    at: datetime,
    policy: HandoverPolicy,
) -> None:
    run = await store.locked(session, run_id)
    assert run is not None  # noqa: S101 — a run is never deleted
    await outcomes.apply(session, run, request.lines, verdicts, at=at, policy=policy)
    blocked = {one.code for one in verdicts.values() if one.state == PLANNED and one.code}
    if blocked:
        [code] = list(blocked)[:1]
        await open_work(
            session,
            [
                Work(
                    key=f"handover:{run_id}:blocked:{code}",
                    kind="handover_blocked",
                    title="移交暂时交不出去",
                    why=f"企业微信不接受移交的请求（{code}），一小时后再试",
                    unit_id=run.unit_id,
                    staff_id=run.staff_id,
                    facts={"run_id": run_id},
                )
            ],
            at=at,
        )
