"""A form's way: approved, introduced and handed over, contacted in time, confirmed and locked."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync import ownership
from crm_sync.facts import Viewer
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.people import OWNER
from crm_sync.row_security import beyond_scope
from delivery.desk import Desk
from kit.ledger import Entry, append
from portfolio.approvers import demand_approver, opinion_of
from portfolio.errors.ownership import FormLocked, FormStep, FormUnknown
from portfolio.models import TransferForm
from portfolio.transfers import asking
from portfolio.transfers.facts import FormFact, Step
from portfolio.transfers.repository import fact_of

AT_STEP = {
    Step.PROPOSED: "等待审批",
    Step.APPROVED: "等待原客户经理介绍",
    Step.INTRODUCED: "等待新客户经理联系",
    Step.CONTACTED: "等待确认归档",
    Step.CONFIRMED: "已确认归档",
    Step.REFUSED: "已驳回",
}
"""What each step is called."""


async def approve(
    session: AsyncSession,
    ids: Collection[int],
    *,
    viewer: Viewer,
    policy: OwnershipPolicy,
    desk: Desk,
    opinion: str,
    at: datetime,
) -> int:
    """Approve proposed forms; the old managers get their to-do with the words to introduce.

    A customer without an old manager is handed over at once. Raises FormUnknown, FormStep,
    FormLocked, NotApprover, OpinionMissing; then nothing of it happens.
    """
    rows = await _at_step(session, ids, Step.PROPOSED)
    await _demand(session, rows, viewer, policy)
    await ownership.lock(session)
    said, actor = opinion_of(opinion), f"staff:{viewer.staff_id}"
    due = at + timedelta(hours=policy.transfer.introduce_hours)
    await _write(
        session, ids, state=Step.APPROVED.value, decided_by=actor, decided_at=at, opinion=said,
        introduce_by=due,
    )  # fmt: skip
    await _record(session, rows, actor, at, act="transfer.approved", reason=said)
    orphans = [row.id for row in rows if row.from_staff is None]
    async with beyond_scope(session):
        with_old = [row for row in rows if row.from_staff is not None]
        await asking.introductions(session, with_old, policy=policy, desk=desk, due=due, at=at)
        if orphans:
            await introduce(
                session, orphans, how="没有原客户经理，直接移交", by=actor, policy=policy, desk=desk, at=at
            )  # fmt: skip
    return len(rows)


async def refuse(
    session: AsyncSession,
    ids: Collection[int],
    *,
    viewer: Viewer,
    policy: OwnershipPolicy,
    opinion: str,
    at: datetime,
) -> int:
    """Refuse proposed forms: the customers stay where they are. Raises as ``approve``."""
    rows = await _at_step(session, ids, Step.PROPOSED)
    await _demand(session, rows, viewer, policy)
    said, actor = opinion_of(opinion), f"staff:{viewer.staff_id}"
    await _write(
        session, ids, state=Step.REFUSED.value, decided_by=actor, decided_at=at, opinion=said
    )
    await _record(session, rows, actor, at, act="transfer.refused", reason=said)
    return len(rows)


async def introduce(
    session: AsyncSession,
    ids: Collection[int],
    *,
    how: str,
    by: str,
    policy: OwnershipPolicy,
    desk: Desk,
    at: datetime,
) -> int:
    """The old manager has introduced the new one: the customer is handed over, the hours run.

    Forms whose customer changed hands since, or whose receiver left, are refused with that
    reason. Returns how many were handed over. Raises FormUnknown, FormStep, FormLocked.
    """
    await _at_step(session, ids, Step.APPROVED)
    form = TransferForm.__table__  # type: ignore[attr-defined]
    moves = select(
        form.c.customer_id,
        literal(OWNER).label("kind"),
        form.c.to_staff.label("staff_id"),
        form.c.from_staff.label("from_staff_id"),
    ).where(among(session, form.c.id, ids), form.c.state == Step.APPROVED.value)
    async with beyond_scope(session):
        await ownership.lock(session)
        for customer_id, why in (await session.execute(ownership.stale(moves))).all():
            await session.execute(
                update(form)
                .where(form.c.customer_id == customer_id, among(session, form.c.id, ids))
                .values(state=Step.REFUSED.value, opinion=why)
                .execution_options(**UNTRACKED)
            )
        await ownership.apply(
            session,
            moves,
            source="transfer",
            reason="提升移交",
            actor=by,
            at=at,
            about="transfer:batch" if len(ids) > 1 else f"transfer:{next(iter(ids))}",
        )
        due = at + timedelta(hours=policy.transfer.contact_hours)
        await session.execute(
            update(form)
            .where(among(session, form.c.id, ids), form.c.state == Step.APPROVED.value)
            .values(
                state=Step.INTRODUCED.value,
                introduced_at=at,
                introduced_how=how[:120],
                contact_by=due,
            )
            .execution_options(**UNTRACKED)
        )
        handed = [row for row in await _rows(session, ids) if row.state == Step.INTRODUCED]
        await _record(session, handed, by, at, act="transfer.introduced", reason=how)
        await asking.contacts(session, handed, policy=policy, desk=desk, due=due, at=at)
    await asking.settle(session, [f"transfer:{one}:introduction" for one in ids], "已介绍", at)
    return len(handed)


async def contact(
    session: AsyncSession, ids: Collection[int], *, how: str, by: str, at: datetime
) -> int:
    """The new manager has contacted the customers; one after the hours stays marked as late.

    Raises FormUnknown, FormStep, FormLocked.
    """
    rows = await _at_step(session, ids, Step.INTRODUCED)
    form = TransferForm.__table__  # type: ignore[attr-defined]
    await _write(session, ids, state=Step.CONTACTED.value, contacted_at=at, contacted_how=how[:120])
    await session.execute(
        update(form)
        .where(among(session, form.c.id, ids), form.c.contact_by < at)
        .values(overdue_at=func.coalesce(form.c.overdue_at, form.c.contact_by))
        .execution_options(**UNTRACKED)
    )
    await _record(session, rows, by, at, act="transfer.contacted", reason=how)
    await asking.settle(session, [f"transfer:{one}:contact" for one in ids], "已联系", at)
    return len(rows)


async def confirm(
    session: AsyncSession,
    form_id: int,
    *,
    viewer: Viewer,
    policy: OwnershipPolicy,
    at: datetime,
) -> FormFact:
    """Confirm and archive a form: its digest stands on it and in the ledger, and it is locked.

    Raises FormUnknown, FormStep, FormLocked, NotApprover.
    """
    [row] = await _at_step(session, [form_id], Step.CONTACTED)
    await _demand(session, [row], viewer, policy)
    row.state, row.confirmed_by, row.confirmed_at = (
        Step.CONFIRMED.value,
        f"staff:{viewer.staff_id}",
        at,
    )
    await session.flush()
    await session.refresh(row)
    row.sealed = fact_of(row).digest()
    await session.flush()
    found = fact_of(row)
    await _record(
        session, [row], found.confirmed_by, at, act="transfer.confirmed", reason=found.sealed
    )
    return found


async def _rows(session: AsyncSession, ids: Collection[int]) -> list[TransferForm]:
    query = (
        select(TransferForm)
        .where(among(session, col(TransferForm.id), ids))
        .order_by(col(TransferForm.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(query)).scalars())


async def _at_step(session: AsyncSession, ids: Collection[int], step: Step) -> list[TransferForm]:
    rows = await _rows(session, ids)
    if not rows or len(rows) != len(set(ids)):
        raise FormUnknown("没有这张移交审批表", do="从“提升移交”的列表里打开")
    for row in rows:
        if row.state == Step.CONFIRMED:
            raise FormLocked(
                "这张移交审批表已经确认归档，不能再改", do="客户又要换人的，另做一份分配方案"
            )
        if row.state != step:
            raise FormStep(
                f"审批表现在是“{AT_STEP[Step(row.state)]}”，不能这样办",
                do="打开审批表看现在到了哪一步",
            )
    return rows


async def _demand(
    session: AsyncSession, rows: Sequence[TransferForm], viewer: Viewer, policy: OwnershipPolicy
) -> None:
    for unit, author in sorted({(row.unit_id, row.author) for row in rows}):
        await demand_approver(session, viewer, unit, author, policy)


async def _write(session: AsyncSession, ids: Collection[int], **values: Any) -> None:
    await session.execute(
        update(TransferForm)
        .where(among(session, col(TransferForm.id), ids))
        .values(**values)
        .execution_options(**UNTRACKED)
    )


async def _record(
    session: AsyncSession,
    rows: Sequence[TransferForm],
    actor: str,
    at: datetime,
    *,
    act: str,
    reason: str,
) -> None:
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act=act,
                actor=actor,
                object=f"transfer:{row.id}",
                unit=row.unit_id,
                reason=reason[:400],
                payload={
                    "customer": row.customer_id,
                    "from": row.from_staff or "",
                    "to": row.to_staff,
                    "average_fen": row.average_fen,
                    "sealed": row.sealed,
                },
            )
            for row in rows
        ],
        at=at,
    )
