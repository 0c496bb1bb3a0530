"""What runs by the clock: the month's batch, and watching what both managers have done."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync.repository.keys import UNTRACKED, among
from delivery.desk import Desk
from delivery.repository import touch_counts
from kit.db import Database
from kit.ledger import Entry, append
from portfolio.models import TransferForm
from portfolio.transfers import asking, steps
from portfolio.transfers.asking import BY, INTRODUCTION
from portfolio.transfers.facts import Step


@dataclass(slots=True)
class Watched:
    """What a round saw: introduced, contacted, late to introduce, late to contact."""

    introduced: int = 0
    contacted: int = 0
    late_introductions: int = 0
    late_contacts: int = 0

    def as_counts(self) -> dict[str, int]:
        """For the record of the job."""
        return asdict(self)


async def watch(database: Database, policy: OwnershipPolicy, desk: Desk, at: datetime) -> Watched:
    """See who was introduced and contacted, by the touches; mark who is late, once each.

    An introduction is a touch by the old manager out of its to-do; a contact is any touch by the
    new one after it. Running it again changes nothing.
    """
    seen = Watched()
    async with database.transaction() as session:
        seen.introduced = await _introduced(session, policy, desk, at)
    async with database.transaction() as session:
        seen.contacted = await _contacted(session, at)
    async with database.transaction() as session:
        seen.late_introductions = await _late_introductions(session, policy, at)
        seen.late_contacts = await _late_contacts(session, policy, at)
    return seen


async def _waiting(session: AsyncSession, step: Step) -> list[TransferForm]:
    query = (
        select(TransferForm)
        .where(col(TransferForm.state) == step.value)
        .order_by(col(TransferForm.id))
    )
    return list((await session.execute(query)).scalars())


async def _introduced(
    session: AsyncSession, policy: OwnershipPolicy, desk: Desk, at: datetime
) -> int:
    rows = {row.customer_id: row for row in await _waiting(session, Step.APPROVED)}
    when = await _touched(
        session,
        Step.APPROVED,
        min((row.decided_at for row in rows.values() if row.decided_at), default=at),
    )
    by_moment: defaultdict[datetime, list[int]] = defaultdict(list)
    for customer_id, staff_id, trigger, moment in when:
        row = rows.get(customer_id)
        if (
            row is not None
            and row.from_staff == staff_id
            and trigger.startswith(INTRODUCTION)
            and row.decided_at is not None
            and moment >= row.decided_at
        ):
            by_moment[moment].append(rows.pop(customer_id).id)
    done = 0
    for moment, ids in sorted(by_moment.items()):
        done += await steps.introduce(
            session, ids, how="原客户经理已发介绍", by=BY, policy=policy, desk=desk, at=moment
        )
    return done


async def _contacted(session: AsyncSession, at: datetime) -> int:
    rows = {row.customer_id: row for row in await _waiting(session, Step.INTRODUCED)}
    when = await _touched(
        session,
        Step.INTRODUCED,
        min((row.introduced_at for row in rows.values() if row.introduced_at), default=at),
    )
    by_moment: defaultdict[datetime, list[int]] = defaultdict(list)
    for customer_id, staff_id, _, moment in when:
        row = rows.get(customer_id)
        if (
            row is not None
            and row.to_staff == staff_id
            and row.introduced_at is not None
            and moment >= row.introduced_at
        ):
            by_moment[moment].append(rows.pop(customer_id).id)
    done = 0
    for moment, ids in sorted(by_moment.items()):
        done += await steps.contact(session, ids, how="触达记录", by=BY, at=moment)
    return done


async def _touched(
    session: AsyncSession, step: Step, since: datetime
) -> list[tuple[int, str, str, datetime]]:
    waiting = select(col(TransferForm.customer_id)).where(col(TransferForm.state) == step.value)
    return await touch_counts.since_of(session, waiting, since)


async def _late_introductions(session: AsyncSession, policy: OwnershipPolicy, at: datetime) -> int:
    late = [
        row
        for row in await _waiting(session, Step.APPROVED)
        if row.introduce_by is not None and row.introduce_by < at
    ]
    return await asking.overdue_introductions(session, late, policy, at)


async def _late_contacts(session: AsyncSession, policy: OwnershipPolicy, at: datetime) -> int:
    late = [
        row
        for row in await _waiting(session, Step.INTRODUCED)
        if row.overdue_at is None and row.contact_by is not None and row.contact_by < at
    ]
    if not late:
        return 0
    await session.execute(
        update(TransferForm)
        .where(among(session, col(TransferForm.id), [row.id for row in late]))
        .values(overdue_at=at)
        .execution_options(**UNTRACKED)
    )
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="transfer.overdue",
                actor=BY,
                object=f"transfer:{row.id}",
                unit=row.unit_id,
                payload={"to": row.to_staff},
            )
            for row in late
        ],
        at=at,
    )
    await asking.overdue_contacts(session, late, policy, at)
    return len(late)
