"""A second person's word on a plan: applied in one go, refused, or withdrawn by its author."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync import ownership
from crm_sync.facts import Viewer
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.row_security import beyond_scope
from kit.ledger import Entry, append
from portfolio.allocation.facts import LineState, Method, PlanState
from portfolio.allocation.planning import METHODS
from portfolio.approvers import demand_approver, opinion_of
from portfolio.errors.ownership import OwnProposal, PlanDecided, PlanUnknown
from portfolio.models import AllocationLine, AllocationPlan, Recall

NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Done:
    """What an approved plan did: customers who moved, who had that person already, left as is."""

    moved: int
    unchanged: int
    stale: int


async def approve(
    session: AsyncSession,
    plan_id: int,
    *,
    viewer: Viewer,
    policy: OwnershipPolicy,
    opinion: str,
    at: datetime,
) -> Done:
    """Approve a pending plan and apply it: every line in the same transaction, or none.

    Lines whose customer changed hands since, has gone, or whose receiver left are marked stale
    and stay with whoever has them. Raises PlanUnknown, PlanDecided, NotApprover, OwnProposal,
    OpinionMissing.
    """
    plan = await _pending(session, plan_id)
    await demand_approver(session, viewer, plan.unit_id, plan.author, policy)
    said = opinion_of(opinion)
    actor = f"staff:{viewer.staff_id}"
    line = AllocationLine.__table__  # type: ignore[attr-defined]
    mine = (line.c.plan_id == plan_id, line.c.state == LineState.PROPOSED.value)
    moves = select(
        line.c.customer_id,
        literal(plan.kind).label("kind"),
        line.c.to_staff.label("staff_id"),
        line.c.from_staff.label("from_staff_id"),
    ).where(*mine)
    async with beyond_scope(session):
        await ownership.lock(session)
        stale: defaultdict[str, list[int]] = defaultdict(list)
        for customer_id, why in await session.execute(ownership.stale(moves, kind=plan.kind)):
            stale[why].append(customer_id)
        for why, ids in sorted(stale.items()):
            await session.execute(
                update(line)
                .where(*mine, among(session, line.c.customer_id, ids))
                .values(state=LineState.STALE.value, reason=line.c.reason.concat(f"；{why}"))
                .execution_options(**UNTRACKED)
            )
        applied = await ownership.apply(
            session,
            moves,
            source=f"allocation:{plan_id}",
            reason=METHODS[Method(plan.method)],
            actor=actor,
            at=at,
            about=f"allocation:{plan_id}",
        )
        await session.execute(
            update(line)
            .where(*mine)
            .values(state=LineState.APPLIED.value)
            .execution_options(**UNTRACKED)
        )
        if plan.kind == "owner":
            await _settle_recalls(session, plan_id, at)
    done = Done(applied.moved, applied.unchanged, sum(map(len, stale.values())))
    counts = {"moved": done.moved, "unchanged": done.unchanged, "stale": done.stale}
    await _decide(
        session, plan, PlanState.APPLIED, actor, said, at, act="allocation.approved", counts=counts
    )
    return done


async def refuse(
    session: AsyncSession,
    plan_id: int,
    *,
    viewer: Viewer,
    policy: OwnershipPolicy,
    opinion: str,
    at: datetime,
) -> None:
    """Refuse a pending plan with an opinion; nothing changes hands. Raises as ``approve``."""
    plan = await _pending(session, plan_id)
    await demand_approver(session, viewer, plan.unit_id, plan.author, policy)
    said = opinion_of(opinion)
    actor = f"staff:{viewer.staff_id}"
    await _decide(session, plan, PlanState.REFUSED, actor, said, at, act="allocation.refused")


async def withdraw(session: AsyncSession, plan_id: int, *, by: str, at: datetime) -> None:
    """The author takes a pending plan back. Raises PlanUnknown, PlanDecided, OwnProposal."""
    plan = await _pending(session, plan_id)
    if plan.author != by:
        raise OwnProposal("只有编制人可以撤回方案", do="不同意的，请审批人驳回")
    await _decide(
        session, plan, PlanState.WITHDRAWN, by, "编制人撤回", at, act="allocation.withdrawn"
    )


async def _pending(session: AsyncSession, plan_id: int) -> AllocationPlan:
    query = (
        select(AllocationPlan)
        .where(col(AllocationPlan.id) == plan_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    plan = (await session.execute(query)).scalar_one_or_none()
    if plan is None:
        raise PlanUnknown("没有这个分配方案", saw=str(plan_id), do="刷新方案列表")
    if plan.state != PlanState.PENDING:
        raise PlanDecided("这个方案已经有人处理过了", saw=plan.state, do="刷新方案列表")
    return plan


async def _settle_recalls(session: AsyncSession, plan_id: int, at: datetime) -> None:
    """Recalled customers whom the plan gave to somebody are no longer waiting."""
    line = AllocationLine.__table__  # type: ignore[attr-defined]
    given = select(line.c.customer_id).where(
        line.c.plan_id == plan_id, line.c.state == LineState.APPLIED.value
    )
    to_whom = (
        select(line.c.to_staff)
        .where(line.c.plan_id == plan_id, line.c.customer_id == col(Recall.customer_id))
        .scalar_subquery()
    )
    await session.execute(
        update(Recall)
        .where(col(Recall.state) == "open", col(Recall.customer_id).in_(given))
        .values(state="settled", settled_at=at, new_staff=to_whom)
        .execution_options(**UNTRACKED)
    )


async def _decide(
    session: AsyncSession,
    plan: AllocationPlan,
    state: PlanState,
    actor: str,
    opinion: str,
    at: datetime,
    *,
    act: str,
    counts: Mapping[str, int] = NOTHING,
) -> None:
    plan.state, plan.decided_by, plan.decided_at = state.value, actor, at
    plan.opinion, plan.counts = opinion, {**plan.counts, **counts}
    await session.flush()
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act=act,
                actor=actor,
                object=f"allocation:{plan.id}",
                unit=plan.unit_id,
                reason=opinion,
                payload=dict(counts),
            )
        ],
        at=at,
    )
