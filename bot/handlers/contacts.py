"""External contacts: whatever happened, the present state is read from WeCom and landed.

Because events come doubled, late and out of order, a handler takes one as "something about X
changed" and lets the reading decide; only an end, which WeCom no longer shows, is taken from
the event itself.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.handlers import greeting
from bot.handlers.office import Office
from crm_sync import contacts as landing
from crm_sync.contacts import Landed
from crm_sync.handing_over import ASSIGNED
from crm_sync.repository.staff import staff_by_userids
from delivery.binding_work import work_of
from delivery.worklist import Work, open_work
from portfolio.handover import events as handovers
from wecom import contacts
from wecom.errors import RelationGone
from wecom.events import (
    ContactAdded,
    ContactDeleted,
    ContactEdited,
    FollowUserDeleted,
    TransferFailed,
)

SYSTEM = "system:binding"


async def added(event: ContactAdded, digest: str, at: datetime, office: Office) -> None:
    """A contact and a member know each other: greet, land, bind, and tell people of conflicts."""
    if event.welcome_code:
        await greeting.queue(event, at, office)
    await _refresh(
        event.staff_id,
        event.external_userid,
        digest,
        at,
        office,
        happened_at=event.at or at,
        half=event.half,
        state=event.state,
    )


async def edited(event: ContactEdited, digest: str, at: datetime, office: Office) -> None:
    """Remark, phone or tags changed: what changed is read."""
    await _refresh(event.staff_id, event.external_userid, digest, at, office)


async def deleted_by_staff(
    event: ContactDeleted, digest: str, at: datetime, office: Office
) -> None:
    """The member removed the contact (or a transfer did)."""
    async with office.database.transaction() as session:
        await landing.end_relation(
            session,
            event.staff_id,
            event.external_userid,
            "transfer" if event.by_transfer else "staff",
            event.at or at,
            request_id=digest[:32],
        )
        if event.by_transfer:
            await handovers.handed_over(
                session, event.external_userid, event.staff_id, event.at or at, office.handover()
            )


async def deleted_by_customer(
    event: FollowUserDeleted, digest: str, at: datetime, office: Office
) -> None:
    """The customer removed the member; the member still sees them in the list."""
    async with office.database.transaction() as session:
        await landing.end_relation(
            session,
            event.staff_id,
            event.external_userid,
            "customer",
            event.at or at,
            request_id=digest[:32],
        )


async def transfer_failed(event: TransferFailed, digest: str, at: datetime, office: Office) -> None:
    """A handover did not take: the customer stays with somebody, and a person decides what now."""
    async with office.database.transaction() as session:
        if await handovers.failed(
            session,
            event.external_userid,
            event.staff_id,
            event.reason,
            event.at or at,
            office.handover(),
        ):
            return
        staff = await staff_by_userids(session, [event.staff_id])
        taker = staff.get(event.staff_id.lower())
        await open_work(
            session,
            [
                Work(
                    key=f"transfer:{digest[:40]}",
                    kind="transfer_failed",
                    title="客户没有移交成功",
                    why={
                        "customer_refused": "客户拒绝了移交",
                        "customer_limit_exceed": "接手人的客户数已满",
                    }.get(event.reason, event.reason),
                    unit_id=taker.unit_id if taker else "hq",
                    staff_id=taker.staff_id if taker else None,
                    external_userid=event.external_userid,
                )
            ],
            at=at,
        )


async def _refresh(
    userid: str,
    external_userid: str,
    digest: str,
    at: datetime,
    office: Office,
    *,
    happened_at: datetime | None = None,
    half: bool = False,
    state: str = "",
) -> None:
    try:
        detail = await contacts.get(office.wecom, external_userid)
    except RelationGone:
        if half:
            async with office.database.transaction() as session:
                await landing.land_half(
                    session,
                    userid,
                    external_userid,
                    state,
                    happened_at or at,
                    request_id=digest[:32],
                )
        return
    async with office.database.transaction() as session:
        landed = await landing.land_contact(
            session,
            detail,
            at,
            added={userid: happened_at} if happened_at else None,
            request_id=digest[:32],
        )
        await tell_of_conflicts(session, landed, userid, at)
        assigned = any(
            one.staff_id.lower() == userid.lower() and one.add_way == ASSIGNED
            for one in detail.follows
        )
        if assigned:
            await handovers.arrived(
                session, detail.contact.external_userid, userid, at, office.handover()
            )


async def tell_of_conflicts(
    session: AsyncSession, landed: Landed, userid: str, at: datetime
) -> None:
    """Conflicting or mismatched links become work items of the branch; never silent."""
    works = [work for outcome in landed.bindings if (work := work_of(outcome)) is not None]
    if not works:
        return
    staff = await staff_by_userids(session, [userid])
    unit = next((one.unit_id for one in staff.values()), "hq")
    await open_work(session, [replace(work, unit_id=unit) for work in works], at=at)
