"""What a transfer asks of people: to-dos for both managers, work items where nobody acted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel, Purpose
from config.ownership_policy import OwnershipPolicy
from content_library import repository as scripts
from crm_sync.facts import StaffFact
from crm_sync.repository.people import people
from crm_sync.repository.staff import staff_by_id
from delivery import door, worklist
from delivery.desk import Desk
from delivery.intents import Intent
from delivery.repository import work_lists
from kit.clock import bank_date
from portfolio.models import TransferForm

BY = "system:transfers"
INTRODUCTION, CONTACT = "transfer.introduction", "transfer.contact"
MOST = 2_000
"""So many to-dos go through the door at once; a larger batch goes in several."""


async def introductions(
    session: AsyncSession,
    rows: Sequence[TransferForm],
    *,
    policy: OwnershipPolicy,
    desk: Desk,
    due: datetime,
    at: datetime,
) -> None:
    """A to-do for each old manager, with the approved words to introduce the new one."""
    code = policy.transfer.script
    script = (await scripts.approved_by_code(session, [code], at)).get(code)
    successors = await staff_by_id(session, {row.to_staff for row in rows})
    for start in range(0, len(rows), MOST):
        part = rows[start : start + MOST]
        known = await people(session, [row.customer_id for row in part])
        intents = [
            Intent(
                key=f"transfer:{row.id}:introduction",
                trigger=INTRODUCTION,
                channel=Channel.TODO,
                purpose=Purpose.SERVICE,
                customer=known[row.customer_id][0],
                reach=known[row.customer_id][1],
                script_version_id=script.version_id if script else None,
                fields={"next_staff_name": successors[row.to_staff].name}
                if row.to_staff in successors
                else {},
                title="移交前的介绍",
                why=f"客户已批准移交给{_name(successors, row.to_staff)}，请先向客户介绍",
                due_on=bank_date(due),
                expires_at=due,
                priority=10,
                solicited=True,
            )
            for row in part
            if row.customer_id in known
        ]
        await door.submit(session, intents, at=at, desk=desk, by=BY)


def _name(known: Mapping[str, StaffFact], staff_id: str) -> str:
    return known[staff_id].name if staff_id in known else staff_id


async def contacts(
    session: AsyncSession,
    rows: Sequence[TransferForm],
    *,
    policy: OwnershipPolicy,
    desk: Desk,
    due: datetime,
    at: datetime,
) -> None:
    """A to-do for each new manager: the first contact, within the hours that policy gives."""
    for start in range(0, len(rows), MOST):
        part = rows[start : start + MOST]
        known = await people(session, [row.customer_id for row in part])
        intents = [
            Intent(
                key=f"transfer:{row.id}:contact",
                trigger=CONTACT,
                channel=Channel.TODO,
                purpose=Purpose.SERVICE,
                customer=known[row.customer_id][0],
                reach=None,
                script_version_id=None,
                fields={},
                title="接手后的第一次联系",
                why=f"刚接手的客户，请在 {policy.transfer.contact_hours} 小时内联系",
                due_on=bank_date(due),
                expires_at=due,
                priority=5,
            )
            for row in part
            if row.customer_id in known
        ]
        await door.submit(session, intents, at=at, desk=desk, by=BY)


async def overdue_contacts(
    session: AsyncSession, rows: Sequence[TransferForm], policy: OwnershipPolicy, at: datetime
) -> int:
    """A work item for each customer whom the new manager did not contact in time."""
    hours = policy.transfer.contact_hours
    opened = await worklist.open_work(
        session,
        [
            worklist.Work(
                key=f"transfer:{row.id}:contact",
                kind="transfer_overdue",
                title=f"移交后 {hours} 小时没有联系客户",
                why="新客户经理应在介绍之后按时联系客户，请督促或登记联系情况",
                unit_id=row.unit_id,
                staff_id=row.to_staff,
                customer_id=row.customer_id,
                facts={"form": str(row.id)},
            )
            for row in rows
        ],
        at=at,
    )
    return len(opened)


async def overdue_introductions(
    session: AsyncSession, rows: Sequence[TransferForm], policy: OwnershipPolicy, at: datetime
) -> int:
    """A work item for each approved form whose old manager has not introduced the new one."""
    hours = policy.transfer.introduce_hours
    opened = await worklist.open_work(
        session,
        [
            worklist.Work(
                key=f"transfer:{row.id}:introduction",
                kind="introduction_overdue",
                title=f"批准移交后 {hours} 小时没有介绍",
                why="原客户经理应先向客户介绍新客户经理，请督促或登记介绍情况",
                unit_id=row.unit_id,
                staff_id=row.from_staff,
                customer_id=row.customer_id,
                facts={"form": str(row.id)},
            )
            for row in rows
        ],
        at=at,
    )
    return len(opened)


async def settle(
    session: AsyncSession, keys: Collection[str], resolution: str, at: datetime
) -> None:
    """Close those of the work items that are open: what they waited for has been done."""
    for key in keys:
        found = await work_lists.one(session, key, units=None)
        if found is not None and found.state == "open":
            await worklist.close_work(session, key, by=BY, resolution=resolution, at=at)
